"""What vendors write in the cells of a quote, taken only where it can mean one thing."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from freehold.catalog.currencies import currencies
from freehold.numerals import readings
from freehold.spec.days import days

MAX_TEXT: Final = 500
_CODED: Final = re.compile(r"(?:([A-Z]{3}) ?)?([^A-Za-z]*?) ?([A-Z]{3})?")
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,119}")
_NUMBER: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")
_COUNT: Final = re.compile(r"([0-9]{1,4})(?: ?(weeks?|wks?|w|months?|days?))?", re.IGNORECASE)
_UNITS: Final = {"w": "weeks", "m": "months", "d": "days"}


class CellError(ValueError):
    """A cell that means nothing, or several things; the text says what mends it."""

    def __init__(self, message: str, remedy: str) -> None:
        """Say what is wrong, and what mends it."""
        super().__init__(message)
        self.remedy = remedy


def item(text: str) -> str:
    """An item's id.

    Raises:
        CellError: it is none.
    """
    if not _ID.fullmatch(text):
        raise CellError(f"`{text[:60]}` is no item's id", "write an id of `freehold prices list`")
    return text


def money(text: str, code: str) -> str:
    """An amount as a file of quotes has it; `code` is its currency where the cell has none.

    Raises:
        CellError: it is none, in two currencies or in none, or may be one of two numbers.
    """
    matched = _CODED.fullmatch(text)
    if matched is None:
        raise CellError(f"`{text[:60]}` is no amount", "write a number, such as `7800.00`")
    found = list(dict.fromkeys(one for one in (matched[1], matched[3]) if one)) or [code]
    if len(found) > 1:
        said = f"two currencies, {found[0]} and {found[1]}"
        raise CellError(f"`{text[:60]}` has {said}", "write one of them")
    if not found[0]:
        remedy = "add a column `currency`, or write `--currency EUR`"
        raise CellError(f"`{text[:60]}` has no currency", remedy)
    currency(found[0])
    return f"{number(matched[2])} {found[0]}"


def currency(text: str) -> str:
    """A currency's code.

    Raises:
        CellError: ISO 4217 has none of this name that can be paid.
    """
    if text not in currencies().minor_units:
        raise CellError(f"`{text[:60]}` is no currency", "write an ISO 4217 code, such as `EUR`")
    return text


def number(text: str) -> str:
    """A number without separators of thousands, with a decimal point.

    Raises:
        CellError: it is none, is negative, or may be one of two.
    """
    if text.startswith("-"):
        raise CellError(
            f"`{text[:60]}` is negative", "write what is paid, which is never less than nothing"
        )
    found = [one for one in readings(text) if _NUMBER.fullmatch(one)]
    if not found:
        raise CellError(f"`{text[:60]}` is no number", "write a number, such as `7800.00`")
    if len(found) > 1:
        meant = " or ".join(f"`{one}`" for one in found)
        raise CellError(
            f"`{text[:60]}` may be {meant}", "write it with two decimals, or without separators"
        )
    return found[0]


def quantity(text: str) -> str:
    """A number of pieces.

    Raises:
        CellError: it is none, or zero.
    """
    found = number(text)
    if not found.strip("0."):
        raise CellError("the quantity is zero", "write the least quantity that the price holds for")
    return found


def day(text: str) -> str:
    """A day, year first.

    Raises:
        CellError: it is none, or may be one of two.
    """
    found = days(text)
    if len(found) != 1:
        meant = " or ".join(f"`{one}`" for one in found)
        said = f"may be {meant}" if found else "is no day"
        raise CellError(f"`{text[:60]}` {said}", "write the year first, such as `2027-03-31`")
    return found[0].isoformat()


def weeks(text: str) -> str:
    """A span of time; weeks where it has no unit.

    Raises:
        CellError: it is none, or a range of them.
    """
    return _span(text, "weeks")


def months(text: str) -> str:
    """A span of time; months where it has no unit.

    Raises:
        CellError: it is none, or a range of them.
    """
    return _span(text, "months")


def _span(text: str, unit: str) -> str:
    matched = _COUNT.fullmatch(text)
    if matched is None or not int(matched[1]):
        raise CellError(f"`{text[:60]}` is no number of {unit}", f"write one, such as `8 {unit}`")
    return f"{int(matched[1])} {_UNITS[matched[2][0].lower()] if matched[2] else unit}"


def words(text: str) -> str:
    """Any text, also one that a spreadsheet would take for a formula: it stays text.

    Raises:
        CellError: it is too long.
    """
    if len(text) > MAX_TEXT:
        raise CellError(
            f"the text has {len(text)} characters", f"shorten it to at most {MAX_TEXT} characters"
        )
    return text


READERS: Final[Mapping[str, Callable[[str], str]]] = {
    "item": item,
    "currency": currency,
    "vendor": words,
    "reference": words,
    "mpn": words,
    "sku": words,
    "date": day,
    "valid_until": day,
    "lead_time": weeks,
    "warranty": months,
    "minimum": quantity,
}
"""By the key of a quote; amounts need a currency too."""
