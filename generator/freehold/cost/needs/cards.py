"""The GPUs of one host, and what they and a whole machine with them are called."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from freehold.catalog.facts import Catalog, Gpu
from freehold.catalog.hardware import cards, gpu_item, is_soldered, own_gpu_item, sizes, slug
from freehold.cost.item import Item
from freehold.spec.cost import Life
from freehold.spec.nodes import CatalogGpus, Gpus, Pool, WrittenOutGpus


@dataclass(frozen=True, slots=True)
class Cards:
    """The GPUs of one host, as they are bought."""

    item: Item
    count: int
    facts: Gpu | None
    """None for a card that the spec writes out."""
    bundled: str | None
    """The licence that is paid with the card."""
    has_power: bool
    """Whether anyone says what it draws."""

    @property
    def note(self) -> str:
        """What is taken for granted of its power."""
        taken = f"{self.item.power.maximum} W are taken" if self.item.power else ""
        return "" if self.has_power else f"what it draws is not known: {taken}"

    @property
    def identity(self) -> str:
        """The card's id, as in `gpu.l40s-48gb`."""
        return self.item.id.removeprefix("gpu.")

    @property
    def is_soldered(self) -> bool:
        """Whether it comes in whole machines alone."""
        return self.facts is not None and is_soldered(self.facts)

    @property
    def of_machine(self) -> int:
        """GPUs of the machine that is sold with at least so many."""
        if self.facts is None or not self.is_soldered:
            return self.count
        return next((size for size in sizes(self.facts) if size >= self.count), self.count)


def cards_of(gpus: Gpus | None, catalog: Catalog, life: Life) -> Cards | None:
    """The cards of a pool's hosts, which the catalog knows or the spec writes out.

    Raises:
        KeyError: the catalog does not know them; a plan has no such hosts.
    """
    if gpus is None:
        return None
    if isinstance(gpus, WrittenOutGpus):
        return Cards(own_gpu_item(gpus, life), gpus.count, None, None, gpus.power is not None)
    identity = _identities(catalog)[gpus.model]
    facts, sale = catalog.gpus[identity], cards().get(identity)
    item, bundled = gpu_item(identity, facts, life), sale.bundled if sale else None
    return Cards(item, gpus.count, facts, bundled, facts.power is not None)


def _identities(catalog: Catalog) -> Mapping[str, str]:
    """The id of each card by its id and by its aliases."""
    return {name: identity for identity, gpu in catalog.gpus.items()
            for name in (*gpu.aliases, identity)}  # fmt: skip


def machine_id(pool: str, found: Cards | None) -> str:
    """What a quote for a whole machine of the pool is called."""
    return f"server.{found.identity}-x{found.of_machine}" if found else f"server.{slug(pool)}"


def items_of_pools(pools: Mapping[str, Pool], catalog: Catalog) -> Iterator[str]:
    """The ids of cards and of whole machines that a bill for these pools may have.

    Pools with a card that nobody knows are left out: another finding is about them.
    """
    known = _identities(catalog)
    for name, pool in pools.items():
        if isinstance(pool.gpus, CatalogGpus) and pool.gpus.model not in known:
            continue
        found = cards_of(pool.gpus, catalog, Life())
        yield machine_id(name, found)
        if found:
            yield found.item.id
