"""Finds entries by id or alias; says what may have been meant when there is none."""

from collections.abc import Iterable

from freehold.catalog.facts import Catalog, EngineVersion, Gpu, ModelFacts, Release, System
from freehold.catalog.versions import order, rules_of
from freehold.diagnostics import nearest, rule_text
from freehold.report import Report
from freehold.source import Loc
from freehold.spec.models import EngineName

rule_text(
    "unknown-gpu",
    """The catalog has no card of this id.

    Its memory decides what fits, so it is looked up and never guessed. `freehold catalog`
    lists the cards; a card that is missing can be added in a file of your own, or written
    out in the spec with its `vram`, `bandwidth` and `compute_capability`.
    """,
)
rule_text(
    "unknown-model",
    """The catalog has no model of this repository.

    The size of weights and KV cache follow from a model's architecture. Copy the figures
    from the checkpoint's config.json into a file of your own, named by `catalog:`.
    """,
)
rule_text(
    "unknown-system",
    """The catalog has no such operating system.

    Package names, podman's version and thus the keys of units depend on it.
    """,
)
rule_text(
    "unknown-engine-version",
    """The catalog does not have this version of the engine.

    Flags come and go between versions, so each version has its own table of them.
    """,
)


def find_gpu(catalog: Catalog, name: str, loc: Loc, report: Report) -> Gpu | None:
    """The card of this id or alias."""
    found = gpu_of(catalog, name)
    if found is None:
        by_name = _by_alias(catalog)
        report.refuse(
            "unknown-gpu",
            f"the catalog has no card `{name}`",
            loc,
            help=_several(name, catalog.gpus)
            or _meant(name, (*catalog.gpus, *by_name))
            or "write the card out with `vram`, or add it to a file named by `catalog:`",
        )
    return found


def gpu_of(catalog: Catalog, name: str) -> Gpu | None:
    """The card of this id or alias, if there is one."""
    return catalog.gpus.get(name) or _by_alias(catalog).get(name)


def _by_alias(catalog: Catalog) -> dict[str, Gpu]:
    return {alias: gpu for gpu in catalog.gpus.values() for alias in gpu.aliases}


def find_model(catalog: Catalog, source: str, loc: Loc, report: Report) -> ModelFacts | None:
    """The architecture of the checkpoint in this repository."""
    found = catalog.models.get(source)
    if found is None:
        meant = _meant(source, catalog.models)
        add = "add it to a file of your own named by `catalog:`"
        report.refuse(
            "unknown-model",
            f"the catalog has no model `{source}`",
            loc,
            help=f"{meant}, or {add}" if meant else add,
        )
    return found


def find_system(catalog: Catalog, name: str, report: Report) -> System | None:
    """The operating system of this id."""
    if name not in catalog.systems:
        known = ", ".join(f"`{identity}`" for identity in catalog.systems)
        report.refuse(
            "unknown-system",
            f"the catalog has no operating system `{name}`",
            ("system",),
            help=_meant(name, catalog.systems) or f"use one of {known}",
        )
    return catalog.systems.get(name)


def find_engine(
    catalog: Catalog, name: EngineName, version: str | None, loc: Loc, report: Report
) -> EngineVersion | None:
    """The engine's version asked for, or its newest."""
    versions = {e.version: e for e in catalog.engines.values() if e.name is name}
    if version is None:
        return max(versions.values(), key=lambda engine: order(engine.version))
    if version not in versions:
        known = ", ".join(f"`{found}`" for found in versions)
        report.refuse(
            "unknown-engine-version",
            f"the catalog has no {name} `{version}`",
            loc,
            help=_meant(version, versions) or f"use {known}",
        )
    return versions.get(version)


def find_release(
    catalog: Catalog, name: EngineName, version: str | None, loc: Loc, report: Report
) -> Release | None:
    """How the engine's version uses memory, whether or not that version can be rendered."""
    newest = max(
        (engine for engine in catalog.engines.values() if engine.name is name),
        key=lambda engine: order(engine.version),
    )
    if version is None:
        return newest.release
    rules = rules_of(catalog.memory[name], version)
    if rules is not None and order(version) <= order(newest.version):
        return Release(name, version, rules)
    first = catalog.memory[name][0].since
    report.refuse(
        "unknown-engine-version",
        f"the memory of {name} is known from {first} to {newest.version}, not of {version}",
        loc,
        help=f"use `{name}=={newest.version}`, or a version between them",
    )
    return None


def _several(name: str, known: Iterable[str]) -> str:
    """The ids that a short name stands for, when they are more than one."""
    found = [f"`{identity}`" for identity in known if identity.startswith(f"{name}-")]
    return f"use {' or '.join(found)}" if len(found) > 1 else ""


def _meant(name: str, known: Iterable[str]) -> str:
    close = nearest(name, known)
    return f"use `{close}`" if close else ""
