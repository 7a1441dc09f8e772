"""When owning becomes cheaper: cumulative cash of owning and of each alternative."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_UP, Decimal
from typing import Final

from matplotlib.axes import Axes

from freehold.cost import words
from freehold.cost.types import BreakEven, Outcome, Result
from freehold.render.report import colours
from freehold.render.report.amounts import UNKNOWN, Amounts, brief, percent
from freehold.render.report.chart import Chart, Words, axes, chart, fitting, style
from freehold.render.report.scale import Scale
from freehold.render.report.table import Table, columns

_DASHES: Final = ("--", ":", "-.", (0, (7, 2)), (0, (1, 1)), (0, (4, 1, 1, 1, 1, 1)))
_LETTERS: Final = 32
"""Of a name in the legend."""
_LONG: Final = 24
"""Months from which years are marked rather than quarters."""
_HIGHEST: Final = 3
"""The chart ends at so many times what owning takes; steeper lines leave it."""
_TENTH: Final = Decimal("0.1")
"""What hours are said to, rounded up as in the verdict."""
_OUTCOMES: Final = {
    Outcome.NEVER: "never",
    Outcome.ALWAYS: "from the first day on",
    Outcome.ONCE: "from",
    Outcome.MORE_THAN_ONCE: "more than once:",
    Outcome.UNKNOWN: "not known: a price is missing",
}


@dataclass(frozen=True, slots=True)
class BreakEvens:
    """The section."""

    chart: Chart
    table: Table
    returns: Table


def break_even(result: Result) -> BreakEvens | None:
    """None without an alternative to compare with."""
    found = [one for one in result.break_even if one.cumulative]
    if not found:
        return None
    amounts = Amounts(result.conventions.currency, result.conventions.minor_units)
    return BreakEvens(_chart(found, result), _table(result.break_even, amounts),
                      _returns(result))  # fmt: skip


def _chart(found: Sequence[BreakEven], result: Result) -> Chart:
    owning = [own for _, own, _ in found[0].cumulative]
    scale = Scale.of(result.conventions.currency, owning)
    ends = [f"owning {brief(owning[-1])}"]
    ends += [f"{one.alternative} {brief(one.cumulative[-1][2])}" for one in found]
    words = Words(
        "break-even", "All cash paid up to a day",
        f"Lines of {scale.unit} over time. At the end: {', '.join(ends)}.",
        "All that was paid up to a day. Where two lines cross, the cheaper option changes. "
        "In the legend: what was paid at the end.",
    )  # fmt: skip
    with style():
        drawn = axes(320)
        _lines(drawn, found, scale)
        drawn.set_ylabel(scale.unit)
        drawn.set_xlabel("Months after the order")
        drawn.grid()
        last = max(len(one.cumulative) for one in found)
        drawn.set_xlim(0, last)
        drawn.set_xticks(range(0, last + 1, 12 if last > _LONG else 3))
        most = max(scale.of_chart(value) for value in owning)
        highest = max(
            most, *(scale.of_chart(value) for one in found for *_, value in one.cumulative)
        )
        drawn.set_ylim(0, min(highest, _HIGHEST * most) * 1.06 or 1)
        drawn.figure.legend(loc="outside upper left", ncols=1, handlelength=3.2)
        return chart(drawn, words)


def _lines(drawn: Axes, found: Sequence[BreakEven], scale: Scale) -> None:
    first = found[0].cumulative
    months = range(1, len(first) + 1)
    _line(drawn, months, [own for _, own, _ in first], scale, "owning", colours.SERIES[0], "-", 2.6)
    for place, one in enumerate(found):
        look = colours.SERIES[1 + place % (len(colours.SERIES) - 1)], _DASHES[place % len(_DASHES)]
        values = [value for *_, value in one.cumulative]
        _line(drawn, range(1, len(values) + 1), values, scale, one.alternative, *look, 1.8)
        for crossing in one.crossings:
            height = _at(one, crossing.on)
            if height is not None:
                drawn.plot(
                    crossing.month, scale.of_chart(height), "o", color=colours.INK,
                    markersize=6, markeredgecolor=colours.PAPER,
                )  # fmt: skip


def _line(  # noqa: PLR0913, PLR0917 - how a line looks
    drawn: Axes, months: Sequence[int], values: Sequence[Decimal], scale: Scale, name: str,
    colour: str, dash: object, width: float,
) -> None:  # fmt: skip
    drawn.plot(
        months, [scale.of_chart(value) for value in values], color=colour, linestyle=dash,
        linewidth=width, label=f"{fitting(name, _LETTERS)}: {brief(values[-1])}",
    )  # fmt: skip


def _at(one: BreakEven, day: date) -> Decimal | None:
    return next((own for on, own, _ in one.cumulative if on >= day), None)


def _table(found: Sequence[BreakEven], amounts: Amounts) -> Table:
    return Table(
        "Owning against each alternative",
        columns("Alternative", "Owning is cheaper",
                f"Saved by owning, present value, {amounts.currency}#",
                "Pays from hours of busiest load a day#", "Pays from tokens a day#"),
        [_row(one, amounts) for one in found],
    )  # fmt: skip


def _returns(result: Result) -> Table:
    rate = result.conventions.discount_rate
    against = f", against {percent(rate, 1)} that capital costs" if rate else ""
    return Table(
        f"What buying instead of renting earns{against}",
        columns("Instead of", "Rate of return a year (IRR)#", "Paid back from!",
                "With discounted payments!", "Remarks"),
        [
            (one.alternative, words.rate_of_return(one),
             words.paid_back(one.payback_months, one.outcome),
             words.paid_back(one.discounted_payback_months, one.outcome),
             f"no rate: {one.irr_note}" if one.irr_note else "")
            for one in result.break_even
        ],
    )  # fmt: skip


def _row(one: BreakEven, amounts: Amounts) -> Sequence[str]:
    hours, tokens = one.threshold_hours_per_day, one.threshold_tokens_per_day
    return (
        one.alternative,
        " ".join(_when(one)),
        amounts.exact(one.saving),
        _from(hours, one, "" if hours is None else f"{hours.quantize(_TENTH, ROUND_UP):f}"),
        _from(tokens, one, "" if tokens is None else brief(tokens)),
    )


def _from(threshold: Decimal | None, one: BreakEven, shown: str) -> str:
    if threshold is not None:
        return shown if threshold else "any number"
    if one.saving is None or one.threshold_hours_per_day is not None:
        return UNKNOWN
    return "only up to a number" if one.owning_wins else "no number"


def _when(one: BreakEven) -> Iterator[str]:
    yield _OUTCOMES[one.outcome]
    if one.outcome in {Outcome.ONCE, Outcome.MORE_THAN_ONCE}:
        days = (
            f"{'' if crossing.to_owning else 'until '}{crossing.on.isoformat()} "
            f"(month {crossing.month})"
            for crossing in one.crossings
        )
        yield ", ".join(days)
