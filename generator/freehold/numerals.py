"""Numbers as people write them, with separators of thousands and a decimal point or comma."""

import re
from typing import Final

_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:([., \u00a0\u202f'\u2019])[0-9]{3})(?:\1[0-9]{3})*")


def readings(text: str) -> tuple[str, ...]:
    """What `text` may mean, as plain numbers with a decimal point.

    One for `12500`, `12,500.00`, `12.500,00`, `12 500` and `12,5`; two for `12,500` and `12.500`,
    since either is a decimal sign somewhere; none for what is no number.
    """
    text = text.strip()
    found = (_plain(text), _grouped(text), _decimal(text, "."), _decimal(text, ","))
    return tuple(dict.fromkeys(number for number in found if number))


def _plain(text: str) -> str | None:
    return text if re.fullmatch("[0-9]+", text) else None


def _grouped(text: str) -> str | None:
    """A whole number in groups of three."""
    if not _GROUPED.fullmatch(text) or text.startswith("0"):
        return None
    return re.sub("[^0-9]", "", text)


def _decimal(text: str, sign: str) -> str | None:
    """A number with one decimal sign, in groups by another or in none."""
    whole, point, rest = text.rpartition(sign)
    if not point or not re.fullmatch("[0-9]+", rest) or sign in whole:
        return None
    number = _plain(whole) or _grouped(whole)
    return f"{number}.{rest}" if number else None
