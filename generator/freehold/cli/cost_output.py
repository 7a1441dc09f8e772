"""From a spec to the cost of its plan in one of many formats, on stdout or in a file."""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from freehold.cli.gates import add_gates, gated
from freehold.cli.opening import open_spec, plan_of, result_of
from freehold.cli.status import FAILED, FOUND, GOOD
from freehold.cli.talk import say, say_findings
from freehold.cli.target import refusal

if TYPE_CHECKING:
    from freehold.catalog.facts import Catalog
    from freehold.cli.opening import Opened
    from freehold.cost.types import Result
    from freehold.plan.types import Plan

BINARY: Final = frozenset({"xlsx"})
"""Formats that no terminal shows."""


@dataclass(frozen=True, slots=True)
class Priced:
    """All that a format may print."""

    opened: "Opened"
    catalog: "Catalog"
    plan: "Plan"
    result: "Result"


Encode = Callable[[Priced], bytes]
"""To a format's bytes; a finding in the report of `opened` says that they are not good."""


def add_words(parser: argparse.ArgumentParser, formats: Mapping[str, Encode]) -> None:
    """Add the words that commands about cost share."""
    parser.add_argument("spec", type=Path, help="the spec, or a directory with cluster.yml")
    parser.add_argument("--format", choices=tuple(formats), default="text", help="default: text")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write there instead of to stdout"
    )
    add_gates(parser)


def show(arguments: argparse.Namespace, formats: Mapping[str, Encode]) -> int:
    """Print the cost in the format that is asked for, and hold it to its limits."""
    if refusal := _refusal(arguments):
        say(*refusal)
        return FAILED
    opened = open_spec(arguments.spec)
    plan = plan_of(opened)
    result = result_of(opened, plan) if plan else None
    if opened.catalog is None or plan is None or result is None:
        say_findings(opened.report)
        return FOUND
    result = gated(arguments, opened, result)
    _put(formats[arguments.format](Priced(opened, opened.catalog, plan, result)), arguments.output)
    say_findings(opened.report)
    return GOOD if opened.report.is_clean else FOUND


def _refusal(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Why nothing can be written there; nothing when it can."""
    path: Path | None = arguments.output
    if path is None:
        if arguments.format in BINARY and sys.stdout.isatty():
            return (
                f"freehold: a terminal cannot show {arguments.format}",
                f"  = help: name a file: -o bom.{arguments.format}",
            )
        return ()
    return refusal(path, arguments.spec)


def _put(content: bytes, path: Path | None) -> None:
    if path is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    from freehold.atomic import replace  # noqa: PLC0415 - not for stdout

    replace(path, content)
    say(f"{path}: written")


def _json(priced: Priced) -> bytes:
    from freehold.cost.export.as_json import encode  # noqa: PLC0415 - only what is asked for

    return encode(priced.result)


def _xlsx(priced: Priced) -> bytes:
    from freehold.cost.export.xlsx.workbook import encode  # noqa: PLC0415 - only what is asked for

    return encode(priced.result)


def _markdown(priced: Priced) -> bytes:
    from freehold.cost.export.as_markdown import encode  # noqa: PLC0415 - only what is asked for

    return encode(priced.result)


SHARED: Final[Mapping[str, Encode]] = {"json": _json, "xlsx": _xlsx, "markdown": _markdown}
"""Formats of both commands, which hold the whole result."""
