"""Spans of time in the cost section: whole months, and none longer than what it is part of."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from freehold.rules.cost import parts
from freehold.rules.registry import Finding, rule
from freehold.source import Loc
from freehold.spec.cluster import Cluster
from freehold.spec.cost import Cloud, Cost
from freehold.spec.mistakes import dotted
from freehold.units import Duration

MONTH = int(Duration.parse("1 month"))
LONGEST: Final = Duration.parse("50 years")
"""No building, machine or contract of a cluster lasts as long."""
_FIRST: Final = date(2000, 1, 1)
_LAST: Final = date(2199, 12, 31)


@rule
def whole_months(cluster: Cluster) -> Iterator[Finding]:
    """A span that money is paid over is not a whole number of months.

    Cash flows fall on days of the calendar, a month or several apart, so 30 days would come to
    12 payments in one year and 13 in another.
    """
    for loc, span in _spans(cluster.cost) if cluster.cost else ():
        if int(span) % MONTH:
            months = max(span.months, 1)
            yield Finding(
                message=f"{dotted(loc)} is {span}, but is counted in whole months",
                loc=loc,
                help=f"write `{months} month{'s' if months > 1 else ''}`",
            )


@rule
def span_too_long(cluster: Cluster) -> Iterator[Finding]:
    """A span of time of the cost section is longer than anything that is bought lasts.

    Prices and escalation say nothing about such a time, so a slip of the unit is more likely.
    """
    yield from too_long(cluster.cost, ("cost",))


def too_long(value: object, loc: Loc) -> Iterator[Finding]:
    """Every duration in `value` that is longer than `LONGEST`."""
    if isinstance(value, Duration) and value > LONGEST:
        yield Finding(
            message=f"{dotted(loc)} is {value}, cost is reckoned over at most {LONGEST}",
            loc=loc,
            help=f"write at most `{LONGEST}`",
        )
    for step, inner in parts(value):
        yield from too_long(inner, (*loc, step))


@rule
def order_out_of_time(cluster: Cluster) -> Iterator[Finding]:
    """The day of the order is in no year in which anybody orders, by a slip of the pen."""
    day = cluster.cost.date if cluster.cost else None
    if day and not _FIRST <= day <= _LAST:
        yield Finding(
            message=f"the order is on {day}, but is to be between {_FIRST} and {_LAST}",
            loc=("cost", "date"),
            help="write the day of the order, year first",
        )


def _spans(cost: Cost) -> Iterator[tuple[Loc, Duration]]:
    yield ("cost", "horizon"), cost.horizon
    for name, life in cost.life:
        yield ("cost", "life", name), life
    if cost.lease:
        yield ("cost", "lease", "term"), cost.lease.term
    for number, line in enumerate(cost.lines):
        if line.every:
            yield ("cost", "lines", number, "every"), line.every
    for name, one in cost.alternatives.items():
        if isinstance(one, Cloud) and one.prepaid:
            yield ("cost", "alternatives", name, "prepaid"), one.prepaid


@rule
def lease_over_horizon(cluster: Cluster) -> Iterator[Finding]:
    """A lease runs longer than the time that cost is reckoned over.

    Its last payments would be missing in the total, and owning would be compared with part of
    a lease.
    """
    cost = cluster.cost
    if cost and cost.lease and cost.lease.term > cost.horizon:
        yield Finding(
            message=f"the lease runs {cost.lease.term}, the horizon is {cost.horizon}",
            loc=("cost", "lease", "term"),
            other=("cost", "horizon"),
            help=f"write a `term` of at most {cost.horizon}, or a longer `horizon`",
        )
