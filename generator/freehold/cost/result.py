"""From a plan and its bill to all that is known about its cost."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from typing import Final

from freehold.catalog.facts import Catalog
from freehold.catalog.hardware import assumptions
from freehold.catalog.price_book import book_text
from freehold.cost.alternatives.offers import Offers, offers
from freehold.cost.alternatives.setting import Setting
from freehold.cost.bill import bill
from freehold.cost.break_even import break_even, comparison
from freehold.cost.calendar import calendar
from freehold.cost.demand import check_demand, demand, input_weight, throughputs
from freehold.cost.depreciation import writeoffs
from freehold.cost.drivers import Drivers, drivers
from freehold.cost.flows import Residuals, Terms, generations, owning, resale
from freehold.cost.gates import breaches
from freehold.cost.item import Category
from freehold.cost.lease import lease
from freehold.cost.money import EXACT
from freehold.cost.needs.needs import needs
from freehold.cost.physics import physics
from freehold.cost.pricing import Pricing
from freehold.cost.quality import quality
from freehold.cost.spread import Options, spread
from freehold.cost.types import BomLine, Conventions, Costs, Demand, Flow, Physics, Result, Total
from freehold.cost.unit_costs import Served, unit_costs
from freehold.cost.years import years
from freehold.plan.types import Plan
from freehold.report import Report
from freehold.spec.cluster import Cluster
from freehold.spec.cost import OWNING, Cost
from freehold.spec.quotes import Quotes

DAY_COUNT: Final = "actual/365"
TIMING: Final = (
    "What is paid once is paid on the day of the order, its removal on the last day of the "
    "horizon, prepaid terms on their first day, all else on the last day of each month of "
    "service. Prices change on each anniversary of the order."
)


@dataclass(frozen=True, slots=True)
class Given:
    """What a cost is reckoned from."""

    cluster: Cluster
    cost: Cost
    """The cluster's."""
    plan: Plan
    catalog: Catalog
    quotes: Quotes | None
    spec_digest: str
    """SHA-256 of the spec, and of the quotes after it."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What is bought and paid, and what its prices rest on."""

    lines: tuple[BomLine, ...]
    physics: Physics
    pricing: Pricing
    residuals: Residuals
    """When the spec has none."""
    spec_digest: str
    price_book_digest: str


def reckon(given: Given, report: Report) -> Result | None:
    """The cost of a plan; none when a finding stands in the way."""
    return Assembly(given.cluster, given.cost, given.plan, bill_of(given), report).result()


def bill_of(given: Given) -> Bill:
    """What is bought for a plan, and what runs it."""
    cost, plan = given.cost, given.plan
    pricing = Pricing.of(cost, given.quotes, given.catalog)
    needed = needs(given.cluster, cost, plan, given.catalog, pricing)
    found = physics(cost, plan, needed, given.catalog)
    by_age = {age: one.range.as_range for age, one in assumptions().residual.items()}
    return Bill(
        lines=bill(cost, needed, found, pricing),
        physics=found,
        pricing=pricing,
        residuals=Residuals(by_age),
        spec_digest=given.spec_digest,
        price_book_digest=sha256(book_text().encode()).hexdigest(),
    )


def check_horizon(given: Given, report: Report) -> None:
    """Report a horizon that ends before the machines serve."""
    made = bill_of(given)
    calendar(given.cost, made.pricing.ordered, made.lines, report)


