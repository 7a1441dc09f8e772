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
from freehold.cost.types import BreakEven, Costs, Result
from freehold.cost.words import day, number

# The full-width signs are what some Asian input methods type.
_STARTS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
FLOW: Final = (
    "option", "on", "line", "category", "stage", "amount", "discounted", "covers_months",
    "drivers", "currency",
)  # fmt: skip
COMPARED: Final = (
    "option", "description", "nominal", "npv", "lines_without_a_price", "million_input_tokens",
    "million_output_tokens", "million_tokens_blended", "user_month", "outcome", "saving", "irr",
    "irr_note", "payback_months", "discounted_payback_months", "threshold_hours_per_day",
    "threshold_tokens_per_day", "verdict", "note", "currency",
)  # fmt: skip
PRICE: Final = (
    "option", "item", "description", "unit", "since", "amount", "currency", "original",
    "original_currency", "rate", "rate_date", "basis", "source", "vendor", "reference", "as_of",
    "stale", "note",
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


def comparison(result: Result) -> bytes:
    """A row for each option: its totals, and what buying earns instead of it."""
    found = {one.alternative: one for one in result.break_even}
    rows = (_compared(one, found.get(one.name), result) for one in options(result))
    return encode(COMPARED, rows)


def _compared(option: Costs, found: BreakEven | None, result: Result) -> Sequence[Cell]:
    units = option.units
    costs = (
        (units.per_million_input, units.per_million_output, units.per_million_blended,
         units.per_user_month)
        if units else (None,) * 4
    )  # fmt: skip
    even: Sequence[Cell] = (
        (found.outcome.value, found.saving, found.irr, found.irr_note, found.payback_months,
         found.discounted_payback_months, found.threshold_hours_per_day,
         found.threshold_tokens_per_day, found.verdict)
        if found else (None,) * 9
    )  # fmt: skip
    return (
        option.name, option.description, option.nominal.amount, option.npv.amount,
        option.nominal.unknown, *costs, *even, option.note, result.conventions.currency,
    )  # fmt: skip


def prices(result: Result) -> bytes:
    """A row for each price that an alternative bills."""
    return encode(PRICE, _prices(result))


def _prices(result: Result) -> Iterator[Sequence[Cell]]:
    for option in result.alternatives:
        for named in option.prices:
            price = named.price
            yield (
                option.name, named.item, named.description, named.unit, day(named.since),
                price.base, result.conventions.currency, price.original, price.currency,
                price.rate, day(price.rate_date), price.basis.value, price.source, price.vendor,
                price.reference, day(price.as_of), "yes" if price.is_stale else "no", price.note,
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
