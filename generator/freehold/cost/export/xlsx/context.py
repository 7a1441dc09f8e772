"""What the sheets of one workbook share: the result, and where a figure of it stands."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from freehold.cost.export.xlsx.sheet import Formula
from freehold.cost.money import Rounding
from freehold.cost.types import Conventions, Result
from freehold.cost.words import rounding_of

DISCOUNT_RATE: Final = "discount_rate"
"""Names that the workbook defines."""
TAX_RATE: Final = "tax_rate"


@dataclass(frozen=True, slots=True)
class Context:
    """The result, and the cells of other sheets that formulas refer to."""

    result: Result
    cells: dict[str, str] = field(default_factory=dict)
    """By what stands there, such as `npv`, or `cost of gpu/switch`."""

    @property
    def conventions(self) -> Conventions:
        """How amounts are rounded and discounted."""
        return self.result.conventions

    @property
    def rounding(self) -> Rounding:
        """As on every line."""
        return rounding_of(self.conventions)

    def rounded(self, expression: str) -> str:
        """The expression, rounded to the currency's minor unit as the bill is.

        A spreadsheet rounds halves away from zero; for half-even, a half above an even digit is
        taken back.
        """
        digits = self.conventions.minor_units
        up = f"ROUND({expression},{digits})"
        if self.rounding.policy == "half-up":
            return up
        is_half = f"ABS(MOD(ABS({expression})*10^{digits},2)-0.5)<0.000001"
        return f"{up}-IF({is_half},SIGN({expression})*10^-{digits},0)"

    def refer(self, name: str, value: Decimal | str) -> Formula:
        """A figure that stands in another sheet."""
        return Formula(self.cells[name], value)
