"""What is bought: by category at the top, line by line further down."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from freehold.cost import words
from freehold.cost.item import Basis, Category
from freehold.cost.types import BomLine, Result, Total
from freehold.render.report.amounts import NBSP, Amounts, lacking, plain, plural
from freehold.render.report.names import shortened
from freehold.render.report.table import Table, columns

_CATEGORIES: Final = {
    Category.SERVER: "Servers",
    Category.GPU: "GPUs",
    Category.CPU: "Processors",
    Category.MEMORY: "Memory",
    Category.STORAGE: "Drives",
    Category.NETWORK: "Network",
    Category.FACILITY: "Racks and power",
    Category.SERVICE: "Services",
    Category.LICENCE: "Licences",
    Category.SUPPORT: "Support",
    Category.SPACE: "Space",
    Category.ENERGY: "Energy",
    Category.STAFF: "Staff",
    Category.ISOLATION: "Isolation",
    Category.OTHER: "Other",
    Category.CLOUD: "Rented GPUs",
    Category.API: "API",
}
_DIGITS: Final = 2
"""Of a quantity."""
_INCLUDED: Final = "included"


@dataclass(frozen=True, slots=True)
class Purchase:
    """The section."""

    summary: Table
    running: str
    lines: Table


def named(category: Category) -> str:
    """The category in a reader's words."""
    return _CATEGORIES[category]


def purchase(result: Result) -> Purchase:
    """Subtotals, what running it takes, and all lines."""
    amounts = Amounts(result.conventions.currency, result.conventions.minor_units)
    running = (
        f"Of that, {_exactly(result.capex, amounts)} is capital. Running it takes "
        f"{_exactly(result.opex_year, amounts)} a year at today's prices."
    )
    return Purchase(_summary(result, amounts), running, _lines(result, amounts))


def _exactly(sum_: Total, amounts: Amounts) -> str:
    amount = f"{amounts.exact(sum_.amount)}{NBSP}{amounts.currency}"
    return f"{amounts.at_least(sum_.unknown)}{amount}{lacking(sum_)}"


def _summary(result: Result, amounts: Amounts) -> Table:
    unknown = sum(total.unknown for total in result.by_category.values())
    more = ["Lines without a price#"] if unknown else []
    rows = [
        _cut((named(category), _what(category, result.lines),
              _sum(category, total, result, amounts), str(total.unknown or "none")), unknown)
        for category, total in result.by_category.items()
    ]  # fmt: skip
    once = sum((total.amount for total in result.by_category.values()), Decimal())
    label = "At least" if unknown else "Together"
    return Table(
        "Paid once, by category: capital, and what is no capital but paid once",
        columns("Category", "What", f"{amounts.currency}#", *more),
        rows,
        _cut((label, "", amounts.exact(once), str(unknown)), unknown),
    )


def _cut(row: tuple[str, ...], unknown: int) -> tuple[str, ...]:
    """The row, without its last column where every line has a price."""
    return row if unknown else row[:-1]


def _sum(category: Category, total: Total, result: Result, amounts: Amounts) -> str:
    lines = [line for line in result.lines if line.need.item.category is category]
    if lines and all(line.price.basis is Basis.INCLUDED for line in lines):
        return _INCLUDED
    return amounts.exact(total.amount)


def _what(category: Category, lines: Sequence[BomLine]) -> str:
    """The line that costs most, with its quantity, and how many more there are."""
    found = [
        line for line in lines if line.need.item.category is category and line.need.every is None
    ]
    if not found:
        return ""
    bought = [line for line in found if line.price.basis is not Basis.INCLUDED]
    found = [line for line in bought or found if line.need.quantity]
    if not found:
        return "nothing"
    first = max(found, key=lambda line: line.extended or Decimal())
    more = f", and {plural(len(found) - 1, 'more line')}" if len(found) > 1 else ""
    return f"{quantity(first)} {first.need.item.description}{more}"


def quantity(line: BomLine) -> str:
    """How many; a share of other lines in percent."""
    if line.need.percent_of:
        return f"{plain(line.need.quantity * 100)} %"
    return f"{plain(round(line.need.quantity, _DIGITS))} ×"  # noqa: RUF001 - not the letter x


def _lines(result: Result, amounts: Amounts) -> Table:
    return Table(
        "All lines of the bill of materials",
        columns("No.!", "What, and who makes it", "Quantity#", f"{amounts.currency} for one#",
                f"{amounts.currency}#", "Paid!", "Basis and source", "Lead time", "For hosts",
                "Caused by"),
        [_line(line, amounts, result) for line in result.lines],
        is_wide=True,
    )  # fmt: skip


def _line(line: BomLine, amounts: Amounts, result: Result) -> Sequence[str]:
    return (
        str(line.number),
        _described(line),
        quantity(line).removesuffix(" ×"),  # noqa: RUF001 - not the letter x
        *_price(line, amounts),
        _paid(line),
        _source(line, result),
        words.weeks(line.lead_time) or _no_lead_time(line),
        shortened(line.need.hosts, 2),
        ".".join(str(step) for step in line.need.path),
    )


def _price(line: BomLine, amounts: Amounts) -> tuple[str, str]:
    if line.price.basis is Basis.INCLUDED:
        return "", _INCLUDED
    return amounts.one(line.price.base), amounts.exact(line.extended)


def _described(line: BomLine) -> str:
    item = line.need.item
    marks = [item.manufacturer, line.mpn or item.mpn, "spare" if line.need.is_spare else ""]
    more = ", ".join(mark for mark in marks if mark)
    return f"{item.description}{f' ({more})' if more else ''}"


def _no_lead_time(line: BomLine) -> str:
    return "not stated" if line.need.is_capital else ""


def _paid(line: BomLine) -> str:
    months = line.need.every
    if months is None:
        return "once"
    every = {1: "monthly", 12: "yearly"}.get(months, f"every {months} months")
    return f"{every}, ahead" if line.need.prepaid else every


def _source(line: BomLine, result: Result) -> str:
    price = line.price
    said = words.provenance(price)
    if price.is_stale and price.as_of:
        age = (result.conventions.ordered - price.as_of).days
        said = f"{said} ({age} days, the limit is {price.limit_days})"
    return f"{said}. {price.note}" if price.note and price.note not in said else said
