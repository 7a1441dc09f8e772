"""`freehold catalog`: what can be named in a spec."""

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from freehold.catalog.facts import Catalog
from freehold.catalog.load import builtin
from freehold.cli import catalog_add
from freehold.cli.status import GOOD
from freehold.cli.table import table
from freehold.cli.talk import put

if TYPE_CHECKING:
    from freehold.cli.status import Subparsers


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "catalog", help="list the GPUs, models, engines and systems it knows, or add a model",
        allow_abbrev=False,
    )  # fmt: skip
    parser.set_defaults(run=run, kind=None)
    kinds = parser.add_subparsers(metavar="KIND", help="all of them when left out")
    for kind in _KINDS:
        kinds.add_parser(kind, help=f"list the {kind}").set_defaults(kind=kind)
    catalog_add.add_parser(kinds)


def run(arguments: argparse.Namespace) -> int:
    """Show a table of each kind on stdout."""
    kinds = [arguments.kind] if arguments.kind else list(_KINDS)
    for number, kind in enumerate(kinds):
        put([""] if number else [])
        put(table(_KINDS[kind](builtin())))
    return GOOD


Rows = Iterable[Sequence[str]]


def _gpus(catalog: Catalog) -> Rows:
    yield "GPU", "CARD", "VRAM", "BANDWIDTH", "FACTS OF"
    for name, gpu in catalog.gpus.items():
        yield name, gpu.name, gpu.vram.gib, str(gpu.bandwidth), _dated(gpu.date, gpu.verified)


def _models(catalog: Catalog) -> Rows:
    yield "MODEL", "PARAMETERS", "CONTEXT", "FACTS OF"
    for name, model in catalog.models.items():
        context = str(model.max_position_embeddings)
        yield name, f"{model.parameters / 1e9:.1f}e9", context, _dated(model.date, model.verified)


def _engines(catalog: Catalog) -> Rows:
    yield "ENGINE", "VERSION", "IMAGE", "FACTS OF"
    for engine in catalog.engines.values():
        dated = _dated(engine.date, engine.verified)
        yield engine.name.value, engine.version, engine.image, dated


def _systems(catalog: Catalog) -> Rows:
    yield "SYSTEM", "NAME", "PODMAN", "FACTS OF"
    for name, system in catalog.systems.items():
        yield name, system.name, system.podman, _dated(system.date, system.verified)


def _dated(date: str, verified: bool) -> str:  # noqa: FBT001 - the fact's own field
    return date if verified else f"{date}, not verified"


_KINDS: Final[Mapping[str, Callable[[Catalog], Rows]]] = {
    "gpus": _gpus,
    "models": _models,
    "engines": _engines,
    "systems": _systems,
}
