"""What a million tokens, a user's month and a GPU's hour cost over the years of service."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from freehold.cost.money import EXACT
from freehold.cost.types import Demand, Flow, Physics, Stage, UnitCosts

_MILLION: Final = Decimal(1_000_000)
_GRAMS: Final = 1000
"""Of a kilogram."""
ELSEWHERE: Final = (Stage.BRIDGE, Stage.OVERFLOW)
"""What is paid for others' machines."""


@dataclass(frozen=True, slots=True)
class Served:
    """What is served over the months of service."""

    months: Decimal
    demand: Demand | None
    input_weight: Decimal
    """The share of the cost that input bears; zero where that is not known."""
    gpu_hours: Decimal | None
    """Hours in which a GPU is powered, of all together; None where their number is not known."""
    physics: Physics | None = None
    """None where somebody else's machines serve."""

    @property
    def years(self) -> Decimal:
        """Of service."""
        return EXACT.divide(self.months, Decimal(12))


def unit_costs(flows: Iterable[Flow], served: Served, *, at_least: bool) -> UnitCosts:
    """The nominal cost by what it serves, not rounded; none where that is not known or nothing.

    What a bridge costs before the first day of service is not in it. What an overflow serves, and
    what it bills, counts for tokens and users, and for neither energy nor GPUs: energy and carbon
    are by the tokens of the machines alone, and a GPU's hour by what the machines cost.
    """
    paid = tuple(flows)
    cost, machines = _paid(paid, (Stage.BRIDGE,)), _paid(paid, ELSEWHERE)
    demand, years, weight = served.demand, served.years, served.input_weight
    taken = demand.input_tokens * years if demand else Decimal(0)
    given = demand.output_tokens * years if demand else Decimal(0)
    own = taken + given - (demand.overflow_tokens * years if demand else Decimal(0))
    energy = served.physics.facility_energy * years if served.physics else None
    factor = served.physics.carbon_factor if served.physics else None
    carbon = None if energy is None or factor is None else energy * factor / _GRAMS
    return UnitCosts(
        per_million_input=_million(cost * weight, taken) if weight else None,
        per_million_output=_million(cost * (1 - weight), given) if weight else None,
        per_million_blended=_million(cost, taken + given),
        per_user_month=_each(cost, demand.users * served.months if demand else Decimal(0)),
        per_gpu_hour=_each(machines, served.gpu_hours),
        kwh_per_million=_million(energy, own),
        kgco2e_per_million=_million(carbon, own),
        input_weight=weight,
        at_least=at_least,
    )


def _paid(flows: Iterable[Flow], without: Container[Stage]) -> Decimal:
    return sum((flow.amount for flow in flows if flow.stage not in without), Decimal(0))


def _million(amount: Decimal | None, tokens: Decimal) -> Decimal | None:
    return None if amount is None else _each(amount * _MILLION, tokens)


def _each(amount: Decimal, count: Decimal | None) -> Decimal | None:
    return EXACT.divide(amount, count) if count else None
