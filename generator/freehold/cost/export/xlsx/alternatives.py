"""The sheets that compare: what each option costs, and who has paid less when."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from freehold.cost.export.as_csv import options
from freehold.cost.export.xlsx.context import Context
from freehold.cost.export.xlsx.payments import paid_until
from freehold.cost.export.xlsx.sheet import Cell, Column, Formula, Kind, Sheet
from freehold.cost.types import BreakEven, Conventions, Costs, NamedPrice, UnitCosts
from freehold.cost.words import provenance

_OPTIONS: Final = (
    Column("Option", 18), Column("What", 40, Kind.PROSE), Column("", 9),
    Column("Nominal", 16, Kind.MONEY),
    Column("NPV", 16, Kind.MONEY), Column("NPV above owning", 16, Kind.MONEY),
    Column("Million input tokens", 13, Kind.PRICE), Column("Million output tokens", 13, Kind.PRICE),
    Column("Million tokens, blended", 13, Kind.PRICE), Column("User and month", 13, Kind.PRICE),
    Column("GPU and hour", 13, Kind.PRICE), Column("Break-even", 15),
    Column("First on", 11, Kind.DAY), Column("Rate of return", 9, Kind.SHARE),
    Column("Paid back in month", 10, Kind.NUMBER), Column("The same, discounted", 11, Kind.NUMBER),
    Column("Hours a day from which owning is cheaper", 12,
    Kind.NUMBER), Column("Tokens a day", 18, Kind.NUMBER), Column("Verdict", 60, Kind.PROSE),
    Column("No rate of return, since", 40, Kind.PROSE), Column("Note", 60, Kind.PROSE),
)  # fmt: skip
_PRICES: Final = (
    Column("Option", 18), Column("Item", 34), Column("Billed for", 40, Kind.PROSE),
    Column("Unit", 30, Kind.PROSE), Column("Price", 13, Kind.PRICE), Column("Currency", 9),
    Column("At the source", 13, Kind.PRICE), Column("Its currency", 9),
    Column("Rate", 13, Kind.FACTOR), Column("Of", 11, Kind.DAY), Column("State", 9),
    Column("From", 11, Kind.DAY), Column("Source", 34, Kind.PROSE), Column("Note", 60, Kind.PROSE),
)  # fmt: skip
_NPV: Final = 4
_PRINTED: Final = 16
"""Columns until the discounted payback; verdicts are in the summary too."""


def write(sheet: Sheet, context: Context) -> None:
    """Owning, a lease and the alternatives, a row each."""
    sheet.header(_OPTIONS)
    kinds = [column.kind for column in _OPTIONS]
    verdicts = {found.alternative: found for found in context.result.break_even}
    for option in options(context.result):
        found = verdicts.get(option.name)
        sheet.write([*_costs(sheet, context, option), *_units(option.units), *_verdict(found),
                     option.note], kinds)  # fmt: skip
    sheet.print_first(_PRINTED)


def _costs(sheet: Sheet, context: Context, option: Costs) -> list[Cell]:
    owning = context.result.owning
    nominal: Cell = option.nominal.amount
    npv: Cell = option.npv.amount
    if option is owning:
        nominal, npv = (context.refer("nominal", owning.nominal.amount),
                        context.refer("npv", owning.npv.amount))  # fmt: skip
    above = f"{sheet.cell(sheet.row, _NPV)}-{context.cells['npv']}"
    marker = "at least" if option.nominal.unknown else ""
    return [
        option.name, option.description, marker, nominal, npv,
        Formula(above, option.npv.amount - owning.npv.amount),
    ]  # fmt: skip


def _units(units: UnitCosts | None) -> Sequence[Cell]:
    if units is None:
        return [None] * 5
    return (
        units.per_million_input, units.per_million_output, units.per_million_blended,
        units.per_user_month, units.per_gpu_hour,
    )  # fmt: skip


def _verdict(found: BreakEven | None) -> Sequence[Cell]:
    if found is None:
        return [None] * 9
    return (
        found.outcome.value, found.crossings[0].on if found.crossings else None, found.irr,
        found.payback_months, found.discounted_payback_months,
        found.threshold_hours_per_day, found.threshold_tokens_per_day, found.verdict,
        found.irr_note,
    )  # fmt: skip


def write_prices(sheet: Sheet, context: Context) -> None:
    """What each alternative bills, a row for each price."""
    sheet.header(_PRICES)
    kinds = [column.kind for column in _PRICES]
    for option in context.result.alternatives:
        for named in option.prices:
            sheet.write([option.name, *_price(named, context.conventions)], kinds)


def _price(named: NamedPrice, conventions: Conventions) -> Sequence[Cell]:
    price = named.price
    return (
        named.item, named.description, named.unit, price.base, conventions.currency,
        price.original, price.currency, price.rate, price.as_of,
        "too old" if price.is_stale else "", named.since, provenance(price), price.note,
    )  # fmt: skip


def write_curve(sheet: Sheet, payments: Sheet, context: Context) -> None:
    """What owning and each alternative have cost by the end of each month."""
    found = context.result.break_even
    sheet.header([
        Column("Until", 11, Kind.DAY), Column("Owning", 16, Kind.MONEY),
        *(Column(one.alternative, 18, Kind.MONEY) for one in found),
    ])  # fmt: skip
    kinds = [Kind.DAY, *([Kind.MONEY] * (len(found) + 1))]
    owning = context.result.owning.flows
    for number, (on, paid, _) in enumerate(found[0].cumulative if found else ()):
        until = paid_until(payments, context, sheet.cell(sheet.row, 0))
        by_flows = sum((flow.amount for flow in owning if flow.on <= on), Decimal(0))
        others = [one.cumulative[number][2] for one in found]
        sheet.write([on, Formula(until, paid) if by_flows == paid else paid, *others], kinds)
