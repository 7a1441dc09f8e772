"""The price book: dated figures of money with their sources, indicative, never an offer."""

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache, cached_property
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError

from freehold.catalog.read import read, text
from freehold.cost.item import Basis, Category, Range
from freehold.cost.money import EXACT
from freehold.spec.base import Currency, IsoDate, Strict, Text
from freehold.spec.cost import ItemId
from freehold.units import Duration

Figure = Annotated[Decimal, Field(strict=False, ge=0, max_digits=20)]
_HALF: Final = Decimal("0.5")
_HUNDREDTH: Final = Decimal("0.01")


class Kind(StrEnum):
    """What sort of figure an entry is."""

    LIST = "list"
    ON_DEMAND = "on-demand"
    RESERVED = "reserved"
    SPOT = "spot"
    MARKETPLACE = "marketplace"
    CONTRACT = "contract"
    """What large buyers were said to pay."""
    STREET = "street"
    MSRP = "msrp"
    USED = "used"
    FORECAST = "forecast"
    ESTIMATE = "estimate"
    ASSUMPTION = "assumption"
    STATISTIC = "statistic"
    BUNDLED = "bundled"
    """Nothing is paid."""
    QUOTE_ONLY = "quote-only"
    """Nobody publishes one."""


class Evidence(StrEnum):
    """How an entry came to be known."""

    VENDOR = "vendor-or-official-copy"
    SERIES = "dated-price-series"
    DATASET = "dataset"
    TWO_DATASETS = "two-datasets-agree"
    ONE_DATASET = "one-dataset"
    DISAGREE = "datasets-disagree"
    SECONDARY = "secondary-quote"
    RECALLED = "recalled"
    NONE = "none"


_PUBLISHED: Final = (Kind.LIST, Kind.ON_DEMAND, Kind.RESERVED, Kind.SPOT, Kind.MARKETPLACE)
_HEARSAY: Final = (Evidence.RECALLED, Evidence.NONE)


def first_day(period: str) -> datetime.date:
    """The first day of `2026-09-27`, `2026-09`, `2026-Q3`, `2026-H2` or `2026`.

    Whoever knows only the period takes the price to be as old as it can be.

    Raises:
        ValueError: it is none of these.
    """
    year, _, rest = period.partition("-")
    month, _, day = rest.partition("-")
    if month[:1] in {"Q", "H"} and not day:
        length = {"Q": 3, "H": 6}[month[0]]
        return datetime.date(int(year), (int(month[1:]) - 1) * length + 1, 1)
    return datetime.date(int(year), int(month or 1), int(day or 1))


def _period(text: str) -> str:
    try:
        first_day(text)
    except ValueError:
        raise PydanticCustomError("date", "not a date", {}) from None
    return text


class One(Strict):
    """One figure."""

    value: Figure
    spread: Figure | None = None
    """Percent either way that its source states."""

    def range(self, below: Decimal, above: Decimal) -> Range:
        """The figure, less and more by these percentages where its source states none."""
        below, above = (end if self.spread is None else self.spread for end in (below, above))
        less, more = 1 - below * _HUNDREDTH, 1 + above * _HUNDREDTH
        return Range(self.value * less, self.value, self.value * more)

    def times(self, count: Decimal) -> "One":
        """Of so many."""
        return One(value=self.value * count, spread=self.spread)


class Between(Strict):
    """The ends of a range."""

    low: Figure
    high: Figure
    central: Figure | None = None
    """The middle that its source states; the midpoint when left out."""

    def range(self, below: Decimal, above: Decimal) -> Range:  # noqa: ARG002 - as `One`
        """The range as its source states it."""
        midpoint = EXACT.multiply(self.low + self.high, _HALF)
        return Range(self.low, midpoint if self.central is None else self.central, self.high)

    def times(self, count: Decimal) -> "Between":
        """Of so many."""
        central = None if self.central is None else self.central * count
        return Between(low=self.low * count, high=self.high * count, central=central)


class Tokens(Strict):
    """What a million tokens cost."""

    input: Figure
    output: Figure
    cached: Figure | None = None
    """Input that the API has seen shortly before."""


class LongContext(Strict):
    """What a million tokens cost of a request that is long."""

    above: Annotated[int, Field(ge=1)]
    """Tokens of input beyond which all of the request is billed so."""
    input: Figure
    output: Figure


class Peak(Tokens):
    """What they cost at certain hours."""

    utc: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)]
    """Such as `01:00-04:00`, each day."""


class LaterTokens(Tokens):
    """What they will cost."""

    effective: IsoDate


