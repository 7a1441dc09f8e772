"""Amounts of money: rounded to what can be paid, and shared out so that nothing is lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Final, Literal, TypeVar

Key = TypeVar("Key")

EXACT: Final = Context(prec=34, rounding=ROUND_HALF_EVEN)
"""What quotients, roots and powers are reckoned in (decimal128's precision)."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """How amounts of one currency are rounded."""

    currency: str
    minor_units: int
    """Decimals of ISO 4217: 2 for EUR, 0 for JPY, 3 for KWD."""
    policy: Literal["half-up", "half-even"] = "half-up"

    def __call__(self, amount: Decimal) -> Decimal:
        """The amount to the minor unit."""
        rounding = ROUND_HALF_UP if self.policy == "half-up" else ROUND_HALF_EVEN
        return amount.quantize(Decimal(1).scaleb(-self.minor_units), rounding, EXACT)


def shares(amounts: Mapping[Key, Decimal], step: Decimal) -> dict[Key, Decimal]:
    """Fractions of the whole in multiples of `step` that add up to 1 exactly.

    By the largest remainder (Hamilton's method). Empty when the whole is zero.
    """
    whole = sum(amounts.values())
    if not whole:
        return {}
    steps = {key: EXACT.divide(amount, whole * step) for key, amount in amounts.items()}
    found = {key: exact // 1 for key, exact in steps.items()}
    missing = int(EXACT.divide(Decimal(1), step) - sum(found.values()))
    by_remainder = sorted(steps, key=lambda key: found[key] - steps[key])
    for key in by_remainder[:missing]:
        found[key] += 1
    return {key: count * step for key, count in found.items()}
