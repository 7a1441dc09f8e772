"""The two streams: data to stdout, talk to stderr."""

import os
import sys
from collections.abc import Iterable
from typing import IO

from freehold.findings import as_text
from freehold.report import Report


def put(lines: Iterable[str]) -> None:
    """Write data."""
    _write(sys.stdout, lines)


def say(*lines: str) -> None:
    """Write what is not data."""
    _write(sys.stderr, lines)


def say_findings(report: Report) -> None:
    """Write the findings, and how many there are, where they are not what was asked for."""
    findings = report.in_order()
    if findings:
        colour = has_colour(sys.stderr)
        say(*as_text.text_lines(findings, report.sources, colour=colour), as_text.summary(findings))


def has_colour(stream: IO[str]) -> bool:
    """Whether a person with a colour terminal reads it (https://no-color.org)."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and stream.isatty()


def _write(stream: IO[str], lines: Iterable[str]) -> None:
    stream.writelines(f"{line}\n" for line in lines)
