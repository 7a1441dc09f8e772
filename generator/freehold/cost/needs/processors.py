"""Processors and the chassis that holds them."""

from dataclasses import dataclass
from typing import Final

from freehold.cost.needs.purchase import Purchase, parts

MOST_SOCKETS: Final = 2
"""Of one machine."""


@dataclass(frozen=True, slots=True)
class Board:
    """A chassis, and the processors in it."""

    chassis: str
    cpu: str
    sockets: int

    @property
    def note(self) -> str:
        """What a reader must know, if no such machine is sold."""
        if self.sockets <= MOST_SOCKETS:
            return ""
        return f"no machine has the {self.sockets} sockets that so many cores take"


def board(purchase: Purchase, cores: int, gpus: int) -> Board:
    """The fewest sockets that hold the cores, and the smallest chassis with them and the GPUs."""
    cpu, sockets = _processors(purchase, cores)
    known = parts("chassis.")
    if purchase.in_racks:
        known = {name: found for name, found in known.items() if found.rack_units}
    chassis = next(
        name for name, found in sorted(known.items(), key=lambda one: one[1].rack_units)
        if found.gpus >= gpus and found.sockets >= min(sockets, MOST_SOCKETS)
    )  # fmt: skip
    return Board(chassis, cpu, sockets)


def _processors(purchase: Purchase, cores: int) -> tuple[str, int]:
    """Which processor, and how many of it; of those that do, what costs least."""
    known = parts("cpu.")
    sockets = -(-cores // max(found.cores for found in known.values()))
    return purchase.choose(
        (name, sockets) for name, found in known.items()
        if found.cores * sockets >= cores and found.sockets >= min(sockets, MOST_SOCKETS)
    )  # fmt: skip
