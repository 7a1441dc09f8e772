"""Tables of the page: a caption, headings, rows of text, and a last row of sums."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and how its cells are set."""

    title: str
    is_number: bool = False
    is_short: bool = False
    """Whether a cell stays on one line."""

    @property
    def style(self) -> str:
        """The class of its cells."""
        if self.is_number:
            return "number"
        return "short" if self.is_short else "text"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first cell of each row names the row."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    sums: Sequence[str] = ()
    is_wide: bool = False
    """Whether it is set smaller, so that a page holds it."""


def columns(*titles: str) -> tuple[Column, ...]:
    """Headings; those of columns of numbers end with `#`, those of short words with `!`."""
    return tuple(
        Column(title.rstrip("#!"), title.endswith("#"), title.endswith("!")) for title in titles
    )
