"""Money."""

from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from freehold.spec.base import Currency, FileName, Strict
from freehold.units import Duration, Price


def _per_kwh(price: Price) -> Price:
    if price.per != "kWh":
        raise PydanticCustomError(
            "unit", "{what} is written like {example}",
            {"what": "a price of energy", "example": "`0.19 EUR/kWh`", "got": str(price)},
        )  # fmt: skip
    return price


class Cost(Strict):
    """What the bill is made out in, and over how long."""

    currency: Currency
    horizon: Duration
    electricity: Annotated[Price, AfterValidator(_per_kwh)]
    quotes: FileName | None = None
    """A file of your vendors' quotes, beside the spec."""
