"""Sites by their pools and cost section, and all that is bought for them."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import yaml

from cost import sites
from freehold.catalog.load import builtin
from freehold.cost.bill import bill
from freehold.cost.needs.needs import needs
from freehold.cost.physics import physics
from freehold.cost.pricing import Pricing
from freehold.cost.types import BomLine, Need, Physics
from freehold.plan.types import Plan
from freehold.spec.cluster import Cluster, Level
from freehold.spec.cost import Cost
from freehold.spec.nodes import Pool
from freehold.spec.quotes import Quotes

L40S = {"model": "l40s", "count": 4}
POOL = {
    "hosts": 2, "gpus": L40S, "cpu": {"cores": 64}, "memory": "512 GiB",
    "storage": {"models": {"size": "4 TB", "kind": "nvme"}},
}  # fmt: skip
EUR = {"currency": "EUR", "horizon": "5 years", "electricity": "0.19 EUR/kWh",
       "date": "2026-12-01"}  # fmt: skip


@dataclass(frozen=True)
class Bought:
    """A site and what is bought for it."""

    cluster: Cluster
    plan: Plan
    quotes: Quotes | None = None

    @property
    def cost(self) -> Cost:
        assert self.cluster.cost is not None
        return self.cluster.cost

    @cached_property
    def pricing(self) -> Pricing:
        return Pricing.of(self.cost, self.quotes, builtin())

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        return needs(self.cluster, self.cost, self.plan, builtin(), self.pricing)

    @cached_property
    def physics(self) -> Physics:
        return physics(self.cost, self.plan, self.needs, builtin())

    @cached_property
    def lines(self) -> dict[str, BomLine]:
        found = bill(self.cost, self.needs, self.physics, self.pricing)
        by_id = {line.id: line for line in found}
        assert len(by_id) == len(found), "an id is there twice"
        return by_id

    def counts(self) -> dict[str, str]:
        """Quantities by the ids of lines."""
        return {name: f"{line.need.quantity:f}" for name, line in self.lines.items()}


def bought(
    pools: dict[str, Any] | None = None, *, quotes: str = "", level: Level = Level.OPEN,
    system: str = "debian-13", **cost: Any,
) -> Bought:  # fmt: skip
    """A site with these pools, planned only as far as money needs it."""
    cluster, plan = sites.planned(sites.CLINIC)
    nodes = {
        name: Pool.model_validate(POOL | pool) for name, pool in (pools or {"gpu": {}}).items()
    }
    named = {"quotes": "quotes.yml"} if quotes else {}
    cluster = cluster.model_copy(
        update={"nodes": nodes, "cost": Cost.model_validate(EUR | named | cost)}
    )
    names = {name: tuple(pool.host_names(name)) for name, pool in nodes.items()}
    plan = replace(plan, pools=names, level=level, system_id=system)
    read = (
        Quotes.model_validate({"version": 1, "quotes": yaml.safe_load(quotes)}) if quotes else None
    )
    return Bought(cluster, plan, read)


def quote(item: str, price: str, **more: Any) -> str:
    """A file's quote of an item."""
    return yaml.safe_dump([{"item": item, "price": price, "date": "2026-11-30"} | more])
