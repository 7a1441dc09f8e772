"""`freehold report SPEC`: fit, cost and network on one page, for those who approve it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from freehold.cli.status import FAILED, FOUND, GOOD

if TYPE_CHECKING:
    from freehold.cli.opening import Opened
    from freehold.cli.status import Subparsers
    from freehold.cost.types import Result
    from freehold.plan.types import Plan
    from freehold.render.report.subject import Subject

_DESCRIPTION = """\
Writes one HTML page that needs nothing else: no scripts, no network. It says whether the spec
fits, what is bought, what it costs and when, how owning compares with each alternative, how full
GPUs and racks are, who talks to whom, and what the figures rest on.

Exit status: 0 it fits and breaks no limit of the spec, 1 it does not or the spec has mistakes
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
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the page, whatever it has to say."""
    from freehold.cli.gates import report_breaches  # noqa: PLC0415 - not for `--help`
    from freehold.cli.opening import open_spec, plan_of, result_of  # noqa: PLC0415 - not for `--help`
    from freehold.cli.talk import say, say_findings  # noqa: PLC0415
    from freehold.cli.target import refusal  # noqa: PLC0415

    opened = open_spec(arguments.spec)
    path: Path = arguments.output or opened.path.with_name("report.html")
    if refused := refusal(path, arguments.spec):
        say(*refused)
        return FAILED
    plan = plan_of(opened)
    is_priced = opened.cluster is not None and opened.cluster.cost is not None
    result = result_of(opened, plan) if plan and is_priced else None
    subject = _page(opened, plan, result)
    if result:
        report_breaches(opened.report.refuse, result)
    say_findings(opened.report)
    _write(path, subject)
    return GOOD if opened.report.is_clean else FOUND


def _page(opened: "Opened", plan: "Plan | None", result: "Result | None") -> "Subject":
    """What the page is about: the breaches of limits are the result's, no findings."""
    from freehold.render.report.subject import Subject  # noqa: PLC0415 - not for `--help`

    cluster, findings = opened.cluster, opened.report.in_order()
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
