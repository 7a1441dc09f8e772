"""The bill's lines and the cash flows as CSV of RFC 4180, in UTF-8.

Amounts are exact and in the bill's currency. Text that a spreadsheet would run as a formula has
an apostrophe before it, which spreadsheets take for "this is text".
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from freehold.cost.export.columns import COLUMNS, Cell
from freehold.cost.export.words import number
from freehold.cost.types import Costs, Result

# The full-width signs are what some Asian input methods type.
_STARTS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
FLOW: Final = (
    "option", "on", "line", "category", "stage", "amount", "discounted", "covers_months",
    "drivers", "currency",
)  # fmt: skip


def lines(result: Result) -> bytes:
    """A row for each line of the bill."""
    currency = result.conventions.currency
    rows = ([*(cell(line) for cell in COLUMNS.values()), currency] for line in result.lines)
    return encode((*COLUMNS, "currency"), rows)


def cashflows(result: Result) -> bytes:
    """A row for each payment of owning, of a lease, and of each alternative."""
    return encode(FLOW, _flows(result))


def _flows(result: Result) -> Iterator[Sequence[Cell]]:
    for option in options(result):
        for flow in option.flows:
            yield (
                option.name, flow.on.isoformat(), flow.line, flow.category.value, flow.stage.value,
                flow.amount, flow.discounted, flow.covers, " ".join(flow.drivers),
                result.conventions.currency,
            )  # fmt: skip


def options(result: Result) -> Iterator[Costs]:
    """Owning, then a lease, then the alternatives."""
    yield result.owning
    if result.lease:
        yield result.lease
    yield from result.alternatives


def encode(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The table's bytes."""
    found = io.StringIO(newline="")
    writer = csv.writer(found, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(map(_cell, row) for row in rows)
    return found.getvalue().encode()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return number(value)
    return neutral(value) if isinstance(value, str) else str(value)


def neutral(text: str) -> str:
    """The text, such that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_STARTS_FORMULA) else text
