"""The sheet that a buyer sends out: what is wanted, and empty cells for what it costs.

There is a row for each item, however many pools need it. A vendor fills in the rest, and
`freehold prices import` reads the sheet when it is saved as CSV.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from freehold.cost.export.xlsx.context import Context
from freehold.cost.export.xlsx.sheet import Cell, Column, Kind, Sheet
from freehold.cost.item import Basis, Category
from freehold.cost.types import BomLine

_WANTED: Final = (
    Column("Lines", 8), Column("Item", 24), Column("Description", 36, Kind.PROSE),
    Column("Manufacturer", 13), Column("MPN", 20), Column("Quantity", 9, Kind.NUMBER),
    Column("Unit", 9), Column("Part of", 14), Column("Needed by", 11, Kind.DAY),
)  # fmt: skip
_OFFERED: Final = (
    Column("Unit price", 12), Column("List price", 12), Column("Currency", 9),
    Column("Lead time (weeks)", 10), Column("Warranty (months)", 10), Column("Valid until", 11),
    Column("SKU", 13), Column("Reference", 13), Column("Remarks", 20),
)  # fmt: skip
COLUMNS: Final = (*_WANTED, *_OFFERED)
_NOT_OFFERED: Final = (Category.ENERGY, Category.STAFF)
"""What no vendor sends an offer for."""


def write(sheet: Sheet, context: Context) -> None:
    """A row for each item that somebody could offer."""
    sheet.header(COLUMNS)
    kinds = [column.kind for column in COLUMNS]
    for lines in _by_item(context.result.lines):
        wanted = [*_row(lines), context.conventions.in_service]
        sheet.write([*wanted, *([None] * len(_OFFERED))], kinds)


def _by_item(lines: Sequence[BomLine]) -> Iterator[list[BomLine]]:
    found: dict[tuple[str, str | None], list[BomLine]] = {}
    for line in lines:
        if is_offered(line):
            found.setdefault((line.need.item.id, line.need.parent), []).append(line)
    yield from found.values()


def is_offered(line: BomLine) -> bool:
    """Whether somebody could offer it; what is owned already is not bought."""
    need = line.need
    is_owned = line.price.basis is Basis.INCLUDED and need.parent is None
    return need.item.category not in _NOT_OFFERED and not is_owned


def _row(lines: Sequence[BomLine]) -> list[Cell]:
    need, item = lines[0].need, lines[0].need.item
    quantity, unit = sum((line.need.quantity for line in lines), Decimal(0)), item.unit
    if need.percent_of:
        quantity, unit = Decimal(1), "all"  # a percentage of other prices is offered as an amount
    return [
        " ".join(str(line.number) for line in lines), item.id, item.description,
        item.manufacturer, item.mpn, quantity, unit, need.parent or "",
    ]  # fmt: skip
