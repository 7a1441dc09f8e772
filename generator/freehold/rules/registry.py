"""What a rule is: a question to the spec alone, whose name and docstring explain it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from freehold.diagnostics import Severity, rule_text
from freehold.report import Report
from freehold.source import Loc
from freehold.spec.cluster import Cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule found; `help` says what mends it."""

    message: str
    loc: Loc
    help: str
    label: str = ""
    other: Loc | None = None
    """The other of two places that contradict each other; the label names its line."""
    at_key: bool = False
    severity: Severity = "error"


Rule = Callable[[Cluster], Iterator[Finding]]

_RULES: Final[dict[str, Rule]] = {}


def rule(check: Rule) -> Rule:
    """Register `check` under its name, with its docstring for `freehold explain`."""
    name = check.__name__.replace("_", "-")
    _RULES[rule_text(name, check.__doc__ or "")] = check
    return check


def run(cluster: Cluster, report: Report) -> None:
    """Report what any rule finds in the spec."""
    for name, check in _RULES.items():
        for found in check(cluster):
            add(name, found, report)


def add(name: str, found: Finding, report: Report) -> None:
    """Report what the rule of this name found, in the report's own file."""
    label = found.label
    if found.other is not None:
        label = f"see line {report.source.find(found.other, key=True).line}"
    report.add(
        name,
        found.message,
        report.source.find(found.loc, key=found.at_key),
        label=label,
        help=found.help,
        severity=found.severity,
    )
