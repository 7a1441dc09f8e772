"""`freehold diff OLD NEW`: what a change of the spec changes on the hosts."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from freehold.cli.status import FOUND, GOOD

if TYPE_CHECKING:
    from freehold.cli.status import Subparsers
    from freehold.plan.types import Plan


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "diff", help="show what a change of the spec changes on the hosts", allow_abbrev=False
    )
    parser.add_argument("old", type=Path, help="a spec, or a directory with cluster.yml")
    parser.add_argument("new", type=Path, help="the spec that replaces it")
    parser.add_argument(
        "--format", choices=("text", "markdown", "json"), default="text", help="default: text"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the difference on stdout."""
    from freehold.cli.talk import put  # noqa: PLC0415 - not for `--help`
    from freehold.render.diff import diff  # noqa: PLC0415
    from freehold.render.diff_text import json_lines, markdown_lines, text_lines  # noqa: PLC0415

    old, new = _plan(arguments.old), _plan(arguments.new)
    if old is None or new is None:
        return FOUND
    formats = {"text": text_lines, "markdown": markdown_lines, "json": json_lines}
    put(formats[arguments.format](diff(old, new)))
    return GOOD


def _plan(spec: Path) -> "Plan | None":
    from freehold.cli.opening import open_spec, plan_of  # noqa: PLC0415 - not for `--help`
    from freehold.cli.talk import say_findings  # noqa: PLC0415

    opened = open_spec(spec)
    plan = plan_of(opened)
    if plan is None:
        say_findings(opened.report)
    return plan
