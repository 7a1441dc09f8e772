"""The columns of a bill of materials, as procurement knows them; CSV and XLSX print these."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from freehold.cost.export.as_json import path
from freehold.cost.item import Basis
from freehold.cost.types import BomLine

Cell = str | int | Decimal | None
"""Text of anyone's, or a figure of ours; nothing where it is not known."""


def status(line: BomLine) -> str:
    """What a reviewer has left to do about the price."""
    price = line.price
    if line.is_unknown:
        return "not found"
    if price.basis is Basis.INCLUDED:
        return "included"
    if price.is_stale or price.basis is Basis.ESTIMATE or price.as_of is None:
        return "to be checked"
    return f"checked on {price.as_of.isoformat()}"


def _base(line: BomLine) -> Decimal | None:
    return line.lead_time.base if line.lead_time else None


def _end(line: BomLine, name: str) -> Decimal | None:
    end: Decimal | None = getattr(line.price.amount, name, None)
    return end


def _watts(line: BomLine, name: str) -> Decimal | None:
    watts: Decimal | None = getattr(line.need.item.power, name, None)
    return watts


def _day(line: BomLine, name: str) -> str | None:
    day = getattr(line.price, name)
    return day.isoformat() if day else None


COLUMNS: Final[Mapping[str, Callable[[BomLine], Cell]]] = {
    "line": lambda line: line.number,
    "id": lambda line: line.id,
    "parent": lambda line: line.need.parent,
    "item": lambda line: line.need.item.id,
    "mpn": lambda line: line.mpn,
    "sku": lambda line: line.sku,
    "manufacturer": lambda line: line.need.item.manufacturer,
    "description": lambda line: line.need.item.description,
    "category": lambda line: line.need.item.category.value,
    "quantity": lambda line: line.need.quantity,
    "unit": lambda line: line.need.item.unit,
    "list_unit": lambda line: line.price.list_amount,
    "discount": lambda line: line.discount,
    "net_unit": lambda line: line.price.base,
    "net_unit_low": lambda line: _end(line, "low"),
    "net_unit_high": lambda line: _end(line, "high"),
    "extended": lambda line: line.extended,
    "tax": lambda line: line.tax,
    "cost": lambda line: line.cost,
    "price_currency": lambda line: line.price.currency,
    "price_original": lambda line: line.price.original,
    "fx_rate": lambda line: line.price.rate,
    "fx_date": lambda line: _day(line, "rate_date"),
    "fx_source": lambda line: line.price.rate_source,
    "kind": lambda line: "capex" if line.need.is_capital else "opex",
    "every_months": lambda line: line.need.every,
    "prepaid": lambda line: "yes" if line.need.prepaid else "no",
    "depreciation_months": lambda line: line.need.item.life_months,
    "basis": lambda line: line.price.basis.value,
    "status": status,
    "vendor": lambda line: line.vendor,
    "quote_ref": lambda line: line.price.reference,
    "quote_valid_until": lambda line: _day(line, "valid_until"),
    "price_as_of": lambda line: _day(line, "as_of"),
    "price_source": lambda line: line.price.source,
    "confidence": lambda line: line.price.confidence.value,
    "stale": lambda line: "yes" if line.price.is_stale else "no",
    "lead_time_weeks": _base,
    "warranty_months": lambda line: line.warranty_months,
    "watts_max": lambda line: _watts(line, "maximum"),
    "watts_typical": lambda line: _watts(line, "typical"),
    "watts_idle": lambda line: _watts(line, "idle"),
    "rack_units": lambda line: line.need.item.rack_units,
    "weight_kg": lambda line: line.need.item.weight,
    "spare": lambda line: "yes" if line.need.is_spare else "no",
    "spec_path": lambda line: path(line.need.path),
    "hosts": lambda line: " ".join(line.need.hosts),
    "note": lambda line: " ".join(filter(None, (line.need.note, line.price.note))),
}
"""Figures are in the bill's currency, of one or of the line, without tax but for `cost`."""
