"""Currencies of ISO 4217, and what the smallest amount is that can be paid in each."""

from dataclasses import dataclass
from functools import cache

from freehold.catalog.read import read


@dataclass(frozen=True, slots=True)
class Currencies:
    """The active codes."""

    minor_units: dict[str, int]
    """Decimals of an amount, by code: 2 for EUR, 0 for JPY, 3 for KWD, 4 for CLF."""
    unpayable: frozenset[str]
    """Codes without a minor unit, such as XAU for gold: no amount is paid in them."""


@cache
def currencies() -> Currencies:
    """The table of ISO 4217 that comes with freehold."""
    table = read("currencies.yml")
    units = {code: int(units) for units, codes in table["minor_units"].items() for code in codes}
    return Currencies(units, frozenset(table["none"]))
