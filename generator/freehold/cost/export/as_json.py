"""The whole result for programs, as `result.schema.json` beside this file describes it.

Every amount, rate and share is a string of decimal digits, so that no reader rounds it: `null`
is what nobody knows, never zero. Days are of ISO 8601. `schema_version` goes up when a key goes
away or changes its meaning; keys may be added without.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from freehold.cost.item import Item, UnitPrice
from freehold.cost.types import BomLine, BreakEven, Costs, NamedPrice, Need, Result
from freehold.cost.words import number
from freehold.source import Loc

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SCHEMA: Final = 1
Json = dict[str, object]


def schema() -> Json:
    """The JSON Schema of `document`, in the 2020-12 dialect."""
    text = Path(__file__).with_name("result.schema.json").read_text("utf-8")
    found: Json = json.loads(text)
    return found


def encode(result: Result) -> bytes:
    """The document's bytes."""
    text = json.dumps(document(result), indent=1, ensure_ascii=False)
    return f"{text}\n".encode()


def document(result: Result) -> Json:
    """The result as JSON's own types."""
    return {
        "schema_version": SCHEMA,
        "cluster": result.cluster,
        "inputs_digest": result.spec_digest,
        "price_book_digest": result.price_book_digest,
        "conventions": _plain(result.conventions),
        "lines": [_line(line) for line in result.lines],
        "cashflows": _plain(result.owning.flows),
        "totals": _totals(result),
        "years": _plain(result.years),
        "depreciation": _plain(result.writeoffs),
        "lease": _option(result.lease) if result.lease else None,
        "demand": _plain(result.demand),
        "unit_costs": _plain(result.owning.units),
        "alternatives": [_option(one) for one in result.alternatives],
        "breakeven": [_break_even(one) for one in result.break_even],
        "uncertainty": _uncertainty(result),
        "quality": _plain(result.quality),
        "physics": _plain(result.physics),
        "breaches": _plain(result.breaches),
        "assumptions": _plain(result.assumptions),
        "sources": _plain(result.sources),
    }


def _totals(result: Result) -> Json:
    return {
        "capex": _plain(result.capex),
        "opex_year": _plain(result.opex_year),
        "nominal": _plain(result.owning.nominal),
        "npv": _plain(result.owning.npv),
        "by_category": _plain(result.by_category),
    }


def _line(line: BomLine) -> Json:
    return {
        "number": line.number,
        "id": line.id,
        **_item(line.need.item),
        **_need(line.need),
        "vendor": line.vendor,
        "mpn": line.mpn,
        "sku": line.sku,
        "price": _price(line.price),
        "extended": _plain(line.extended),
        "discount": _plain(line.discount),
        "tax": _plain(line.tax),
        "cost": _plain(line.cost),
        "group": line.group,
        "lead_time_weeks": _plain(line.lead_time),
        "warranty_months": line.warranty_months,
    }


def _item(item: Item) -> Json:
    return {
        "item": item.id,
        "description": item.description,
        "category": item.category.value,
        "unit": item.unit,
        "manufacturer": item.manufacturer,
        "watts": _plain(item.power),
        "rack_units": item.rack_units,
        "weight_kg": _plain(item.weight),
        "life_months": item.life_months,
        "annual_failure_rate": _plain(item.annual_failure_rate),
        "has_residual_value": item.residual,
        "item_source": item.source,
    }


def _need(need: Need) -> Json:
    return {
        "quantity": _plain(need.quantity),
        "spec_path": path(need.path),
        "hosts": list(need.hosts),
        "kind": "capex" if need.is_capital else "opex",
        "every_months": need.every,
        "prepaid": need.prepaid,
        "parent": need.parent,
        "spare": need.is_spare,
        "percent_of": [category.value for category in need.percent_of],
        "note": need.note,
    }


def _price(price: UnitPrice) -> Json:
    return {"stale" if name == "is_stale" else name: it for name, it in _fields(price).items()}


def _option(costs: Costs) -> Json:
    return {
        "name": costs.name,
        "description": costs.description,
        "nominal": _plain(costs.nominal),
        "npv": _plain(costs.npv),
        "unit_costs": _plain(costs.units),
        "prices": [_named(named) for named in costs.prices],
        "note": costs.note,
        "cashflows": _plain(costs.flows),
    }


def _named(named: NamedPrice) -> Json:
    return {
        "item": named.item,
        "description": named.description,
        "unit": named.unit,
        "since": _plain(named.since),
        **_price(named.price),
    }


def _break_even(found: BreakEven) -> Json:
    names = ("on", "owning", "alternative")
    months = [dict(zip(names, map(_plain, month), strict=True)) for month in found.cumulative]
    return _fields(found) | {"cumulative": months}


def _uncertainty(result: Result) -> object:
    if result.spread is None:
        return None
    # A seed may be larger than what a reader of JSON keeps exactly.
    return _fields(result.spread) | {"seed": str(result.spread.seed)}


def path(loc: Loc) -> str:
    """A place in the spec, such as `nodes.gpu.memory`."""
    return ".".join(map(str, loc))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return _fields(value) if is_dataclass(value) and not isinstance(value, type) else value


def _fields(value: "DataclassInstance") -> Json:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
