"""From a vendor's table to quotes, with every mistake at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from freehold.catalog.currencies import currencies
from freehold.diagnostics import nearest, rule_text
from freehold.quotes.cells import READERS, CellError, money
from freehold.quotes.table import SEPARATORS, Cell, Row, rows
from freehold.report import Report

TABLE_COLUMN: Final = rule_text(
    "table-column",
    """A table of quotes lacks the column of items or that of prices, or has two for one thing.

    Columns are known by the name in the first row, in any case: item; price, unit price, net
    price or net unit; list price; currency; vendor or supplier; reference or quote; date; valid
    until; mpn; sku; lead time (weeks); warranty (months); quantity or minimum. Others are not
    looked at.
    """,
)
TABLE_CELL: Final = rule_text(
    "table-cell",
    """A cell of a table of quotes means nothing, or may mean several things.

    `1,250` is a thousand in one country and one and a quarter in another, `03/04/2027` is in
    March or in April: freehold asks instead of choosing.
    """,
)

UNKNOWN_ITEM: Final = "unknown-item"
"""A rule of files of quotes, which only warns of a table."""

_NAMES: Final[Mapping[str, Sequence[str]]] = {
    "item": ("item", "item id", "id of item"),
    "price": (
        "price", "unit price", "net price", "net", "net unit", "net unit price", "unit net",
        "unit net price", "price per unit", "price each", "price net",
    ),
    "list": ("list", "list price", "list unit", "list unit price", "unit list price"),
    "currency": ("currency", "ccy", "price currency"),
    "vendor": ("vendor", "supplier", "seller", "reseller"),
    "reference": (
        "reference", "ref", "quote", "quote ref", "quote reference", "quote no", "quote number",
        "quotation", "offer", "offer no",
    ),
    "date": ("date", "quote date", "price date", "price as of", "as of", "dated"),
    "valid_until": (
        "valid until", "valid to", "quote valid until", "validity", "expires", "expiry",
        "expiry date",
    ),
    "mpn": ("mpn", "part number", "manufacturer part number", "part no"),
    "sku": ("sku", "vendor part number", "article", "article number"),
    "lead_time": ("lead time", "lead time weeks", "delivery weeks", "delivery time"),
    "warranty": ("warranty", "warranty months"),
    "minimum": ("quantity", "minimum", "qty", "minimum quantity", "min qty", "moq"),
}  # fmt: skip
_KEYS: Final = {name: key for key, names in _NAMES.items() for name in names}
_NEEDED: Final = ("item", "price")
_AMOUNTS: Final = ("price", "list")


_IDENTITY: Final = ("item", "kind", "minimum", "vendor", "reference", "date")


@dataclass(frozen=True, slots=True)
class Found:
    """What a table holds."""

    quotes: Sequence[Mapping[str, str]]
    """Keys and values as in a file of quotes."""
    ignored: Sequence[str]
    """Names of columns that were not looked at."""


def read(
    text: str, defaults: Mapping[str, str], known: Mapping[str, object], report: Report
) -> Found:
    """The quotes of a table; `defaults` are values of keys for which it has no column.

    The report says what is wrong with it, and which items are not `known`.
    """
    table = rows(text, _separator(text), report)
    if not table:
        report.add(
            TABLE_COLUMN, "the file holds no table", report.source.find(()),
            help="write a first row with the names of the columns",
        )  # fmt: skip
        return Found((), ())
    _refuse_longer(table, report)
    columns = _columns(table[0], report)
    reader = _Reader(columns, defaults, known, report)
    quotes = [reader.quote(row) for row in table[1:]] if columns else []
    _refuse_repeated(quotes, table[1:], report)
    ignored = [cell.text for cell in table[0] if cell.text and not _meant(cell.text)]
    return Found(quotes, ignored)


def _separator(text: str) -> str:
    """What makes the most known columns of the first row."""
    head = text.lstrip("\n").partition("\n")[0]
    known = {
        sign: sum(_meant(part) is not None for part in head.split(sign)) for sign in SEPARATORS
    }
    return max(known, key=lambda sign: known[sign])


@dataclass(frozen=True, slots=True)
class _Column:
    number: int
    key: str
    """Of a quote."""
    currency: str
    """That its name has, as in `Price (EUR)`."""


def _meant(name: str) -> tuple[str, str] | None:
    """The key of a quote that a column's name means, and the currency in it."""
    words = re.sub(r"[^a-z]+", " ", name.lower()).strip()
    if words in _KEYS:
        return _KEYS[words], ""
    rest, _, last = words.rpartition(" ")
    is_amount = _KEYS.get(rest) in _AMOUNTS and last.upper() in currencies().minor_units
    return (_KEYS[rest], last.upper()) if is_amount else None


