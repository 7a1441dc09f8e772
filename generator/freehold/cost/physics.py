"""Power, energy, space and mass of what is bought."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from freehold.catalog.facts import Catalog
from freehold.catalog.hardware import assumptions
from freehold.cost.item import Power
from freehold.cost.racks import boxes, distribution, pack
from freehold.cost.types import Need, Physics, Rack
from freehold.plan.types import Plan
from freehold.spec.cost import Cost, Kind, Location, Use

_PER_KILO: Final = Decimal("0.001")
_ONE: Final = Decimal(1)


def physics(cost: Cost, plan: Plan, needs: Sequence[Need], catalog: Catalog) -> Physics:
    """What the site draws, uses, weighs, and where it stands."""
    location = cost.location
    of = [(need.quantity, need.item.power) for need in needs if need.item.power and _is_run(need)]
    energy = _Energy(cost, _sum(of, _typical), _sum(of, _idle))
    found = boxes(needs, catalog)
    in_racks = location.kind is not Kind.OFFICE
    racks = pack(found, distribution(location, found)) if in_racks else ()
    factor, source = _carbon(location)
    return Physics(
        maximum_power=_sum(of, _maximum),
        typical_power=energy.typical,
        idle_power=energy.idle,
        it_energy=energy.of_machines,
        facility_energy=energy.paid,
        pue=energy.pue,
        rack_units=sum(box.units * len(box.names) for box in found) if in_racks else 0,
        weight=_weight(needs),
        racks=racks,
        carbon_factor=factor,
        carbon_source=source,
        formulas=energy.formulas(_sum(of, _maximum)) | {"racks": _racks_formula(plan, racks)},
    )


@dataclass(frozen=True, slots=True)
class _Energy:
    """Of a year of twelve months, each of `hours_per_month` hours."""

    cost: Cost
    typical: Decimal
    idle: Decimal

    @property
    def hours(self) -> Decimal:
        return Decimal(12 * self.cost.hours_per_month)

    @property
    def use(self) -> Use:
        return self.cost.use or Use()

    @property
    def of_machines(self) -> Decimal:
        use = self.use
        mean = self.typical * use.demand + self.idle * (1 - use.demand)
        return mean * _PER_KILO * self.hours * use.powered

    @property
    def pue(self) -> Decimal | None:
        """The spec's; none beside a price of cooling; none in an office; else as is usual."""
        location = self.cost.location
        if location.pue is not None:
            return location.pue
        if location.cooling is not None or location.kind is Kind.OFFICE:
            return None
        return assumptions().figure("pue")

    @property
    def paid(self) -> Decimal:
        return self.of_machines * (self.pue or _ONE)

    def formulas(self, maximum: Decimal) -> dict[str, str]:
        """How each figure comes about, in the order that they follow from each other."""
        use, known = self.use, assumptions()
        shares = {name: known.figure(name) for name in ("gpu_typical", "gpu_idle", "coincidence")}
        return {
            "maximum_power": f"sum of what all draw at their most, {maximum:f} W, "
            f"of which {shares['coincidence']} at one time",
            "typical_power": f"sum while requests come; a GPU draws {shares['gpu_typical']} "
            "of its most",
            "idle_power": f"sum without requests; a GPU draws {shares['gpu_idle']} of its most",
            "it_energy": f"({self.typical:f} W x {use.demand:f} + {self.idle:f} W x "
            f"{1 - use.demand:f}) x {self.hours} h x {use.powered:f} / 1000",
            "facility_energy": self._paid_formula(),
        }

    def _paid_formula(self) -> str:
        if self.cost.location.pue is not None:
            return f"energy of the machines x a PUE of {self.pue}"
        if self.pue is not None:
            return f"energy of the machines x a PUE of {self.pue}, the industry's average"
        cooling = "; cooling has a price of its own" if self.cost.location.cooling else ""
        return f"energy of the machines{cooling}"


def _racks_formula(plan: Plan, racks: Sequence[Rack]) -> str:
    hosts = sum(len(names) for names in plan.pools.values())
    if not racks:
        return f"{hosts} host{'s' if hosts > 1 else ''} under desks"
    feed = racks[0].feed / 1000
    return (
        f"{hosts} host{'s' if hosts > 1 else ''} into racks of {racks[0].units} units and "
        f"{feed:f} kW a feed, the highest first, each into the first with room"
    )


def _is_run(need: Need) -> bool:
    return need.parent is None and not need.is_spare


def _sum(of: Sequence[tuple[Decimal, Power]], figure: Callable[[Power], Decimal]) -> Decimal:
    return sum((count * figure(power) for count, power in of), Decimal(0))


def _maximum(power: Power) -> Decimal:
    return power.maximum


def _typical(power: Power) -> Decimal:
    return power.typical


def _idle(power: Power) -> Decimal:
    return power.idle


def _weight(needs: Sequence[Need]) -> Decimal:
    return sum((need.quantity * need.item.weight for need in needs if _is_run(need)), Decimal(0))


def _carbon(location: Location) -> tuple[Decimal | None, str]:
    """The factor of the contract (market-based), else of the country's grid (location-based)."""
    if location.carbon is not None:
        return location.carbon, "the contract, by the spec (market-based)"
    grid = assumptions().grid.get(location.country or "")
    if grid is None:
        return None, "neither `carbon` nor `country` is stated"
    return grid.factor, (
        f"average of {grid.country} in {grid.year} (location-based): {assumptions().grid_source}"
    )
