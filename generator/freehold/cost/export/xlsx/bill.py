"""The sheet of the bill: change a quantity or a price in it, and see what the whole then costs.

A cell holds a formula where the formula gives the bill's figure, else the figure alone.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from freehold.cost.export.as_json import path
from freehold.cost.export.columns import status
from freehold.cost.export.xlsx.context import TAX_RATE, Context
from freehold.cost.export.xlsx.sheet import Cell, Column, Formula, Kind, Sheet
from freehold.cost.money import EXACT
from freehold.cost.types import BomLine, Total

_PRINTED: Final = (
    Column("Line", 6, Kind.NUMBER), Column("Item", 24), Column("Description", 36, Kind.PROSE),
    Column("Category", 10), Column("Kind", 7), Column("Every (months)", 9, Kind.NUMBER),
    Column("Quantity", 10, Kind.NUMBER), Column("Unit", 9), Column("List, each", 13, Kind.PRICE),
    Column("Discount", 9, Kind.SHARE), Column("Net, each", 13, Kind.PRICE),
    Column("Net", 14, Kind.MONEY), Column("Tax", 13, Kind.MONEY), Column("Cost", 14, Kind.MONEY),
    Column("Basis", 9), Column("Status", 21),
)  # fmt: skip
_ON_SCREEN: Final = (
    Column("MPN", 18), Column("SKU", 14), Column("Vendor", 16), Column("Tax rate", 8, Kind.SHARE),
    Column("Cost a year", 14, Kind.MONEY), Column("Quote", 14),
    Column("Valid until", 11, Kind.DAY), Column("Price of", 11, Kind.DAY), Column("Source", 18),
    Column("Confidence", 10), Column("Lead time (weeks)", 9, Kind.NUMBER),
    Column("Warranty (months)", 10, Kind.NUMBER), Column("Watts, most", 9, Kind.NUMBER),
    Column("Watts, typical", 9, Kind.NUMBER), Column("Rack units", 7, Kind.NUMBER),
    Column("Weight (kg)", 8, Kind.NUMBER), Column("Spare", 6), Column("Part of", 16),
    Column("Hosts", 24), Column("In the spec", 24), Column("Note", 40), Column("Id", 26),
)  # fmt: skip
COLUMNS: Final = (*_PRINTED, *_ON_SCREEN)
KINDS: Final = tuple(column.kind for column in COLUMNS)
_AT: Final = {column.title: number for number, column in enumerate(COLUMNS)}
_FIRST: Final = 1
"""The row of the first line."""


def write(sheet: Sheet, context: Context) -> None:
    """All lines, and the sums of what is paid once and of what recurs."""
    sheet.header(COLUMNS)
    for line in context.result.lines:
        context.cells[f"cost of {line.id}"] = sheet.cell(sheet.row, _AT["Cost"])
        sheet.write(_Row(sheet, context, line).cells(), KINDS)
    sheet.skip()
    capital = f'--({span(sheet, context, "Kind")}="capex")'
    recurring = f'--({span(sheet, context, "Every (months)")}<>"")'
    _total(sheet, context, "capex", ("Capital cost", "Cost", capital, context.result.capex))
    yearly = ("What recurs, a year", "Cost a year", recurring, context.result.opex_year)
    _total(sheet, context, "opex_year", yearly)
    sheet.print_first(len(_PRINTED))


def span(sheet: Sheet, context: Context, title: str) -> str:
    """The lines' cells in a column."""
    last = _FIRST + max(len(context.result.lines), 1) - 1
    return sheet.span(_AT[title], _FIRST, last)


def sum_of(sheet: Sheet, context: Context, column: str, condition: str) -> str:
    """A formula: the sum of a column where a condition holds."""
    return f"SUMPRODUCT({condition},{span(sheet, context, column)})"


def holes(sheet: Sheet, context: Context, condition: str) -> str:
    """A formula: how many lines lack a price where a condition holds."""
    return f'SUMPRODUCT({condition},--({span(sheet, context, "Net")}=""))'


def _total(sheet: Sheet, context: Context, name: str, about: tuple[str, str, str, Total]) -> None:
    title, column, condition, total = about
    cells: list[Cell] = [None] * len(COLUMNS)
    missing = holes(sheet, context, condition)
    cells[_AT["Description"]] = title
    cells[_AT["Tax"]] = marker(missing, total)
    cells[_AT["Cost"]] = Formula(sum_of(sheet, context, column, condition), total.amount)
    cells[_AT["Basis"]] = Formula(missing, Decimal(total.unknown))
    cells[_AT["Status"]] = Formula(
        f'IF({missing}>0,"lines without a price","all have a price")',
        "lines without a price" if total.unknown else "all have a price",
    )
    context.cells[name] = sheet.cell(sheet.row, _AT["Cost"])
    context.cells[f"holes of {name}"] = sheet.cell(sheet.row, _AT["Basis"])
    sheet.write(cells, KINDS, bold=True)


