"""The catalog: freehold's own facts, and what a user's file adds to or overrides in them."""

import json
from functools import cache
from itertools import accumulate
from operator import or_
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter

from freehold.catalog.facts import Catalog, EngineVersion, Gpu, MemoryRules, ModelFacts, System
from freehold.catalog.models import Models, checkpoints
from freehold.catalog.read import read, text
from freehold.catalog.versions import rules_of
from freehold.report import Report
from freehold.source import Source
from freehold.spec.base import Repository, Strict
from freehold.spec.load import load_as
from freehold.spec.models import EngineName

Entry = TypeVar("Entry", bound=BaseModel)
Kind = TypeVar("Kind")

Memory = dict[EngineName, tuple[MemoryRules, ...]]


class OwnCatalog(Strict):
    """A user's file of facts that the catalog lacks or has otherwise."""

    gpus: dict[str, Gpu] = {}  # noqa: RUF012 - pydantic copies it
    models: dict[Repository, ModelFacts] = {}  # noqa: RUF012 - pydantic copies it


def load(user_file: Source | None, report: Report) -> Catalog | None:
    """The catalog with the facts of the user's own file; none when that cannot be read.

    Without them, what the spec names would be called unknown although the file has it.
    """
    if user_file is None:
        return builtin()
    own_report = Report(user_file)
    own = load_as(OwnCatalog, user_file, own_report)
    report.findings.extend(own_report.findings)
    return _merged(builtin(), own) if own else None


@cache
def builtin() -> Catalog:
    """The facts that come with freehold."""
    memory = _memory()
    return Catalog(
        gpus=_entries("gpus.yml", Gpu),
        models=Models(text("models.yml")),
        engines=_engines(memory),
        memory=memory,
        systems=_entries("systems.yml", System),
        quadlet={since: tuple(keys) for since, keys in read("quadlet.yml").items()},
    )


def _merged(catalog: Catalog, own: OwnCatalog) -> Catalog:
    # A copy would take what is cached in the other along.
    fields = {name: getattr(catalog, name) for name in Catalog.model_fields}
    added = {
        "gpus": catalog.gpus | own.gpus,
        "models": {**catalog.models, **checkpoints(own.models), **own.models},
    }
    return Catalog.model_construct(**fields | added)


def _engines(memory: Memory) -> dict[str, EngineVersion]:
    entries = read("engines.yml")
    for name, entry in entries.items():
        entry["flags"] = json.loads(text(f"flags/{name}.json"))
        entry["memory"] = rules_of(memory[EngineName(entry["name"])], entry["version"])
    return TypeAdapter(dict[str, EngineVersion]).validate_python(entries)


def _memory() -> Memory:
    """Each entry's own figures over those of the entry before it."""
    return {
        EngineName(name): tuple(map(MemoryRules.model_validate, accumulate(changes, or_)))
        for name, changes in read("memory.yml").items()
    }


def entries(name: str, kind: type[Kind]) -> Kind:
    """A file of the catalog, as what it holds."""
    return TypeAdapter(kind).validate_python(read(name))


def _entries(name: str, entry: type[Entry]) -> dict[str, Entry]:
    return entries(name, dict[str, entry])  # type: ignore[valid-type]
