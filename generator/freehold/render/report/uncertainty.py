"""What could change the result: one factor at a time, and all of them drawn together."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from matplotlib.axes import Axes

from freehold.cost.types import Quantiles, Result, Spread, Swing
from freehold.render.report import colours
from freehold.render.report.amounts import UNKNOWN, Amounts, brief, percent
from freehold.render.report.chart import LETTERS, Chart, Words, axes, chart, label, style
from freehold.render.report.scale import Scale
from freehold.render.report.table import Table, columns
from freehold.spec.cost import OWNING

_MOST: Final = 10
"""Factors that the chart shows."""
_SEEN: Final = Decimal("0.01")
"""Of the widest bar."""
_ROW: Final = 40


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """The section."""

    said: str
    tornado: Chart | None
    factors: Table
    quantiles: Chart | None
    totals: Table


def uncertainty(result: Result) -> Uncertainty | None:
    """None where nothing was drawn."""
    spread = result.spread
    if spread is None:
        return None
    amounts = Amounts(result.conventions.currency, result.conventions.minor_units)
    widest = _widest(spread.tornado)
    said = (
        f"{spread.draws:,} draws of every uncertain factor ({spread.distribution}, seed "
        f"{spread.seed}). In nine of ten draws the total is above P10, in half of them above P50, "
        "in one of ten above P90."
    )
    return Uncertainty(
        said,
        _tornado(widest, result) if widest else None,
        _factors(spread, amounts),
        _intervals(spread.quantiles, result) if spread.quantiles else None,
        _totals(spread, amounts),
    )


def _widest(tornado: Sequence[Swing]) -> Sequence[Swing]:
    """Those that can be seen beside the widest."""
    most = max((abs(one.high - one.low) for one in tornado), default=Decimal())
    return [one for one in tornado if abs(one.high - one.low) > most * _SEEN][:_MOST]


def _tornado(swings: Sequence[Swing], result: Result) -> Chart:
    base = result.owning.npv.amount
    scale = Scale.of(result.conventions.currency, [base, *(one.high for one in swings)])
    said = "; ".join(f"{one.label}: {brief(one.low)} to {brief(one.high)}" for one in swings)
    words = Words(
        "tornado", "What one factor alone makes of the present value of owning",
        f"Bars of {scale.unit} around {brief(base)}: {said}.",
        "Present value of owning when one factor alone is at its low (hatched) or at its high end. "
        "The line is what is reckoned with. Factors that move it by less than a hundredth of the "
        "widest bar are in the table alone.",
    )  # fmt: skip
    with style():
        drawn = axes(46 + _ROW * len(swings))
        for place, swing in enumerate(swings):
            _swing(drawn, place, swing, scale, base)
        drawn.axvline(scale.of_chart(base), color=colours.INK, linewidth=1.2)
        drawn.set_yticks([])
        drawn.set_ylim(len(swings) - 0.5, -0.6)
        drawn.margins(x=0.08)
        drawn.set_xlabel(scale.unit)
        drawn.grid(axis="x")
        drawn.spines["left"].set_visible(False)
        return chart(drawn, words)


def _swing(drawn: Axes, place: int, swing: Swing, scale: Scale, base: Decimal) -> None:
    middle = scale.of_chart(base)
    for value, colour, hatch in (
        (swing.low, colours.SERIES[0], "///"), (swing.high, colours.SERIES[1], ""),
    ):  # fmt: skip
        drawn.barh(
            place + 0.18, scale.of_chart(value) - middle, 0.4, left=middle, color=colour,
            hatch=hatch, edgecolor=colours.PAPER, linewidth=0,
        )  # fmt: skip
    text = f"{swing.label}: {swing.low_value} … {swing.high_value}"
    # Ends that have no room stand in the table.
    label(drawn, place - 0.22, text if len(text) <= LETTERS else swing.label)


def _factors(spread: Spread, amounts: Amounts) -> Table:
    return Table(
        "Present value of owning with one factor at its ends",
        columns("Factor", "Low end", "High end", f"{amounts.currency} at the low end#",
                f"{amounts.currency} at the high end#"),
        [
            (one.label, one.low_value, one.high_value, amounts.exact(one.low),
             amounts.exact(one.high))
            for one in spread.tornado
        ],
    )  # fmt: skip


def _intervals(quantiles: Sequence[Quantiles], result: Result) -> Chart:
    scale = Scale.of(result.conventions.currency, [one.p90 for one in quantiles])
    said = "; ".join(f"{one.name}: {brief(one.p10)} to {brief(one.p90)}, in the middle "
                     f"{brief(one.p50)}" for one in quantiles)  # fmt: skip
    words = Words(
        "quantiles", "Present value of each option over the ranges of prices",
        f"Intervals of {scale.unit}: {said}.",
        "From P10 to P90 of the present value; the point is P50.",
    )  # fmt: skip
    with style():
        drawn = axes(46 + _ROW * len(quantiles))
        for place, one in enumerate(quantiles):
            _interval(drawn, place, one, scale)
        drawn.set_yticks([])
        drawn.set_ylim(len(quantiles) - 0.4, -0.6)
        drawn.set_xlim(left=0)
        drawn.margins(x=0.08)
        drawn.set_xlabel(scale.unit)
        drawn.grid(axis="x")
        drawn.spines["left"].set_visible(False)
        return chart(drawn, words)


def _interval(drawn: Axes, place: int, one: Quantiles, scale: Scale) -> None:
    low, middle, high = (scale.of_chart(end) for end in (one.p10, one.p50, one.p90))
    colour = colours.SERIES[6 if place else 0]
    drawn.plot([low, high], [place + 0.18] * 2, color=colour, linewidth=7, solid_capstyle="butt")
    drawn.plot(middle, place + 0.18, "o", color=colours.INK, markeredgecolor=colours.PAPER)
    low_text, high_text = brief(one.p10), brief(one.p90)
    text = f"{one.name}: {low_text}{f' to {high_text}' if low_text != high_text else ''}"
    label(drawn, place - 0.2, text)


def _totals(spread: Spread, amounts: Amounts) -> Table:
    return Table(
        f"Present value in {amounts.currency}, and how often owning is cheaper",
        columns("Option", "P10#", "P50#", "P90#", "Owning is cheaper in#"),
        [
            (one.name, *(amounts.exact(end) for end in (one.p10, one.p50, one.p90)),
             _chance(one))
            for one in spread.quantiles
        ],
    )  # fmt: skip


def _chance(one: Quantiles) -> str:
    if one.name == OWNING:
        return ""
    chance = one.probability_owning_wins
    return UNKNOWN if chance is None else percent(chance, 1)
