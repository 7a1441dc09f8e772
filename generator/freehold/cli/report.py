"""`freehold report SPEC`: fit, cost and network on one page, for those who approve it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from freehold.cli.gates import add_gates
from freehold.cli.status import FAILED, FOUND, GOOD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freehold.cli.opening import Opened
    from freehold.cli.status import Subparsers
    from freehold.cost.types import Result
    from freehold.diagnostics import Diagnostic
    from freehold.plan.types import Plan
    from freehold.render.report.subject import Subject

_DESCRIPTION = """\
Writes one HTML page that needs nothing else: no scripts, no network. It says whether the spec
fits, what is bought, what it costs and when, how owning compares with each alternative, how full
GPUs and racks are, who talks to whom, and what the figures rest on.

Exit status: 0 it fits and breaks no limit, 1 it does not or the spec has mistakes
(the page says so), 2 the page could not be written.
"""


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "report", help="write one page about fit, cost and network",
        description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("spec", type=Path, help="the spec, or a directory with cluster.yml")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="default: report.html beside the spec"
    )
    add_gates(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the page, whatever it has to say."""
    from freehold.cli.gates import gated, has_limits  # noqa: PLC0415 - not for `--help`
    from freehold.cli.opening import open_spec, plan_of, result_of  # noqa: PLC0415 - not for `--help`
    from freehold.cli.talk import say, say_findings  # noqa: PLC0415
    from freehold.cli.target import refusal  # noqa: PLC0415

    opened = open_spec(arguments.spec)
    path: Path = arguments.output or opened.path.with_name("report.html")
    if refused := refusal(path, arguments.spec):
        say(*refused)
        return FAILED
    plan = plan_of(opened)
    has_cost = opened.cluster is not None and opened.cluster.cost is not None
    is_priced = has_cost or has_limits(arguments)
    result = result_of(opened, plan) if plan and is_priced else None
    findings = opened.report.in_order()
    if result:
        result = gated(arguments, opened, result)
    subject = _subject(opened, plan, result, findings)
    say_findings(opened.report)
    _write(path, subject)
    return GOOD if opened.report.is_clean else FOUND


def _subject(
    opened: "Opened", plan: "Plan | None", result: "Result | None", findings: "Sequence[Diagnostic]"
) -> "Subject":
    """What the page is about: the breaches of limits are the result's, no findings."""
    from freehold.render.report.subject import Subject  # noqa: PLC0415 - not for `--help`

    cluster = opened.cluster
    if cluster is None:
        return Subject(opened.path.name, findings=findings)
    users = {name: model.workload.users for name, model in cluster.models.items()}
    return Subject(cluster.name, cluster.description, plan, result, findings, users)


def _write(path: Path, subject: "Subject") -> None:
    from freehold.atomic import replace  # noqa: PLC0415 - not for `--help`
    from freehold.cli.talk import say  # noqa: PLC0415
    from freehold.render.report.page import page  # noqa: PLC0415
    from freehold.render.report.verdict import verdict  # noqa: PLC0415

    replace(path, page(subject))
    say(f"{path}: {verdict(subject).headline}")
