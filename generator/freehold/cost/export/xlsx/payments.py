"""The sheets of money over time: each payment, then by month and by year.

A payment is a share of its line's cost, so that a changed price changes it.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from freehold.cost.calendar import months_later
from freehold.cost.export.xlsx.context import DISCOUNT_RATE, Context
from freehold.cost.export.xlsx.sheet import Cell, Column, Formula, Kind, Sheet
from freehold.cost.money import EXACT
from freehold.cost.types import BomLine, Flow

_PAYMENTS: Final = (
    Column("On", 11, Kind.DAY), Column("Line", 30), Column("Category", 11), Column("Stage", 11),
    Column("Share of the line's cost", 14, Kind.FACTOR), Column("Amount", 16, Kind.MONEY),
    Column("Days from the order", 9, Kind.NUMBER), Column("Discount factor", 14, Kind.FACTOR),
    Column("Discounted", 16, Kind.MONEY), Column("Pays for (months)", 9, Kind.NUMBER),
)  # fmt: skip
_ON, _SHARE, _AMOUNT, _DAYS, _FACTOR, _DISCOUNTED = 0, 4, 5, 6, 7, 8
_MONTHS: Final = (
    Column("Month", 7, Kind.NUMBER), Column("From", 11, Kind.DAY), Column("To", 11, Kind.DAY),
    Column("Paid", 16, Kind.MONEY), Column("Discounted", 16, Kind.MONEY),
    Column("Paid until then", 16, Kind.MONEY), Column("Discounted until then", 16, Kind.MONEY),
)  # fmt: skip
_YEARS: Final = (
    Column("Year", 7, Kind.NUMBER), Column("From", 11, Kind.DAY), Column("To", 11, Kind.DAY),
    Column("Paid", 16, Kind.MONEY), Column("Discounted", 16, Kind.MONEY),
    Column("Depreciation", 16, Kind.MONEY), Column("Disposal", 16, Kind.MONEY),
    Column("Used up", 16, Kind.MONEY),
)  # fmt: skip
_DAYS_A_YEAR: Final = 365


def write_payments(sheet: Sheet, context: Context) -> None:
    """Each payment of owning, by date."""
    sheet.header(_PAYMENTS)
    lines = {line.id: line for line in context.result.lines}
    for flow in context.result.owning.flows:
        sheet.write(_payment(sheet, context, flow, lines.get(flow.line)), _kinds(_PAYMENTS))
    if context.result.owning.nominal.unknown:
        note = "Lines without a price have no payments here: what is summed is the least."
        sheet.write(["", note], [Kind.TEXT] * 2, bold=True)


def _payment(sheet: Sheet, context: Context, flow: Flow, line: BomLine | None) -> list[Cell]:
    def at(column: int) -> str:
        return sheet.cell(sheet.row, column)

    share: Decimal | None = None
    amount: Cell = flow.amount
    if line and line.cost:
        share = EXACT.divide(flow.amount, line.cost)
        paid = f"{context.cells[f'cost of {line.id}']}*{at(_SHARE)}"
        amount = Formula(context.rounded(paid), flow.amount)
    conventions = context.conventions
    days = (flow.on - conventions.ordered).days
    factor = f'IF({DISCOUNT_RATE}="",1,(1+{DISCOUNT_RATE})^(-{at(_DAYS)}/{_DAYS_A_YEAR}))'
    discounted = context.rounded(f"{at(_AMOUNT)}*{at(_FACTOR)}")
    return [
        flow.on, flow.line, flow.category.value, flow.stage.value, share, amount,
        Formula(f"{at(_ON)}-{context.cells['ordered']}", Decimal(days)),
        Formula(factor, _worth(conventions.discount_rate, days)),
        Formula(discounted, flow.discounted), flow.covers,
    ]  # fmt: skip


def _worth(rate: Decimal | None, days: int) -> Decimal:
    exponent = EXACT.divide(Decimal(-days), Decimal(_DAYS_A_YEAR))
    return Decimal(1) if rate is None else EXACT.power(1 + rate, exponent)


def write_months(sheet: Sheet, payments: Sheet, context: Context) -> None:
    """What is paid in each month of the horizon, and the net present value."""
    sheet.header(_MONTHS)
    conventions, owning = context.conventions, context.result.owning
    first = sheet.row
    paid, discounted = Decimal(0), Decimal(0)
    for number in range(conventions.horizon_months):
        starts = months_later(conventions.ordered, number)
        ends = months_later(conventions.ordered, number + 1) - timedelta(1)
        flows = [flow for flow in owning.flows if starts <= flow.on <= ends]
        paid += sum((flow.amount for flow in flows), Decimal(0))
        discounted += sum((flow.discounted for flow in flows), Decimal(0))
        until = [
            Formula(f"SUM({sheet.span(column, first, sheet.row)})", value)
            for column, value in ((3, paid), (4, discounted))
        ]
        cells: list[Cell] = [
            number + 1,
            starts,
            ends,
            *_sums(sheet, payments, context, flows),
            *until,
        ]
        sheet.write(cells, _kinds(_MONTHS))
    _total(sheet, context, first)


def _total(sheet: Sheet, context: Context, first: int) -> None:
    owning = context.result.owning
    context.cells["nominal"] = sheet.cell(sheet.row, 3)
    context.cells["npv"] = sheet.cell(sheet.row, 4)
    sheet.write(
        [
            "at least" if owning.nominal.unknown else "", "", "Total and NPV",
            Formula(f"SUM({sheet.span(3, first, sheet.row - 1)})", owning.nominal.amount),
            Formula(f"SUM({sheet.span(4, first, sheet.row - 1)})", owning.npv.amount),
        ],
        [Kind.TEXT, Kind.TEXT, Kind.TEXT, Kind.MONEY, Kind.MONEY],
        bold=True,
    )  # fmt: skip


def _sums(
    sheet: Sheet, payments: Sheet, context: Context, flows: Sequence[Flow]
) -> tuple[Formula, Formula]:
    """What the row's days have of payments."""
    return (
        Formula(
            _between(sheet, payments, context, _AMOUNT),
            sum((flow.amount for flow in flows), Decimal(0)),
        ),
        Formula(
            _between(sheet, payments, context, _DISCOUNTED),
            sum((flow.discounted for flow in flows), Decimal(0)),
        ),
    )


