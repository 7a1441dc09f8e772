"""Findings for programs.

    {
      "version": 1,
      "findings": [
        {
          "rule": "unknown-pool",          the name that `freehold explain` takes
          "severity": "error",             or "warning"
          "message": "no pool is called `gpo`",
          "file": "cluster.yml",
          "place": {                       null when the whole file is meant
            "line": 14, "column": 9,       from 1, in characters
            "end_line": 14, "end_column": 12
          },
          "label": "",                     about the marked text
          "help": "use `gpu`"
        }
      ]
    }

Findings are in order of their place. `version` goes up when a key goes away or changes its
meaning; keys may be added without.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from freehold.diagnostics import Diagnostic


def json_lines(findings: Iterable[Diagnostic]) -> Iterator[str]:
    """The document, as described above."""
    document = {"version": 1, "findings": [_finding(found) for found in findings]}
    yield json.dumps(document, indent=2)


def _finding(found: Diagnostic) -> dict[str, object]:
    return {
        "rule": found.rule,
        "severity": found.severity,
        "message": found.message,
        "file": found.file,
        "place": asdict(found.span) if found.span else None,
        "label": found.label,
        "help": found.help,
    }
