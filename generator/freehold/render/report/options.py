"""Owning and its alternatives on the same demand: totals, and the price of a million tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from matplotlib.axes import Axes

from freehold.cost import words
from freehold.cost.types import Costs, NamedPrice, Quantiles, Result, UnitCosts
from freehold.render.report import colours
from freehold.render.report.amounts import UNKNOWN, Amounts, brief
from freehold.render.report.chart import Chart, Words, axes, chart, label, style
from freehold.render.report.table import Table, columns
from freehold.spec.cost import OWNING

_ROW: Final = 40


@dataclass(frozen=True, slots=True)
class Options:
    """The section; no chart where no price by tokens is known."""

    chart: Chart | None
    energy: str
    """What a million tokens take of it, when it is known."""
    totals: Table
    costs: Table
    prices: Table | None


@dataclass(frozen=True, slots=True)
class _Bar:
    name: str
    price: Decimal
    low: Decimal
    high: Decimal
    at_least: bool


def options(result: Result) -> Options:
    """Every way to serve the demand."""
    amounts = Amounts(result.conventions.currency, result.conventions.minor_units)
    every = all_of(result)
    bars = list(_bars(every, result.spread.quantiles if result.spread else ()))
    return Options(
        _chart(bars, result.conventions.currency) if bars else None,
        _energy(result.owning.units),
        _totals(every, amounts),
        _costs(every, amounts),
        _prices(result, amounts),
    )


def all_of(result: Result) -> Sequence[Costs]:
    """Owning, a lease of the same machines, and the alternatives."""
    return [result.owning, *([result.lease] if result.lease else []), *result.alternatives]


def _bars(every: Sequence[Costs], quantiles: Sequence[Quantiles]) -> Iterator[_Bar]:
    drawn = {one.name: one for one in quantiles}
    for costs in every:
        price = costs.units.per_million_blended if costs.units else None
        if price is None or costs.units is None:
            continue
        low = high = price
        found = drawn.get(costs.name)
        if found and costs.npv.amount:
            # A price by tokens is the total by the tokens: it spreads as the total does.
            low, high = (price * end / costs.npv.amount for end in (found.p10, found.p90))
        yield _Bar(costs.name, price, min(low, price), max(high, price), costs.units.at_least)


def _chart(bars: Sequence[_Bar], currency: str) -> Chart:
    has_spread = any(bar.low != bar.high for bar in bars)
    whiskers = " Lines reach from P10 to P90 of the drawn totals." if has_spread else ""
    said = ", ".join(f"{bar.name} {brief(bar.price)}" for bar in bars)
    words = Words(
        "tokens", "Cost of a million tokens, input and output as asked for",
        f"Bars of {currency} for a million tokens: {said}.",
        f"A million tokens, {currency}, over the years of service.{whiskers}",
    )  # fmt: skip
    with style():
        drawn = axes(50 + _ROW * len(bars))
        for place, bar in enumerate(bars):
            _draw(drawn, place, bar)
        drawn.set_yticks([])
        drawn.set_ylim(len(bars) - 0.55, -0.6)
        drawn.set_xlim(0, float(max(bar.high for bar in bars)) * 1.22)
        drawn.set_xlabel(f"{currency} for a million tokens")
        drawn.grid(axis="x")
        drawn.spines["left"].set_visible(False)
        return chart(drawn, words)


def _energy(units: UnitCosts | None) -> str:
    if units is None or units.kwh_per_million is None:
        return ""
    carbon = units.kgco2e_per_million
    emits = "" if carbon is None else f", and emit {brief(carbon)} kg CO2e"
    return f"A million tokens of one's own take {brief(units.kwh_per_million)} kWh{emits}."


def _draw(drawn: Axes, place: int, bar: _Bar) -> None:
    price, low, high = float(bar.price), float(bar.low), float(bar.high)
    is_owning = bar.name == OWNING
    drawn.barh(
        place + 0.14, price, 0.42, color=colours.SERIES[0] if is_owning else colours.SERIES[6]
    )
    least = "at least " if bar.at_least else ""
    label(drawn, place - 0.27, bar.name, is_bold=is_owning)
    drawn.annotate(
        f"{least}{brief(bar.price)}", (high, place + 0.14), (6, 0), textcoords="offset points",
        va="center",
    )  # fmt: skip
    if low != high:
        drawn.errorbar(
            price, place + 0.14, xerr=[[price - low], [high - price]], color=colours.INK,
            capsize=4, linewidth=1.4,
        )  # fmt: skip


def _totals(every: Sequence[Costs], amounts: Amounts) -> Table:
    return Table(
        f"Every way to serve the same demand, in {amounts.currency}",
        columns("Option", "Total#", "Present value#", "A million tokens#"),
        [_total(costs, amounts) for costs in every],
    )


def _total(costs: Costs, amounts: Amounts) -> Sequence[str]:
    price = costs.units.per_million_blended if costs.units else None
    return (
        costs.name,
        f"{amounts.at_least(costs.nominal.unknown)}{amounts.exact(costs.nominal.amount)}",
        f"{amounts.at_least(costs.npv.unknown)}{amounts.exact(costs.npv.amount)}",
        _each(price),
    )


def _each(price: Decimal | None) -> str:
    return UNKNOWN if price is None else brief(price)


def _costs(every: Sequence[Costs], amounts: Amounts) -> Table:
    return Table(
        f"What each option is, and what it costs in {amounts.currency}",
        columns("Option", "What it is", "Remarks", "Million of input#",
                "Million of output#", "A user and month#"),
        [_cost(costs) for costs in every],
        is_wide=True,
    )  # fmt: skip


def _cost(costs: Costs) -> Sequence[str]:
    units = costs.units
    prices = (
        (units.per_million_input, units.per_million_output, units.per_user_month)
        if units
        else (None, None, None)
    )
    return costs.name, costs.description, costs.note, *map(_each, prices)


def _prices(result: Result, amounts: Amounts) -> Table | None:
    rows = [
        _price(costs.name, named, amounts)
        for costs in result.alternatives
        for named in costs.prices
    ]
    return Table(
        "What the alternatives bill, without tax",
        columns("Option", "Billed for", f"{amounts.currency}#", "For one", "At the source#",
                "From!", "Basis and source"),
        rows,
        is_wide=True,
    ) if rows else None  # fmt: skip


def _price(option: str, named: NamedPrice, amounts: Amounts) -> Sequence[str]:
    return (
        option, named.description, amounts.one(named.price.base), named.unit,
        words.original_price(named.price), words.day(named.since) or "now",
        words.provenance(named.price),
    )  # fmt: skip
