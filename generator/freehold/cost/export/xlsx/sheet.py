"""Cells of a worksheet by what they hold: text that never runs, figures, and formulas.

XlsxWriter turns a `Decimal` into the digits that a spreadsheet keeps, which are sixteen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from freehold.cost.types import Conventions


class Kind(StrEnum):
    """How a column shows its cells."""

    TEXT = "text"
    PROSE = "prose"
    """Text that goes on in a next line of its cell."""
    MONEY = "money"
    PRICE = "price"
    """Of one: with as many decimals as it has."""
    NUMBER = "number"
    SHARE = "share"
    FACTOR = "factor"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula, without `=`, and what it gives now."""

    text: str
    value: Decimal | str


Cell = str | int | Decimal | date | Formula | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading, its width in characters, and what it holds."""

    title: str
    width: int = 14
    kind: Kind = Kind.TEXT


class Formats:
    """The cell formats of one workbook, plain and bold."""

    def __init__(self, workbook: Any, conventions: Conventions) -> None:
        """Make them for the currency of the bill."""
        decimals = conventions.minor_units
        places = f".{'0' * decimals}" if decimals else ""
        shown: dict[Kind, dict[str, object]] = {
            Kind.TEXT: {"align": "left", "indent": 1},
            Kind.PROSE: {"align": "left", "indent": 1, "text_wrap": True},
            Kind.MONEY: {"num_format": f"#,##0{places}"},
            Kind.PRICE: {"num_format": f"#,##0{places or '.'}####"},
            Kind.NUMBER: {"num_format": "#,##0.###"},
            Kind.SHARE: {"num_format": "0.0%"},
            Kind.FACTOR: {"num_format": "0.0000000000"},
            Kind.DAY: {"num_format": "yyyy-mm-dd", "align": "left", "indent": 1},
        }
        top: dict[str, object] = {"valign": "top"}
        self.plain = {kind: workbook.add_format(shape | top) for kind, shape in shown.items()}
        self.bold = {
            kind: workbook.add_format(shape | top | {"bold": True}) for kind, shape in shown.items()
        }
        heading = {"bold": True, "bottom": 1, "text_wrap": True, "bg_color": "#E8EDF2"} | top
        self.heading = workbook.add_format(heading | {"align": "left", "indent": 1})
        self.heading_of_figures = workbook.add_format(heading | {"align": "right"})
        self.title = workbook.add_format({"bold": True, "font_size": 14})


_A4: Final = 9
"""In Excel's list of papers."""
_LINE: Final = 15
"""In points."""
_INDENT: Final = 2
"""Characters of a column's width that hold no text."""
_LEFT: Final = (Kind.TEXT, Kind.PROSE, Kind.DAY)


class Sheet:
    """A printable worksheet that is written from top to bottom."""

    def __init__(self, workbook: Any, formats: Formats, name: str) -> None:
        """Add it to the workbook."""
        self.name = name
        self.row = 0
        """The next row, from 0 on."""
        self._widths: dict[int, int] = {}
        self._formats = formats
        self._sheet = workbook.add_worksheet(name)
        self._sheet.set_landscape()
        self._sheet.set_paper(_A4)
        self._sheet.fit_to_pages(1, 0)
        self._sheet.set_footer("&L&A&RPage &P of &N")

    def title(self, text: str) -> None:
        """A line in large letters."""
        self._sheet.write_string(self.row, 0, text, self._formats.title)
        self.row += 1

    def header(self, columns: Sequence[Column], *, frozen: bool = True) -> None:
        """The headings of a table; when frozen they stay, and are printed on each page."""
        formats = self._formats
        for number, column in enumerate(columns):
            is_text = column.kind in _LEFT
            style = formats.heading if is_text else formats.heading_of_figures
            self._sheet.write_string(self.row, number, column.title, style)
            if frozen:
                self._widen(number, column.width)
        self._sheet.set_row(self.row, 2 * _LINE if frozen else _LINE)
        self.row += 1
        if frozen:
            self._sheet.freeze_panes(self.row, 0)
            self._sheet.repeat_rows(self.row - 1)

    def write(self, cells: Sequence[Cell], kinds: Sequence[Kind], *, bold: bool = False) -> None:
        """A row of cells; nothing is written where nothing is known."""
        formats = self._formats.bold if bold else self._formats.plain
        for number, (cell, kind) in enumerate(zip(cells, kinds, strict=True)):
            self._write(number, cell, formats[kind])
        lines = max(
            (self._lines(number, cell) for number, cell in enumerate(cells)
             if kinds[number] is Kind.PROSE), default=1,
        )  # fmt: skip
        self._sheet.set_row(self.row, _LINE * lines)
        self.row += 1

    def _lines(self, column: int, cell: Cell) -> int:
        """How many lines prose takes in its column, since not every reader finds out."""
        width = self._widths.get(column, 0) - _INDENT
        return -(-len(cell) // width) if isinstance(cell, str) and width > 0 and cell else 1

    def _write(self, column: int, cell: Cell, style: object) -> None:
        match cell:
            case None:
                pass
            case str():
                self._sheet.write_string(self.row, column, cell, style)
            case Formula():
                self._sheet.write_formula(self.row, column, f"={cell.text}", style, cell.value)
            case date():
                self._sheet.write_datetime(self.row, column, cell, style)
            case _:
                self._sheet.write_number(self.row, column, cell, style)

    def print_first(self, columns: int) -> None:
        """Print so many columns of what is written; the others are for screens."""
        self._sheet.print_area(0, 0, self.row - 1, columns - 1)

    def skip(self) -> None:
        """Leave a row empty."""
        self.row += 1

    def widths(self, *widths: int) -> None:
        """How wide the first columns are, in characters, where no frozen header says so."""
        for number, width in enumerate(widths):
            self._widen(number, width)

    def _widen(self, column: int, width: int) -> None:
        self._widths[column] = width
        self._sheet.set_column(column, column, width)

    def cell(self, row: int, column: int) -> str:
        """A cell as other sheets refer to it, such as `'Cash flow'!$B$3`."""
        return f"'{self.name}'!{xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)}"

    def span(self, column: int, first: int, last: int) -> str:
        """The cells of a column from one row to another, both included."""
        letters = xl_col_to_name(column, col_abs=True)
        return f"'{self.name}'!{letters}${first + 1}:{letters}${last + 1}"

    def across(self, first: int, last: int) -> str:
        """The cells of the next row from one column to another, both included."""
        start = xl_rowcol_to_cell(self.row, first, row_abs=True, col_abs=True)
        end = xl_rowcol_to_cell(self.row, last, row_abs=True, col_abs=True)
        return f"'{self.name}'!{start}:{end}"
