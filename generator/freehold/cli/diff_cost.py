"""Prints a difference in cost: for a terminal, for a review, for a program."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from freehold.cli.table import table
from freehold.cost import words
from freehold.cost.difference import CostDifference, Figure, LineChange, ReturnChange
from freehold.cost.item import Basis
from freehold.cost.types import BomLine, BreakEven, Conventions, Total

Json = dict[str, Any]


def text_lines(found: CostDifference) -> Iterator[str]:
    """The totals side by side; then each line that differs."""
    conventions = found.conventions
    if conventions is None or found.is_empty:
        yield f"cost: {found.note or 'nothing changes'}"
        return
    yield from table([_head(found), *map(_row, found.figures)], right={1, 2, 3, 4})
    yield from _returns(found)
    yield from _lines(found, conventions)
    yield from _legend(found)


def markdown_lines(found: CostDifference) -> Iterator[str]:
    """A table for a review, and the lines folded away below it."""
    conventions = found.conventions
    if conventions is None or found.is_empty:
        yield f"cost: {found.note or 'nothing changes'}"
        return
    yield from (_cells(_head(found)), "|---|---:|---:|---:|---:|")
    for figure in found.figures:
        yield _cells(_row(figure))
    legend = list(_legend(found))
    yield from ("", *legend) if legend else ()
    if found.returns:
        yield ""
    yield from (f"- {line}" for line in _returns(found, "`"))
    lines = list(_lines(found, conventions, "`"))
    if lines:
        count = "1 line differs" if len(lines) == 1 else f"{len(lines)} lines differ"
        yield from ("", f"<details><summary>{count}</summary>", "")
        yield from (f"- {line}" for line in lines)
        yield from ("", "</details>")


def document(found: CostDifference) -> Json:
    """The same as data; amounts are decimal strings."""
    return {
        "note": found.note,
        "currency": _currency(found),
        "figures": [_figure(figure) for figure in found.figures],
        "added": [_line(line) for line in found.added],
        "removed": [_line(line) for line in found.removed],
        "changed": [
            {"id": one.after.id, "before": _line(one.before), "after": _line(one.after)}
            for one in found.changed
        ],
        "returns": [
            {
                "alternative": one.after.alternative,
                "before": _return(one.before),
                "after": _return(one.after),
            }
            for one in found.returns
        ],
    }


def _return(one: BreakEven) -> Json:
    amounts = {"saving": one.saving, "irr": one.irr}
    return {
        "outcome": one.outcome.value,
        **{key: None if it is None else words.number(it) for key, it in amounts.items()},
        "payback_months": one.payback_months,
        "discounted_payback_months": one.discounted_payback_months,
    }


def _head(found: CostDifference) -> Sequence[str]:
    return _currency(found), "BEFORE", "AFTER", "DIFFERENCE", "SHARE"


def _currency(found: CostDifference) -> str:
    return found.conventions.currency if found.conventions else ""


def _row(figure: Figure) -> Sequence[str]:
    difference, share = figure.difference, figure.share
    known = "of the known " if figure.is_partial and difference is not None else ""
    return (
        figure.name,
        _total(figure.before),
        _total(figure.after),
        "?" if difference is None else f"{known}{difference:+,f}",
        "" if share is None else f"{share * 100:+.1f} %",
    )


def _total(total: Total | None) -> str:
    if total is None:
        return "?"
    return f"{'at least ' if total.unknown else ''}{words.grouped(total.amount)}"


def _legend(found: CostDifference) -> Iterator[str]:
    before = _holes(figure.before for figure in found.figures)
    after = _holes(figure.after for figure in found.figures)
    if before or after:
        yield f"lines without a price: {before} before, {after} after"


def _holes(totals: Iterable[Total | None]) -> int:
    return max(total.unknown for total in totals if total)


def _returns(found: CostDifference, tick: str = "") -> Iterator[str]:
    for change in found.returns:
        than = f"{tick}{change.after.alternative}{tick}"
        yield f"buying instead of {than}: {'; '.join(_earned(change))}"


def _lines(found: CostDifference, conventions: Conventions, tick: str = "") -> Iterator[str]:
    printed = _Lines(conventions)
    for line in found.added:
        yield f"added {tick}{line.id}{tick}: {printed.whole(line)}"
    for line in found.removed:
        yield f"removed {tick}{line.id}{tick}: {printed.whole(line)}"
    for change in found.changed:
        yield f"changed {tick}{change.after.id}{tick}: {'; '.join(printed.changes(change))}"


def _earned(change: ReturnChange) -> Iterator[str]:
    sides = change.before, change.after
    for title, (before, after) in {
        "saves": [
            "not known" if one.saving is None else words.grouped(one.saving) for one in sides
        ],
        "rate of return": [words.rate_of_return(one) for one in sides],
        "paid back": [words.paid_back(one.payback_months, one.outcome) for one in sides],
        "discounted": [
            words.paid_back(one.discounted_payback_months, one.outcome) for one in sides
        ],
    }.items():
        yield f"{title} {before}" if before == after else f"{title} {before} -> {after}"


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines of a bill in words."""

    conventions: Conventions

    def whole(self, line: BomLine) -> str:
        quantity = f"{words.quantity(line.need.quantity)} {line.need.item.unit}"
        if line.price.basis is Basis.INCLUDED:
            return f"{quantity}, included"
        return f"{quantity} at {self.one(line)}, {_extended(line)}{_every(line)}"

    def changes(self, change: LineChange) -> Iterator[str]:
        old, new = change.before, change.after
        before, after = words.quantity(old.need.quantity), words.quantity(new.need.quantity)
        if before != after:
            yield f"quantity {before} -> {after}"
        if old.price.base != new.price.base:
            yield f"price of one {self.one(old)} -> {self.one(new)}"
        is_included = {old.price.basis, new.price.basis} == {Basis.INCLUDED}
        yield "included" if is_included else f"{_extended(old)} -> {_extended(new)}{_every(new)}"

    def one(self, line: BomLine) -> str:
        return words.unit_price(line.price.base, self.conventions)


def _extended(line: BomLine) -> str:
    return "unknown" if line.extended is None else words.grouped(line.extended)


def _every(line: BomLine) -> str:
    months = line.need.every
    return "" if months is None else " a month" if months == 1 else f" every {months} months"


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _figure(figure: Figure) -> Json:
    return {
        "name": figure.name,
        "before": _both(figure.before),
        "after": _both(figure.after),
        "difference": _string(figure.difference),
        "share": _string(figure.share),
    }


def _both(total: Total | None) -> Json | None:
    return (
        None if total is None else {"amount": words.number(total.amount), "unknown": total.unknown}
    )


def _line(line: BomLine) -> Json:
    return {
        "id": line.id,
        "quantity": _string(line.need.quantity),
        "price": _string(line.price.base),
        "extended": _string(line.extended),
        "every": line.need.every,
    }


def _string(number: Decimal | None) -> str | None:
    return None if number is None else words.number(number)
