"""What the figures rest on: assumptions, conventions, sources and their age."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from freehold.cost.item import Basis, UnitPrice
from freehold.cost.types import Result
from freehold.cost.words import months
from freehold.render.report.amounts import percent, plain
from freehold.render.report.table import Table, columns


@dataclass(frozen=True, slots=True)
class BasisOf:
    """The section."""

    assumptions: Sequence[str]
    formulas: Sequence[tuple[str, str]]
    conventions: Sequence[tuple[str, str]]
    shares: Table
    unknown: Table | None
    sources: Table
    digests: Sequence[tuple[str, str]]


def basis(result: Result) -> BasisOf:
    """All that a reader needs to recompute the figures."""
    return BasisOf(
        result.assumptions,
        list(_formulas(result)),
        list(_conventions(result)),
        _shares(result.quality.by_basis),
        _unknown(result),
        _sources(result),
        (("Spec and quotes, SHA-256", result.spec_digest),
         ("Price book, SHA-256", result.price_book_digest)),
    )  # fmt: skip


def _formulas(result: Result) -> Iterator[tuple[str, str]]:
    for name, formula in result.physics.formulas.items():
        yield name.replace("_", " "), formula
    if result.demand:
        yield "tokens", f"{result.demand.formula} ({result.demand.source})"


def _conventions(result: Result) -> Iterator[tuple[str, str]]:
    of = result.conventions
    yield "Currency", f"{of.currency}, {of.minor_units} decimals"
    yield "Rounding", of.rounding
    yield "Ordered", of.ordered.isoformat()
    yield "In service", f"from {of.in_service.isoformat()}, {of.service_months} months"
    yield "Horizon", f"{months(of.horizon_months)}, to {of.ends.isoformat()} (not included)"
    yield "Hours in a month", str(of.hours_per_month)
    rate = of.discount_rate
    yield "Discount rate", "none: nothing is discounted" if rate is None else percent(rate, 2)
    yield "Day count", of.day_count
    yield "Payments", of.timing
    yield "Tax", of.tax
    yield "Price book", f"of {of.price_book.isoformat()}"
    if result.physics.carbon_factor is not None:
        factor = plain(result.physics.carbon_factor)
        yield "Carbon", f"{factor} g CO2e for each kWh ({result.physics.carbon_source})"


def _shares(by_basis: Mapping[Basis, Decimal]) -> Table:
    rows = [(basis.value, percent(share, 1)) for basis, share in by_basis.items() if share]
    return Table("What known capital cost rests on", columns("Basis", "Share#"), rows)


def _unknown(result: Result) -> Table | None:
    rows = [
        (str(line.number), line.need.item.description, line.need.item.id, line.price.note)
        for line in result.lines
        if line.is_unknown
    ]
    title = "Lines without a price: no total holds them"
    return Table(title, columns("No.!", "What", "Item", "Remarks"), rows) if rows else None


@dataclass(slots=True)
class _Use:
    """What rests on one source."""

    title: str
    count: int
    oldest: date | None
    stale: int


def _sources(result: Result) -> Table:
    return Table(
        "Sources of prices, by the age of the oldest on the day of the order",
        columns("Source", "Prices#", "Oldest!", "Days old#", "State!"),
        [_source(use, result.conventions.ordered) for use in _uses(result)],
    )


def _uses(result: Result) -> Sequence[_Use]:
    found: dict[str, _Use] = {}
    for price in _priced(result):
        key = price.source or price.reference or price.vendor
        title = result.sources.get(price.source) or key or "the spec"
        use = found.setdefault(key, _Use(title, 0, price.as_of, 0))
        use.count += 1
        use.stale += price.is_stale
        if price.as_of and (use.oldest is None or price.as_of < use.oldest):
            use.oldest = price.as_of
    return sorted(found.values(), key=lambda use: (use.oldest or date.max, use.title))


def _priced(result: Result) -> Iterator[UnitPrice]:
    every = [line.price for line in result.lines]
    every += [named.price for costs in result.alternatives for named in costs.prices]
    yield from (one for one in every if one.amount and one.basis is not Basis.INCLUDED)


def _source(use: _Use, ordered: date) -> Sequence[str]:
    state = f"{use.stale} stale" if use.stale else "within limits"
    if use.oldest is None:
        return use.title, str(use.count), "not dated", "", state
    age = str((ordered - use.oldest).days)
    return use.title, str(use.count), use.oldest.isoformat(), age, state
