"""What it costs, and when: cash of each year by purpose, and the cost that is used up."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from matplotlib.axes import Axes

from freehold.cost.flows import HARDWARE
from freehold.cost.item import Category
from freehold.cost.types import Flow, Result, Stage
from freehold.render.report import colours
from freehold.render.report.amounts import Amounts, brief
from freehold.render.report.chart import Chart, Words, axes, chart, style
from freehold.render.report.scale import Scale
from freehold.render.report.table import Table, columns

_SOLD: Final = "Sold at the end"
_PURPOSES: Final[Mapping[str, tuple[Category, ...]]] = {
    "Hardware": HARDWARE,
    "Services and other": (Category.SERVICE, Category.ISOLATION, Category.OTHER),
    "Licences and support": (Category.LICENCE, Category.SUPPORT),
    "Energy and space": (Category.ENERGY, Category.SPACE),
    "Staff": (Category.STAFF,),
    "Rented meanwhile": (Category.CLOUD, Category.API),
}  # fmt: skip
_HATCHES: Final = ("", "///", "...", "\\\\\\", "xxx", "---", "||")


@dataclass(frozen=True, slots=True)
class Cash:
    """The section."""

    chart: Chart
    table: Table
    accrual: Table


def cash(result: Result) -> Cash:
    """Of owning, in years from the day of the order on."""
    amounts = Amounts(result.conventions.currency, result.conventions.minor_units)
    by_purpose = _by_purpose(result)
    return Cash(_chart(result, by_purpose), _table(result, by_purpose, amounts),
                _accrual(result, amounts))  # fmt: skip


def _by_purpose(result: Result) -> dict[str, list[Decimal]]:
    """What each purpose takes in each year; purposes that take nothing are left out."""
    found = {name: [Decimal()] * len(result.years) for name in (*_PURPOSES, _SOLD)}
    for flow in result.owning.flows:
        found[_purpose(flow)][_year(flow, result)] += flow.amount
    return {name: years for name, years in found.items() if any(years)}


def _purpose(flow: Flow) -> str:
    if flow.stage is Stage.RESIDUAL:
        return _SOLD
    return next(name for name, of in _PURPOSES.items() if flow.category in of)


def _year(flow: Flow, result: Result) -> int:
    """Its place in the years; what is got at the very end belongs to the last."""
    within = (place for place, year in enumerate(result.years) if flow.on <= year.ends)
    return next(within, len(result.years) - 1)


def _table(result: Result, by_purpose: Mapping[str, list[Decimal]], amounts: Amounts) -> Table:
    years = [f"Year {year.number}" for year in result.years]
    rows = [
        (name, *(amounts.exact(amount) for amount in of), amounts.exact(sum(of, Decimal())))
        for name, of in by_purpose.items()
    ]
    cash = [year.cash for year in result.years]
    return Table(
        f"Cash paid, in {amounts.currency}; negative is what comes back",
        columns("Purpose", *(f"{year}#" for year in years), "Together#"),
        rows,
        ("Cash", *(amounts.exact(amount) for amount in cash), amounts.exact(sum(cash, Decimal()))),
        is_wide=True,
    )


def _accrual(result: Result, amounts: Amounts) -> Table:
    rows = [
        (f"Year {year.number}", year.starts.isoformat(),
         *(amounts.exact(one) for one in
           (year.cash, year.discounted, year.depreciation, year.disposal, year.accrual)))
        for year in result.years
    ]  # fmt: skip
    sums = [
        amounts.exact(sum(of, Decimal()))
        for of in zip(
            *((one.cash, one.discounted, one.depreciation, one.disposal, one.accrual)
              for one in result.years),
            strict=True,
        )
    ]  # fmt: skip
    return Table(
        f"Cash, and cost as it is used up (accrual), in {amounts.currency}. Disposal is what "
        "hardware is worth in the books at the end, less what is got for it. Over all years, cash "
        "and accrual are the same.",
        columns("Year!", "From!", "Cash#", "Discounted#", "Depreciation#", "Disposal#", "Accrual#"),
        rows,
        ("Together", "", *sums),
        is_wide=True,
    )


def _chart(result: Result, by_purpose: Mapping[str, list[Decimal]]) -> Chart:
    years = result.years
    said = ", ".join(f"year {year.number} {brief(year.cash)}" for year in years)
    scale = Scale.of(result.conventions.currency, [year.cash for year in years])
    words = Words(
        "cash", "Cash paid each year, by purpose",
        f"Stacked bars of {scale.unit}: {said}.",
        "Cash of each year from the day of the order on, by purpose; diamonds are the cost as it "
        "is used up (depreciation, running cost and, in the last year, disposal).",
    )  # fmt: skip
    with style():
        drawn = axes(300)
        heights = _bars(drawn, scale, by_purpose)
        accrual = [scale.of_chart(year.accrual) for year in years]
        heights = [*heights, *accrual]
        drawn.plot(
            range(len(years)), accrual, "D", color=colours.INK, markeredgecolor=colours.PAPER,
            label="Used up",
        )  # fmt: skip
        drawn.axhline(0, color=colours.QUIET, linewidth=0.8)
        drawn.set_xticks(range(len(years)), [f"Year {year.number}" for year in years])
        drawn.set_ylabel(scale.unit)
        drawn.grid(axis="y")
        drawn.set_ylim(*_ends(heights))
        drawn.figure.legend(loc="outside upper left", ncols=2)
        return chart(drawn, words)


def _bars(
    drawn: Axes, scale: Scale, by_purpose: Mapping[str, Sequence[Decimal]]
) -> Sequence[float]:
    """Positive ones upwards on one another, negative ones downwards; where each pile ends."""
    above, below = defaultdict[int, float](float), defaultdict[int, float](float)
    for name, colour, hatch in _looks(by_purpose):
        heights = [scale.of_chart(amount) for amount in by_purpose[name]]
        floor = [above[i] if height >= 0 else below[i] for i, height in enumerate(heights)]
        drawn.bar(
            range(len(heights)), heights, 0.62, bottom=floor, color=colour, hatch=hatch,
            edgecolor=colours.PAPER, linewidth=0.8, label=name,
        )  # fmt: skip
        for place, height in enumerate(heights):
            stack = above if height >= 0 else below
            stack[place] += height
    return [*above.values(), *below.values()]


def _ends(heights: Sequence[float]) -> tuple[float, float]:
    """The axis, with room beyond the highest and the lowest pile."""
    low, high = min(0.0, *heights), max(0.0, *heights)
    room = (high - low) * 0.08 or 1
    return low - room * (low < 0), high + room


def _looks(names: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """Name, colour and hatch; a purpose looks the same in every report."""
    for place, name in enumerate((*_PURPOSES, _SOLD)):
        if name in names:
            yield name, colours.SERIES[place], _HATCHES[place]
