"""What buying earns: the internal rate of return of paying for machines instead of renting."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Final

from freehold.cost.finance import xirr
from freehold.cost.types import Costs

MISSING: Final = "prices are missing"


def rate_of_return(owning: Costs, alternative: Costs) -> tuple[Decimal | None, str]:
    """The rate a year at which buying is worth what renting is; else none, and why.

    Of what the alternative costs less what owning does, day by day, nominal.
    """
    if owning.npv.unknown or alternative.npv.unknown:
        return None, MISSING
    saved = _differences(owning, alternative)
    first = next(iter(saved.values()), Decimal(0))
    if first >= 0:
        return None, "nothing is paid at first that could earn anything"
    if not any(amount > 0 for amount in saved.values()):
        return None, "nothing of what is paid comes back"
    try:
        return xirr(list(saved.values()), list(saved)), ""
    except ValueError:
        if sum(saved.values()) < 0:
            return None, "less comes back than is paid"
        return None, "what is paid and saved changes its sign more than once, so no rate is the one"


def _differences(owning: Costs, alternative: Costs) -> Mapping[date, Decimal]:
    """What renting costs more on each day on which both are not the same, in order."""
    saved: dict[date, Decimal] = {}
    signed = chain(
        ((flow.on, flow.amount) for flow in alternative.flows),
        ((flow.on, -flow.amount) for flow in owning.flows),
    )
    for on, amount in signed:
        saved[on] = saved.get(on, Decimal(0)) + amount
    return {on: amount for on, amount in sorted(saved.items()) if amount}