class Entry(Strict):
    """A figure, what it is of, and where it comes from."""

    name: Text
    items: Annotated[tuple[ItemId, ...], Field(strict=False)] = ()
    """What it prices, by ids of the BOM; itself, under its own id, when left out."""
    pieces: dict[ItemId, Figure] = {}  # noqa: RUF012 - pydantic copies it
    """How many of what it is `per` one of an item is, where that is not one."""
    amount: One | Between | None = None
    tokens: Tokens | None = None
    currency: Currency | None = None
    per: Text
    """What one is: `each`, `GPU hour`, `% of hardware/year` …"""
    tax: Literal["excluded", "included"] = "excluded"
    """Prices are reckoned with without tax, so what includes it is only shown."""
    kind: Annotated[Kind, Field(strict=False)]
    date: Annotated[str, AfterValidator(_period)]
    """A day or a period, as its source says."""
    source: str
    """A key of the book's `sources`."""
    verified: bool = False
    evidence: Annotated[Evidence, Field(strict=False)]
    only_shown: Text = ""
    """Why it is never reckoned with."""
    notes: Text = ""
    gpu: str | None = None
    """The catalog's card in a cloud instance."""
    gpus: Annotated[int, Field(ge=1, le=100)] | None = None
    """In one machine or one instance."""
    term: Duration | None = None
    """For how long a cloud instance is reserved."""
    long_context: Annotated[tuple[LongContext, ...], Field(strict=False)] = ()
    peak: Peak | None = None
    next: Annotated[tuple[LaterTokens, ...], Field(strict=False)] = ()
    other_dataset: Tokens | None = None
    """What another source says."""

    @model_validator(mode="after")
    def _untaxed(self) -> Self:
        if self.tax == "included" and not self.only_shown:
            raise PydanticCustomError("tax", "a price with tax is only shown: say `only_shown`")
        return self

    @property
    def as_of(self) -> datetime.date:
        """The day that its age counts from."""
        return first_day(self.date)

    @property
    def basis(self) -> Basis:
        """How binding it is: a published price that somebody read is a list price."""
        if self.kind is Kind.BUNDLED:
            return Basis.INCLUDED
        if self.amount is None and self.tokens is None:
            return Basis.UNKNOWN
        published = self.kind in _PUBLISHED and self.evidence not in _HEARSAY
        return Basis.LIST if published else Basis.ESTIMATE

    @property
    def is_exact(self) -> bool:
        """Whether its source states neither ends nor a spread."""
        return isinstance(self.amount, One) and self.amount.spread is None

    def range(self, below: Decimal = Decimal(0), above: Decimal = Decimal(0)) -> Range:
        """The figure in its own currency; `below` and `above` are percent, where it has no ends.

        Raises:
            ValueError: nobody publishes one, or it is of tokens, which have three.
        """
        if self.amount is None:
            raise ValueError(f"{self.name} has no figure")
        return self.amount.range(below, above)

    def of_pieces(self, count: Decimal | None) -> Self:
        """The entry of so many at once; itself without a number."""
        if count is None or self.amount is None:
            return self
        return self.model_copy(update={"amount": self.amount.times(count), "per": "each"})

    @property
    def fraction(self) -> Range:
        """A percentage as a fraction of 1.

        Raises:
            ValueError: it has none.
        """
        found = self.range()
        return Range(*(end * _HUNDREDTH for end in (found.low, found.base, found.high)))


class Habits(Strict):
    """What holds for the prices of a category."""

    limit: Annotated[int, Field(ge=1)]
    """Days until a price is stale."""
    below: Figure = Decimal(0)
    above: Figure = Decimal(0)
    """Percent by which a quote may differ from an entry without a range."""
    group: str
    """Categories of one group become dearer and cheaper together."""


class Exchange(Strict):
    """What one unit of a currency was worth in another."""

    value: Figure
    low: Figure
    high: Figure
    date: IsoDate
    source: str


class Origin(Strict):
    """Where figures were read."""

    title: Text
    url: Text = ""


class PriceBook(Strict):
    """All figures, by the ids under which they are cited."""

    date: IsoDate
    """When it was compiled: the day of an order that states none."""
    categories: dict[Category, Habits]
    rates: dict[Currency, dict[Currency, Exchange]]
    sources: dict[str, Origin]
    prices: dict[Category, dict[ItemId, Entry]]
    figures: dict[str, Entry]
    """What is no price: failure rates, lead times, residual values, grid factors …"""

    @cached_property
    def by_item(self) -> Mapping[str, tuple[tuple[Category, str, Entry], ...]]:
        """Every item's entries with their ids, the one to reckon with first."""
        found: dict[str, list[tuple[Category, str, Entry]]] = {}
        for category, entries in self.prices.items():
            for name, entry in entries.items():
                for item in entry.items or (name,):
                    priced = (category, name, entry.of_pieces(entry.pieces.get(item)))
                    found.setdefault(item, []).append(priced)
        return {item: _in_order(entries) for item, entries in found.items()}

    def chosen(self, item: str) -> Entry | None:
        """What is reckoned with for the item: the newest, and then what is verified.

        None when every entry is only shown, or there is none.
        """
        entries = self.by_item.get(item, ())
        return next((entry for _, _, entry in entries if not entry.only_shown), None)

    def all_of(self, category: Category) -> Mapping[str, Entry]:
        """The category's entries."""
        return self.prices.get(category, {})


def _in_order(
    entries: Iterable[tuple[Category, str, Entry]],
) -> tuple[tuple[Category, str, Entry], ...]:
    return tuple(sorted(entries, key=lambda one: (one[2].as_of, one[2].verified), reverse=True))


@cache
def offers() -> Mapping[Category, Mapping[str, Entry]]:
    """The entries of what owning is compared with: rented GPUs, their data, and tokens.

    Apart from the rest of the book, of which a check of names has no need.
    """
    return {Category(name): _entries(found) for name, found in read("offers.yml").items()}


@cache
def price_book() -> PriceBook:
    """The book that comes with freehold."""
    content = read("prices.yml")
    content["prices"] = {Category(name): found for name, found in content["prices"].items()}
    content["categories"] = {Category(name): one for name, one in content["categories"].items()}
    book = PriceBook.model_validate(content)
    return book.model_copy(update={"prices": {**book.prices, **offers()}})


def book_text() -> str:
    """All that the book is read from."""
    return text("prices.yml") + text("offers.yml")


def _entries(content: object) -> dict[str, Entry]:
    return TypeAdapter(dict[ItemId, Entry]).validate_python(content)
