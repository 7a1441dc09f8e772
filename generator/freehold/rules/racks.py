"""Racks that cannot hold or feed what the plan takes; known only once there is a plan."""

from collections.abc import Sequence
from typing import Final

from freehold.catalog.facts import Catalog
from freehold.cost.needs.needs import needs
from freehold.cost.pricing import Pricing
from freehold.cost.racks import Box, Distribution, boxes, distribution, pack
from freehold.diagnostics import rule_text
from freehold.plan.types import Plan
from freehold.report import Report
from freehold.spec.cluster import Cluster
from freehold.spec.cost import Cost, Kind
from freehold.spec.quotes import Quotes

POWER: Final = rule_text(
    "rack-power",
    """A host draws more at its most than the feed of a rack, or one phase of it, carries.

    Breakers trip at what all draw at their most together, not at what they draw on average. The
    feed is `cost.location.rack.power`, or that of the largest PDU in the catalog; with `2N` each
    of two PDUs must carry all of it alone. From 11 kW on a feed is taken to have three phases, and
    each power supply of a host to hang on one of them.
    """,
)
UNITS: Final = rule_text(
    "rack-units",
    """A host is higher than a rack.

    How many rack units there are is `cost.location.rack.units`, 42 unless the spec says so.
    """,
)
WEIGHT: Final = rule_text(
    "rack-weight",
    """A rack with one host alone is heavier than the floor or its feet carry.

    The rack's own weight and that of its PDUs counts too.
    """,
)
COUNT: Final = rule_text(
    "rack-count",
    """The hosts take more racks than there are.

    Hosts are put into racks by first fit, the highest first, within units, power, weight and
    outlets; most often power is used up long before the units are.
    """,
)


def check_racks(
    cluster: Cluster, plan: Plan, catalog: Catalog, quotes: Quotes | None, report: Report
) -> None:
    """Report hosts that no rack can hold or feed, and more racks than there are."""
    cost = cluster.cost
    if cost is None or cost.location.kind is Kind.OFFICE:
        return
    pricing = Pricing.of(cost, quotes, catalog)
    found = boxes(needs(cluster, cost, plan, catalog, pricing), catalog)
    limits = distribution(cost.location, found)
    too_large = [box for box in found if limits.misfit(box)]
    for box in too_large:
        _refuse(box, limits, report)
    if not too_large:
        _count(cost, found, limits, report)


def _refuse(box: Box, limits: Distribution, report: Report) -> None:
    place = box.path
    host = box.names[0]
    match limits.misfit(box):
        case "power":
            report.refuse_key(
                POWER,
                f"`{host}` draws up to {box.power / 1000:.2f} kW, "
                f"a rack's feed carries {limits.feed / 1000:.2f} kW",
                place,
                help="raise `cost.location.rack.power` to what the feed carries, "
                "or use hosts with fewer GPUs",
            )
        case "phase":
            plugs = limits.plugs(box)
            each = "each outlet" if plugs > 1 else "one outlet"
            report.refuse_key(
                POWER,
                f"`{host}` draws up to {box.power / plugs / 1000:.2f} kW through {each}, "
                f"a phase of a rack's feed carries {limits.of_phase / 1000:.2f} kW",
                place,
                help="raise `cost.location.rack.power` to what the feed carries, "
                "or use hosts with fewer GPUs",
            )
        case "units":
            report.refuse_key(
                UNITS,
                f"`{host}` is {box.units} units high, a rack has {limits.units}",
                place,
                help="raise `cost.location.rack.units`, or use hosts that are less high",
            )
        case _:
            report.refuse_key(
                WEIGHT,
                f"`{host}` and its rack weigh {box.weight + limits.own_weight:.0f} kg, "
                f"{limits.weight_limit} kg are carried",
                place,
                help="raise `cost.location.rack.weight`, or use lighter hosts",
            )


def _count(cost: Cost, found: Sequence[Box], limits: Distribution, report: Report) -> None:
    racks = len(pack(found, limits))
    there = cost.location.rack.count
    if there is None or racks <= there:
        return
    power = sum(box.power * len(box.names) for box in found) / 1000
    units = sum(box.units * len(box.names) for box in found)
    report.refuse(
        COUNT,
        f"the hosts take {racks} racks, there {'are' if there > 1 else 'is'} {there}",
        ("cost", "location", "rack", "count"),
        label=f"{units} units and {power:.2f} kW in all, "
        f"{limits.units} units and {limits.feed / 1000:.2f} kW in each{_by_phase(limits)}",
        help=f"make room for {racks}, raise `rack.power` if the feeds carry more, "
        "or use fewer hosts",
    )


def _by_phase(limits: Distribution) -> str:
    return f", {limits.of_phase / 1000:.2f} kW on a phase" if limits.phases > 1 else ""
