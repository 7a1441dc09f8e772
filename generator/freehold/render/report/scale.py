"""Amounts as lengths of a drawing: the only place where money becomes an inexact number."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_SIZES: Final = (
    (Decimal(10**9), "billion "),
    (Decimal(10**6), "million "),
    (Decimal(10**3), "thousand "),
)


@dataclass(frozen=True, slots=True)
class Scale:
    """What one unit of an axis is worth."""

    unit: str
    """As the axis is labelled, such as `million EUR`."""
    size: Decimal

    @classmethod
    def of(cls, currency: str, amounts: Iterable[Decimal]) -> "Scale":
        """The scale on which the largest amount has one to three digits before the point."""
        most = max((abs(amount) for amount in amounts), default=Decimal())
        for size, word in _SIZES:
            if most >= size:
                return cls(f"{word}{currency}", size)
        return cls(currency, Decimal(1))

    def of_chart(self, amount: Decimal) -> float:
        """Where the amount is on the axis."""
        return float(amount / self.size)
