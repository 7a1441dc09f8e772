"""The total cost of ownership for people."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from freehold.cli.bom_text import quality_lines
from freehold.cli.table import table
from freehold.cost.export.as_csv import options
from freehold.cost.types import BreakEven, Conventions, Costs, Quantiles, Result, Spread
from freehold.cost.words import (
    day,
    grouped,
    holes,
    months,
    named_price,
    paid_back,
    percent,
    rate_of_return,
    ratio,
    rounded,
)
from freehold.diagnostics import visible
from freehold.spec.cost import OWNING

Rows = Iterator[Sequence[str]]


def tco_lines(result: Result) -> Iterator[str]:
    """What owning costs over the horizon, beside the alternatives, and how sure that is."""
    return map(visible, _lines(result))


def _lines(result: Result) -> Iterator[str]:
    conventions = result.conventions
    yield (
        f"{result.cluster}: total cost of ownership in {conventions.currency} over "
        f"{months(conventions.horizon_months)} from {day(conventions.ordered)}, in service from "
        f"{day(conventions.in_service)}"
    )
    for part in (_verdicts, _returns, _options, _prices, _years, _spread):
        yield from _spaced(part(result))
    yield from _spaced(_physical(result))
    yield from _spaced(quality_lines(result))
    yield from _spaced(_conventions(result))


def _spaced(lines: Iterator[str]) -> Iterator[str]:
    kept = list(lines)
    if kept:
        yield ""
        yield from kept


def _verdicts(result: Result) -> Iterator[str]:
    for found in result.break_even:
        yield f"against {found.alternative}: {found.verdict}"


def _returns(result: Result) -> Iterator[str]:
    if result.break_even:
        yield from table(_return_rows(result.break_even), right={1, 2})
    reasons: dict[str, list[str]] = {}
    for found in result.break_even:
        reasons.setdefault(found.irr_note, []).append(found.alternative)
    for reason, names in reasons.items():
        if reason:
            yield f"no rate of return (IRR) against {' and '.join(names)}: {reason}"


def _return_rows(compared: Sequence[BreakEven]) -> Rows:
    yield "BUYING INSTEAD OF", "SAVES (NPV)", "IRR", "PAID BACK", "DISCOUNTED"
    for found in compared:
        yield (
            found.alternative,
            "not known" if found.saving is None else grouped(found.saving),
            rate_of_return(found),
            paid_back(found.payback_months, found.outcome),
            paid_back(found.discounted_payback_months, found.outcome),
        )


def _options(result: Result) -> Iterator[str]:
    yield from table(_option_rows(result), right={2, 3, 5, 6, 7, 8})


def _option_rows(result: Result) -> Rows:
    yield (
        "OPTION", "", "NOMINAL", "NPV", "", "1M INPUT", "1M OUTPUT", "1M BLENDED", "USER MONTH",
        "WHAT",
    )  # fmt: skip
    for option in options(result):
        yield (
            option.name,
            "at least" if option.nominal.unknown else "",
            grouped(option.nominal.amount),
            grouped(option.npv.amount),
            holes(option.nominal.unknown) if option.nominal.unknown else "",
            *_unit_costs(option, result.conventions),
            ", ".join(filter(None, (option.description, option.note))),
        )


def _unit_costs(option: Costs, conventions: Conventions) -> Sequence[str]:
    units = option.units
    if units is None:
        return ("?",) * 4
    costs = (
        units.per_million_input, units.per_million_output, units.per_million_blended,
        units.per_user_month,
    )  # fmt: skip
    return [ratio(cost, conventions) for cost in costs]


def _prices(result: Result) -> Iterator[str]:
    yield from table(_price_rows(result), right=set())


def _price_rows(result: Result) -> Rows:
    yield "OPTION", "BILLED FOR", "AT"
    for option in result.alternatives:
        for named in option.prices:
            yield option.name, named.description, named_price(named, result.conventions)


def _years(result: Result) -> Iterator[str]:
    yield from table(_year_rows(result), right={0, 3, 4, 5, 6, 7})


def _year_rows(result: Result) -> Rows:
    yield "YEAR", "FROM", "TO", "CASH", "DISCOUNTED", "DEPRECIATION", "DISPOSAL", "ACCRUAL"
    for year in result.years:
        yield (
            str(year.number), day(year.starts), day(year.ends), grouped(year.cash),
            grouped(year.discounted), grouped(year.depreciation), grouped(year.disposal),
            grouped(year.accrual),
        )  # fmt: skip


def _spread(result: Result) -> Iterator[str]:
    if result.spread:
        yield from _quantiles(result.spread)
        if result.spread.tornado:
            yield from table(_swings(result.spread), right={1, 2})


def _quantiles(spread: Spread) -> Iterator[str]:
    yield f"NPV in {spread.draws} draws ({spread.distribution}, seed {spread.seed})"
    rows = [("OPTION", "P10", "P50", "P90", "OWNING WINS")]
    for found in spread.quantiles:
        amounts = (grouped(found.p10), grouped(found.p50), grouped(found.p90))
        rows.append((found.name, *amounts, _chance(found)))
    yield from table(rows, right={1, 2, 3, 4})


def _chance(found: Quantiles) -> str:
    if found.name == OWNING:
        return ""
    wins = found.probability_owning_wins
    return "not known" if wins is None else percent(wins)


def _swings(spread: Spread) -> Rows:
    yield "FACTOR", "NPV AT ITS LOW", "NPV AT ITS HIGH", "FROM", "TO"
    for swing in spread.tornado:
        yield (
            swing.label, grouped(swing.low), grouped(swing.high), swing.low_value,
            swing.high_value,
        )  # fmt: skip


def _physical(result: Result) -> Iterator[str]:
    physics, units = result.physics, result.owning.units
    factor = "no PUE" if physics.pue is None else f"PUE {grouped(physics.pue)}"
    yield (
        f"power: at most {rounded(physics.maximum_power / 1000)} kW, typically "
        f"{rounded(physics.typical_power / 1000)} kW; energy {rounded(physics.facility_energy, 0)} "
        f"kWh a year ({factor}); {physics.rack_units} rack units, {rounded(physics.weight, 0)} kg"
    )
    if units:
        carbon = units.kgco2e_per_million
        yield f"for a million tokens of the machines: {rounded(units.kwh_per_million, 3)} kWh" + (
            "" if carbon is None else f", {rounded(carbon, 3)} kg CO2e ({physics.carbon_source})"
        )
    yield from _demand(result)


def _demand(result: Result) -> Iterator[str]:
    demand = result.demand
    if demand:
        yield (
            f"demand a year: {_millions(demand.input_tokens)} million tokens in, "
            f"{_millions(demand.output_tokens)} out, for {demand.users} users; the machines can "
            f"make {_millions(demand.capacity_output_tokens)}; utilisation "
            f"{rounded(demand.utilisation * 100)} % ({demand.source})"
        )


def _millions(tokens: Decimal) -> str:
    return rounded(tokens / 1_000_000)


def _conventions(result: Result) -> Iterator[str]:
    conventions = result.conventions
    rate = conventions.discount_rate
    discounting = "nothing is discounted" if rate is None else f"discounted at {percent(rate)}"
    yield (
        f"{discounting} ({conventions.day_count}); {conventions.hours_per_month} hours a month; "
        f"rounded {conventions.rounding} to {conventions.minor_units} decimals on each line; "
        f"tax: {conventions.tax}"
    )
    yield conventions.timing
    yield from (f"assumed: {assumption}" for assumption in result.assumptions)
