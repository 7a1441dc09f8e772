"""`freehold schema`: the spec's format, for editors, and the cost's, for programs."""

import argparse
import json
from typing import TYPE_CHECKING

from freehold.cli.status import GOOD
from freehold.cli.talk import put
from freehold.spec.schema import json_schema

if TYPE_CHECKING:
    from freehold.cli.status import Subparsers


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "schema",
        help="show the spec's format, or that of the cost, as JSON Schema",
        description="An editor with a YAML language server checks and completes a spec with it: "
        "freehold schema > cluster.schema.json, and in the spec's first line "
        "# yaml-language-server: $schema=cluster.schema.json. With --of cost, the schema of what "
        "`freehold bom` and `freehold tco` print with --format json.",
        allow_abbrev=False,
    )
    parser.add_argument("--of", choices=("spec", "cost"), default="spec", help="default: spec")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the schema on stdout."""
    schema = json_schema() if arguments.of == "spec" else _of_cost()
    put([json.dumps(schema, indent=2, ensure_ascii=False)])
    return GOOD


def _of_cost() -> dict[str, object]:
    from freehold.cost.export.as_json import schema  # noqa: PLC0415 - not for editors

    return schema()
