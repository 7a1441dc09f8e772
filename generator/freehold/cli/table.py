"""Columns for people."""

from collections.abc import Container, Iterable, Iterator, Sequence

from freehold.findings.as_text import width_of


def table(rows: Iterable[Sequence[str]], right: Container[int] = ()) -> Iterator[str]:
    """The rows, each column as wide as its widest cell; those numbered in `right` end even."""
    kept = list(rows)
    widths = [max(map(width_of, column)) for column in zip(*kept, strict=True)]
    for row in kept:
        cells = (
            " " * (width - width_of(cell)) + cell
            if number in right
            else cell + " " * (width - width_of(cell))
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()
