"""Vendors' quotes, in a file of their own beside the spec."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from freehold.spec.base import Currency, FormatVersion, IsoDate, Strict, Text
from freehold.spec.cost import ItemId
from freehold.units import Duration, Money


class Standing(StrEnum):
    """How binding a price is, the most binding first; the first that applies is taken."""

    CONTRACT = "contract"
    QUOTE = "quote"
    """Counts until `valid_until`."""
    LIST = "list"
    """A vendor's dated list."""
    ESTIMATE = "estimate"


class Quote(Strict):
    """What one piece of one item costs."""

    item: ItemId
    """The item's id in the BOM, such as `gpu.l40s-48gb`; `freehold prices` lists them."""
    price: Money
    """Of one, net of discounts."""
    kind: Annotated[Standing, Field(strict=False)] = Standing.QUOTE
    list: Money | None = None
    """Of one, before discounts."""
    low: Money | None = None
    high: Money | None = None
    """What the price may become; it stays what it is when left out."""
    tax: Literal["excluded", "included"] = "excluded"
    minimum: Annotated[Decimal, Field(strict=False, gt=0, max_digits=12)] = Decimal(1)
    """The least quantity that it holds for: a price break."""
    vendor: Text = ""
    reference: Text = ""
    """The vendor's number of the quote."""
    mpn: Text = ""
    sku: Text = ""
    date: IsoDate | None = None
    valid_until: IsoDate | None = None
    lead_time: Duration | None = None
    warranty: Duration | None = None


class Rate(Strict):
    """What one unit of another currency is worth, and when that was so."""

    rate: Money
    date: IsoDate


class Quotes(Strict):
    """A file of quotes."""

    version: FormatVersion
    rates: dict[Currency, Money | Rate] = {}  # noqa: RUF012 - pydantic copies it
    """What one unit of another currency is worth, such as `USD: 0.92 EUR`."""
    quotes: Annotated[tuple[Quote, ...], Field(strict=False, max_length=10_000)]
