"""What everything costs in the currency of the bill, and which of several prices counts.

The first that there is, of: a contract; a valid quote; what the spec states; the user's dated
list; the price book's list; the user's estimate; the book's estimate. Else it is unknown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final, Self

from freehold.catalog.currencies import currencies
from freehold.catalog.facts import Catalog
from freehold.catalog.price_book import Entry, PriceBook
from freehold.cost.exchange import Worth, listed, stated
from freehold.cost.item import Basis, Category, Confidence, Range, UnitPrice
from freehold.cost.money import EXACT, Rounding
from freehold.diagnostics import rule_text
from freehold.spec.cost import Cost
from freehold.spec.quotes import Quote, Quotes, Standing
from freehold.units import Duration, Money, Price

rule_text(
    "price-precedence",
    """Which of several prices of an item counts.

    The first that there is, of: a contract of yours; a quote that is valid on the day of the
    order; what the spec states; a dated list of yours; the price book's list; an estimate of
    yours; the price book's estimate. Without any the price is unknown, which is never zero: the
    totals then say "at least". A list without a date counts as an estimate.

    Of several quotes of one standing the newest counts, and then the cheapest; of the price
    breaks of one quote, the one with the largest `minimum` that the quantity reaches. The others
    that hold are named in the line's note. Of several
    entries of the book the newest counts, and then the verified one; what the book only shows,
    such as prices of used cards, never does. A period such as `2026-Q3` counts as its first day.

    A price is stale when it is older, on the day of the order, than the limit of its category;
    a contract and a quote with `valid_until` are not stale before they expire. Confidence is high
    for contracts and valid quotes and where nothing is paid, medium for what the spec states, for
    your lists and for the book's verified lists, low for all others; one step less when stale.
    """,
)

THE_SPEC: Final = "the spec"
"""The source of what is written there."""

_RANK: Final = {
    Basis.CONTRACT: 0, Basis.QUOTE: 1, Basis.STATED: 2, Basis.LIST: 3, Basis.INCLUDED: 3,
    Basis.ESTIMATE: 4, Basis.UNKNOWN: 5,
}  # fmt: skip
_HIGH: Final = (Basis.CONTRACT, Basis.QUOTE, Basis.INCLUDED)
_WEEK: Final = Decimal(Duration.UNITS["week"])


@dataclass(frozen=True, slots=True)
class Priced:
    """A price, and what its quote says besides."""

    price: UnitPrice
    group: str
    """Lines of one group become dearer and cheaper together."""
    vendor: str = ""
    mpn: str = ""
    sku: str = ""
    lead_time: Range | None = None
    """In weeks."""
    warranty_months: int | None = None


@dataclass(frozen=True, slots=True)
class Pricing:
    """Finds prices: the user's, and the book's."""

    book: PriceBook
    quotes: Mapping[str, Sequence[Quote]]
    """The user's prices by item."""
    source: str
    """The name of the file of quotes."""
    rounding: Rounding
    ordered: date
    """The day on which quotes must be valid, and to which the age of prices counts."""
    tax: Decimal
    """The rate that prices with tax include."""
    own_rates: Mapping[str, Worth]
    book_rates: Mapping[str, Worth]

    @classmethod
    def of(cls, cost: Cost, quotes: Quotes | None, catalog: Catalog) -> Self:
        """What a cost section, its file of quotes and the catalog's price book make."""
        book, currency, source = catalog.prices, cost.currency, cost.quotes or ""
        return cls(
            book=book,
            quotes=_by_item(quotes),
            source=source,
            rounding=Rounding(currency, currencies().minor_units[currency], cost.rounding),
            ordered=cost.date or book.date,
            tax=cost.tax.rate if cost.tax else Decimal(0),
            own_rates=stated(quotes, currency, source),
            book_rates=listed(book, currency),
        )

    def price(
        self,
        item: str,
        category: Category,
        quantity: Decimal = Decimal(1),
        said: Money | Price | None = None,
    ) -> Priced:
        """What one of the item costs when `quantity` are bought; `said` is what the spec states."""
        stated = [self._said(said, category)] if said else []
        return self._best(item, category, quantity, [*stated, self._booked(item, category)])

    def own(self, item: str, category: Category, quantity: Decimal) -> Priced:
        """The same by the user's prices alone, where the book's are of something else."""
        unknown = Priced(UnitPrice(None, Basis.UNKNOWN), self.group(category))
        return self._best(item, category, quantity, [unknown])

    def _best(
        self, item: str, category: Category, quantity: Decimal, besides: Sequence[Priced]
    ) -> Priced:
        """Of the user's prices and those besides, the one that counts."""
        offers = tuple(self._offers(item, quantity))
        ranked = self._ranked(quote for quote in offers if not is_expired(quote, self.ordered))
        quoted = [self._quoted(quote, category) for quote in ranked[:1]]
        found = min((*quoted, *besides), key=lambda priced: _RANK[priced.price.basis])
        others = ranked[1:] if found in quoted else ranked
        expired = (quote for quote in offers if is_expired(quote, self.ordered))
        notes = (*map(_also, others), *map(self.why_expired, expired))
        return _noting(found, notes)

    def stated(
        self, amount: Money | Price, note: str = "", category: Category = Category.OTHER
    ) -> Priced:
        """What the spec states, such as what a person costs."""
        return _noting(self._said(amount, category), [note] if note else [])

    def group(self, category: Category) -> str:
        """The lines that become dearer and cheaper with this category's."""
        return self.book.categories[category].group

    def rate(self, currency: str) -> Worth | None:
        """What one unit of the currency is worth in that of the bill; the user's rate first."""
        return self._own_rate(currency) or self.book_rates.get(currency)

    def cloud(self, item: str) -> Entry | None:
        """The book's entry of a cloud instance: its GPUs and its term."""
        return self.book.all_of(Category.CLOUD).get(item)

    def api(self, item: str) -> Entry | None:
        """The book's entry of an API: prices of tokens by length, hour and day."""
        return self.book.all_of(Category.API).get(item)

    def listed(self, entry: Entry, category: Category, amount: Range | None = None) -> UnitPrice:
        """What the book's entry says, or `amount` of it, in the currency of the bill."""
        habits = self.book.categories[category]
        if amount is None and entry.amount:
            amount = entry.range(habits.below, habits.above)
        price = UnitPrice(
            amount, entry.basis, source=entry.source, as_of=entry.as_of,
            limit_days=habits.limit, is_stale=self._is_stale(entry.as_of, habits.limit),
            note="; ".join(_about(entry, category, self.book)),
        )  # fmt: skip
        converted = self._converted(price, entry.currency, self.rate(entry.currency or ""))
        return _believed(converted, is_vouched_for=entry.verified)

    def why_expired(self, quote: Quote) -> str:
        """Such as `quote Q-1077 of Example was valid until 2026-10-31, the order is on …`."""
        return (
            f"{called(quote)} was valid until {quote.valid_until}, the order is on {self.ordered}"
        )

    def _offers(self, item: str, quantity: Decimal) -> Iterator[Quote]:
        """The user's prices of the item that hold for the quantity."""
        for quote in self.quotes.get(item, ()):
            if quote.minimum <= quantity and self._own_rate(quote.price.currency):
                yield quote

    def _own_rate(self, currency: str) -> Worth | None:
        return (
            Worth(Decimal(1)) if currency == self.rounding.currency
            else self.own_rates.get(currency)
        )  # fmt: skip

    def _ranked(self, offers: Iterable[Quote]) -> list[Quote]:
        """One of each offer's price breaks, the one that counts first."""
        by_vendor: dict[object, Quote] = {}
        for quote in sorted(offers, key=lambda one: one.minimum):
            by_vendor[quote.kind, quote.vendor, quote.reference, quote.date] = quote
        return sorted(by_vendor.values(), key=self._merit)

    def _merit(self, quote: Quote) -> tuple[int, int, Decimal]:
        newest = -(quote.date or date.min).toordinal()
        return _RANK[_basis(quote)], newest, self._worth(quote, quote.price)

    def _worth(self, quote: Quote, money: Money) -> Decimal:
        """In the currency of the bill, without tax."""
        rate = self._own_rate(money.currency) or Worth(Decimal(0))
        divisor = 1 + self.tax if quote.tax == "included" else Decimal(1)
        return EXACT.divide(EXACT.multiply(money.amount, rate.rate), divisor)

    def _quoted(self, quote: Quote, category: Category) -> Priced:
        base = self._worth(quote, quote.price)
        low, high = (self._worth(quote, end) if end else base for end in (quote.low, quote.high))
        rate = self._own_rate(quote.price.currency) or Worth(Decimal(0))
        limit = self.book.categories[category].limit
        holds = quote.valid_until is not None or quote.kind is Standing.CONTRACT
        price = UnitPrice(
            Range(low, base, high), _basis(quote),
            list_amount=self._worth(quote, quote.list) if quote.list else None,
            currency=quote.price.currency, original=quote.price.amount, rate=rate.rate,
            rate_date=rate.on, rate_source=rate.source, source=self.source,
            vendor=quote.vendor, reference=quote.reference, as_of=quote.date,
            valid_until=quote.valid_until, limit_days=limit,
            is_stale=not holds and self._is_stale(quote.date, limit),
        )  # fmt: skip
        return Priced(
            _believed(price, is_vouched_for=True), self.group(category), quote.vendor, quote.mpn,
            quote.sku, _weeks(quote.lead_time), quote.warranty.months if quote.warranty else None,
        )  # fmt: skip

    def _said(self, amount: Money | Price, category: Category) -> Priced:
        price = UnitPrice(
            Range.exactly(amount.amount), Basis.STATED, source=THE_SPEC, as_of=self.ordered
        )
        converted = self._converted(price, amount.currency, self.rate(amount.currency))
        return Priced(_believed(converted, is_vouched_for=True), self.group(category))

    def _booked(self, item: str, category: Category) -> Priced:
        entry = self.book.chosen(item)
        if entry is None:
            shown = [_shown(entry) for _, _, entry in self.book.by_item.get(item, ())]
            price = UnitPrice(None, Basis.UNKNOWN, note="; ".join(shown))
        else:
            price = self.listed(entry, category)
        return Priced(price, self.group(category))

    def _converted(self, price: UnitPrice, currency: str | None, worth: Worth | None) -> UnitPrice:
        """The price with its amount in the currency of the bill."""
        if currency is None:
            return price
        original = replace(price, currency=currency, original=price.base)
        if worth is None:
            note = f"there is no rate from {currency} to {self.rounding.currency}"
            return _adding(replace(original, amount=None, basis=Basis.UNKNOWN), [note])
        return replace(
            original, amount=_times(price.amount, worth.rate) if price.amount else None,
            rate=worth.rate, rate_range=worth.range, rate_date=worth.on,
            rate_source=worth.source,
        )  # fmt: skip

    def _is_stale(self, day: date | None, limit: int) -> bool:
        """Whether it is too old; what has no date is."""
        return day is None or (self.ordered - day).days > limit


