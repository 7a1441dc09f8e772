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
    bays: int
    """For drives."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a board must have room for."""

    cores: int
    gpus: int
    drives: int
    sockets: int
    """That the memory takes."""


def board(purchase: Purchase, demand: Demand) -> Board:
    """The fewest sockets for cores and memory, and the smallest chassis for all.

    Where none has the bays, the one with the most of them.
    """
    cpu, sockets = _processors(purchase, demand)
    known = parts("chassis.")
    if purchase.in_racks:
        known = {name: found for name, found in known.items() if found.rack_units}
    able = {
        name: found for name, found in sorted(known.items(), key=lambda one: one[1].rack_units)
        if found.gpus >= demand.gpus and found.sockets >= min(sockets, MOST_SOCKETS)
    }  # fmt: skip
    bays = min(demand.drives, max(found.bays for found in able.values()))
    chassis = next(name for name, found in able.items() if found.bays >= bays)
    return Board(chassis, cpu, sockets, able[chassis].bays)


def _processors(purchase: Purchase, demand: Demand) -> tuple[str, int]:
    """Which processor, and how many of it; of those that do, what costs least."""
    known = parts("cpu.")
    of_cores = -(-demand.cores // max(found.cores for found in known.values()))
    sockets = max(of_cores, min(demand.sockets, MOST_SOCKETS))
    return purchase.choose(
        (name, sockets) for name, found in known.items()
        if found.cores * sockets >= demand.cores and found.sockets >= min(sockets, MOST_SOCKETS)
    )  # fmt: skip
