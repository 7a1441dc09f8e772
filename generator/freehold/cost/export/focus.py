"""The cost of owning as rows of FOCUS 1.2, so that finance compares plan and actual in one tool.

BilledCost is cash, EffectiveCost what is used up: each adds up to the nominal cost, and to its
view of each year. What is bought and used over time is a Purchase with an EffectiveCost of 0,
followed by a Usage row for each month with a BilledCost of 0. What is got for hardware at the
end is a Credit, whose EffectiveCost is the loss or gain on disposal: the book value less that.
What is left in the books of capital that is not sold is an Adjustment. Tax that is not got back
has rows of its own; tax that is got back has none, since it costs nothing. Lines without a price
have no rows. Of ListCost and ContractedCost, purchases or the usage that they cover count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from freehold.cost.calendar import months_between, months_later
from freehold.cost.export.as_csv import encode as encode_csv
from freehold.cost.export.as_json import path
from freehold.cost.export.columns import Cell
from freehold.cost.item import Category
from freehold.cost.money import EXACT
from freehold.cost.types import BomLine, Flow, Result, Stage, Writeoff, Year
from freehold.cost.words import day, rounding_of

_SERVICES: Final[Mapping[Category, str]] = {
    Category.STORAGE: "Storage",
    Category.NETWORK: "Networking",
    Category.API: "AI and Machine Learning",
    Category.SUPPORT: "Management and Governance",
    Category.STAFF: "Management and Governance",
    Category.ISOLATION: "Security",
    Category.SERVICE: "Other",
    Category.OTHER: "Other",
}
"""FOCUS's categories of services; all others are Compute."""
_METERED: Final = (Category.ENERGY, Category.API, Category.CLOUD)
"""What is paid by use."""
_NOBODY: Final = "not chosen yet"
COLUMNS: Final = (
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass",
    "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
    "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingQuantity",
    "PricingUnit", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName", "SkuId",
    "x_BomLine", "x_Category", "x_Hosts", "x_PriceAsOf", "x_PriceBasis", "x_SpecPath", "x_Stage",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A charge."""

    line: BomLine | None
    """None of what an alternative serves, such as a bridge."""
    name: str
    stage: str
    category: Category
    charge: str
    """FOCUS's ChargeCategory."""
    frequency: str
    starts: date
    ends: date
    """The day after."""
    billed: Decimal
    effective: Decimal
    contracted: Decimal
    quantity: Decimal | None
    unit: str
    net: Decimal | None = None
    """`effective` without tax, of what months share out."""


def encode(result: Result) -> bytes:
    """The rows as CSV."""
    return encode_csv(COLUMNS, (_cells(row, result) for row in rows(result)))


def rows(result: Result) -> Iterator[Row]:
    """All charges of owning; what is paid before what is used up."""
    for row in (*_paid(result), *_used(result), *_left(result)):
        yield from _with_tax(row, result)


def _paid(result: Result) -> Iterator[Row]:
    lines = {line.id: line for line in result.lines}
    books = _books(result)
    for flow in result.owning.flows:
        line = lines.get(flow.line)
        charge, frequency = _kind(flow)
        starts = _since(flow, line, result) if charge == "Usage" else flow.on
        yield Row(
            line, flow.line, flow.stage.value, flow.category, charge, frequency, starts,
            flow.on + timedelta(1), flow.amount, _effective(flow, books), flow.amount,
            line.need.quantity if line else Decimal(1),
            line.need.item.unit if line else "each",
        )  # fmt: skip


def _books(result: Result) -> Mapping[str, Decimal]:
    """What each line's capital is worth in the books at the end of the horizon."""
    found: dict[str, Decimal] = {}
    for one in result.writeoffs:
        found[one.line] = found.get(one.line, Decimal(0)) + one.book_value
    return found


def _effective(flow: Flow, books: Mapping[str, Decimal]) -> Decimal:
    """What is used up when it is paid."""
    if flow.stage is Stage.RESIDUAL:
        return flow.amount + books.get(flow.line, Decimal(0))
    is_capital = flow.stage in {Stage.PURCHASE, Stage.REFRESH} and flow.line in books
    return Decimal(0) if flow.covers > 1 or is_capital else flow.amount


def _kind(flow: Flow) -> tuple[str, str]:
    if flow.stage is Stage.RESIDUAL:
        return "Credit", "One-Time"
    if flow.stage in {Stage.PURCHASE, Stage.REFRESH}:
        return "Purchase", "One-Time"
    if flow.stage is Stage.TERM:
        return "Purchase", "Recurring"
    return "Usage", "Usage-Based" if flow.category in _METERED else "Recurring"


def _since(flow: Flow, line: BomLine | None, result: Result) -> date:
    """The first day of the period of service that a running cost is paid for at its end."""
    every, service = (line.need.every or 1) if line else 1, result.conventions.in_service
    if flow.on < service:
        return months_later(flow.on + timedelta(1), -1)
    return months_later(service, int(months_between(service, flow.on) // every) * every)


def _used(result: Result) -> Iterator[Row]:
    lines = {line.id: line for line in result.lines}
    for one in result.writeoffs:
        yield from _written_off(one, lines[one.line], result)
    ends = result.conventions.ends
    for flow in result.owning.flows:
        if flow.covers > 1:
            until = min(months_later(flow.on, flow.covers), ends)
            template = _template(lines.get(flow.line), flow.line, flow.stage.value, flow.category)
            yield from _spread(template, flow.amount, flow.on, until, result)


def _written_off(one: Writeoff, line: BomLine, result: Result) -> Iterator[Row]:
    """A year's depreciation, over the months in which the capital is in use."""
    template = _template(line, line.id, "depreciation", line.need.item.category)
    for year, amount in zip(result.years, one.by_year, strict=True):
        since, until = _in_use(one, year)
        if amount:
            yield from _spread(template, amount, since, until, result)


def _left(result: Result) -> Iterator[Row]:
    """What the books still have of capital that nothing is got for."""
    lines = {line.id: line for line in result.lines}
    sold = {flow.line for flow in result.owning.flows if flow.stage is Stage.RESIDUAL}
    ends, nothing = result.conventions.ends, Decimal(0)
    for name, book in _books(result).items():
        if book and name not in sold:
            line = lines[name]
            yield Row(
                line, name, "disposal", line.need.item.category, "Adjustment", "One-Time",
                ends - timedelta(1), ends, nothing, book, nothing, line.need.quantity,
                line.need.item.unit,
            )  # fmt: skip


def _in_use(one: Writeoff, year: Year) -> tuple[date, date]:
    until = min(year.ends + timedelta(1), months_later(one.from_day, one.months))
    return max(year.starts, one.from_day), until


def _template(line: BomLine | None, name: str, stage: str, category: Category) -> Row:
    """A row of usage that is paid already."""
    day, nothing = date.min, Decimal(0)
    return Row(
        line, name, stage, category, "Usage", "Recurring", day, day, nothing, nothing, nothing,
        nothing, "Months",
    )  # fmt: skip


def _spread(
    template: Row, amount: Decimal, since: date, until: date, result: Result
) -> Iterator[Row]:
    """The amount by months of the horizon, such that what is rounded adds up to it."""
    rounding = rounding_of(result.conventions)
    net = rounding(amount * _net_share(template, result))
    whole, before, net_before = months_between(since, until), Decimal(0), Decimal(0)
    for starts, ends in _months(since, until, result):
        share = EXACT.divide(months_between(since, ends), whole)
        gross_now, net_now = rounding(amount * share), rounding(net * share)
        yield replace(
            template, starts=starts, ends=ends, effective=gross_now - before,
            contracted=gross_now - before, net=net_now - net_before,
            quantity=months_between(starts, ends),
        )  # fmt: skip
        before, net_before = gross_now, net_now


def _months(since: date, until: date, result: Result) -> Iterator[tuple[date, date]]:
    """The months of the horizon, as far as they lie between the days."""
    ordered = result.conventions.ordered
    for number in range(result.conventions.horizon_months):
        starts = max(since, months_later(ordered, number))
        ends = min(until, months_later(ordered, number + 1))
        if starts < ends:
            yield starts, ends


def _with_tax(row: Row, result: Result) -> Iterator[Row]:
    """The row, and its tax in a row of its own where it is not got back."""
    share = _net_share(row, result)
    if share == 1 or row.charge == "Credit":
        yield row
        return
    rounding = rounding_of(result.conventions)
    used = rounding(row.effective * share) if row.net is None else row.net
    net = replace(
        row,
        billed=rounding(row.billed * share),
        effective=used,
        contracted=rounding(row.contracted * share) if row.net is None else used,
    )
    yield net
    yield replace(
        row, charge="Tax", billed=row.billed - net.billed, effective=row.effective - net.effective,
        contracted=row.contracted - net.contracted, quantity=None, unit="",
    )  # fmt: skip


def _net_share(row: Row, result: Result) -> Decimal:
    """What of a row's cost is no tax; what an alternative bills has all of it but for wages."""
    line, conventions = row.line, result.conventions
    if line is None:
        is_taxed = row.category is not Category.STAFF and not conventions.tax_recoverable
        rate = conventions.tax_rate if is_taxed else None
        return EXACT.divide(Decimal(1), 1 + (rate or Decimal(0)))
    extended, gross = line.extended, line.cost
    return EXACT.divide(extended, gross) if gross and extended is not None else Decimal(1)


def _cells(row: Row, result: Result) -> Sequence[Cell]:
    line, conventions = row.line, result.conventions
    month = (row.ends - timedelta(1)).replace(day=1)
    item = line.need.item if line else None
    vendor = _vendor(row, result)
    return (
        row.billed, result.cluster, result.cluster, conventions.currency,
        _instant(months_later(month, 1)), _instant(month), row.charge, None,
        _said(row), row.frequency, _instant(row.ends), _instant(row.starts), row.contracted,
        row.effective, vendor, _listed(row, result), row.quantity, row.unit, vendor,
        (item.manufacturer if item else "") or vendor, _SERVICES.get(row.category, "Compute"),
        row.category.value, item.id if item else row.name, row.name, row.category.value,
        " ".join(line.need.hosts) if line else "", day(line.price.as_of) if line else "",
        line.price.basis.value if line else "", path(line.need.path) if line else "", row.stage,
    )  # fmt: skip


def _instant(on: date) -> str:
    return f"{on.isoformat()}T00:00:00Z"


def _said(row: Row) -> str:
    what = row.line.need.item.description if row.line else row.name
    return f"{what} ({row.stage})"


def _vendor(row: Row, result: Result) -> str:
    """Who is paid; whoever runs the cluster pays its staff itself."""
    if row.line is None:
        return row.name
    own = result.cluster if row.category is Category.STAFF else _NOBODY
    return row.line.vendor or row.line.price.vendor or own


def _listed(row: Row, result: Result) -> Decimal:
    """Before the discount, where the vendor says what that is."""
    price = row.line.price if row.line else None
    if price is None or not price.base or price.list_amount is None:
        return row.contracted
    return rounding_of(result.conventions)(
        EXACT.divide(row.contracted * price.list_amount, price.base)
    )