def _columns(head: Row, report: Report) -> Sequence[_Column]:
    """The columns that are known; none when the report says why they cannot be read."""
    found: dict[str, _Column] = {}
    errors = report.errors
    for number, cell in enumerate(head):
        key, code = _meant(cell.text) or ("", "")
        if key in found:
            other = head[found[key].number].text
            report.add(
                TABLE_COLUMN, f"`{cell.text}` and `{other}` are both the {_said(key)}", cell.span,
                help="rename or remove the one that is not meant",
            )  # fmt: skip
        elif key:
            found[key] = _Column(number, key, code)
    for key in (key for key in _NEEDED if key not in found):
        names = " or ".join(f"`{name}`" for name in _NAMES[key][:4])
        report.add(
            TABLE_COLUMN, f"no column is the {key}", head[0].span, help=f"name a column {names}"
        )
    return tuple(found.values()) if report.errors == errors else ()


def _said(key: str) -> str:
    return key.replace("_", " ")


@dataclass(frozen=True, slots=True)
class _Reader:
    columns: Sequence[_Column]
    defaults: Mapping[str, str]
    known: Mapping[str, object]
    report: Report

    def quote(self, row: Row) -> Mapping[str, str]:
        """What the row says; the report says what of it means nothing."""
        cells = {
            column.key: row[column.number]
            for column in self.columns
            if column.number < len(row) and row[column.number].text
        }
        for key in (key for key in _NEEDED if key not in cells):
            self.report.add(
                TABLE_CELL, f"this row has no {key}", row[0].span, help=f"write the {key}"
            )
        read = {key: value for key in cells for value in self._value(key, cells)}
        if "item" in read:
            self._check_item(read["item"], cells["item"])
        return {key: value for key, value in {**self.defaults, **read}.items() if key != "currency"}

    def _value(self, key: str, cells: Mapping[str, Cell]) -> Iterator[str]:
        text = cells[key].text
        try:
            yield self._amount(text, cells) if key in _AMOUNTS else READERS[key](text)
        except CellError as error:
            self.report.add(
                TABLE_CELL, f"{_said(key)}: {error}", cells[key].span, help=error.remedy
            )

    def _amount(self, text: str, cells: Mapping[str, Cell]) -> str:
        """The amount in its own currency, else that of its row, of a column, or of all."""
        if "currency" not in cells:
            named = next((column.currency for column in self.columns if column.currency), "")
            return money(text, named or self.defaults.get("currency", ""))
        own = cells["currency"].text
        known = currencies().minor_units
        amount = money(text, own if own in known else next(iter(known)))
        if own in known and not amount.endswith(own):  # else it is reported at its own cell
            raise CellError(f"`{text[:60]}` is in a row in {own}", "write one currency")
        return amount

    def _check_item(self, item: str, cell: Cell) -> None:
        if item not in self.known:
            close = nearest(item, self.known)
            self.report.add(
                UNKNOWN_ITEM, f"nothing in a bill is called `{item}`", cell.span,
                help=(f"use `{close}`, or " if close else "") + "name it in `cost.lines`",
                severity="warning",
            )  # fmt: skip


def _refuse_longer(table: Sequence[Row], report: Report) -> None:
    """A row with more cells than the first has one that was torn apart."""
    width = len(table[0])
    for row in table[1:]:
        if any(cell.text for cell in row[width:]):
            report.add(
                TABLE_CELL, f"{len(row)} cells, where the first row has {width}", row[width].span,
                help="put a cell with a separator in it in double quotes",
            )  # fmt: skip


def _refuse_repeated(
    quotes: Sequence[Mapping[str, str]], table: Sequence[Row], report: Report
) -> None:
    first: dict[object, int] = {}
    for quote, row in zip(quotes, table, strict=False):
        line = row[0].span.line
        same = tuple(quote.get(key) for key in _IDENTITY)
        if first.setdefault(same, line) != line:
            report.add(
                TABLE_CELL, f"line {first[same]} has a price of this item already", row[0].span,
                help="remove one of the two, or add what tells them apart, such as `minimum`",
            )  # fmt: skip
