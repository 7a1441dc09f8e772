"""Vendors' quotes: what each must be, so that the bill can rest on it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

from freehold.catalog.currencies import currencies
from freehold.catalog.facts import Catalog
from freehold.catalog.hardware import ids
from freehold.cost.item import Basis, Category
from freehold.cost.needs.cards import items_of_pools
from freehold.cost.pricing import Pricing, called, is_expired
from freehold.diagnostics import nearest, rule_text
from freehold.report import Report
from freehold.rules.cost import amounts, rent_is_open
from freehold.rules.cost_time import too_long
from freehold.rules.currencies import payable
from freehold.rules.registry import Finding, add
from freehold.source import Loc
from freehold.spec.cluster import Cluster
from freehold.spec.cost import Cost
from freehold.spec.nodes import Pool
from freehold.spec.quotes import Quote, Quotes, Rate
from freehold.units import Money


@dataclass(frozen=True)
class Desk:
    """A file of quotes, and what it is read with."""

    cost: Cost
    quotes: Quotes
    catalog: Catalog
    pools: Mapping[str, Pool]

    def each(self) -> Iterator[tuple[Loc, Quote]]:
        """Every quote with its place."""
        for number, quote in enumerate(self.quotes.quotes):
            yield ("quotes", number), quote

    @property
    def ordered(self) -> date:
        """The day of the order."""
        return self.cost.date or self.catalog.prices.date

    @cached_property
    def pricing(self) -> Pricing:
        """What the quotes and the price book make."""
        return Pricing.of(self.cost, self.quotes, self.catalog)


Check = Callable[[Desk], Iterator[Finding]]

_CHECKS: Final[dict[str, Check]] = {}


def quote_rule(check: Check) -> Check:
    """Register `check` under its name, with its docstring for `freehold explain`."""
    name = check.__name__.replace("_", "-")
    _CHECKS[rule_text(name, check.__doc__ or "")] = check
    return check


def check_quotes(
    cluster: Cluster, cost: Cost, quotes: Quotes, catalog: Catalog, report: Report
) -> None:
    """Report, in the quotes' own file, what keeps the bill from resting on them."""
    desk = Desk(cost, quotes, catalog, cluster.nodes)
    for name, check in _CHECKS.items():
        for found in check(desk):
            add(name, found, report)


@quote_rule
def quote_currency(desk: Desk) -> Iterator[Finding]:
    """A currency in the file of quotes is none of ISO 4217, or one that nothing is paid in."""
    for loc, money in amounts(desk.quotes, ()):
        yield from payable(money.currency, loc)
    for code in desk.quotes.rates:
        yield from payable(code, ("rates", code), at_key=True)


@quote_rule
def quote_without_rate(desk: Desk) -> Iterator[Finding]:
    """A quote is in another currency than `cost.currency`, and the file has no rate for it.

    Freehold looks no rate up, and takes none of its price book for a vendor's quote: the one that
    counts is the one your treasury signs.
    """
    currency = desk.cost.currency
    if currency not in currencies().minor_units:
        return
    for loc, quote in desk.each():
        quoted = quote.price.currency
        is_foreign = quoted != currency and quoted in currencies().minor_units
        if is_foreign and quoted not in desk.quotes.rates:
            yield Finding(
                message=f"`{quote.item}` is quoted in {quoted}, the bill is in {currency}",
                loc=(*loc, "price"),
                help=f"add what one {quoted} is worth: `rates: {{{quoted}: 1.00 {currency}}}`",
            )


@quote_rule
def rate_unusable(desk: Desk) -> Iterator[Finding]:
    """A rate does not say what another currency is worth in that of the bill.

    It is zero, or of the bill's own currency, or in a third currency.
    """
    currency = desk.cost.currency
    for code, said in desk.quotes.rates.items():
        rate = said.rate if isinstance(said, Rate) else said
        loc: Loc = ("rates", code)
        if code == currency:
            message = f"the bill is in {currency}, so {currency} needs no rate"
            yield Finding(message=message, loc=loc, at_key=True, help="remove it")
        elif rate.currency != currency:
            message = f"the rate of {code} is in {rate.currency}, the bill is in {currency}"
            remedy = f"write what one {code} is worth in {currency}"
            yield Finding(message=message, loc=loc, help=remedy)
        elif not rate.amount:
            message = f"one {code} is said to be worth nothing"
            yield Finding(message=message, loc=loc, help="write the rate of a day")