@dataclass(frozen=True, slots=True)
class Assembly:
    """A plan and its bill, before what follows from them is reckoned."""

    cluster: Cluster
    cost: Cost
    plan: Plan
    bill: Bill
    report: Report

    def result(self) -> Result | None:
        """The cost of the plan by its bill; none when a finding stands in the way."""
        cost, bill = self.cost, self.bill
        days = calendar(cost, bill.pricing.ordered, bill.lines, self.report)
        terms = Terms(days, bill.pricing.rounding, cost.discount_rate, cost.escalation)
        check_demand(self.cluster, cost, self.plan, self.report)
        if not self.report.is_clean:
            return None
        asked = demand(self.cluster, cost, self.plan)
        served = self._served(terms, asked)
        offered = offers(Setting(self.cluster.models, cost, self.plan, bill.pricing, terms, served))
        uncertain = self._uncertain(offered, terms)
        own = self._owning(offered, uncertain, terms, served)
        flows = own.flows
        others = tuple(replace(one, flows=uncertain.mark(one.flows)) for one in offered.costs)
        by = comparison(cost, days, asked, bill.physics, offered.paid_by_demand)
        written_off = writeoffs(bill.lines, terms, self._residuals, cost.depreciation)
        found = Result(
            cluster=self.cluster.name,
            conventions=self._conventions(terms),
            spec_digest=bill.spec_digest,
            price_book_digest=bill.price_book_digest,
            lines=bill.lines,
            capex=_total(line for line in bill.lines if line.need.is_capital),
            opex_year=_yearly(bill),
            by_category=_by_category(bill.lines),
            physics=bill.physics,
            owning=own,
            years=years(flows, written_off, terms),
            writeoffs=written_off,
            lease=self._lease(terms, own, served),
            demand=asked,
            alternatives=others,
            break_even=tuple(break_even(own, other, by) for other in others),
            spread=spread(Options(own, others), uncertain, cost.uncertainty, bill.pricing.rounding),
            quality=quality(bill.lines),
            assumptions=tuple(self._assumptions(terms)),
            sources=_sources(bill, others),
        )
        return replace(found, breaches=breaches(cost.gates, found))

    @property
    def _residuals(self) -> Residuals:
        share = self.cost.residual
        return self.bill.residuals if share is None else Residuals.flat(share)

    def _uncertain(self, offered: Offers, terms: Terms) -> Drivers:
        residual = resale(self.bill.lines, terms, self._residuals)
        return drivers(self.cost, self.bill.lines, offered.uncertain, residual)

    def _owning(self, offered: Offers, by: Drivers, terms: Terms, served: Served) -> Costs:
        """What the bill costs, and what is bought elsewhere besides."""
        elsewhere = (flow for flow in offered.for_owning if flow.amount)
        bought = (*owning(self.bill.lines, terms, self._residuals), *elsewhere)
        flows = by.mark(sorted(bought, key=lambda flow: flow.on))
        unknown = _unknown(self.bill.lines) + offered.unknown_for_owning
        own = costs(OWNING, self._described, flows, unknown)
        return replace(own, units=unit_costs(flows, served, at_least=unknown > 0))

    @property
    def _described(self) -> str:
        hosts, gpus = len(self.plan.hosts), self.plan.gpus
        return f"{hosts} host{_s(hosts)} with {gpus} GPU{_s(gpus)}, bought"

    def _served(self, terms: Terms, asked: Demand | None) -> Served:
        months, use = terms.calendar.service, self.cost.use
        powered = use.powered if use else Decimal(1)
        hours = months * self.cost.hours_per_month * powered * self.plan.gpus
        weight = input_weight(self.plan, self.cluster.models)
        return Served(months, asked, weight, hours, self.bill.physics)

    def _lease(self, terms: Terms, own: Costs, served: Served) -> Costs | None:
        if self.cost.lease is None:
            return None
        found = lease(terms, self.cost.lease, own, self.bill.lines)
        if found is None:
            return None
        units = unit_costs(found.flows, served, at_least=found.nominal.unknown > 0)
        return replace(found, units=units)

    def _conventions(self, terms: Terms) -> Conventions:
        cost, days = self.cost, terms.calendar
        return Conventions(
            currency=cost.currency,
            minor_units=self.bill.pricing.rounding.minor_units,
            rounding=self.bill.pricing.rounding.policy,
            ordered=days.ordered,
            in_service=days.in_service,
            ends=days.ends,
            horizon_months=days.horizon_months,
            service_months=int(days.service),
            hours_per_month=cost.hours_per_month,
            discount_rate=cost.discount_rate,
            day_count=DAY_COUNT,
            timing=TIMING,
            tax=_tax(cost),
            price_book=self.bill.pricing.book.date,
            tax_rate=cost.tax.rate if cost.tax else None,
            tax_recoverable=bool(cost.tax and cost.tax.recoverable),
        )

    def _assumptions(self, terms: Terms) -> Iterator[str]:
        cost = self.cost
        if cost.date is None:
            yield f"The order is placed on {terms.calendar.ordered}, the day of the price book."
        if cost.lead_time is None:
            yield (
                f"The machines serve from {terms.calendar.in_service} on: the longest lead time "
                "of what is bought."
            )
        if cost.discount_rate is None:
            yield "Nothing is discounted, since `cost.discount_rate` is not stated."
        if cost.use is None:
            yield "The busiest hour lasts all day and all year, since `cost.use` is not stated."
        if cost.residual is None and any(line.need.item.residual for line in self.bill.lines):
            yield "Hardware is sold at the end at the low end of what dated sources say."
        if any(len(generations(line, terms)) > 1 for line in self.bill.lines):
            yield "Hardware that is replaced when its life is over brings nothing."
        for currency in _without_rate(self.bill.lines):
            yield (
                f"Prices of the price book in {currency} are not known in {cost.currency}, since "
                f"no rate is stated: `rates: {{{currency}: …}}` beside the quotes has it."
            )
        known, unknown = throughputs(self.cluster, self.plan)
        yield from filter(None, (one.assumption for one in known))
        yield from unknown


