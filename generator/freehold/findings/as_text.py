"""Findings for people: the marked line of the file, what is wrong with it, what mends it."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from freehold.diagnostics import Diagnostic, Span, visible
from freehold.source import Source

MAX_WIDTH: Final = 100
"""Columns of a file's line that are shown."""

_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "mark": "\x1b[1;34m", "": "\x1b[0m"}


def text_lines(
    findings: Iterable[Diagnostic], sources: Mapping[str, Source], *, colour: bool = False
) -> Iterator[str]:
    """One block of lines for each finding, blocks separated by an empty line."""
    for number, found in enumerate(findings):
        block = _block(found, sources.get(found.file), colour=colour)
        yield from ([""] if number else [])
        yield from block


def summary(findings: Iterable[Diagnostic]) -> str:
    """How many there are, such as `3 errors, 1 warning`."""
    kinds = [found.severity for found in findings]
    counts = ((kinds.count(kind), kind) for kind in ("error", "warning"))
    said = [f"{count} {kind}{'s' if count > 1 else ''}" for count, kind in counts if count]
    return ", ".join(said) or "no findings"


def _block(found: Diagnostic, source: Source | None, *, colour: bool) -> Iterator[str]:
    def paint(kind: str, words: str) -> str:
        return f"{_COLOURS[kind]}{words}{_COLOURS['']}" if colour else words

    span = found.span
    gutter = " " * len(str(span.line if span else 1))
    yield paint(found.severity, f"{found.severity}[{found.rule}]") + f": {visible(found.message)}"
    at = f":{span.line}:{span.column}" if span else ""
    yield f"{gutter}{paint('mark', '-->')} {visible(found.file)}{at}"
    if span and source and source.line(span.line):
        line, marks = _excerpt(source.line(span.line), span)
        yield f"{gutter} |"
        yield f"{span.line} | {line}"
        yield f"{gutter} | {paint(found.severity, f'{marks} {visible(found.label)}'.rstrip())}"
    if found.help:
        yield f"{gutter} = help: {visible(found.help)}"


def _excerpt(line: str, span: Span) -> tuple[str, str]:
    """The line and the marks below it, both cut to what fits around the span's beginning."""
    start = min(span.column - 1, len(line))
    end = min(span.end_column - 1, len(line)) if span.end_line == span.line else len(line)
    end = max(start, end)
    # A line may be a mebibyte long: only look at what can be shown.
    before = _shown(line[max(0, start - MAX_WIDTH) : start])
    marked = _shown(line[start : min(end, start + MAX_WIDTH)])
    after = _shown(line[end : end + MAX_WIDTH])
    if start > MAX_WIDTH or width_of(before + marked) > MAX_WIDTH:
        before = _last_columns(before, MAX_WIDTH // 4)
    room = MAX_WIDTH - width_of(before)
    marks = " " * width_of(before) + "^" * max(1, min(width_of(marked), room))
    return _first_columns(before + marked + after, MAX_WIDTH), marks


def _first_columns(words: str, width: int) -> str:
    if width_of(words) <= width:
        return words
    kept = words[: width - 1]
    while width_of(kept) > width - 1:
        kept = kept[:-1]
    return kept + "…"


def _last_columns(words: str, width: int) -> str:
    if width_of(words) <= width:
        return words
    kept = words[-(width - 1) :]
    while width_of(kept) > width - 1:
        kept = kept[1:]
    return "…" + kept


def _shown(part: str) -> str:
    return visible(part.replace("\t", "    "))


def width_of(words: str) -> int:
    """How many columns of a terminal the words take."""
    return sum(_columns(character) for character in words)


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
