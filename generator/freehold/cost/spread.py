"""What ranges of prices make of totals: one factor at a time, and all at once by draws."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import reduce
from operator import add, lt, mul
from typing import Final

from freehold.cost.draws import DRAWING, positions, values
from freehold.cost.drivers import Drivers, Product
from freehold.cost.money import EXACT, Rounding
from freehold.cost.types import Costs, Driver, Quantiles, Spread, Swing
from freehold.spec.cost import OWNING, Uncertainty

_TENTH: Final = Decimal("0.1")

_Column = Sequence[Decimal]
"""A figure for each draw."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is drawn: owning, and what it is compared with."""

    owning: Costs
    alternatives: tuple[Costs, ...]


def spread(
    options: Options, drivers: Drivers, uncertainty: Uncertainty, rounding: Rounding
) -> Spread:
    """The tornado of owning, and quantiles of present values by Latin hypercube.

    Drivers of one group are drawn at one quantile. Lines without a price are not in it.
    """
    owning = drivers.terms(options.owning.flows)
    others = [drivers.terms(option.flows) for option in options.alternatives]
    used = {name for terms in (owning, *others) for product in terms for name in product}
    known = {name: drivers.by_id[name] for name in sorted(used)}
    sample = _Sample(_columns(known.values(), uncertainty), uncertainty.draws)
    return Spread(
        seed=uncertainty.seed,
        draws=uncertainty.draws,
        distribution=uncertainty.distribution,
        drivers=tuple(known.values()),
        tornado=_tornado(owning, known, rounding),
        quantiles=_quantiles(options, sample.total(owning), map(sample.total, others), rounding),
    )


def _columns(drivers: Iterable[Driver], uncertainty: Uncertainty) -> Mapping[str, _Column]:
    at: dict[str, tuple[Decimal, ...]] = {}
    found = {}
    for driver in drivers:
        if driver.group not in at:
            at[driver.group] = positions(uncertainty.seed, driver.group, uncertainty.draws)
        found[driver.id] = values(driver.range, uncertainty.distribution, at[driver.group])
    return found


@dataclass(frozen=True, slots=True)
class _Sample:
    columns: Mapping[str, _Column]
    draws: int

    def total(self, terms: Mapping[Product, Decimal]) -> _Column:
        """The sum of products at each draw."""
        fixed = terms.get((), Decimal(0))
        total: _Column = [fixed] * self.draws
        with localcontext(DRAWING):
            for product, base in terms.items():
                if product:
                    total = list(map(add, total, self._times(product, base)))
        return total

    def _times(self, product: Product, base: Decimal) -> Iterable[Decimal]:
        columns = [self.columns[name] for name in product]
        return (
            base * figure for figure in reduce(lambda one, two: list(map(mul, one, two)), columns)
        )


def _quantiles(
    options: Options, owning: _Column, others: Iterable[_Column], rounding: Rounding
) -> tuple[Quantiles, ...]:
    found = [_quantile(OWNING, owning, None, rounding)]
    for option, drawn in zip(options.alternatives, others, strict=True):
        is_known = not options.owning.npv.unknown and not option.npv.unknown
        wins = EXACT.divide(Decimal(sum(map(lt, owning, drawn))), Decimal(len(owning)))
        found.append(_quantile(option.name, drawn, wins if is_known else None, rounding))
    return tuple(found)


def _quantile(name: str, drawn: _Column, wins: Decimal | None, rounding: Rounding) -> Quantiles:
    """The smallest drawn values that 10, 50 and 90 % of all draws do not exceed."""
    ordered = sorted(drawn)
    p10, p50, p90 = (
        rounding(ordered[-(-len(ordered) * percent // 100) - 1]) for percent in (10, 50, 90)
    )
    return Quantiles(name, p10, p50, p90, wins)


def _tornado(
    terms: Mapping[Product, Decimal], drivers: Mapping[str, Driver], rounding: Rounding
) -> tuple[Swing, ...]:
    used = {name for product in terms for name in product}
    groups: dict[str, list[Driver]] = {}
    for name in sorted(used):
        groups.setdefault(drivers[name].group, []).append(drivers[name])
    found = (_swing(terms, members, rounding) for members in groups.values())
    swings = [swing for swing in found if swing.low != swing.high]
    return tuple(sorted(swings, key=lambda swing: (-abs(swing.high - swing.low), swing.group)))


def _swing(
    terms: Mapping[Product, Decimal], members: Sequence[Driver], rounding: Rounding
) -> Swing:
    low = _at(terms, {member.id: member.range.low for member in members})
    high = _at(terms, {member.id: member.range.high for member in members})
    first = members[0]
    if len(members) == 1:
        return Swing(
            first.group, first.label, rounding(low), rounding(high),
            first.low_value, first.high_value,
        )  # fmt: skip
    lows = sorted(member.range.low for member in members)
    highs = sorted((member.range.high for member in members), reverse=True)
    return Swing(
        first.group, f"prices: {first.group}", rounding(low), rounding(high),
        f"each at its low end ({_furthest(lows, 'down to')})",
        f"each at its high end ({_furthest(highs, 'up to')})",
    )  # fmt: skip


def _furthest(ends: Sequence[Decimal], until: str) -> str:
    """The first of ends in order: `down to -15 %`, and `-15 %` where all are the same."""
    first, last = _change(ends[0]), _change(ends[-1])
    return first if first == last else f"{until} {first}"


def _change(end: Decimal) -> str:
    """By the base, such as `-15 %`."""
    tenths = ((end - 1) * 100).quantize(_TENTH, ROUND_HALF_UP)
    return f"{tenths.normalize() or Decimal(0):+f} %"


def _at(terms: Mapping[Product, Decimal], factors: Mapping[str, Decimal]) -> Decimal:
    """The sum of products with some factors at an end, and all others at 1."""
    one = Decimal(1)
    return sum(
        (
            reduce(mul, (factors.get(name, one) for name in product), base)
            for product, base in terms.items()
        ),
        Decimal(0),
    )
