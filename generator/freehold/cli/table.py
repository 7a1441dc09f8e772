"""Columns for people."""

from collections.abc import Iterable, Iterator, Sequence

from freehold.findings.as_text import width_of


def table(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The rows, each column as wide as its widest cell."""
    kept = list(rows)
    widths = [max(map(width_of, column)) for column in zip(*kept, strict=True)]
    for row in kept:
        cells = (
            cell + " " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()
