"""From the lines of a bill to dated cash flows over the horizon."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from functools import cache
from typing import Final

from freehold.cost.calendar import Calendar, begun, months_between, months_later
from freehold.cost.item import Category, Range
from freehold.cost.money import EXACT, Rounding
from freehold.cost.types import BomLine, Flow, Stage
from freehold.spec.cost import Escalation

HARDWARE: Final = (
    Category.SERVER,
    Category.GPU,
    Category.CPU,
    Category.MEMORY,
    Category.STORAGE,
    Category.NETWORK,
    Category.FACILITY,
)
"""What is made of metal: leased, and replaced at the prices of hardware."""
REMOVAL: Final = "decommissioning"
"""What is paid once, and at the end."""
_ESCALATED: Final[Mapping[Category, str]] = {
    **dict.fromkeys(HARDWARE, "hardware"),
    Category.LICENCE: "licences",
    Category.SUPPORT: "support",
    Category.SPACE: "space",
    Category.ENERGY: "electricity",
    Category.STAFF: "staff",
    Category.CLOUD: "cloud",
    Category.API: "api",
}
_FACTORS: Final[Mapping[Category, str]] = {
    **dict.fromkeys(HARDWARE, "hardware"),
    Category.SUPPORT: "support",
    Category.SPACE: "space",
    Category.ENERGY: "electricity",
    Category.STAFF: "staff",
}
"""Which of the spec's uncertain factors a category's cost is a product of."""


@dataclass(frozen=True, slots=True)
class Terms:
    """When money changes hands, how its amount grows, and what it is worth on the day of order."""

    calendar: Calendar
    rounding: Rounding
    rate: Decimal | None
    """A year; nothing is discounted without."""
    escalation: Escalation

    def grown(self, category: Category, day: date) -> Decimal:
        """What a price of the day of order is multiplied by on a later day.

        Prices change on each anniversary of the order.
        """
        name = _ESCALATED.get(category)
        change = getattr(self.escalation, name) if name else Decimal(0)
        return EXACT.power(1 + change, self.calendar.years_since(day))

    def discounted(self, amount: Decimal, day: date) -> Decimal:
        """What an amount of a later day is worth on the day of order, not rounded."""
        if self.rate is None:
            return amount
        return EXACT.multiply(amount, _worth(self.rate, (day - self.calendar.ordered).days))

    def flow(  # noqa: PLR0913 - a cash flow's fields
        self,
        on: date,
        line: str,
        category: Category,
        stage: Stage,
        amount: Decimal,
        *,
        drivers: tuple[str, ...] = (),
        covers: int = 1,
    ) -> Flow:
        """A cash flow of the amount, rounded to what can be paid."""
        nominal = self.rounding(amount)
        discounted = self.rounding(self.discounted(nominal, on))
        return Flow(on, line, category, stage, nominal, discounted, drivers, covers)


@cache
def _worth(rate: Decimal, days: int) -> Decimal:
    """By XNPV's day count: actual days by 365."""
    return EXACT.power(1 + rate, EXACT.divide(Decimal(-days), Decimal(365)))


@dataclass(frozen=True, slots=True)
class Residuals:
    """What used hardware brings, as a fraction of its price when new."""

    by_age: Mapping[int, Range]
    """Months of use, and the fraction."""

    @classmethod
    def flat(cls, share: Decimal) -> "Residuals":
        """The same at any age."""
        return cls({0: Range.exactly(share)})

    def at(self, months: Decimal) -> Range:
        """At an age: between two known ages in proportion, and after the last as at the last.

        New hardware that the table lacks is worth what it cost.
        """
        known = {0: Range.exactly(Decimal(1)), **self.by_age}
        younger = max(age for age in known if age <= months)
        older = min((age for age in known if age > months), default=younger)
        one, other = known[younger], known[older]
        if older == younger:
            return one
        way = EXACT.divide(months - younger, Decimal(older - younger))
        return Range(
            _between(one.low, other.low, way),
            _between(one.base, other.base, way),
            _between(one.high, other.high, way),
        )


def _between(one: Decimal, other: Decimal, way: Decimal) -> Decimal:
    return EXACT.plus(one + (other - one) * way)


def owning(lines: Iterable[BomLine], terms: Terms, residuals: Residuals) -> tuple[Flow, ...]:
    """All that is paid for the lines, and what the hardware brings at the end, by date.

    Lines without a price have no flows; what is included in another line has none either.
    """
    found = (flow for line in lines if line.cost for flow in _of(line, terms, residuals))
    return tuple(sorted(found, key=lambda flow: flow.on))


def _of(line: BomLine, terms: Terms, residuals: Residuals) -> Iterator[Flow]:
    if line.need.every is None:
        yield from _once(line, terms)
        yield from _sold(line, terms, residuals)
    elif line.need.prepaid:
        yield from _terms(line, terms, line.need.every)
    else:
        yield from _running(line, terms, line.need.every)


