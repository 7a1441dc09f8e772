"""Whether racks could be too small at all: quick, so that `check` need not read every price."""

from decimal import Decimal
from typing import Final

from freehold.catalog.facts import Catalog
from freehold.catalog.lookup import gpu_of
from freehold.spec.cluster import Cluster
from freehold.spec.cost import Kind
from freehold.spec.nodes import CatalogGpus, Pool, WrittenOutGpus

_FEED: Final = 22_000
"""Watts of a rack whose spec says nothing: the largest PDU of the catalog."""
_UNITS: Final = 20
"""No host is so high."""
_UNKNOWN_CARD: Final = 600
_COOL_CARD: Final = 600
"""Four of them, and all else of a host, are not too much for one phase."""
_MODULES: Final = 4000
_SOLDERED: Final = 8
"""The most GPUs of a machine that is sold with more than the spec asks for."""
_REST: Final = 7000
_PER_CORE: Final = 20
_PER_GIB: Final = Decimal("0.2")
_PER_TB: Final = 25
_MOST_CORES: Final = 384
_MOST_GIB: Final = 6144
"""Of two sockets, with the largest modules of the catalog."""
_MOST_TB: Final = 46
"""The least bays of a chassis, each with the largest drive of the kind whose are the smallest."""
_GIB: Final = 2**30
_TB: Final = 10**12


def is_full(cluster: Cluster) -> bool:
    """Whether the parts of some host might find no room in a machine."""
    return cluster.cost is not None and any(map(_is_full, cluster.nodes.values()))


def _is_full(pool: Pool) -> bool:
    return (
        pool.cpu.cores > _MOST_CORES
        or pool.memory > _MOST_GIB * _GIB
        or pool.storage.models.size > _MOST_TB * _TB
    )


def is_narrow(cluster: Cluster, catalog: Catalog) -> bool:
    """Whether some host might not fit into a rack, or all of them into those that there are."""
    cost = cluster.cost
    if cost is None or cost.location.kind is Kind.OFFICE:
        return False
    rack = cost.location.rack
    if rack.power or rack.count or rack.weight or rack.units < _UNITS:
        return True
    if any(line.item.startswith("server.") for line in cost.lines):
        return True
    return any(_is_large(pool, catalog) for pool in cluster.nodes.values())


def _is_large(pool: Pool, catalog: Catalog) -> bool:
    """Whether a host might be too much for a feed, or for a phase of it."""
    beside_gpus = _cores_and_modules(pool)
    hot_cards = _card(pool, catalog) > _COOL_CARD and not _is_board_of_eight(pool, catalog)
    return hot_cards or beside_gpus > _MODULES or at_most(pool, catalog) > _FEED


def at_most(pool: Pool, catalog: Catalog) -> Decimal:
    """Watts that no host of the pool can exceed: more than any part of the catalog draws."""
    gpus = max(pool.gpus.count, _SOLDERED) if pool.gpus else 0
    return gpus * _card(pool, catalog) + _REST + _cores_and_modules(pool)


def _cores_and_modules(pool: Pool) -> Decimal:
    cores = _PER_CORE * pool.cpu.cores
    memory = _PER_GIB * pool.memory / _GIB
    return cores + memory + Decimal(_PER_TB * pool.storage.models.size) / _TB


def _card(pool: Pool, catalog: Catalog) -> int:
    """Watts of one GPU."""
    if pool.gpus is None:
        return 0
    if isinstance(pool.gpus, WrittenOutGpus):
        return pool.gpus.power or _UNKNOWN_CARD
    known = gpu_of(catalog, pool.gpus.model)
    return (known and known.power) or _UNKNOWN_CARD


def _is_board_of_eight(pool: Pool, catalog: Catalog) -> bool:
    """Whether the machine has the many power supplies of those with eight soldered GPUs."""
    if not isinstance(pool.gpus, CatalogGpus) or pool.gpus.count != _SOLDERED:
        return False
    known = gpu_of(catalog, pool.gpus.model)
    return known is not None and known.form_factor.startswith(("SXM", "OAM"))
