"""Money, totals and shares as people read them."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

from freehold.cost.item import Basis, Range, UnitPrice
from freehold.cost.money import EXACT, Rounding
from freehold.cost.types import BreakEven, Conventions, NamedPrice, Outcome, Quality, Total

_DECIMALS: Final = 4


def number(value: Decimal) -> str:
    """All digits, without an exponent and without a sign before zero: `0.000000135`."""
    return f"{value or abs(value):f}"


def grouped(value: Decimal) -> str:
    """All digits, in groups of three before the point: `12,345.60`."""
    return f"{value or abs(value):,f}"


def money(amount: Decimal, currency: str) -> str:
    """Such as `12,345.60 EUR`."""
    return f"{grouped(amount)} {currency}"


def unit_price(value: Decimal | None, conventions: Conventions) -> str:
    """At least as many decimals as the currency has, and `_DECIMALS`; `unknown` for none.

    What is less than one is shown with all its digits.
    """
    if value is None:
        return "unknown"
    most = Decimal(1).scaleb(-_DECIMALS)
    exact = value.quantize(most, ROUND_HALF_UP, EXACT) if abs(value) >= 1 else value
    padded = exact.quantize(Decimal(1).scaleb(-conventions.minor_units), context=EXACT)
    return grouped(padded if padded == exact else exact.normalize())


def total(sum_: Total, currency: str) -> str:
    """A total that says what it lacks: `at least 12.00 EUR, 3 lines without a price`."""
    if not sum_.unknown:
        return money(sum_.amount, currency)
    return f"at least {money(sum_.amount, currency)}, {holes(sum_.unknown)}"


def months(count: int) -> str:
    """Such as `60 months`."""
    return f"{count} month{'' if count == 1 else 's'}"


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
    """A lead time, such as `4 to 8 weeks`; nothing where it is not known."""
    if value is None:
        return ""
    low, high = rounded(value.low, 0), rounded(value.high, 0)
    return f"{low} weeks" if low == high else f"{low} to {high} weeks"


def ratio(value: Decimal | None, conventions: Conventions) -> str:
    """Money for one of many, with two digits more than is paid: `1.2345`; `?` for none."""
    if value is None:
        return "?"
    step = Decimal(1).scaleb(-conventions.minor_units - 2)
    return grouped(value.quantize(step, ROUND_HALF_UP, EXACT))


def rounded(value: Decimal | None, digits: int = 1) -> str:
    """A figure that is no money, such as `12,345.6`; `?` for none."""
    if value is None:
        return "?"
    return grouped(value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, EXACT))


def rate_of_return(found: BreakEven) -> str:
    """A rate a year, such as `34.2 %`; `none` where there is none."""
    return "none" if found.irr is None else f"{rounded(found.irr * 100)} %"


def paid_back(months: int | None, outcome: Outcome) -> str:
    """From when on owning stays cheaper: `month 16`, `at once`, `never`, or `not known`."""
    if months is None:
        return "not known" if outcome is Outcome.UNKNOWN else "never"
    return f"month {months}" if months else "at once"


_ON: Final[Mapping[Basis, str]] = {
    Basis.CONTRACT: "contract",
    Basis.QUOTE: "quoted",
    Basis.STATED: "stated in the spec",
    Basis.LIST: "listed",
    Basis.ESTIMATE: "estimated",
    Basis.INCLUDED: "included",
    Basis.UNKNOWN: "unknown",
}


def rests_on(quality: Quality) -> str:
    """What the prices are, such as `62 % of the capital cost is quoted, 38 % listed`."""
    shares = [f"{percent(share)} {_ON[basis]}" for basis, share in quality.by_basis.items()]
    quoted = f"{percent(quality.quoted)} of the capital cost is quoted"
    stale = f"; {percent(quality.stale)} is older than its limit" if quality.stale else ""
    return f"{quoted} ({', '.join(shares) or 'none has a price'}){stale}"


def provenance(price: UnitPrice) -> str:
    """Who says what something costs: `quote of Reseller Q-17, 2026-11-01, until 2026-12-31`."""
    if price.basis in {Basis.UNKNOWN, Basis.INCLUDED}:
        return price.note or _ON[price.basis]
    whose = " ".join(filter(None, (price.vendor, price.reference)))
    said = [
        f"{price.basis} of {whose}" if whose else price.basis.value,
        day(price.as_of),
        f"until {day(price.valid_until)}" if price.valid_until else "",
        "too old" if price.is_stale else "",
        price.source if price.basis in {Basis.LIST, Basis.ESTIMATE} else "",
    ]
    return ", ".join(filter(None, said))


def named_price(named: NamedPrice, conventions: Conventions) -> str:
    """Such as `58.232 EUR per instance hour (63.296 USD, lp2368, 2025-12-23, too old)`."""
    price = named.price
    since = f" from {day(named.since)} on" if named.since else ""
    if price.base is None:
        return f"not known per {named.unit}{since} ({provenance(price)})"
    amount = f"{unit_price(price.base, conventions)} {conventions.currency}"
    is_foreign = price.currency != conventions.currency
    original = original_price(price) if is_foreign else ""
    said = ", ".join(filter(None, (original, *_said_by(price))))
    return f"{amount} per {named.unit}{since} ({said})"


def original_price(price: UnitPrice) -> str:
    """In the currency of its source, such as `63.296 USD`; nothing where it is not known."""
    if price.original is None:
        return ""
    return f"{grouped(price.original.normalize())} {price.currency}"


def _said_by(price: UnitPrice) -> Iterator[str]:
    """Who says so and when; a published list goes without saying."""
    whose = " ".join(filter(None, (price.vendor, price.reference))) or price.source
    yield whose if price.basis is Basis.LIST else f"{price.basis} of {whose}"
    yield day(price.as_of)
    yield f"until {day(price.valid_until)}" if price.valid_until else ""
    yield "too old" if price.is_stale else ""


def rounding_of(conventions: Conventions) -> Rounding:
    """How the bill's amounts are rounded."""
    is_even = conventions.rounding == "half-even"
    policy: Literal["half-even", "half-up"] = "half-even" if is_even else "half-up"
    return Rounding(conventions.currency, conventions.minor_units, policy)
