"""What every question about a purchase starts from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from freehold.catalog.facts import Catalog
from freehold.catalog.hardware import Hardware, hardware, item, items
from freehold.cost.item import Item, UnitPrice
from freehold.cost.pricing import Pricing
from freehold.cost.types import Need
from freehold.plan.types import Plan
from freehold.source import Loc
from freehold.spec.cluster import Cluster
from freehold.spec.cost import Cost, Kind


@dataclass(frozen=True)
class Purchase:
    """A plan, and what decides what is bought for it."""

    cluster: Cluster
    cost: Cost
    plan: Plan
    catalog: Catalog
    pricing: Pricing
    _prices: dict[tuple[str, int], tuple[bool, bool, Decimal]] = field(
        default_factory=dict, repr=False
    )

    @property
    def in_racks(self) -> bool:
        """Whether machines stand in racks, and meet at a switch."""
        return self.cost.location.kind is not Kind.OFFICE

    @property
    def owns_racks(self) -> bool:
        """Whether racks, power distribution and a UPS are bought."""
        return self.cost.location.kind is Kind.SERVER_ROOM

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(name for names in self.plan.pools.values() for name in names)

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """Everything that the catalog knows, by id."""
        return {one.id: one for one in items(self.catalog.gpus, self.cost.life)}

    def item(self, identity: str) -> Item:
        """The catalog's item, written off as the spec says."""
        return item(identity, self.cost.life)

    def need(
        self, identity: str, each: int, pool: str, *, path: Loc = ("hosts",), note: str = ""
    ) -> Need:
        """So many of the catalog's item in each host of a pool."""
        hosts = self.plan.pools[pool]
        return Need(
            item=self.item(identity),
            quantity=Decimal(each * len(hosts)),
            path=("nodes", pool, *path),
            hosts=hosts,
            is_capital=True,
            note=note,
        )

    def site(self, identity: str, quantity: Decimal | int, path: Loc, note: str = "") -> Need:
        """So many of the catalog's item for all hosts together."""
        return Need(
            item=self.item(identity),
            quantity=Decimal(quantity),
            path=path,
            hosts=self.hosts,
            is_capital=True,
            note=note,
        )

    def has_quote(self, price: UnitPrice) -> bool:
        """Whether the price comes from the user's file of quotes."""
        return self.cost.quotes is not None and price.source == self.cost.quotes

    def choose(self, counts: Iterable[tuple[str, int]]) -> tuple[str, int]:
        """Of items with the number of each that would do, the one to buy.

        What the user's quotes price comes first, then what costs least, then the fewest pieces;
        what has no price comes last.
        """
        return min(counts, key=self._rank)

    def _rank(self, choice: tuple[str, int]) -> tuple[bool, bool, Decimal, int]:
        identity, count = choice
        is_free, is_unknown, one = self._price(identity, count * len(self.hosts))
        return is_free, is_unknown, one * count, count

    def _price(self, identity: str, quantity: int) -> tuple[bool, bool, Decimal]:
        """By what all hosts would take of it: price breaks count for the order."""
        if (identity, quantity) not in self._prices:
            category = hardware()[identity].category
            price = self.pricing.price(identity, category, Decimal(quantity)).price
            self._prices[identity, quantity] = (
                not self.has_quote(price), price.base is None, price.base or Decimal(0),
            )  # fmt: skip
        return self._prices[identity, quantity]


def parts(identity: str) -> dict[str, Hardware]:
    """The catalog's items whose id begins so, as the file orders them."""
    return {name: found for name, found in hardware().items() if name.startswith(identity)}
