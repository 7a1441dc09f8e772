"""Findings as SARIF 2.1.0, which code hosts show beside the lines of a merge request."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import quote

from freehold import __version__
from freehold.diagnostics import RULES, Diagnostic, Span

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def sarif_lines(findings: Sequence[Diagnostic]) -> Iterator[str]:
    """The log: one run, with the explanation of each rule that found something."""
    rules = sorted({found.rule for found in findings})
    driver = {
        "name": "freehold",
        "version": __version__,
        "rules": [_rule(name, findings) for name in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(found, rules.index(found.rule)) for found in findings],
    }
    yield json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(name: str, findings: Iterable[Diagnostic]) -> dict[str, object]:
    summary, _, rest = RULES[name].partition("\n")
    level = next(found.severity for found in findings if found.rule == name)
    return {
        "id": name,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": " ".join(rest.split()) or summary},
        "defaultConfiguration": {"level": level},
    }


def _result(found: Diagnostic, rule_index: int) -> dict[str, object]:
    said = (found.message, found.label, found.help and f"help: {found.help}")
    location: dict[str, object] = {"artifactLocation": {"uri": quote(found.file, errors="replace")}}
    if found.span:
        location["region"] = _region(found.span)
    return {
        "ruleId": found.rule,
        "ruleIndex": rule_index,
        "level": found.severity,
        "message": {"text": "\n".join(part for part in said if part)},
        "locations": [{"physicalLocation": location}],
    }


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
