"""Quotes as YAML, by themselves or added to a file of them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import yaml

from freehold.diagnostics import rule_text
from freehold.report import Report
from freehold.source import Data, Source
from freehold.spec.load import load_as
from freehold.spec.quotes import Quote, Quotes

QUOTE_EXISTS: Final = rule_text(
    "quote-exists",
    """The file has another price of the same item, vendor, reference, quantity and date.

    One of the two was mistaken or is outdated; freehold changes nothing that is in the file.
    """,
)
QUOTES_NOT_ADDED: Final = rule_text(
    "quotes-not-added",
    """The file is written in a way that a quote cannot be added to without writing it anew.

    Comments and order of a file are its owner's, so that only lines are added, at the end of
    `quotes:`.
    """,
)

_KEYS: Final = (
    "item", "kind", "price", "list", "minimum", "vendor", "reference", "mpn", "sku", "date",
    "valid_until", "lead_time", "warranty",
)  # fmt: skip
Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Addition:
    """A file's new text, and how many quotes of it are new."""

    text: str
    added: int
    known: int
    """Quotes that were there already."""


def new_file(quotes: Sequence[Values]) -> str:
    """A file with these quotes."""
    return "version: 1\nquotes:\n" + "".join(_entry(quote, "  ") for quote in quotes)


def added(quotes: Sequence[Values], old: Report) -> Addition | None:
    """The text of the file that `old` is about with the quotes in it.

    None when the report says why that cannot be.
    """
    source = old.source
    there = load_as(Quotes, source, old)
    if there is None:
        return None
    fresh = [quote for quote in quotes if _is_new(quote, there, old)]
    if not old.is_clean:
        return None
    text = _placed(fresh, source)
    if Source.parse(text.encode(), source.name).data() != _wanted(fresh, source.data()):
        old.refuse(
            QUOTES_NOT_ADDED, "quotes cannot be added to this text without changing the rest",
            ("quotes",), help="write `quotes:` as a block, one `-` a line, or add them by hand",
        )  # fmt: skip
        return None
    return Addition(text, len(fresh), len(quotes) - len(fresh))


def _is_new(values: Values, there: Quotes, report: Report) -> bool:
    quote = Quote.model_validate(dict(values))
    for number, other in enumerate(there.quotes):
        if other == quote:
            return False
        if _same(other) == _same(quote):
            report.refuse(
                QUOTE_EXISTS, f"`{quote.item}` is there at {other.price}, not {quote.price}",
                ("quotes", number, "price"), help="remove the price that no longer holds",
            )  # fmt: skip
    return True


def _same(quote: Quote) -> object:
    return quote.item, quote.kind, quote.minimum, quote.vendor, quote.reference, quote.date


def _entry(quote: Values, indent: str) -> str:
    values = _plain(quote)
    text = yaml.safe_dump(
        {key: values[key] for key in _KEYS if key in values},
        sort_keys=False, default_flow_style=False, width=10_000, allow_unicode=True,
    )  # fmt: skip
    first, *rest = text.splitlines()
    return "".join(f"{indent}{line}\n" for line in (f"- {first}", *(f"  {line}" for line in rest)))


def _placed(quotes: Sequence[Values], source: Source) -> str:
    """The text with the quotes after the last one."""
    lines = [f"{line}\n" for line in "\n".join(source.lines).splitlines()]
    start = source.find(("quotes",), key=True).line
    end = min((line for line in _tops(source) if line >= start), default=len(lines))
    while end > start and not lines[end - 1].partition("#")[0].strip():
        end -= 1
    dash = re.match(" *(?=- )", lines[start]) if start < len(lines) else None
    entries = "".join(_entry(quote, dash[0] if dash else "  ") for quote in quotes)
    return "".join([*lines[:end], entries, *lines[end:]])


def _tops(source: Source) -> Iterator[int]:
    """How many lines stand before each key of the file."""
    top = source.root.children if source.root else None
    for child in top.values() if isinstance(top, dict) else ():
        yield (child.key_span or child.span).line - 1


def _wanted(quotes: Sequence[Values], old: Data) -> Data:
    known = old if isinstance(old, dict) else {}
    there = known.get("quotes")
    return {**known, "quotes": [*(there if isinstance(there, list) else ()), *map(_plain, quotes)]}


def _plain(quote: Values) -> dict[str, Data]:
    """The values as YAML has them: a whole number of pieces as a number."""
    minimum = quote.get("minimum", "")
    return {**quote, **({"minimum": int(minimum)} if minimum.isdecimal() else {})}
