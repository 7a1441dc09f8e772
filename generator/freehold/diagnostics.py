"""Findings: what is wrong with a spec, where, and what would mend it."""

import difflib
import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning"]

RULES: Final[dict[str, str]] = {}
"""Every rule's explanation by its name; filled where each rule is defined."""

HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
"""Characters that a reader does not see or sees elsewhere (CVE-2021-42574)."""

_UNSAFE = re.compile(rf"{HIDDEN.pattern}|[\t\n\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text; lines and columns start at 1, the end is exclusive."""

    line: int
    column: int
    end_line: int = 0
    end_column: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether no character lies in it."""
        return (self.line, self.column) == (self.end_line, self.end_column)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `message` stands alone; `label` explains the marked text."""

    rule: str
    message: str
    span: Span | None
    file: str
    label: str = ""
    help: str = ""
    severity: Severity = "error"


def rule_text(name: str, explanation: str) -> str:
    """Register what `freehold explain NAME` says; gives back the name."""
    RULES[name] = inspect.cleandoc(explanation)
    return name


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, if one is alike enough to be meant."""
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def visible(text: str) -> str:
    """The text with every character escaped that could deceive a reader or a terminal."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
