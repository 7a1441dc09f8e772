"""Machines, from pools."""

from collections.abc import Iterator

from freehold.catalog.facts import Catalog, Gpu
from freehold.catalog.lookup import find_gpu, find_system
from freehold.plan.silicon import Silicon, silicon
from freehold.plan.types import Card, Host
from freehold.report import Report
from freehold.spec.cluster import Cluster
from freehold.spec.nodes import Gpus, Pool, WrittenOutGpus


def hosts(cluster: Cluster, catalog: Catalog, report: Report) -> tuple[Host, ...]:
    """Every host, in the spec's order; counted hosts have no address yet."""
    find_system(catalog, cluster.system, report)
    return tuple(
        host
        for name, pool in cluster.nodes.items()
        for host in _hosts(name, pool, _card(name, pool.gpus, catalog, report))
    )


def _hosts(name: str, pool: Pool, card: Card | None) -> Iterator[Host]:
    addresses = pool.hosts if isinstance(pool.hosts, dict) else {}
    for host in pool.host_names(name):
        yield Host(
            name=host,
            pool=name,
            address=addresses.get(host),
            cores=pool.cpu.cores,
            memory=pool.memory,
            storage=pool.storage.models.size,
            card=card,
        )


def _card(pool: str, gpus: Gpus | None, catalog: Catalog, report: Report) -> Card | None:
    if gpus is None:
        return None
    if isinstance(gpus, WrittenOutGpus):
        return Card(gpus.name, gpus.count, gpus.vram, None, gpus.compute_capability, _own(gpus))
    loc = ("nodes", pool, "gpus", "model")
    gpu = find_gpu(catalog, gpus.model, loc, report)
    if gpu is None:
        return None
    return card_of(gpu, gpus.count)


def card_of(gpu: Gpu, count: int) -> Card:
    """So many of the catalog's cards in one host."""
    return Card(gpu.name, count, gpu.vram, gpu.vram_smi, gpu.compute_capability, silicon(gpu))


def _own(gpus: WrittenOutGpus) -> Silicon:
    return Silicon(gpus.name, float(gpus.bandwidth), {}, gpus.compute_capability, "pcie", None, "")


def cards_by_size(catalog: Catalog) -> tuple[tuple[str, Card], ...]:
    """NVIDIA's cards in the catalog with their ids, the smallest first."""
    cards = [(name, card_of(gpu, 1)) for name, gpu in catalog.gpus.items()
             if gpu.vendor == "nvidia" and gpu.compute_capability]  # fmt: skip
    return tuple(sorted(cards, key=lambda found: found[1].vram))