@quote_rule
def quote_currencies(desk: Desk) -> Iterator[Finding]:
    """The amounts of one quote are in several currencies, so they cannot be compared."""
    for loc, quote in desk.each():
        for key in ("list", "low", "high"):
            money = getattr(quote, key)
            if money and money.currency != quote.price.currency:
                yield Finding(
                    message=f"`{key}` is in {money.currency}, `price` in {quote.price.currency}",
                    loc=(*loc, key),
                    other=(*loc, "price"),
                    help=f"write both in {quote.price.currency}",
                )


@quote_rule
def quote_range(desk: Desk) -> Iterator[Finding]:
    """The ends of a quote's range do not lie around its price: low, price, high."""
    for loc, quote in desk.each():
        price = quote.price
        if quote.low and _is_more(quote.low, price):
            message = f"`low` is {quote.low}, more than the price of {price}"
            remedy = "write a `low` of at most the price"
            yield Finding(message=message, loc=(*loc, "low"), other=(*loc, "price"), help=remedy)
        if quote.high and _is_more(price, quote.high):
            message = f"`high` is {quote.high}, less than the price of {price}"
            remedy = "write a `high` of at least the price"
            yield Finding(message=message, loc=(*loc, "high"), other=(*loc, "price"), help=remedy)


def _is_more(one: Money, other: Money) -> bool:
    """Whether it is, where both are in one currency."""
    return one.currency == other.currency and one.amount > other.amount


@quote_rule
def quote_over_list(desk: Desk) -> Iterator[Finding]:
    """A price is higher than the list price that it is said to be a discount on."""
    for loc, quote in desk.each():
        if quote.list and _is_more(quote.price, quote.list):
            yield Finding(
                message=f"the price of {quote.price} is more than its list price, {quote.list}",
                loc=(*loc, "list"),
                other=(*loc, "price"),
                help="write the list price before discounts, or leave `list` out",
            )


@quote_rule
def quote_with_tax(desk: Desk) -> Iterator[Finding]:
    """A price includes tax, and nobody says how much.

    Prices are reckoned without tax, which is added or got back as `cost.tax` says.
    """
    for loc, quote in desk.each():
        if quote.tax == "included" and desk.cost.tax is None:
            yield Finding(
                message=f"the price of `{quote.item}` includes tax, but `cost.tax` is not given",
                loc=(*loc, "tax"),
                help="add the rate to the spec, such as `tax: {rate: 19 %, recoverable: true}`",
            )


@quote_rule
def quote_dates(desk: Desk) -> Iterator[Finding]:
    """A quote ends before it begins."""
    for loc, quote in desk.each():
        if quote.date and quote.valid_until and quote.valid_until < quote.date:
            yield Finding(
                message=f"it is valid until {quote.valid_until}, but dated {quote.date}",
                loc=(*loc, "valid_until"),
                other=(*loc, "date"),
                help="write the dates as the quote has them, year first",
            )


@quote_rule
def quote_span(desk: Desk) -> Iterator[Finding]:
    """A lead time or a warranty is longer than anything that is bought lasts."""
    yield from too_long(desk.quotes, ())


@quote_rule
def quote_of_tokens(desk: Desk) -> Iterator[Finding]:
    """A quote is for an API, which bills input and output at prices of their own.

    One price would be that of neither, and the price book's would count in silence.
    """
    apis = desk.catalog.offers[Category.API]
    for loc, quote in desk.each():
        if quote.item in apis:
            yield Finding(
                message=f"`{quote.item}` bills input and output apart, the quote has one price",
                loc=(*loc, "item"),
                help="remove it: an alternative of `api` counts at the prices of the price book",
            )


