"""Vendors' quotes, in a file of their own beside the spec."""

import re
from contextlib import suppress
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from freehold.spec.base import Currency, FormatVersion, Strict, Text
from freehold.units import Money


def _date(value: object) -> date:
    if isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise PydanticCustomError("date", "not a date", {})


class Quote(Strict):
    """What a vendor asks for one piece of one item."""

    item: Text
    """What is quoted, by its id in the catalog or your own name."""
    price: Money
    vendor: Text = ""
    reference: Text = ""
    """The vendor's number of the quote."""
    valid_until: Annotated[date, BeforeValidator(_date)] | None = None


class Quotes(Strict):
    """A file of quotes."""

    version: FormatVersion
    rates: dict[Currency, Money] = {}  # noqa: RUF012 - pydantic copies it
    """What one unit of another currency is worth, such as `USD: 0.92 EUR`."""
    quotes: Annotated[tuple[Quote, ...], Field(strict=False, max_length=10_000)]
