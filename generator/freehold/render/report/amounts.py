"""Money as a reader wants it: to the cent in tables, in three digits in a sentence."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from freehold.cost import words
from freehold.cost.types import Total

UNKNOWN: Final = "not known"
NBSP: Final = "\N{NO-BREAK SPACE}"
_LARGE: Final = (
    (Decimal(10**12), " trillion"),
    (Decimal(10**9), " billion"),
    (Decimal(10**6), " million"),
)
_DIGITS: Final = 3
"""That a sentence gives of an amount."""
_MORE_DIGITS: Final = 5
"""That a table gives of the price of one."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """How amounts of the bill's currency are written."""

    currency: str
    minor_units: int

    def exact(self, amount: Decimal | None) -> str:
        """To the minor unit, for columns whose heading names the currency."""
        return UNKNOWN if amount is None else f"{amount:,.{self.minor_units}f}"

    def one(self, price: Decimal | None) -> str:
        """The price of one, with more decimals where it is small."""
        if price is None:
            return UNKNOWN
        digits = max(self.minor_units, decimals(price, _MORE_DIGITS))
        units, _, fraction = f"{price:,.{digits}f}".partition(".")
        fraction = fraction.rstrip("0").ljust(self.minor_units, "0")
        return f"{units}.{fraction}" if fraction else units

    def short(self, amount: Decimal | None) -> str:
        """For sentences: `4.21 million EUR`, `81,230 EUR`, `0.345 EUR`."""
        return UNKNOWN if amount is None else f"{brief(amount)} {self.currency}".replace(" ", NBSP)

    def total(self, total: Total) -> str:
        """The sum, and what it lacks."""
        return f"{self.at_least(total.unknown)}{self.short(total.amount)}{lacking(total)}"

    @staticmethod
    def at_least(unknown: int) -> str:
        """What stands before a sum that lacks something."""
        return "at least " if unknown else ""


def lacking(total: Total) -> str:
    """What stands after a sum that lacks something."""
    return f", {words.holes(total.unknown)}" if total.unknown else ""


def whole(number: Decimal) -> str:
    """To the nearest whole one."""
    return f"{_rounded(number, 0):,f}"


def brief(amount: Decimal) -> str:
    """An amount in about three digits, never fewer than stand before the point."""
    for size, word in _LARGE:
        if abs(amount) >= size:
            amount = amount / size
            return f"{_rounded(amount, decimals(amount, _DIGITS)):,f}{word}"
    return f"{_rounded(amount, decimals(amount, _DIGITS)):,f}"


def decimals(amount: Decimal, digits: int) -> int:
    """How many decimals show so many digits of the amount; none of a large one."""
    return max(0, digits - 1 - amount.adjusted()) if amount else 0


def percent(fraction: Decimal, digits: int = 0) -> str:
    """A fraction in percent, rounded half up; what is little is not nothing."""
    least = Decimal(1).scaleb(-digits)
    if 0 < fraction * 100 < least:
        return f"under {least:f}{NBSP}%"
    return f"{_rounded(fraction * 100, digits):f}{NBSP}%"


def plural(count: int, noun: str) -> str:
    """`1 line`, `2 lines`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def plain(number: Decimal) -> str:
    """A quantity without zeros at its end, and grouped."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rounded(amount: Decimal, digits: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
