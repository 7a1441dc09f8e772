"""Memory modules and drives of one host."""

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
    """The memory modules: for each size the fewest that fill channels evenly and are enough."""
    return purchase.choose(
        (name, sockets * _evenly(-(-memory // (found.gib * _GIB * sockets))))
        for name, found in parts("memory.").items()
    )


def drives(purchase: Purchase, volume: Volume, bays: int) -> tuple[str, int]:
    """The drives: for each size the fewest that are enough, if the chassis has room for them."""
    counts = [
        (name, -(-volume.size // int(found.tb * _TB)))
        for name, found in parts("storage.").items() if found.drive == volume.kind
    ]  # fmt: skip
    fewest = min(count for _, count in counts)
    return purchase.choose(one for one in counts if one[1] <= max(bays, fewest))


def _evenly(count: int) -> int:
    """The next number of modules that a socket takes, or twenty-fours of them."""
    most = _EVEN[-1]
    return next((even for even in _EVEN if even >= count), -(-count // most) * most)