def generations(line: BomLine, terms: Terms) -> tuple[date, ...]:
    """The days from which a line's capital, and what replaces it when worn out, is in use."""
    since, life = terms.calendar.in_service, line.need.item.life_months
    if life is None or not line.need.is_capital:
        return (since,)
    count = begun(EXACT.divide(terms.calendar.service, Decimal(life)))
    return tuple(months_later(since, life * number) for number in range(max(1, count)))


def _once(line: BomLine, terms: Terms) -> Iterator[Flow]:
    is_last = line.need.item.id == REMOVAL
    on = terms.calendar.last if is_last else terms.calendar.ordered
    yield _flow(line, terms, on, Stage.PURCHASE)
    for day in generations(line, terms)[1:]:
        yield _flow(line, terms, day, Stage.REFRESH)


def _sold(line: BomLine, terms: Terms, residuals: Residuals) -> Iterator[Flow]:
    worth = proceeds(line, terms, residuals)
    if worth:
        category, last = line.need.item.category, terms.calendar.last
        drivers = (*drivers_of(line), "residual")
        yield terms.flow(last, line.id, category, Stage.RESIDUAL, -worth, drivers=drivers)


def proceeds(line: BomLine, terms: Terms, residuals: Residuals) -> Decimal:
    """What the newest of a line's hardware brings at the end, rounded: of its price without tax."""
    price = _renewed(line, terms)
    return terms.rounding(price * residuals.at(_age(line, terms)).base) if price else Decimal(0)


def resale(lines: Iterable[BomLine], terms: Terms, residuals: Residuals) -> Range:
    """What all hardware brings at the end, as a fraction of what it cost without tax.

    The mean of what each line's newest brings at its age, by price; zero when nothing is sold.
    """
    prices: dict[Decimal, Decimal] = {}
    for line in lines:
        if price := _renewed(line, terms):
            age = _age(line, terms)
            prices[age] = prices.get(age, Decimal(0)) + price
    whole = sum(prices.values())
    known = [(price, residuals.at(age)) for age, price in prices.items()]
    found = Range.exactly(Decimal(0))
    with localcontext(EXACT):
        for price, of in known:
            share = price / whole
            found = Range(
                found.low + share * of.low,
                found.base + share * of.base,
                found.high + share * of.high,
            )
    return found


def _age(line: BomLine, terms: Terms) -> Decimal:
    """Months that the newest of a line's hardware is in use at the end."""
    return months_between(generations(line, terms)[-1], terms.calendar.ends)


def _renewed(line: BomLine, terms: Terms) -> Decimal:
    """The price without tax of the newest of a line's hardware; zero of what is never sold."""
    need = line.need
    is_sold = need.item.residual and need.is_capital and need.every is None
    if not is_sold or not line.extended:
        return Decimal(0)
    newest = generations(line, terms)[-1]
    is_first = newest == terms.calendar.in_service
    return line.extended * (Decimal(1) if is_first else terms.grown(need.item.category, newest))


def _terms(line: BomLine, terms: Terms, every: int) -> Iterator[Flow]:
    """Terms paid ahead; the last is cut, in proportion, unless it is a licence's."""
    for starts in _starts(terms.calendar, every):
        left = months_between(starts, terms.calendar.ends)
        is_whole = line.need.item.category is Category.LICENCE or left >= every
        share = Decimal(1) if is_whole else EXACT.divide(left, Decimal(every))
        yield _flow(line, terms, starts, Stage.TERM, share=share, covers=every)


def _running(line: BomLine, terms: Terms, every: int) -> Iterator[Flow]:
    """What is paid at each period's last day, at the price of its first."""
    calendar = terms.calendar
    for number, starts in enumerate(_starts(calendar, every)):
        following = months_later(calendar.in_service, (number + 1) * every)
        left = months_between(starts, min(following, calendar.ends))
        share = EXACT.divide(left, Decimal(every))
        last = min(following, calendar.ends) - timedelta(1)
        yield _flow(line, terms, last, Stage.RUNNING, share=share, priced=starts)


def _starts(calendar: Calendar, every: int) -> Iterator[date]:
    number = 0
    while (starts := months_later(calendar.in_service, number * every)) < calendar.ends:
        yield starts
        number += 1


def _flow(  # noqa: PLR0913 - a cash flow's fields
    line: BomLine,
    terms: Terms,
    on: date,
    stage: Stage,
    *,
    share: Decimal = Decimal(1),
    covers: int = 1,
    priced: date | None = None,
) -> Flow:
    """A payment of the line, at the price of the day `priced`, else of the day it is paid."""
    category = line.need.item.category
    amount = (line.cost or Decimal(0)) * share * terms.grown(category, priced or on)
    return terms.flow(on, line.id, category, stage, amount, drivers=drivers_of(line), covers=covers)


def drivers_of(line: BomLine) -> tuple[str, ...]:
    """Ids of what may be uncertain in a line's cost: its own price, and what moves many."""
    factor = _FACTORS.get(line.need.item.category)
    currency = line.price.currency
    return (line.id, *([factor] if factor else []), *([f"fx/{currency}"] if currency else []))
