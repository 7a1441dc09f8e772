"""Machines, from pools."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from freehold.catalog.facts import Catalog, Gpu
from freehold.catalog.lookup import find_gpu, find_system, gpu_of
from freehold.diagnostics import nearest, rule_text
from freehold.plan.silicon import Silicon, part, silicon
from freehold.plan.types import Card, Host, Mig
from freehold.report import Report
from freehold.source import Loc
from freehold.spec.cluster import Cluster
from freehold.spec.nodes import CatalogGpus, Gpus, Pool, WrittenOutGpus

UNDIVIDED: Final = rule_text(
    "mig-unsupported",
    """The card cannot be divided into MIG instances.

    Multi-Instance GPU gives each part of a card memory and processors of its own. NVIDIA builds
    it into some cards of compute capability 8.0 and later; the catalog lists their profiles.
    """,
)
PROFILE: Final = rule_text(
    "unknown-mig-profile",
    """The card has no MIG profile of this name.

    A profile is named after its share of the processors and its nominal memory. What counts is
    the memory that programs see, which is less; the catalog has it for each card and profile.
    """,
)
_SHAPE: Final = re.compile(r"[0-9]{1,2}g\.[0-9]{1,4}gb")


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
    loc = ("nodes", pool, "gpus")
    gpu = find_gpu(catalog, gpus.model, (*loc, "model"), report)
    if gpu is None:
        return None
    if gpus.mig is None:
        return card_of(gpu, gpus.count)
    found = divided(gpu, gpus.count)
    if gpus.mig not in found:
        _refuse_profile(gpus.mig, gpu, catalog, (*loc, "mig"), report)
    return found.get(gpus.mig)


def _refuse_profile(profile: str, gpu: Gpu, catalog: Catalog, loc: Loc, report: Report) -> None:
    if not gpu.mig:
        able = ", ".join(f"`{name}`" for name, other in catalog.gpus.items() if other.mig)
        report.refuse(
            UNDIVIDED,
            f"{gpu.name} cannot be divided into MIG instances",
            loc,
            help=f"remove `mig`, or use one of the cards that can: {able}",
        )
        return
    known = ", ".join(f"`{name}` ({one.count} x {one.memory.gib})" for name, one in gpu.mig.items())
    close = _nearest_profile(profile, gpu)
    report.refuse(
        PROFILE,
        f"{gpu.name} has no MIG profile `{profile}`",
        loc,
        help=f"write `mig: {close}`; it has {known}" if close else f"use one of {known}",
    )


def _nearest_profile(profile: str, gpu: Gpu) -> str | None:
    """The profile of the card whose slices and then memory are most like those asked for."""
    if not _SHAPE.fullmatch(profile):
        return nearest(profile, gpu.mig)
    slices, memory = _numbers(profile)
    return min(
        gpu.mig,
        key=lambda name: (abs(_numbers(name)[0] - slices), abs(_numbers(name)[1] - memory)),
    )


def _numbers(profile: str) -> tuple[int, int]:
    slices, memory = profile.removesuffix("gb").split("g.")
    return int(slices), int(memory)


def card_of(gpu: Gpu, count: int) -> Card:
    """So many of the catalog's cards in one host."""
    return Card(gpu.name, count, gpu.vram, gpu.vram_smi, gpu.compute_capability, silicon(gpu))


def divided(gpu: Gpu, count: int) -> dict[str, Card]:
    """So many of the catalog's cards, divided by each of their MIG profiles."""
    whole = card_of(gpu, count)
    compute = max((one.count for one in gpu.mig.values()), default=1)
    memory = 1 << (compute - 1).bit_length()
    return {
        name: replace(
            whole,
            vram=one.memory,
            vram_smi=gpu.vram_smi or gpu.vram,
            silicon=part(
                silicon(gpu),
                compute=_numbers(name)[0] / compute,
                memory=round(one.memory / gpu.vram * memory) / memory,
            ),
            mig=Mig(name, one.count),
        )
        for name, one in gpu.mig.items()
    }


def larger_parts(gpus: CatalogGpus, catalog: Catalog) -> tuple[tuple[str, Card], ...]:
    """The spec's words for each profile of the same card, and for none, the smallest first."""
    gpu = gpu_of(catalog, gpus.model)
    if gpu is None:
        return ()
    parts = [(f"`gpus: mig: {name}`", card) for name, card in divided(gpu, gpus.count).items()]
    whole = [("GPUs without `mig`", card_of(gpu, gpus.count))]
    return tuple(sorted((*parts, *whole), key=lambda found: found[1].vram))


def _own(gpus: WrittenOutGpus) -> Silicon:
    return Silicon(gpus.name, float(gpus.bandwidth), {}, gpus.compute_capability, "pcie", None, "")


def cards_by_size(catalog: Catalog) -> tuple[tuple[str, Card], ...]:
    """NVIDIA's cards in the catalog with their ids, the smallest first."""
    cards = [(name, card_of(gpu, 1)) for name, gpu in catalog.gpus.items()
             if gpu.vendor == "nvidia" and gpu.compute_capability]  # fmt: skip
    return tuple(sorted(cards, key=lambda found: found[1].vram))