def costs(
    name: str, description: str, flows: tuple[Flow, ...], unknown: int, note: str = ""
) -> Costs:
    """An option's totals: sums of what is printed."""
    return Costs(
        name=name,
        description=description,
        flows=flows,
        nominal=Total(sum((flow.amount for flow in flows), Decimal(0)), unknown),
        npv=Total(sum((flow.discounted for flow in flows), Decimal(0)), unknown),
        units=None,
        note=note,
    )


def _without_rate(lines: Iterable[BomLine]) -> list[str]:
    """Currencies of prices that are there, and that nobody can convert."""
    prices = (line.price for line in lines if line.is_unknown)
    return sorted({price.currency for price in prices if price.original is not None})


def _unknown(lines: Iterable[BomLine]) -> int:
    return sum(line.is_unknown for line in lines)


def _total(lines: Iterable[BomLine]) -> Total:
    known = list(lines)
    return Total(sum((line.cost or Decimal(0) for line in known), Decimal(0)), _unknown(known))


def _yearly(bill: Bill) -> Total:
    """What recurs, by the year, at the prices of the day of order."""
    recurring = [line for line in bill.lines if line.need.every is not None]
    each = (
        EXACT.divide((line.cost or Decimal(0)) * 12, Decimal(line.need.every or 1))
        for line in recurring
    )
    return Total(sum(map(bill.pricing.rounding, each), Decimal(0)), _unknown(recurring))


def _by_category(lines: Iterable[BomLine]) -> Mapping[Category, Total]:
    once = [line for line in lines if line.need.every is None]
    used = [category for category in Category if any(_is(line, category) for line in once)]
    return {category: _total(line for line in once if _is(line, category)) for category in used}


def _sources(bill: Bill, others: Iterable[Costs]) -> Mapping[str, str]:
    """Title and address of each source of the book that a price or a rate comes from."""
    prices = [
        *(line.price for line in bill.lines),
        *(one.price for other in others for one in other.prices),
    ]
    used = {name for price in prices for name in (price.source, price.rate_source)}
    return {
        name: ", ".join(part for part in (origin.title, origin.url) if part)
        for name, origin in bill.pricing.book.sources.items()
        if name in used
    }


def _is(line: BomLine, category: Category) -> bool:
    return line.need.item.category is category


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _tax(cost: Cost) -> str:
    if cost.tax is None:
        return "none"
    back = "got back, so it is shown and costs nothing" if cost.tax.recoverable else "not got back"
    return f"{cost.tax.rate.written} on each line, {back}"
