"""`freehold plan SPEC`: what was decided, and from which numbers."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from freehold.cli.opening import open_spec, plan_of
from freehold.cli.plan_text import plan_lines
from freehold.cli.status import FOUND, GOOD
from freehold.cli.talk import put, say_findings

if TYPE_CHECKING:
    from freehold.cli.status import Subparsers
    from freehold.plan.types import Plan


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "plan", help="show what runs where, and how its memory adds up", allow_abbrev=False
    )
    parser.add_argument("spec", type=Path, help="the spec, or a directory with cluster.yml")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the plan on stdout."""
    opened = open_spec(arguments.spec)
    plan = plan_of(opened)
    say_findings(opened.report)
    if plan is None:
        return FOUND
    if arguments.format == "json":
        _put_json(plan)
    else:
        put(plan_lines(plan))
    return GOOD


def _put_json(plan: "Plan") -> None:
    from freehold.render.plan_json import document  # noqa: PLC0415 - Jinja, needless for text

    sys.stdout.write(b"".join(document(plan)).decode())
