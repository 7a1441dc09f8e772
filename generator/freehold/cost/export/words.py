"""Money, totals and shares as people read them."""

from datetime import date
from decimal import Decimal

from freehold.cost.types import Range, Total


def number(value: Decimal) -> str:
    """All digits, without an exponent and without a sign before zero: `0.000000135`."""
    return f"{value or abs(value):f}"


def grouped(value: Decimal) -> str:
    """All digits, in groups of three before the point: `12,345.60`."""
    return f"{value or abs(value):,f}"


def money(amount: Decimal, currency: str) -> str:
    """Such as `12,345.60 EUR`."""
    return f"{grouped(amount)} {currency}"


def total(sum_: Total, currency: str) -> str:
    """A total that says what it lacks: `at least 12.00 EUR, 3 lines without a price`."""
    if not sum_.unknown:
        return money(sum_.amount, currency)
    return f"at least {money(sum_.amount, currency)}, {holes(sum_.unknown)}"


def holes(count: int) -> str:
    """Such as `3 lines without a price`."""
    return f"{count} line{'' if count == 1 else 's'} without a price"


def percent(share: Decimal) -> str:
    """A fraction, such as `62.5 %`."""
    return f"{number((share * 100).normalize())} %"


def quantity(value: Decimal) -> str:
    """Without needless zeros: `8`, `1234.5`."""
    return number(value.normalize())


def day(value: date | None) -> str:
    """As in ISO 8601; nothing for none."""
    return value.isoformat() if value else ""


def weeks(value: Range | None) -> str:
    """A lead time in weeks, such as `4 to 8 weeks`."""
    if value is None:
        return ""
    low, high = quantity(value.low), quantity(value.high)
    return f"{low} weeks" if low == high else f"{low} to {high} weeks"
