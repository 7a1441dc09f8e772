"""The cost as a comment on a change under review: totals, verdict, limits, and what weighs most."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from freehold.cost.types import BomLine, BreakEven, Result
from freehold.cost.words import (
    grouped,
    holes,
    months,
    named_price,
    paid_back,
    provenance,
    quantity,
    rate_of_return,
    ratio,
    rests_on,
    total,
    unit_price,
)
from freehold.render.markdown import sentence, text

_TOP: Final = 10
"""Lines that are shown; the others are summed up."""


def encode(result: Result) -> bytes:
    """The comment's bytes."""
    return "".join(f"{line}\n" for line in lines(result)).encode()


def lines(result: Result) -> Iterator[str]:
    """The comment."""
    conventions = result.conventions
    yield f"### {text(result.cluster)}: what it costs"
    yield ""
    yield from _table(("", f"{conventions.currency}"), _totals(result), right={1})
    yield ""
    yield from (f"- {sentence}" for sentence in _sentences(result))
    yield from _breaches(result)
    if result.break_even:
        yield from _compared(result)
    yield ""
    yield "#### What weighs most"
    yield ""
    header = (
        "#",
        "Item",
        "Count",
        "Each, net",
        f"Over {months(conventions.horizon_months)}",
        "Price",
    )
    yield from _table(header, _lines(result), right={0, 2, 3, 4})
    yield ""
    yield (
        "What a change of the spec changes on hosts and in cost: "
        "`freehold diff OLD NEW --format markdown`"
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], right: set[int]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'|'.join('---:' if n in right else '---' for n in range(len(header)))}|"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _totals(result: Result) -> Iterator[Sequence[str]]:
    conventions, units = result.conventions, result.owning.units
    for title, sum_ in (
        ("Capital cost", result.capex),
        ("What recurs, a year at today's prices", result.opex_year),
        (f"Cost of owning over {months(conventions.horizon_months)}", result.owning.nominal),
        ("The same, discounted (NPV)", result.owning.npv),
    ):
        yield title, total(sum_, conventions.currency)
    if units:
        least = "at least " if units.at_least else ""
        yield "A million tokens, blended", least + ratio(units.per_million_blended, conventions)


def _sentences(result: Result) -> Iterator[str]:
    for found in result.break_even:
        yield f"**Against {text(found.alternative)}**: {sentence(found.verdict)}"
    yield f"{rests_on(result.quality)}."
    for title, ids in (
        ("Without a price", result.quality.unknown),
        ("Older than the limit", result.quality.stale_lines),
    ):
        if ids:
            yield f"{title}: {', '.join(map(text, ids))}"


def _compared(result: Result) -> Iterator[str]:
    """What buying earns against each alternative, and what those bill."""
    saved = f"Saved, NPV, {result.conventions.currency}"
    yield from ("", "#### Buying instead of renting", "")
    header = ("Instead of", saved, "Rate of return (IRR)", "Paid back", "Discounted")
    yield from _table(header, map(_return, result.break_even), right={1, 2})
    if any(option.prices for option in result.alternatives):
        yield from ("", "<details><summary>What the alternatives bill</summary>", "")
        for option in result.alternatives:
            for named in option.prices:
                said = text(named_price(named, result.conventions))
                yield f"- {text(option.name)}, {text(named.description)}: {said}"
        yield from ("", "</details>")


def _return(found: BreakEven) -> Sequence[str]:
    return (
        text(found.alternative),
        "not known" if found.saving is None else grouped(found.saving),
        f"none: {text(found.irr_note)}" if found.irr_note else rate_of_return(found),
        paid_back(found.payback_months, found.outcome),
        paid_back(found.discounted_payback_months, found.outcome),
    )


def _breaches(result: Result) -> Iterator[str]:
    if result.breaches:
        yield ""
        yield "#### Limits that are broken"
        yield ""
    for breach in result.breaches:
        line = f" ({text(breach.line)})" if breach.line else ""
        yield f"- **{text(breach.gate)}**: {sentence(breach.message)}{line}"


def _lines(result: Result) -> Iterator[Sequence[str]]:
    paid = _paid(result)
    # What nobody has a price for is first, since nobody knows how heavy it is.
    by_weight = sorted(
        result.lines, key=lambda line: (line.is_unknown, paid.get(line.id, 0)), reverse=True
    )
    for line in by_weight[:_TOP]:
        yield _row(line, result, paid)
    if others := by_weight[_TOP:]:
        rest = sum((paid.get(line.id, Decimal(0)) for line in others), Decimal(0))
        missing = sum(line.is_unknown for line in others)
        yield "", f"{len(others)} others", "", "", grouped(rest), holes(missing) if missing else ""


def _paid(result: Result) -> Mapping[str, Decimal]:
    """What is paid for each line over the horizon, less what it brings at the end."""
    paid: dict[str, Decimal] = {}
    for flow in result.owning.flows:
        paid[flow.line] = paid.get(flow.line, Decimal(0)) + flow.amount
    return paid


def _row(line: BomLine, result: Result, paid: Mapping[str, Decimal]) -> Sequence[str]:
    return (
        str(line.number),
        text(line.need.item.description or line.need.item.id),
        f"{quantity(line.need.quantity)} {text(line.need.item.unit)}",
        unit_price(line.price.base, result.conventions),
        "**unknown**" if line.is_unknown else grouped(paid.get(line.id, Decimal(0))),
        text(provenance(line.price)),
    )
