"""Every line that must be bought for a plan, before anyone has priced it."""

from freehold.catalog.facts import Catalog
from freehold.cost.needs.complete import check_traced
from freehold.cost.needs.lines import own_lines
from freehold.cost.needs.pools import pool_needs
from freehold.cost.needs.purchase import Purchase
from freehold.cost.needs.services import isolation, licences, services, staff
from freehold.cost.needs.site import facility, network
from freehold.cost.needs.spare_parts import spare_parts
from freehold.cost.pricing import Pricing
from freehold.cost.types import Need
from freehold.plan.types import Plan
from freehold.spec.cluster import Cluster
from freehold.spec.cost import Cost


def needs(
    cluster: Cluster, cost: Cost, plan: Plan, catalog: Catalog, pricing: Pricing
) -> tuple[Need, ...]:
    """What the plan's hosts are made of and stand in, licences, services, people, own lines.

    Energy and rent, which follow from the physics of all of it, are `running`.

    Raises:
        UntracedError: a host is left out; our bug.
    """
    purchase = Purchase(cluster, cost, plan, catalog, pricing)
    hosts = [need for pool in plan.pools for need in pool_needs(purchase, pool)]
    added, own = tuple(isolation(purchase)), tuple(own_lines(purchase))
    hardware = [*hosts, *network(purchase)]
    hardware += [*facility(purchase, (*hardware, *added, *own)), *added]
    found = (
        *hardware,
        *spare_parts(purchase, hardware),
        *licences(purchase),
        *services(purchase),
        staff(purchase),
        *own,
    )
    check_traced(found, purchase.hosts)
    return found