@quote_rule
def repeated_quote(desk: Desk) -> Iterator[Finding]:
    """A price is there twice: same item, kind, quantity, vendor, reference and date.

    Which of the two counts would depend on their order in the file.
    """
    first: dict[object, Loc] = {}
    for loc, quote in desk.each():
        same = (quote.item, quote.kind, quote.minimum, quote.vendor, quote.reference, quote.date)
        if first.setdefault(same, loc) != loc:
            yield Finding(
                message=f"`{quote.item}` has this {called(quote)} twice",
                loc=(*loc, "item"),
                other=(*first[same], "item"),
                help="remove one of the two, or add what tells them apart, such as `minimum`",
            )


@quote_rule
def unknown_item(desk: Desk) -> Iterator[Finding]:
    """A quote is for something that neither the catalog nor the spec knows, so it has no use.

    Known are the items of a bill, which `freehold prices list` shows, the cloud instances of
    the price book, and what the spec itself names in `cost.lines` and
    `cost.alternatives`. A pool's machines as a whole are `server.CARD-xCOUNT`, or `server.POOL`
    without GPUs.
    """
    of_spec = (*_named(desk.cost), *items_of_pools(desk.pools, desk.catalog))
    bought = dict.fromkeys((*ids(desk.catalog.gpus), *of_spec))
    for loc, quote in desk.each():
        if quote.item in bought:
            continue
        known = {**bought, **desk.catalog.prices.by_item}
        if quote.item not in known:
            close = nearest(quote.item, known)
            yield Finding(
                message=f"nothing in a bill is called `{quote.item}`",
                loc=(*loc, "item"),
                help=f"use `{close}`" if close else "`freehold prices list` shows all items",
            )


def _named(cost: Cost) -> Iterator[str]:
    """The items that the spec itself makes known."""
    yield from (line.item for line in cost.lines)
    for alternative in cost.alternatives.values():
        yield from alternative.items


@quote_rule
def rent_not_quoted(desk: Desk) -> Iterator[Finding]:
    """Machines stand in colocation, and neither the spec nor a quote that holds says for how much.

    The bill then has a line without a price, and totals are known only from below. A quote for
    `rent` is by the kW and month, of what all draw at their most.
    """
    quoted = (quote for _, quote in desk.each() if quote.item == "rent")
    holds = any(not is_expired(quote, desk.ordered) for quote in quoted)
    if rent_is_open(desk.cost) and not holds:
        yield Finding(
            message="the rent of colocation is neither in the spec nor quoted: "
            "totals will be known only from below",
            loc=("quotes",),
            at_key=True,
            help="add a quote for `rent`, or what the contract says to the spec, such as "
            "`rent: 180.00 EUR/kW/month`",
            severity="warning",
        )


@quote_rule
def quote_expired(desk: Desk) -> Iterator[Finding]:
    """A quote is no longer valid on the day of the order, so another price takes its place.

    The day is `cost.date`, or that of the price book. What counts instead is said in the bill
    too; see `freehold explain price-precedence`.
    """
    if desk.cost.currency not in currencies().minor_units:
        return
    for loc, quote in desk.each():
        if is_expired(quote, desk.ordered):
            yield Finding(
                message=f"`{quote.item}`: {desk.pricing.why_expired(quote)}; "
                f"the bill has {_instead(desk, quote)}",
                loc=(*loc, "valid_until"),
                help="ask for a new quote, or write another `cost.date`",
                severity="warning",
            )


def _instead(desk: Desk, quote: Quote) -> str:
    """Such as `an estimate of 8054.60 EUR (guide_fr, 2026-09-27)`."""
    found = desk.pricing.price(quote.item, desk.catalog.category(quote.item), quote.minimum).price
    if found.base is None:
        return "no price"
    origin = ", ".join(filter(None, (found.reference or found.source, str(found.as_of or ""))))
    amount = f"{desk.pricing.rounding(found.base)} {desk.cost.currency}"
    return f"{_ARTICLES[found.basis]} of {amount} ({origin})"


_ARTICLES: Final = {
    Basis.CONTRACT: "a contract",
    Basis.QUOTE: "another quote",
    Basis.LIST: "a list price",
    Basis.INCLUDED: "a price",
    Basis.ESTIMATE: "an estimate",
}
