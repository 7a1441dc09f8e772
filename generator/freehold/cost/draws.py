"""Draws from ranges: the same seed draws the same numbers on any machine, to the last digit.

Positions come from SHAKE-128 (FIPS 202), as a Latin hypercube: of `n` draws, each n-th part of
a range's probability is drawn from once (McKay, Beckman, Conover 1979).
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from functools import cache
from hashlib import shake_128
from itertools import accumulate
from struct import unpack
from typing import Final, Literal, NamedTuple

from freehold.cost.item import Range

Distribution = Literal["pert", "triangular"]

DRAWING: Final = Context(prec=18, rounding=ROUND_HALF_EVEN)
"""What positions and factors are reckoned in."""

_CELLS: Final = 400
_LAMBDA: Final = 4
"""Weight of the most likely value in PERT (Malcolm et al. 1959)."""


def positions(seed: int, group: str, draws: int) -> tuple[Decimal, ...]:
    """Where in its probability, from 0 to 1, each draw of a group lies."""
    digits = unpack(f">{2 * draws}Q", shake_128(f"{seed}/{group}".encode()).digest(16 * draws))
    keys, offsets = digits[:draws], digits[draws:]
    strata = sorted(range(draws), key=keys.__getitem__)
    with localcontext(DRAWING):
        step, part = 1 / Decimal(draws), 1 / Decimal(draws << 64)
        return tuple(
            stratum * step + offset * part for stratum, offset in zip(strata, offsets, strict=True)
        )


def values(of: Range, distribution: Distribution, at: Iterable[Decimal]) -> list[Decimal]:
    """The values of a range at positions in its probability: its quantile function."""
    width = of.high - of.low
    if not width:
        return [of.base for _ in at]
    with localcontext(DRAWING):
        quantile = _QUANTILES[distribution]((of.base - of.low) / width)
        return [of.low + width * quantile(position) for position in at]


def _triangular(mode: Decimal) -> Callable[[Decimal], Decimal]:
    rest = 1 - mode

    def quantile(position: Decimal) -> Decimal:
        if position < mode:
            return (position * mode).sqrt()
        return 1 - ((1 - position) * rest).sqrt()

    return quantile


def _pert(mode: Decimal) -> Callable[[Decimal], Decimal]:
    """The beta distribution on 0 to 1 with the parameters `1 + 4 mode` and `5 - 4 mode`.

    Between the nodes of a table: within 0.0001 of the width, since nodes are closer together
    at both ends, where the density changes the most.
    """
    reached = _reached(mode)
    nodes = [node.at for node in _nodes()[::2]]

    def quantile(position: Decimal) -> Decimal:
        cell = max(bisect_left(reached, position), 1) - 1
        below, above = reached[cell], reached[cell + 1]
        start, end = nodes[cell], nodes[cell + 1]
        return start + (end - start) * (position - below) / (above - below)

    return quantile


_QUANTILES: Final = {"pert": _pert, "triangular": _triangular}


class _Node(NamedTuple):
    at: Decimal
    stretch: Decimal
    """How far apart nodes are here; zero at the ends, so that the density there is not needed."""
    log: Decimal
    """Of `at`."""
    log_rest: Decimal
    """Of `1 - at`."""


@cache
def _nodes() -> tuple[_Node, ...]:
    """The ends of all cells and their middles: at `t * t * (3 - 2 t)`, `t` in equal steps."""
    zero, one = Decimal(0), Decimal(1)
    with localcontext(DRAWING):
        steps = [Decimal(step) / (2 * _CELLS) for step in range(1, 2 * _CELLS)]
        ats = [t * t * (3 - 2 * t) for t in steps]
        inner = [
            _Node(at, t * (1 - t), at.ln(), (1 - at).ln()) for t, at in zip(steps, ats, strict=True)
        ]
    return (_Node(zero, zero, zero, zero), *inner, _Node(one, zero, zero, zero))


@cache
def _reached(mode: Decimal) -> tuple[Decimal, ...]:
    """The probability below the end of each cell, by Simpson's rule on each."""
    left, right = _LAMBDA * mode, _LAMBDA * (1 - mode)
    density = [node.stretch * (left * node.log + right * node.log_rest).exp() for node in _nodes()]
    pieces = [
        start + 4 * middle + end
        for start, middle, end in zip(density[:-1:2], density[1::2], density[2::2], strict=True)
    ]
    whole = sum(pieces)
    return tuple(below / whole for below in accumulate(pieces, initial=Decimal(0)))
