"""Energy and rent, which follow from the physics of all that is bought."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from freehold.catalog.hardware import item
from freehold.cost.money import EXACT
from freehold.cost.types import Need, Physics
from freehold.spec.cost import Cost, Kind

_MONTHS = Decimal(12)


def running(cost: Cost, needs: Sequence[Need], physics: Physics) -> Iterator[Need]:
    """What is paid each month for power, cooling and space."""
    location = cost.location
    if location.kind is Kind.COLOCATION:
        yield _rent(cost, needs, physics)
    kwh = EXACT.divide(physics.facility_energy, _MONTHS)
    yield replace(
        _monthly(cost, needs, "electricity", kwh),
        path=("cost", "electricity"),
        parent="rent" if location.power_included else None,
        note=physics.formulas["facility_energy"],
    )
    if location.cooling:
        kwh = EXACT.divide(physics.it_energy, _MONTHS)
        yield _monthly(cost, needs, "cooling", kwh)


def _monthly(cost: Cost, needs: Sequence[Need], identity: str, quantity: Decimal) -> Need:
    """So much of the item each month, for all hosts."""
    return Need(
        item=item(identity, cost.life),
        quantity=quantity,
        path=("cost", "location", identity),
        hosts=max((need.hosts for need in needs), key=len),
        is_capital=False,
        every=1,
    )


def _rent(cost: Cost, needs: Sequence[Need], physics: Physics) -> Need:
    """By contracted power, which is what all draw at their most; by rack; or by host."""
    unit = cost.location.rent.per.partition("/")[0] if cost.location.rent else "kW"
    need = _monthly(cost, needs, "rent", Decimal(1))
    quantity = {
        "kW": physics.maximum_power / 1000,
        "rack": Decimal(len(physics.racks)),
        "host": Decimal(len(need.hosts)),
    }[unit]
    return replace(need, item=replace(need.item, unit=unit), quantity=quantity)
