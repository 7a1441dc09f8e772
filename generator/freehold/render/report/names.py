"""Long lists of hosts, devices and ports in few words."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

_NUMBERED: Final = re.compile(r"(.*?)([0-9]{1,9})$")
_FEW: Final = 2


def runs(names: Iterable[str]) -> str:
    """`gpu-1 to gpu-4, edge-1`: names that count up are one range, in their order."""
    return ", ".join(_shown(run) for run in _runs([_split(name) for name in names]))


def shortened(names: Sequence[str], most: int = 3) -> str:
    """The same for a narrow place: with how many there are, when they are many ranges."""
    found = runs(names).split(", ")
    if len(found) <= most:
        return ", ".join(found)
    return f"{', '.join(found[:most])} … ({len(names):,} in all)"


def numbers(values: Iterable[int]) -> str:
    """`0 to 3, 7`."""
    return runs(str(value) for value in values)


def _split(name: str) -> tuple[str, int | None, str]:
    found = _NUMBERED.match(name)
    # `gpu-01` and `gpu-1` are two hosts: a leading zero belongs to the name.
    if found is None or (found[2].startswith("0") and found[2] != "0"):
        return name, None, name
    return found[1], int(found[2]), name


def _runs(parts: Sequence[tuple[str, int | None, str]]) -> Iterator[list[str]]:
    def key(indexed: tuple[int, tuple[str, int | None, str]]) -> tuple[str, int, bool]:
        place, (stem, number, _) = indexed
        return (stem, -1, False) if number is None else (stem, number - place, True)

    for _, run in groupby(enumerate(parts), key):
        yield [name for _, (_, _, name) in run]


def _shown(run: Sequence[str]) -> str:
    return ", ".join(run) if len(run) <= _FEW else f"{run[0]} to {run[-1]}"
