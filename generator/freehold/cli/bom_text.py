"""The bill of materials for people."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from freehold.cli.table import table
from freehold.cost.types import BomLine, Conventions, Result, Total
from freehold.cost.words import (
    day,
    grouped,
    holes,
    provenance,
    quantity,
    rests_on,
    total,
    unit_price,
    weeks,
)
from freehold.diagnostics import visible

Rows = Iterator[Sequence[str]]


def bom_lines(result: Result) -> Iterator[str]:
    """What is bought and paid, what it costs, and who says so."""
    return map(visible, _lines(result))


def _lines(result: Result) -> Iterator[str]:
    conventions = result.conventions
    yield (
        f"{result.cluster}: bill of materials in {conventions.currency}, prices of one and of all "
        f"without tax, ordered on {day(conventions.ordered)}"
    )
    capital = [line for line in result.lines if line.need.is_capital]
    running = [line for line in result.lines if not line.need.is_capital]
    for title, lines in (("capital", capital), ("not capital, each time it is paid", running)):
        if lines:
            yield ""
            yield title
            yield from table(_rows(lines, conventions), right={0, 2, 4, 5})
    yield ""
    yield from _totals(result)
    yield ""
    yield from quality_lines(result)


def _rows(lines: Iterable[BomLine], conventions: Conventions) -> Rows:
    yield "#", "ITEM", "COUNT", "UNIT", "ONE", "ALL", "PAID", "LEAD TIME", "PRICE", "HOSTS"
    for line in lines:
        item = line.need.item
        yield (
            str(line.number),
            f"{item.id} (spare)" if line.need.is_spare else item.id,
            quantity(line.need.quantity),
            item.unit,
            unit_price(line.price.base, conventions),
            "unknown" if line.extended is None else grouped(line.extended),
            _paid(line),
            weeks(line.lead_time),
            provenance(line.price),
            _few(line.need.hosts),
        )


def _paid(line: BomLine) -> str:
    if line.need.parent:
        return f"with {line.need.parent}"
    if line.need.every is None:
        return "once"
    months = "month" if line.need.every == 1 else f"{line.need.every} months"
    return f"ahead each {months}" if line.need.prepaid else f"each {months}"


def _few(hosts: Sequence[str]) -> str:
    """The first and the last, so that a pool of hundreds stays on one line."""
    shown = 3
    return ", ".join(hosts) if len(hosts) <= shown else f"{hosts[0]} … {hosts[-1]} ({len(hosts)})"


def _totals(result: Result) -> Iterator[str]:
    conventions = result.conventions
    yield f"cost in {conventions.currency} (tax: {conventions.tax})"
    once = result.by_category
    paid = Total(
        sum((sum_.amount for sum_ in once.values()), Decimal(0)),
        sum(sum_.unknown for sum_ in once.values()),
    )
    sums = {
        **{f"  {category}": sum_ for category, sum_ in once.items()},
        "paid once": paid,
        "of that capital": result.capex,
        "recurring, a year at today's prices": result.opex_year,
    }
    yield from table(
        ((title, *_total(sum_, conventions)) for title, sum_ in sums.items()), right={2}
    )


def _total(sum_: Total, conventions: Conventions) -> tuple[str, str, str]:
    return (
        "at least" if sum_.unknown else "",
        unit_price(sum_.amount, conventions),
        holes(sum_.unknown) if sum_.unknown else "",
    )


def quality_lines(result: Result) -> Iterator[str]:
    """How far the figures can be believed."""
    quality, conventions = result.quality, result.conventions
    capex = total(result.capex, conventions.currency)
    yield f"capital cost: {capex}"
    yield rests_on(quality)
    if quality.unknown:
        yield f"without a price: {', '.join(quality.unknown)}"
    if quality.stale_lines:
        yield f"too old: {', '.join(quality.stale_lines)}"
    oldest = f", the oldest price is of {day(quality.oldest)}" if quality.oldest else ""
    yield f"price book of {day(conventions.price_book)}{oldest}"
    yield from table((f"  {name}", said) for name, said in result.sources.items())
