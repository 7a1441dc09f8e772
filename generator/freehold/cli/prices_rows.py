"""What `freehold prices` shows: an item, its price, and what is wrong with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from freehold.catalog.facts import Catalog
from freehold.catalog.load import builtin
from freehold.catalog.price_book import Entry, PriceBook, Tokens
from freehold.cost.bill import bill
from freehold.cost.item import Basis, Category, UnitPrice
from freehold.cost.money import EXACT, Rounding
from freehold.cost.needs.needs import needs
from freehold.cost.physics import physics
from freehold.cost.pricing import Pricing, is_expired
from freehold.cost.types import BomLine
from freehold.plan.types import Plan
from freehold.spec.cluster import Cluster
from freehold.spec.cost import Cost
from freehold.spec.quotes import Quotes

FIGURE: Final = "figure"


@dataclass(frozen=True, slots=True)
class Row:
    """An item and its price."""

    item: str
    category: str
    """Of a bill, or `figure` for what is no price."""
    name: str
    per: str
    price: UnitPrice
    currency: str
    """Of the price's amounts; empty for percentages and other figures."""
    ordered: date
    """The day to which its age counts."""
    title: str = ""
    """Of its source, in the price book."""
    tokens: Tokens | None = None
    """What a million tokens of an API cost, instead of an amount."""
    expired: tuple[str, ...] = ()
    """Quotes that no longer hold."""

    @property
    def age(self) -> int | None:
        """In days; none when nobody dated it."""
        return (self.ordered - self.price.as_of).days if self.price.as_of else None

    @property
    def is_unknown(self) -> bool:
        """Whether nobody says what it costs."""
        return self.price.basis is Basis.UNKNOWN

    @property
    def is_fault(self) -> bool:
        """Whether somebody must ask again before anything is bought at it."""
        return self.is_unknown or self.price.is_stale

    @property
    def faults(self) -> str:
        """What is wrong with it."""
        age = "undated" if self.age is None else f"{self.age} days old"
        has_no_rate = self.is_unknown and self.price.original is not None
        why = f": no rate from {self.price.currency}" if has_no_rate else ""
        unknown = [f"unknown{why}"] if self.is_unknown else []
        stale = [f"{age}, limit {self.price.limit_days}"] if self.price.is_stale else []
        return "; ".join((*unknown, *stale, *self.expired))


def of_book() -> Sequence[Row]:
    """Every item at the price book's price, in its own currency, and the book's other figures."""
    catalog = builtin()
    book = catalog.prices
    found = []
    for item in _items(catalog):
        entry = book.chosen(item)
        currency = entry.currency if entry and entry.currency else ""
        found.append(_Shelf(catalog, _in_its_own(book, currency)).row(item))
    return [*found, *(_figure(book, name, entry) for name, entry in book.figures.items())]


def of_spec(cost: Cost, catalog: Catalog, quotes: Quotes | None) -> Sequence[Row]:
    """Every item, and what the spec names besides, at the price that its bill would have."""
    pricing = Pricing.of(cost, quotes, catalog)
    named = (*(line.item for line in cost.lines), *pricing.quotes)
    shelf = _Shelf(catalog, pricing)
    return [shelf.row(item) for item in dict.fromkeys((*_items(catalog), *named))]


def of_bill(
    cluster: Cluster, cost: Cost, plan: Plan, catalog: Catalog, quotes: Quotes | None
) -> Sequence[Row]:
    """Each item of the plan's bill that is paid for, and each of the alternatives to it."""
    pricing = Pricing.of(cost, quotes, catalog)
    needed = needs(cluster, cost, plan, catalog, pricing)
    lines = bill(cost, needed, physics(cost, plan, needed, catalog), pricing)
    shelf = _Shelf(catalog, pricing)
    paid = {line.need.item.id: line for line in lines if line.price.basis is not Basis.INCLUDED}
    compared = (item for one in cost.alternatives.values() for item in one.items)
    others = dict.fromkeys(item for item in compared if item not in paid)
    return [*map(shelf.line, paid.values()), *map(shelf.row, others)]


def unused(quotes: Quotes | None, rows: Sequence[Row], cost: Cost) -> Sequence[str]:
    """Items that the user has prices of, none of which is a price of the bill."""
    quoted = dict.fromkeys(quote.item for quote in quotes.quotes) if quotes else {}
    taken = {row.item for row in rows if row.price.source == cost.quotes}
    return [item for item in quoted if item not in taken]


def _items(catalog: Catalog) -> Sequence[str]:
    """Everything that can be bought, or rented instead."""
    return tuple(dict.fromkeys((*catalog.items, *catalog.prices.by_item)))


def _in_its_own(book: PriceBook, currency: str) -> Pricing:
    """The book's prices as they are, without quotes or rates."""
    nothing = Rounding(currency, 0)
    return Pricing(book, {}, "", nothing, book.date, Decimal(0), {}, {})


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Finds what there is to say about an item."""

    catalog: Catalog
    pricing: Pricing

    def row(self, item: str) -> Row:
        """The item at the price of one."""
        category = self.catalog.category(item)
        return self._row(item, category, self.pricing.price(item, category).price)

    def line(self, line: BomLine) -> Row:
        """The item at the price that a bill has for it."""
        item = line.need.item
        return self._row(item.id, item.category, line.price)

    def _row(self, item: str, category: Category, price: UnitPrice) -> Row:
        book = self.catalog.prices
        entry = book.chosen(item)
        is_booked = entry is not None and price.source == entry.source
        known = self.catalog.items.get(item)
        return Row(
            item=item,
            category=category.value,
            name=known.description if known else entry.name if entry else "",
            per=entry.per if entry and is_booked else known.unit if known else "each",
            price=price,
            currency=self.pricing.rounding.currency if price.currency else "",
            ordered=self.pricing.ordered,
            title=book.sources[entry.source].title if entry and is_booked else "",
            tokens=_tokens(entry, price.rate) if entry and is_booked else None,
            expired=tuple(self._expired(item)),
        )

    def _expired(self, item: str) -> Iterator[str]:
        for quote in self.pricing.quotes.get(item, ()):
            if is_expired(quote, self.pricing.ordered):
                yield self.pricing.why_expired(quote)


def _tokens(entry: Entry, rate: Decimal) -> Tokens | None:
    told = entry.tokens
    if told is None:
        return None
    cached = None if told.cached is None else EXACT.multiply(told.cached, rate)
    return Tokens(
        input=EXACT.multiply(told.input, rate),
        output=EXACT.multiply(told.output, rate),
        cached=cached,
    )


def _figure(book: PriceBook, name: str, entry: Entry) -> Row:
    price = UnitPrice(
        entry.range(), entry.basis, source=entry.source, as_of=entry.as_of, note=entry.notes
    )
    title = book.sources[entry.source].title
    return Row(name, FIGURE, entry.name, entry.per, price, "", book.date, title)
