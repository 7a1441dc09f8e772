"""Whether racks could be too small at all: quick, so that `check` need not read every price."""

from decimal import Decimal
from typing import Final

from freehold.catalog.facts import Catalog
from freehold.catalog.lookup import gpu_of
from freehold.spec.cluster import Cluster
from freehold.spec.cost import Kind
from freehold.spec.nodes import Pool, WrittenOutGpus

_FEED: Final = 22_000
"""Watts of a rack whose spec says nothing: the largest PDU of the catalog."""
_UNITS: Final = 20
"""No host is so high."""
_UNKNOWN_CARD: Final = 600
_SOLDERED: Final = 8
"""The most GPUs of a machine that is sold with more than the spec asks for."""
_REST: Final = 7000
_PER_CORE: Final = 20
_PER_GIB: Final = Decimal("0.2")
_PER_TB: Final = 25
_GIB: Final = 2**30
_TB: Final = 10**12


def is_narrow(cluster: Cluster, catalog: Catalog) -> bool:
    """Whether some host might not fit into a rack, or all of them into those that there are."""
    cost = cluster.cost
    if cost is None or cost.location.kind is Kind.OFFICE:
        return False
    rack = cost.location.rack
    if rack.count or rack.weight or rack.units < _UNITS:
        return True
    feed = rack.power or _FEED
    return any(at_most(pool, catalog) > feed for pool in cluster.nodes.values())


def at_most(pool: Pool, catalog: Catalog) -> Decimal:
    """Watts that no host of the pool can exceed: more than any part of the catalog draws."""
    cores = _PER_CORE * pool.cpu.cores
    memory = _PER_GIB * pool.memory / _GIB
    drives = Decimal(_PER_TB * pool.storage.models.size) / _TB
    return _gpus(pool, catalog) + _REST + cores + memory + drives


def _gpus(pool: Pool, catalog: Catalog) -> int:
    if pool.gpus is None:
        return 0
    if isinstance(pool.gpus, WrittenOutGpus):
        return pool.gpus.count * (pool.gpus.power or _UNKNOWN_CARD)
    known = gpu_of(catalog, pool.gpus.model)
    return max(pool.gpus.count, _SOLDERED) * ((known and known.power) or _UNKNOWN_CARD)
