"""The sheets in words: the summary, what is assumed, and where prices come from."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from freehold.cost.export.xlsx import bill
from freehold.cost.export.xlsx.context import Context
from freehold.cost.export.xlsx.sheet import Cell, Column, Formula, Kind, Sheet
from freehold.cost.item import Category
from freehold.cost.types import Result, Total
from freehold.cost.words import day, holes, months, rests_on

_ASSUMPTIONS: Final = (
    Column("What", 34),
    Column("", 12, Kind.FACTOR),
    Column("Note", 90, Kind.PROSE),
)
_RATES: Final = {"discount_rate": 1, "tax_rate": 2, "ordered": 3}
"""The rows that formulas read."""


def write_summary(sheet: Sheet, lines: Sheet, context: Context) -> None:
    """The figures that are signed, and what they rest on."""
    result, conventions = context.result, context.conventions
    sheet.widths(44, 10, 20, 44)
    sheet.title(f"{result.cluster}: bill of materials and total cost of ownership")
    _say(sheet, f"In {conventions.currency}, ordered on {day(conventions.ordered)}, in service "
         f"from {day(conventions.in_service)}, over {months(conventions.horizon_months)}. "
         f"Tax: {conventions.tax}.")  # fmt: skip
    sheet.skip()
    sheet.header(
        [Column(""), Column(""), Column(conventions.currency, kind=Kind.MONEY), Column("")],
        frozen=False,
    )
    for title, name, total in (
        ("Capital cost", "capex", result.capex),
        ("What recurs, a year at today's prices", "opex_year", result.opex_year),
    ):
        _sum(sheet, context, title, (context.cells[name], context.cells[f"holes of {name}"], total))
    for title, name, total in (
        ("Cost of owning over the horizon", "nominal", result.owning.nominal),
        ("The same, discounted (NPV)", "npv", result.owning.npv),
    ):
        _sum(sheet, context, title, (context.cells[name], str(total.unknown), total))
    sheet.skip()
    sheet.header([Column("Paid once"), *[Column("")] * 3], frozen=False)
    for category, total in result.by_category.items():
        _sum(sheet, context, category.value, (*_of(lines, context, category), total))
    sheet.skip()
    for sentence in _sentences(result):
        _say(sheet, sentence)


def _say(sheet: Sheet, sentence: str) -> None:
    sheet.write([sentence], [Kind.TEXT])


def _sum(sheet: Sheet, context: Context, title: str, about: tuple[str, str, Total]) -> None:
    formula, missing, total = about
    context.cells[f"summary of {title}"] = sheet.cell(sheet.row, 2)
    lines = f'{missing}&IF({missing}=1," line"," lines")&" without a price"'
    said = f'IF({missing}>0,{lines},"")'
    known = holes(total.unknown) if total.unknown else ""
    sheet.write(
        [title, bill.marker(missing, total), Formula(formula, total.amount), Formula(said, known)],
        [Kind.TEXT, Kind.TEXT, Kind.MONEY, Kind.TEXT],
    )


def _of(lines: Sheet, context: Context, category: Category) -> tuple[str, str]:
    """Formulas: what is paid once in a category, and how many of its lines lack a price."""
    named = f'--({bill.span(lines, context, "Category")}="{category}")'
    once = f'--({bill.span(lines, context, "Every (months)")}="")'
    condition = f"{named},{once}"
    return (
        bill.sum_of(lines, context, "Cost", condition),
        bill.holes(lines, context, condition),
    )


def _sentences(result: Result) -> Iterator[str]:
    yield from (found.verdict for found in result.break_even)
    yield f"{rests_on(result.quality)}."
    if result.quality.unknown:
        yield f"Without a price: {', '.join(result.quality.unknown)}."
    yield from (f"Limit {one.gate} is broken: {one.message}" for one in result.breaches)


def write_assumptions(sheet: Sheet, context: Context) -> None:
    """What the formulas read, how amounts are reckoned, and what the spec does not state."""
    conventions, result = context.conventions, context.result
    sheet.header(_ASSUMPTIONS)
    discount, tax, ordered = conventions.discount_rate, conventions.tax_rate, conventions.ordered
    _row(sheet, "Discount rate a year", discount, Kind.SHARE, _discounted(discount))
    _row(sheet, "Tax rate", tax, Kind.SHARE, conventions.tax)
    _row(sheet, "Day of the order", ordered, Kind.DAY, "to which everything is discounted")
    for title, said in _conventions(result):
        _row(sheet, title, None, Kind.TEXT, said)
    for sentence in result.assumptions:
        _row(sheet, "Assumed", None, Kind.TEXT, sentence)
    for title, formula in result.physics.formulas.items():
        _row(sheet, f"Formula of {title}", None, Kind.TEXT, formula)


def _discounted(rate: Decimal | None) -> str:
    return "nothing is discounted" if rate is None else "of the day of the order"


def place_rates(sheet: Sheet, context: Context) -> None:
    """Say where the rates will stand, before the sheet is written."""
    context.cells.update({name: sheet.cell(row, 1) for name, row in _RATES.items()})


def _row(sheet: Sheet, title: str, value: Cell, kind: Kind, note: str = "") -> None:
    sheet.write([title, value, note], [Kind.TEXT, kind, Kind.PROSE])


def _conventions(result: Result) -> Iterator[tuple[str, str]]:
    conventions, demand = result.conventions, result.demand
    yield "Currency", conventions.currency
    yield "Rounding", f"{conventions.rounding} to {conventions.minor_units} decimals, each line"
    yield "In service from", day(conventions.in_service)
    yield "Horizon ends before", day(conventions.ends)
    yield "Day count", conventions.day_count
    yield "Timing", conventions.timing
    yield "Hours a month", str(conventions.hours_per_month)
    yield "Price book of", day(conventions.price_book)
    yield "Price book, SHA-256", result.price_book_digest
    yield "Spec and quotes, SHA-256", result.spec_digest
    if demand:
        yield "Throughput", demand.source
        yield "Demand", demand.formula


def write_sources(sheet: Sheet, context: Context) -> None:
    """Every source that a price rests on."""
    columns: Sequence[Column] = (Column("Source", 30), Column("What it is", 110, Kind.PROSE))
    sheet.header(columns)
    for name, said in context.result.sources.items():
        sheet.write([name, said], [Kind.TEXT, Kind.PROSE])
