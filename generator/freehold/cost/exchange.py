"""What other currencies are worth in that of the bill."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from freehold.catalog.price_book import Exchange, PriceBook
from freehold.cost.item import Range
from freehold.cost.money import EXACT
from freehold.spec.quotes import Quotes, Rate


@dataclass(frozen=True, slots=True)
class Worth:
    """What one unit of a currency is worth in that of the bill."""

    rate: Decimal
    range: Range | None = None
    """By the rate; none where nobody states one."""
    on: date | None = None
    source: str = ""

    @property
    def inverse(self) -> "Worth":
        """What one unit of the bill's currency is worth in the other."""
        known = self.range or Range.exactly(Decimal(1))
        ends = Range(EXACT.divide(1, known.high), Decimal(1), EXACT.divide(1, known.low))
        return Worth(EXACT.divide(1, self.rate), ends, self.on, self.source)


def stated(quotes: Quotes | None, currency: str, source: str) -> Mapping[str, Worth]:
    """The rates of the user's own file into `currency`; `source` is its name."""
    rates = quotes.rates if quotes else {}
    found = {}
    for code, said in rates.items():
        rate, day = (said.rate, said.date) if isinstance(said, Rate) else (said, None)
        if rate.currency == currency and rate.amount and code != currency:
            found[code] = Worth(rate.amount, None, day, source)
    return found


def listed(book: PriceBook, currency: str) -> Mapping[str, Worth]:
    """The book's rates into `currency`, also those that it has the other way round."""
    forth = {code: _worth(into[currency]) for code, into in book.rates.items() if currency in into}
    back = {
        code: _worth(exchange).inverse for code, exchange in book.rates.get(currency, {}).items()
    }
    return back | forth


def _worth(exchange: Exchange) -> Worth:
    value = exchange.value
    ends = Range(EXACT.divide(exchange.low, value), Decimal(1), EXACT.divide(exchange.high, value))
    return Worth(value, ends, exchange.date, exchange.source)
