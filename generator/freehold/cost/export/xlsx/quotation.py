"""The sheet that a buyer sends out: what is wanted, and empty cells for what it costs.

Its headings are in the words of `freehold prices import`.
"""

from typing import Final

from freehold.cost.export.xlsx.context import Context
from freehold.cost.export.xlsx.sheet import Cell, Column, Kind, Sheet
from freehold.cost.types import Basis, BomLine, Category

_QUOTE: Final = (
    Column("Line", 6, Kind.NUMBER), Column("Item", 26), Column("Description", 44),
    Column("Manufacturer", 16), Column("MPN", 20), Column("Quantity", 10, Kind.NUMBER),
    Column("Unit", 8), Column("Part of", 18), Column("Deliver by", 11, Kind.DAY),
    Column("Unit price, net", 14), Column("Currency", 9), Column("Lead time (weeks)", 10),
    Column("Warranty (months)", 10), Column("Valid until", 11), Column("Your MPN or SKU", 16),
    Column("Your reference", 14), Column("Remarks", 30),
)  # fmt: skip
_NOT_QUOTED: Final = (Category.ENERGY, Category.STAFF)
"""What nobody sends an offer for."""


def write(sheet: Sheet, context: Context) -> None:
    """A row for all that somebody could offer."""
    sheet.header(_QUOTE)
    kinds = [column.kind for column in _QUOTE]
    for line in context.result.lines:
        if is_quoted(line):
            sheet.write(_row(context, line), kinds)


def is_quoted(line: BomLine) -> bool:
    """Whether somebody could offer it; what is owned already is not bought."""
    need = line.need
    is_owned = line.price.basis is Basis.INCLUDED and need.parent is None
    return need.item.category not in _NOT_QUOTED and not is_owned


def _row(context: Context, line: BomLine) -> list[Cell]:
    item, need = line.need.item, line.need
    # A percentage of other prices is offered as an amount.
    quantity, unit = (1, "all") if need.percent_of else (need.quantity, item.unit)
    wanted: list[Cell] = [
        line.number, item.id, item.description, item.manufacturer, item.mpn, quantity, unit,
        need.parent or "", context.conventions.in_service,
    ]  # fmt: skip
    return wanted + [None] * (len(_QUOTE) - len(wanted))
