"""`freehold schema`: the spec's format, for editors."""

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
        help="show the spec's format as JSON Schema",
        description="An editor with a YAML language server checks and completes a spec with it: "
        "freehold schema > cluster.schema.json, and in the spec's first line "
        "# yaml-language-server: $schema=cluster.schema.json",
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Show the schema on stdout."""
    put([json.dumps(json_schema(), indent=2, ensure_ascii=False)])
    return GOOD
