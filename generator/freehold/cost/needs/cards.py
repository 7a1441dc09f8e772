"""The GPUs of one host, and what they and a whole machine with them are called."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from freehold.catalog.facts import Catalog, Gpu
from freehold.catalog.hardware import cards, gpu_item, is_soldered, own_gpu_item, sizes, slug
from freehold.cost.types import Item
from freehold.spec.cost import Life
from freehold.spec.nodes import Gpus, Pool, WrittenOutGpus


@dataclass(frozen=True, slots=True)
class Cards:
    """The GPUs of one host, as they are bought."""

    item: Item
    count: int
    facts: Gpu | None
    """None for a card that the spec writes out."""
    bundled: str | None
    """The licence that is paid with the card."""

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
    """The cards of a pool's hosts, which the catalog knows or the spec writes out."""
    if gpus is None:
        return None
    if isinstance(gpus, WrittenOutGpus):
        return Cards(own_gpu_item(gpus, life), gpus.count, None, None)
    found = next((one for one in catalog.gpus.items() if _is_called(gpus.model, *one)), None)
    if found is None:
        return None
    identity, facts = found
    sale = cards().get(identity)
    return Cards(gpu_item(identity, facts, life), gpus.count, facts, sale.bundled if sale else None)


def _is_called(name: str, identity: str, gpu: Gpu) -> bool:
    return name == identity or name in gpu.aliases


def machine_id(pool: str, found: Cards | None) -> str:
    """What a quote for a whole machine of the pool is called."""
    return f"server.{found.identity}-x{found.of_machine}" if found else f"server.{slug(pool)}"


def items_of_pools(pools: Mapping[str, Pool], catalog: Catalog) -> Iterator[str]:
    """The ids of cards and of whole machines that a bill for these pools may have."""
    for name, pool in pools.items():
        found = cards_of(pool.gpus, catalog, Life())
        yield machine_id(name, found)
        if found:
            yield found.item.id