def _by_item(quotes: Quotes | None) -> Mapping[str, Sequence[Quote]]:
    found: dict[str, list[Quote]] = {}
    for quote in quotes.quotes if quotes else ():
        found.setdefault(quote.item, []).append(quote)
    return found


def is_expired(quote: Quote, ordered: date) -> bool:
    """Whether it no longer holds on the day of the order."""
    return quote.valid_until is not None and quote.valid_until < ordered


def called(quote: Quote) -> str:
    """Such as `quote Q-1077 of Example`."""
    reference = f" {quote.reference}" if quote.reference else ""
    return f"{quote.kind}{reference}" + (f" of {quote.vendor}" if quote.vendor else "")


def _also(quote: Quote) -> str:
    """Such as `also quote Q-1077 of Example of 2026-11-01: 7200.00 EUR`."""
    on = f" of {quote.date}" if quote.date else ""
    return f"also {called(quote)}{on}: {quote.price}"


def _times(amount: Range, rate: Decimal) -> Range:
    ends = (amount.low, amount.base, amount.high)
    return Range(*(EXACT.multiply(end, rate) for end in ends))


def _weeks(lead_time: Duration | None) -> Range | None:
    return Range.exactly(EXACT.divide(Decimal(lead_time), _WEEK)) if lead_time else None


