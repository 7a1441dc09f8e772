"""From the order to the end of the horizon: the days on which money changes hands."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final

from freehold.cost.item import Basis
from freehold.cost.money import EXACT
from freehold.diagnostics import rule_text
from freehold.report import Report
from freehold.spec.cost import Cost
from freehold.spec.quotes import Quotes
from freehold.units import Duration

if TYPE_CHECKING:
    from freehold.cost.types import BomLine

TOO_SHORT: Final = rule_text(
    "horizon-too-short",
    """The horizon ends before the machines serve.

    It runs from the day of the order on, and what is ordered takes its time to arrive:
    `cost.lead_time`, or the longest lead time of what is bought when that is left out. Costs
    would be counted, and not one token.
    """,
)
_LONGEST: Final = Duration.parse("2 years")
"""No lead time of the catalog is as long."""
_MONTH: Final = Duration.parse("1 month")
_DAY: Final = Duration.parse("1 day")
_WEEK: Final = 7
"""Days."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month of service; the last may be cut short by the end of the horizon."""

    starts: date
    ends: date
    """Its last day, on which it is paid."""
    share: Decimal
    """Its days by those of the whole month."""

    @property
    def days(self) -> int:
        """In service."""
        return (self.ends - self.starts).days + 1


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that a cost is reckoned by."""

    ordered: date
    in_service: date
    """The first day of service."""
    horizon_months: int

    @property
    def ends(self) -> date:
        """The first day after the horizon."""
        return months_later(self.ordered, self.horizon_months)

    @property
    def last(self) -> date:
        """The last day of the horizon."""
        return self.ends - timedelta(1)

    @property
    def service(self) -> Decimal:
        """Months of service."""
        return self.months_until(self.ends)

    def months_until(self, day: date) -> Decimal:
        """Months of service before `day`: whole ones, and the share of the last."""
        return months_between(self.in_service, day)

    def years(self) -> tuple[tuple[date, date], ...]:
        """First and last day of each year from the order on; the last may be shorter."""
        starts = range(0, self.horizon_months, 12)
        return tuple(
            (months_later(self.ordered, start), self._before(start + 12)) for start in starts
        )

    def years_since(self, day: date) -> int:
        """Whole years from the order to `day`."""
        return int(months_between(self.ordered, day) // 12)

    def _before(self, months: int) -> date:
        return min(months_later(self.ordered, months), self.ends) - timedelta(1)


def months(since: date, until: date) -> tuple[Month, ...]:
    """The months from `since` on; the last may be cut short by `until`, the first day after."""
    found = []
    number = 0
    while (starts := months_later(since, number)) < until:
        number += 1
        following = months_later(since, number)
        cut = min(following, until)
        share = EXACT.divide(Decimal((cut - starts).days), Decimal((following - starts).days))
        found.append(Month(starts, cut - timedelta(1), share))
    return tuple(found)


def calendar(cost: Cost, ordered: date, lines: "Iterable[BomLine]", report: Report) -> Calendar:
    """The calendar; a horizon that ends before the machines serve is reported."""
    found = Calendar(ordered, in_service(cost, ordered, lines), cost.horizon.months)
    if found.in_service >= found.ends:
        report.refuse(
            TOO_SHORT,
            f"the horizon of {cost.horizon} ends on {found.ends}, the machines serve from "
            f"{found.in_service} on",
            ("cost", "horizon"),
            help="write a longer horizon, or a shorter `lead_time`"
            if cost.lead_time
            else "write a longer horizon, or `lead_time: 4 weeks` when you know that they come "
            "sooner",
        )
    return found


def may_be_short(cost: Cost, quotes: Quotes | None) -> bool:
    """Whether the horizon may end before the machines serve: quick, without any price.

    Never false where it does: quotes of what is not bought at all count here too.
    """
    waits = [cost.lead_time] if cost.lead_time else [_LONGEST, *_quoted(quotes)]
    return any(wait and cost.horizon <= wait for wait in waits)


def _quoted(quotes: Quotes | None) -> Iterable[Duration | None]:
    return (quote.lead_time for quote in quotes.quotes) if quotes else ()


def in_service(cost: Cost, ordered: date, lines: "Iterable[BomLine]") -> date:
    """The first day of service: the lead time after the order, of what is waited for."""
    if cost.lead_time is not None:
        return later(ordered, cost.lead_time)
    weeks = (line.lead_time.base for line in lines if line.lead_time and _is_waited_for(line))
    days = max(weeks, default=Decimal(0)) * _WEEK
    return ordered + timedelta(int(days))


def _is_waited_for(line: "BomLine") -> bool:
    """Whether it is bought to serve: parts come with their machine, and what is owned is there."""
    is_bought = line.need.is_capital and line.price.basis is not Basis.INCLUDED
    return is_bought and not line.need.is_spare


def later(day: date, span: Duration) -> date:
    """The day a span after another: by calendar months where it is some, else by days."""
    if span % _MONTH == 0:
        return months_later(day, span // _MONTH)
    return day + timedelta(span // _DAY)


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def begun(spans: Decimal) -> int:
    """The whole spans, with the one that has begun."""
    return int(spans.to_integral_value(ROUND_CEILING))


def months_between(since: date, day: date) -> Decimal:
    """Months from one day to another: whole ones, and the share of the last; zero before."""
    if day <= since:
        return Decimal(0)
    whole = (day.year - since.year) * 12 + day.month - since.month
    if months_later(since, whole) > day:
        whole -= 1
    starts, following = months_later(since, whole), months_later(since, whole + 1)
    part = EXACT.divide(Decimal((day - starts).days), Decimal((following - starts).days))
    return whole + part