def _between(sheet: Sheet, payments: Sheet, context: Context, column: int) -> str:
    days = _cells(payments, context, _ON)
    starts, ends = sheet.cell(sheet.row, 1), sheet.cell(sheet.row, 2)
    amounts = _cells(payments, context, column)
    return f'SUMIFS({amounts},{days},">="&{starts},{days},"<="&{ends})'


def paid_until(payments: Sheet, context: Context, day: str) -> str:
    """A formula: all that is paid until the end of the day in a cell."""
    amounts, days = _cells(payments, context, _AMOUNT), _cells(payments, context, _ON)
    return f'SUMIFS({amounts},{days},"<="&{day})'


def _cells(payments: Sheet, context: Context, column: int) -> str:
    return payments.span(column, 1, max(len(context.result.owning.flows), 1))


def write_years(sheet: Sheet, payments: Sheet, context: Context) -> None:
    """Both views of each year: when money is paid, and when it is used up."""
    sheet.header(_YEARS)
    for year in context.result.years:
        flows = [flow for flow in context.result.owning.flows if _in(flow, year.starts, year.ends)]
        name = f"depreciation of {year.number}"
        written = context.refer(name, year.depreciation)
        paid = _sums(sheet, payments, context, flows)
        cells: list[Cell] = [
            year.number, year.starts, year.ends, *paid, written, year.disposal, year.accrual,
        ]  # fmt: skip
        sheet.write(cells, _kinds(_YEARS))


def _in(flow: Flow, starts: date, ends: date) -> bool:
    return starts <= flow.on <= ends


def _kinds(columns: Sequence[Column]) -> list[Kind]:
    return [column.kind for column in columns]
