"""Hosts that no machine of the catalog could be; known only once there is a plan."""

from typing import Final

from freehold.catalog.facts import Catalog
from freehold.cost.needs.pools import kit
from freehold.cost.needs.purchase import Purchase
from freehold.cost.pricing import Pricing
from freehold.diagnostics import rule_text
from freehold.plan.types import Plan
from freehold.report import Report
from freehold.spec.cluster import Cluster
from freehold.spec.quotes import Quotes

FULL: Final = rule_text(
    "machine-too-full",
    """A host is to have more cores, memory or storage than any machine of the catalog holds.

    The bill lists the fewest parts that add up to it, by the largest sizes in the catalog; they
    fit into no chassis of it, so the bill is for something that cannot be built from them. A
    machine that is bought whole is taken as its vendor quotes it.
    """,
)


def check_machines(
    cluster: Cluster, plan: Plan, catalog: Catalog, quotes: Quotes | None, report: Report
) -> None:
    """Report pools whose parts find no room in a machine; nothing without a cost section."""
    cost = cluster.cost
    if cost is None:
        return
    purchase = Purchase(cluster, cost, plan, catalog, Pricing.of(cost, quotes, catalog))
    for name in cluster.nodes:
        made = kit(purchase, name)
        for one in made.pieces if made else ():
            if one.note:
                report.warn(
                    FULL,
                    f"each host takes {one.count} of `{one.item}`, a machine of the catalog has "
                    f"{one.room} {one.holder}",
                    ("nodes", name, *one.path),
                    help=f"use more hosts with less each, or get a quote for the whole machine "
                    f"and write `cost: {{whole: [{name}]}}`",
                )
