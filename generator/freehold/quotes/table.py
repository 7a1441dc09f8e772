"""A table of text, separated by commas, semicolons or tabs, every cell with its place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from freehold.diagnostics import HIDDEN, Span, rule_text
from freehold.report import Report

TABLE_FORM: Final = rule_text(
    "table-form",
    """The file is not a table of text: cells between commas, semicolons or tabs, a row a line.

    A cell that holds a separator, a quote or a line's end stands in double quotes, and a quote
    inside them is doubled (RFC 4180).
    """,
)

SEPARATORS: Final[Mapping[str, str]] = {",": "commas", ";": "semicolons", "\t": "tabs"}
_QUOTED: Final = re.compile(r'"((?:[^"]|"")*)"')


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, and where it stands."""

    text: str
    span: Span


Row = Sequence[Cell]


def rows(text: str, separator: str, report: Report) -> Sequence[Row]:
    """The rows that hold anything; the report says what is not in the form of a table."""
    found = [row for row in _rows(text, separator, report) if any(cell.text for cell in row)]
    for cell in (cell for row in found for cell in row):
        if hidden := HIDDEN.search(cell.text):
            report.add(
                TABLE_FORM, f"the character U+{ord(hidden[0]):04X} is hidden here", cell.span,
                help="remove the character",
            )  # fmt: skip
    return found


def _rows(text: str, separator: str, report: Report) -> Iterator[Row]:
    plain = re.compile(f"[^{separator}\n]*")
    places = _Places(text)
    row: list[Cell] = []
    at = 0
    while at <= len(text):
        is_quoted = text.startswith('"', at)
        matched = (_QUOTED if is_quoted else plain).match(text, at)
        if matched is None:
            report.add(
                TABLE_FORM, "a quote is open until the end of the file", places.span(at, at + 1),
                help="close it, or put the cell in quotes and double those inside it",
            )  # fmt: skip
            return
        row.append(Cell(_content(matched), places.span(at, max(matched.end(), at + 1))))
        at = matched.end()
        if text[at : at + 1] not in {separator, "\n", ""}:
            report.add(
                TABLE_FORM, "text follows the end of a quoted cell", places.span(at, at + 1),
                help="double the quotes inside a cell",
            )  # fmt: skip
            return
        if text[at : at + 1] != separator:
            yield row
            row = []
        at += 1


def _content(matched: re.Match[str]) -> str:
    quoted = matched[0].startswith('"')
    return (matched[1].replace('""', '"') if quoted else matched[0]).strip()


class _Places:
    """Where an offset is, asked for from the front to the back."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line, self._start = 1, 0

    def span(self, first: int, last: int) -> Span:
        """Of the characters between two offsets, to the end of the first one's line."""
        while (end := self._text.find("\n", self._start, first)) >= 0:
            self._line, self._start = self._line + 1, end + 1
        newline = self._text.find("\n", first)
        last = last if newline < 0 else max(min(last, newline), first)
        start = self._start
        return Span(self._line, first - start + 1, self._line, last - start + 1)
