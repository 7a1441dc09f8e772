"""What a change of a spec changes in its cost: totals side by side, and the lines behind them."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from freehold.cost.money import EXACT
from freehold.cost.types import BomLine, BreakEven, Conventions, Result, Total

_SHARE: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of both results, in the currency of the bills."""

    name: str
    before: Total | None
    after: Total | None
    """None where it is not known at all."""

    @property
    def difference(self) -> Decimal | None:
        """After less before, of what is known of each."""
        if self.before is None or self.after is None:
            return None
        return self.after.amount - self.before.amount

    @property
    def share(self) -> Decimal | None:
        """The difference as a fraction of what was before, in steps of 0.001."""
        if self.difference is None or self.before is None or not self.before.amount:
            return None
        share = EXACT.divide(self.difference, abs(self.before.amount))
        return share.quantize(_SHARE, ROUND_HALF_UP, EXACT)

    @property
    def is_partial(self) -> bool:
        """Whether either side lacks lines, so that the difference is of the known parts only."""
        return any(total is None or total.unknown for total in (self.before, self.after))


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line of both bills that is not the same in both."""

    before: BomLine
    after: BomLine


@dataclass(frozen=True, slots=True)
class ReturnChange:
    """What buying earns instead of an alternative of both, where that is not the same."""

    before: BreakEven
    after: BreakEven


@dataclass(frozen=True, slots=True)
class CostDifference:
    """All that is not the same in two results."""

    conventions: Conventions | None
    """Of the new bill; None where there is no comparison."""
    figures: tuple[Figure, ...]
    added: tuple[BomLine, ...]
    removed: tuple[BomLine, ...]
    changed: tuple[LineChange, ...]
    returns: tuple[ReturnChange, ...] = ()
    note: str = ""
    """Why there is no comparison; the rest is empty then."""

    @property
    def is_empty(self) -> bool:
        """Whether both cost the same, line by line."""
        same = all(figure.before == figure.after for figure in self.figures)
        return same and not (self.added or self.removed or self.changed or self.returns)


def difference(old: Result | None, new: Result | None) -> CostDifference:
    """What changes in cost when `new` replaces `old`; each is none without a cost section."""
    if old is None or new is None:
        return _none(_without(old, new))
    currencies = old.conventions.currency, new.conventions.currency
    if currencies[0] != currencies[1]:
        return _none(f"the bills are in {currencies[0]} and in {currencies[1]}: not compared")
    before = {line.id: line for line in old.lines}
    after = {line.id: line for line in new.lines}
    both = [line for name, line in after.items() if name in before]
    return CostDifference(
        conventions=new.conventions,
        figures=tuple(_figures(old, new)),
        added=tuple(line for name, line in after.items() if name not in before),
        removed=tuple(line for name, line in before.items() if name not in after),
        changed=tuple(
            LineChange(before[line.id], line) for line in both if _differ(before[line.id], line)
        ),
        returns=tuple(_returns(old, new)),
    )


def _returns(old: Result, new: Result) -> Iterator[ReturnChange]:
    before = {one.alternative: one for one in old.break_even}
    for after in new.break_even:
        was = before.get(after.alternative)
        if was and _earned(was) != _earned(after):
            yield ReturnChange(was, after)


def _earned(one: BreakEven) -> tuple[object, ...]:
    return (
        one.outcome, one.saving, one.irr, one.payback_months, one.discounted_payback_months,
    )  # fmt: skip


def _none(note: str) -> CostDifference:
    return CostDifference(None, (), (), (), (), note=note)


def _without(old: Result | None, new: Result | None) -> str:
    if old is None and new is None:
        return "neither spec has a `cost` section"
    return f"the {'new' if old else 'old'} spec has no `cost` section: not compared"


def _figures(old: Result, new: Result) -> Iterator[Figure]:
    yield Figure("capital cost", old.capex, new.capex)
    yield Figure("running cost, a year", old.opex_year, new.opex_year)
    yield Figure("cost of owning", old.owning.nominal, new.owning.nominal)
    yield Figure("present value", old.owning.npv, new.owning.npv)
    yield Figure("per million tokens", _per_million(old), _per_million(new))


def _per_million(result: Result) -> Total | None:
    """As it is printed: with two digits more than the currency has."""
    units = result.owning.units
    if units is None or units.per_million_blended is None:
        return None
    step = Decimal(1).scaleb(-result.conventions.minor_units - 2)
    amount = units.per_million_blended.quantize(step, ROUND_HALF_UP, EXACT)
    return Total(amount, result.owning.nominal.unknown)


def _differ(old: BomLine, new: BomLine) -> bool:
    return _told(old) != _told(new)


def _told(line: BomLine) -> tuple[object, ...]:
    return line.need.quantity, line.price.base, line.extended, line.cost
