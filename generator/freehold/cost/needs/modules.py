"""Memory modules and drives of one host."""

from collections.abc import Sequence
from typing import Final

from freehold.cost.needs.purchase import Purchase, parts
from freehold.spec.nodes import Volume
from freehold.units import Bytes

_EVEN: Final = (2, 4, 6, 8, 10, 12, 24)
"""Modules of a socket with twelve channels that leave the channels in use equally fast; one alone
would leave eleven of them empty."""
_GIB: Final = 2**30
_TB: Final = 10**12


def modules(purchase: Purchase, memory: Bytes, sockets: int) -> tuple[str, int]:
    """The memory modules: for each size the fewest that fill channels evenly and are enough.

    More than there are slots for only where no size is large enough.
    """
    return _in_room(purchase, slots(sockets), [
        (name, sockets * _evenly(-(-memory // (found.gib * _GIB * sockets))))
        for name, found in parts("memory.").items()
    ])  # fmt: skip


def drives(purchase: Purchase, volume: Volume, bays: int) -> tuple[str, int]:
    """The drives: for each size the fewest that are enough, if the chassis has room for them."""
    return _in_room(purchase, bays, _drives(volume))


def fewest_drives(volume: Volume) -> int:
    """Of the largest that there are."""
    return min(count for _, count in _drives(volume))


def fewest_sockets(memory: Bytes) -> int:
    """That have slots for so much, in the largest modules that there are."""
    largest = max(found.gib for found in parts("memory.").values())
    return -(-memory // (slots(1) * largest * _GIB))


def slots(sockets: int) -> int:
    """For memory modules."""
    return _EVEN[-1] * sockets


def _drives(volume: Volume) -> list[tuple[str, int]]:
    return [
        (name, -(-volume.size // int(found.tb * _TB)))
        for name, found in parts("storage.").items() if found.drive == volume.kind
    ]  # fmt: skip


def _in_room(purchase: Purchase, room: int, counts: Sequence[tuple[str, int]]) -> tuple[str, int]:
    fewest = min(count for _, count in counts)
    return purchase.choose(one for one in counts if one[1] <= max(room, fewest))


def _evenly(count: int) -> int:
    """The next number of modules that a socket takes, or twenty-fours of them."""
    most = _EVEN[-1]
    return next((even for even in _EVEN if even >= count), -(-count // most) * most)
