"""Parts that lie on the shelf."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from freehold.cost.item import Item
from freehold.cost.needs.purchase import Purchase
from freehold.cost.spares import expected, quantile
from freehold.cost.types import Need
from freehold.spec.cost import Spares

_DAYS = Decimal(7 * 86_400_000)
"""Milliseconds of a week."""


def spare_parts(purchase: Purchase, needs: Sequence[Need]) -> Iterator[Need]:
    """For each kind of part, as many as suffice while new ones are on their way."""
    spares = purchase.cost.spares
    if not isinstance(spares, Spares):
        return
    fleets: dict[str, list[Need]] = {}
    for need in needs:
        if need.parent is None and need.item.annual_failure_rate:
            fleets.setdefault(need.item.id, []).append(need)
    for fleet in fleets.values():
        yield from _spare(purchase, spares, fleet)


def _spare(purchase: Purchase, spares: Spares, fleet: Sequence[Need]) -> Iterator[Need]:
    first = fleet[0]
    count = sum((need.quantity for need in fleet), Decimal(0))
    weeks = _weeks(purchase, spares, first.item, count)
    failures = first.item.annual_failure_rate
    if failures is None or weeks is None:
        return
    mean = expected(count, failures.base, weeks)
    wanted = quantile(mean, spares.service_level)
    if wanted:
        yield replace(
            first,
            quantity=Decimal(wanted),
            path=("cost", "spares"),
            hosts=_hosts(purchase, fleet),
            is_spare=True,
            note=f"{count} x {failures.base:f} a year x {weeks:.1f} weeks = {mean:.2f} failures "
            f"on average; {wanted} suffice with {spares.service_level.written}",
        )


def _weeks(purchase: Purchase, spares: Spares, item: Item, count: Decimal) -> Decimal | None:
    """How long a new one takes: as the spec says, else a quote, else as is usual."""
    if spares.resupply:
        return int(spares.resupply) / _DAYS
    quoted = purchase.pricing.price(item.id, item.category, count).lead_time
    lead_time = quoted or item.lead_time
    return lead_time.base if lead_time else None


def _hosts(purchase: Purchase, fleet: Sequence[Need]) -> tuple[str, ...]:
    if len(fleet) == 1:
        return fleet[0].hosts
    if sum(len(need.hosts) for need in fleet) == len(purchase.hosts):
        return purchase.hosts
    return tuple(name for need in fleet for name in need.hosts)