def _basis(quote: Quote) -> Basis:
    is_undated = quote.kind is Standing.LIST and quote.date is None
    return Basis.ESTIMATE if is_undated else Basis(quote.kind.value)


def _believed(price: UnitPrice, *, is_vouched_for: bool) -> UnitPrice:
    """The price with its confidence, by the rule that `price-precedence` states."""
    if price.basis is Basis.UNKNOWN:
        confidence = Confidence.NONE
    elif price.basis in _HIGH:
        confidence = Confidence.MEDIUM if price.is_stale else Confidence.HIGH
    elif price.basis is Basis.ESTIMATE or price.is_stale or not is_vouched_for:
        confidence = Confidence.LOW
    else:
        confidence = Confidence.MEDIUM
    return replace(price, confidence=confidence)


def _about(entry: Entry, category: Category, book: PriceBook) -> Iterator[str]:
    """What a reader must know of it."""
    habits = book.categories[category]
    if entry.is_exact and habits.above and entry.basis is not Basis.INCLUDED:
        yield f"ends by freehold: -{habits.below} % and +{habits.above} %"
    if len(entry.date) < len("2026-09-27"):
        yield f"dated {entry.date}"
    if entry.notes:
        yield entry.notes


def _shown(entry: Entry) -> str:
    found = entry.range()
    ends = f"{found.base}" if found.low == found.high else f"{found.low} to {found.high}"
    return (
        f"{ends} {entry.currency} ({entry.kind}, {entry.date}) does not count: {entry.only_shown}"
    )


def _noting(priced: Priced, notes: Iterable[str]) -> Priced:
    return replace(priced, price=_adding(priced.price, notes))


def _adding(price: UnitPrice, notes: Iterable[str]) -> UnitPrice:
    return replace(price, note="; ".join(note for note in (price.note, *notes) if note))