def marker(missing: str, total: Total) -> Formula:
    """`at least` where something is missing."""
    return Formula(f'IF({missing}>0,"at least","")', "at least" if total.unknown else "")


class _Row:
    """One line's cells."""

    def __init__(self, sheet: Sheet, context: Context, line: BomLine) -> None:
        self._sheet, self._context, self._line = sheet, context, line
        self._row = sheet.row

    def cells(self) -> list[Cell]:
        line, item, price = self._line, self._line.need.item, self._line.price
        power, parent = item.power, line.need.parent
        return [
            line.number, item.id, item.description, item.category.value,
            "capex" if line.need.is_capital else "opex", line.need.every, line.need.quantity,
            item.unit, price.list_amount, self._discount(), self._net(), self._extended(),
            self._tax(), self._cost(), price.basis.value, status(line),
            line.mpn, line.sku, line.vendor, self._tax_rate(), self._yearly(), price.reference,
            price.valid_until, price.as_of,
            price.source, price.confidence.value, line.lead_time.base if line.lead_time else None,
            line.warranty_months, power.maximum if power else None,
            power.typical if power else None, item.rack_units, item.weight,
            "spare" if line.need.is_spare else "", parent or "", ", ".join(line.need.hosts),
            path(line.need.path), "; ".join(filter(None, (line.need.note, price.note))), line.id,
        ]  # fmt: skip

    def _at(self, title: str) -> str:
        return self._sheet.cell(self._row, _AT[title])

    def _live(self, value: Decimal | None, expected: Decimal | None, formula: str) -> Cell:
        """The formula if it gives the figure; where both are unknown, it waits for a price."""
        if value != expected:
            return value
        waiting = f'IF({self._at("Net, each")}="","",{formula})'
        return Formula(waiting, "" if value is None else value)

    def _discount(self) -> Cell:
        discount, one, full = self._line.discount, self._at("Net, each"), self._at("List, each")
        if discount is None:
            return None
        return Formula(f"ROUND(1-{one}/{full},6)", discount)

    def _net(self) -> Cell:
        """Of a percentage, the sum of the cells that it is of: no cell may be of itself."""
        base = self._line.price.base
        parts = [line for line in self._context.result.lines if self._is_part(line)]
        whole = sum((line.extended or Decimal(0) for line in parts), Decimal(0))
        if base is None or not parts or base != whole:
            return base
        spans = (
            self._sheet.span(_AT["Net"], _FIRST + first, _FIRST + last)
            for first, last in _runs([line.number - 1 for line in parts])
        )
        return Formula(f"SUM({','.join(spans)})", base)

    def _is_part(self, line: BomLine) -> bool:
        is_of = line.need.item.category in self._line.need.percent_of
        return is_of and line.need.is_capital and not line.need.percent_of

    def _extended(self) -> Cell:
        base, quantity = self._line.price.base, self._line.need.quantity
        expected = None if base is None else self._context.rounding(quantity * base)
        product = f"{self._at('Quantity')}*{self._at('Net, each')}"
        return self._live(self._line.extended, expected, self._context.rounded(product))

    def _tax_rate(self) -> Cell:
        rate = self._context.conventions.tax_rate
        return None if rate is None or self._line.tax == 0 else Formula(TAX_RATE, rate)

    def _tax(self) -> Cell:
        rate, extended = self._context.conventions.tax_rate, self._line.extended
        if rate is None or (self._line.tax is None and extended is not None):
            return self._line.tax
        expected = None if extended is None else self._context.rounding(extended * rate)
        product = f"{self._at('Net')}*{self._at('Tax rate')}"
        return self._live(self._line.tax, expected, self._context.rounded(product))

    def _cost(self) -> Cell:
        extended, tax = self._line.extended, self._line.tax or 0
        back = self._context.conventions.tax_recoverable
        expected = None if extended is None else extended + (0 if back else tax)
        formula = self._at("Net") if back else f"{self._at('Net')}+N({self._at('Tax')})"
        return self._live(self._line.cost, expected, formula)

    def _yearly(self) -> Cell:
        every, cost = self._line.need.every, self._line.cost
        if every is None:
            return None
        formula = self._context.rounded(f"{self._at('Cost')}*12/{every}")
        a_year = None if cost is None else EXACT.divide(cost * 12, Decimal(every))
        known = None if a_year is None else self._context.rounding(a_year)
        return self._live(known, known, formula)


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each run of numbers that follow each other."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
