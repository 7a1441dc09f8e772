"""`freehold check SPEC`: all that is wrong with a spec."""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from freehold.cli.opening import open_spec, plan_of
from freehold.cli.status import FOUND, GOOD
from freehold.cli.talk import has_colour, put, say
from freehold.findings.as_json import json_lines
from freehold.findings.as_sarif import sarif_lines
from freehold.findings.as_text import summary, text_lines
from freehold.lock.check import check_beside
from freehold.report import Report

if TYPE_CHECKING:
    from freehold.cli.status import Subparsers


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "check", help="say all that is wrong with a spec", allow_abbrev=False
    )
    parser.add_argument("spec", type=Path, help="the spec, or a directory with cluster.yml")
    parser.add_argument("--format", choices=_FORMATS, default="text", help="default: text")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the findings on stdout."""
    opened = open_spec(arguments.spec)
    plan = plan_of(opened)
    if plan is not None:
        check_beside(opened.path, plan, opened.report)
    report = opened.report
    put(_FORMATS[arguments.format](report))
    say(f"{report.source.name}: {summary(report.findings)}")
    return GOOD if report.is_clean else FOUND


def _text(report: Report) -> Iterable[str]:
    return text_lines(report.in_order(), report.sources, colour=has_colour(sys.stdout))


_FORMATS: Final[Mapping[str, Callable[[Report], Iterable[str]]]] = {
    "text": _text,
    "json": lambda report: json_lines(report.in_order()),
    "sarif": lambda report: sarif_lines(report.in_order()),
}
