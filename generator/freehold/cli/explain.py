"""`freehold explain NAME`: why a rule is one, or what a control is and how it is proven."""

import argparse
import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from freehold.cli.status import FAILED, GOOD
from freehold.cli.table import table
from freehold.cli.talk import put, say
from freehold.diagnostics import RULES, nearest
from freehold.plan.controls import catalogue, explain

if TYPE_CHECKING:
    from freehold.cli.status import Subparsers

WITH_RULES: Final = (
    "freehold.beside",
    "freehold.catalog.lookup",
    "freehold.checkpoint.entry",
    "freehold.checkpoint.write",
    "freehold.cli.gates",
    "freehold.cli.opening",
    "freehold.cost.calendar",
    "freehold.cost.demand",
    "freehold.lock.archive",
    "freehold.lock.check",
    "freehold.lock.formats",
    "freehold.plan.shapes",
    "freehold.plan.site",
    "freehold.plan.sizing",
    "freehold.quotes.read",
    "freehold.quotes.write",
    "freehold.render.compare",
    "freehold.render.preconditions",
    "freehold.render.write",
    "freehold.rules.alternatives",
    "freehold.rules.check",
    "freehold.rules.exclusions",
    "freehold.rules.machines",
    "freehold.rules.quotes",
    "freehold.rules.racks",
    "freehold.source",
    "freehold.spec.mistakes",
)
"""Every module that registers rules, or imports those that do."""


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "explain", help="explain a rule or a control, or list all of them", allow_abbrev=False
    )
    parser.add_argument(
        "name", nargs="?", help="a rule's name, as a finding shows it, or a control's, as NET-01"
    )
    parser.set_defaults(run=run)


def all_rules() -> Mapping[str, str]:
    """Every rule's explanation by its name."""
    for module in WITH_RULES:
        importlib.import_module(module)
    return dict(sorted(RULES.items()))


def run(arguments: argparse.Namespace) -> int:
    """Show one explanation on stdout, or the first line of each."""
    known = {**all_rules(), **{name: one.title for name, one in catalogue().items()}}
    if arguments.name is None:
        put(table((name, text.partition("\n")[0]) for name, text in sorted(known.items())))
        return GOOD
    text = RULES.get(arguments.name) or explain(arguments.name)
    if text is not None:
        put([text])
        return GOOD
    close = nearest(arguments.name, known)
    remedy = f"use `{close}`" if close else "`freehold explain` lists all"
    say(f"freehold: no rule or control is called `{arguments.name}`", f"  = help: {remedy}")
    return FAILED
