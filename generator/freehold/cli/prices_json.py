"""`freehold prices` for programs, versioned."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

from freehold.cli.prices_rows import Row
from freehold.cost.words import number

SCHEMA: Final = 1
Json = dict[str, object]


def document(key: str, rows: Iterable[Row]) -> Json:
    """The rows under `key`; amounts are decimal text, null where they are not known."""
    return {"schema": SCHEMA, key: [_row(row) for row in rows]}


def _row(row: Row) -> Json:
    price, amount = row.price, row.price.amount
    return {
        "item": row.item,
        "category": row.category,
        "name": row.name,
        "per": row.per,
        "currency": row.currency or None,
        "low": _number(amount.low if amount else None),
        "base": _number(amount.base if amount else None),
        "high": _number(amount.high if amount else None),
        "tokens": _tokens(row),
        "standing": price.basis.value,
        "confidence": price.confidence.value,
        "date": _day(price.as_of),
        "age_days": row.age,
        "limit_days": price.limit_days,
        "stale": price.is_stale,
        "source": price.source,
        "source_title": row.title,
        "vendor": price.vendor,
        "reference": price.reference,
        "valid_until": _day(price.valid_until),
        "original": _number(price.original),
        "original_currency": price.currency or None,
        "rate": _number(price.rate),
        "expired": list(row.expired),
        "note": price.note,
    }


def _tokens(row: Row) -> Json | None:
    if row.tokens is None:
        return None
    return {
        "input": _number(row.tokens.input),
        "output": _number(row.tokens.output),
        "cached": _number(row.tokens.cached),
    }


def _number(value: Decimal | None) -> str | None:
    return None if value is None else number(value)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
