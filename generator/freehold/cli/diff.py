"""`freehold diff OLD NEW`: what a change of the spec changes on the hosts, and in cost."""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from freehold.cli.status import FOUND, GOOD

if TYPE_CHECKING:
    from freehold.cli.status import Subparsers
    from freehold.cost.difference import CostDifference
    from freehold.cost.types import Result
    from freehold.plan.types import Plan
    from freehold.render.diff import Difference


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "diff", help="show what a change of the spec changes on the hosts and in cost",
        allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("old", type=Path, help="a spec, or a directory with cluster.yml")
    parser.add_argument("new", type=Path, help="the spec that replaces it")
    parser.add_argument(
        "--format", choices=("text", "markdown", "json"), default="text", help="default: text"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the difference on stdout."""
    from freehold.cli.talk import put  # noqa: PLC0415 - not for `--help`
    from freehold.cost.difference import difference  # noqa: PLC0415
    from freehold.render.diff import diff  # noqa: PLC0415

    old, new = _read(arguments.old), _read(arguments.new)
    if old is None or new is None:
        return FOUND
    hosts, cost = diff(old.plan, new.plan), difference(old.result, new.result)
    put(_FORMATS[arguments.format](hosts, cost))
    return GOOD


@dataclass(frozen=True, slots=True)
class _Side:
    plan: "Plan"
    result: "Result | None"


def _read(spec: Path) -> "_Side | None":
    from freehold.cli.opening import open_spec, plan_of, result_of  # noqa: PLC0415 - as above
    from freehold.cli.talk import say_findings  # noqa: PLC0415

    opened = open_spec(spec)
    plan = plan_of(opened)
    has_cost = opened.cluster is not None and opened.cluster.cost is not None
    result = result_of(opened, plan) if plan and has_cost else None
    if plan is None or not opened.report.is_clean:
        say_findings(opened.report)
        return None
    return _Side(plan, result)


def _text(hosts: "Difference", cost: "CostDifference") -> Iterator[str]:
    from freehold.cli import diff_cost  # noqa: PLC0415 - only the format asked for
    from freehold.render import diff_text  # noqa: PLC0415

    yield from diff_text.text_lines(hosts)
    yield from ("", *diff_cost.text_lines(cost))


def _markdown(hosts: "Difference", cost: "CostDifference") -> Iterator[str]:
    from freehold.cli import diff_cost  # noqa: PLC0415 - only the format asked for
    from freehold.render import diff_text  # noqa: PLC0415

    yield from (*diff_cost.markdown_lines(cost), "")
    yield from diff_text.markdown_lines(hosts)


def _json(hosts: "Difference", cost: "CostDifference") -> Iterator[str]:
    from freehold.cli import diff_cost  # noqa: PLC0415 - only the format asked for
    from freehold.render import diff_text  # noqa: PLC0415

    document = diff_text.document(hosts) | {"cost": diff_cost.document(cost)}
    yield json.dumps(document, indent=1)


_FORMATS: Final[Mapping[str, Callable[["Difference", "CostDifference"], Iterator[str]]]] = {
    "text": _text,
    "markdown": _markdown,
    "json": _json,
}
