"""`freehold prices` for people."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from freehold.cli.prices_rows import Row
from freehold.cli.table import table
from freehold.cost.item import Range
from freehold.cost.words import grouped
from freehold.diagnostics import visible


def lines(rows: Iterable[Row], *, with_faults: bool) -> Iterator[str]:
    """A table of the rows; with what is wrong with each instead of what is known of its source."""
    head = ["ITEM", "PRICE", "PER", "STANDING", "DATE", "AGE", "CONFIDENCE", "SOURCE"]
    if with_faults:
        head[5:] = ["WHAT IS WRONG", "SOURCE"]
    return table([head, *(_cells(row, with_faults=with_faults) for row in rows)])


def _cells(row: Row, *, with_faults: bool) -> Sequence[str]:
    price = row.price
    age = "" if row.age is None else f"{row.age} d" + (" (stale)" if price.is_stale else "")
    origin = visible(" ".join(filter(None, (price.source, price.reference, price.vendor))))
    first = (row.item, _price(row), row.per, price.basis.value, str(price.as_of or ""))
    if with_faults:
        return *first, visible(row.faults), origin
    return *first, age, price.confidence.value, origin


def _price(row: Row) -> str:
    if row.tokens:
        input_, output = shown(row.tokens.input), shown(row.tokens.output)
        amounts = f"{input_} in, {output} out"
    elif row.price.amount:
        amounts = _range(row.price.amount)
    else:
        return "unknown"
    return f"{amounts} {row.currency}".rstrip()


def _range(amount: Range) -> str:
    base = shown(amount.base)
    if amount.low == amount.high:
        return base
    return f"{base} ({shown(amount.low)} to {shown(amount.high)})"


def shown(value: Decimal) -> str:
    """In groups of three; two decimals from 10 on, all of them below."""
    return grouped(round(value, 2) if value >= 10 else value.normalize())  # noqa: PLR2004
