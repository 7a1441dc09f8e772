"""Spans of time in the cost section: whole months, and none longer than what it is part of."""

from collections.abc import Iterator

from freehold.rules.registry import Finding, rule
from freehold.source import Loc
from freehold.spec.cluster import Cluster
from freehold.spec.cost import Cloud, Cost
from freehold.spec.mistakes import dotted
from freehold.units import Duration

MONTH = int(Duration.parse("1 month"))


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
