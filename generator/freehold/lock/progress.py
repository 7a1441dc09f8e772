"""Says how far long work has come, on a terminal and nowhere else."""

import sys
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, TextIO

_EVERY: Final = 0.2
"""Seconds between two updates."""


@dataclass(slots=True)
class Progress:
    """One line that is written over, about one file at a time."""

    out: TextIO = field(default_factory=lambda: sys.stderr)
    _shown: float = 0.0
    _name: str = ""
    _size: int = 0
    _done: int = 0

    def start(self, name: str, size: int) -> None:
        """The next file, and how many bytes it has."""
        self._name, self._size, self._done, self._shown = name, size, 0, 0.0

    def advance(self, count: int) -> None:
        """So many more bytes are done."""
        self._done += count
        now = monotonic()
        if self.out.isatty() and now - self._shown >= _EVERY:
            self._shown = now
            share = 100 * self._done // max(self._size, 1)
            self.out.write(f"\r\033[K{share:3} % of {self._name}")
            self.out.flush()

    def clear(self) -> None:
        """Take the line away, before other text or at the end."""
        if self.out.isatty():
            self.out.write("\r\033[K")
            self.out.flush()
