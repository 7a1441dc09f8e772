"""The sheet of what is written off."""

from decimal import Decimal

from freehold.cost.export.xlsx.context import Context
from freehold.cost.export.xlsx.sheet import Cell, Column, Formula, Kind, Sheet


def write(sheet: Sheet, context: Context) -> None:
    """What is written off of each line's capital in each year."""
    years, writeoffs = context.result.years, context.result.writeoffs
    columns = (
        Column("Line", 30), Column("Cost", 16, Kind.MONEY), Column("Residual value", 16,
        Kind.MONEY), Column("Method", 17), Column("From", 11, Kind.DAY),
        Column("Months", 8, Kind.NUMBER),
        *(Column(f"Year {year.number}", 16, Kind.MONEY) for year in years),
        Column("Book value at the end", 16, Kind.MONEY),
    )  # fmt: skip
    kinds = [column.kind for column in columns]
    sheet.header(columns)
    first, year_one = sheet.row, 6
    for one in writeoffs:
        spent = sheet.across(year_one, year_one + len(years) - 1)
        book = Formula(f"{sheet.cell(sheet.row, 1)}-SUM({spent})", one.book_value)
        sheet.write(
            [one.line, one.cost, one.residual, one.method, one.from_day, one.months,
             *one.by_year, book], kinds,
        )  # fmt: skip
    last = max(sheet.row - 1, first)
    sums: list[Cell] = ["Total", *([None] * 5)]
    for number, year in enumerate(years):
        context.cells[f"depreciation of {year.number}"] = sheet.cell(last + 1, year_one + number)
        sums.append(Formula(f"SUM({sheet.span(year_one + number, first, last)})",
                            year.depreciation))  # fmt: skip
    book_value = sum((one.book_value for one in writeoffs), Decimal(0))
    sums.append(Formula(f"SUM({sheet.span(year_one + len(years), first, last)})", book_value))
    sheet.row = last + 1
    sheet.write(sums, kinds, bold=True)
