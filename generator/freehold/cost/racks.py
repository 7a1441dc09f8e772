"""Racks: what stands where, and what no rack can hold or feed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Final

from freehold.catalog.facts import Catalog
from freehold.catalog.hardware import hardware, slug, soldered
from freehold.cost.item import Category
from freehold.cost.types import Need, Rack
from freehold.source import Loc
from freehold.spec.cost import Location

_PDUS: Final = ("pdu.11kw", "pdu.22kw")
_RACK: Final = "rack.42u"
_NETWORK: Final = ("nodes",)
"""The path of what all hosts share."""
_THREE_PHASES: Final = 11_000
"""Watts from which a feed has three phases: 16 A at 400 V. Smaller ones are taken to have one."""
_SUPPLY: Final = 3000
"""Watts of one power supply of a machine of which nothing else is known; it has twice as many."""


@dataclass(frozen=True, slots=True)
class Box:
    """Equal things that stand in racks."""

    path: Loc
    """Where the spec causes them: the pool of hosts, a level, a line."""
    names: tuple[str, ...]
    is_host: bool
    units: int
    power: Decimal
    """Of one at its most, in watts."""
    weight: Decimal
    outlets: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """What one rack holds, and what feeds it."""

    pdu: str
    pdus: int
    """That carry all of a rack, without those that stand by."""
    spare: int
    """That stand by, as `location.feeds` asks."""
    units: int
    feed: Decimal
    """Watts."""
    outlets: int
    weight_limit: Decimal | None
    own_weight: Decimal
    """Of the rack and its PDUs."""
    phases: int = 1
    """Of the feed."""

    @property
    def of_phase(self) -> Decimal:
        """Watts that one phase carries."""
        return self.feed / self.phases

    def plugs(self, box: Box) -> int:
        """Outlets of one feed that carry one of these: half where the other half stands by."""
        return -(-box.outlets // 2) if self.spare else max(box.outlets, 1)

    def misfit(self, box: Box) -> str | None:
        """Which limit keeps one of these out of an empty rack: its name as in a rule."""
        if box.power > self.feed:
            return "power"
        if max(_plugged(box, self, [Decimal(0)] * self.phases)) > self.of_phase:
            return "phase"
        if box.units > self.units:
            return "units"
        if self.weight_limit is not None and box.weight + self.own_weight > self.weight_limit:
            return "weight"
        return None


def _plugged(box: Box, limits: Distribution, loads: Sequence[Decimal]) -> list[Decimal]:
    """The load of each phase with one more of these, each outlet on the least loaded phase."""
    plugs = limits.plugs(box)
    found = list(loads)
    for _ in range(plugs):
        found[found.index(min(found))] += box.power / plugs
    return found


def boxes(needs: Sequence[Need], catalog: Catalog) -> tuple[Box, ...]:
    """Hosts by pool, and all else that has a height: switches, what a level adds, own lines."""
    by_pool: dict[str, list[Need]] = {}
    others: list[Need] = []
    for need in needs:
        if need.path[0] == "nodes" and len(need.path) > 1 and not need.is_spare:
            by_pool.setdefault(str(need.path[1]), []).append(need)
        elif need.item.rack_units and not need.is_spare and need.item.id != _RACK:
            others.append(need)
    return (
        *(_hosts(pool, found, catalog) for pool, found in by_pool.items()),
        *(_other(need, needs, catalog) for need in others),
    )


def distribution(location: Location, found: Sequence[Box]) -> Distribution:
    """The PDUs of one rack: the smallest that need no more racks than the largest would."""
    if location.rack.power:
        return _with(location, *_enough(Decimal(location.rack.power)))
    choices = [_with(location, pdu, 1) for pdu in _PDUS]
    able = [one for one in choices if not any(map(one.misfit, found))]
    return min(able, key=lambda one: len(pack(found, one)), default=choices[-1])


def pack(found: Iterable[Box], limits: Distribution) -> tuple[Rack, ...]:
    """Racks with all hosts, by first fit of the highest, then the most powerful, first.

    What fits into no rack stands alone in one, so that nothing is lost.
    """
    largest_first = sorted(found, key=lambda box: (-box.units, -box.power, -box.weight))
    racks: list[_Filling] = []
    for box in largest_first:
        at = 0
        for name in box.names:
            while at < len(racks) and not racks[at].has_room(box):
                at += 1
            if at == len(racks):
                racks.append(_Filling(limits))
            racks[at].add(box, name)
    return tuple(rack.done(number) for number, rack in enumerate(racks, 1))


@dataclass(slots=True)
class _Filling:
    """A rack while it is filled: hosts from the bottom up, switches from the top down."""

    limits: Distribution
    hosts: list[tuple[str, int, int]] = field(default_factory=list)
    others: list[tuple[str, int, int]] = field(default_factory=list)
    bottom: int = 0
    top: int = 0
    power: Decimal = Decimal(0)
    weight: Decimal = Decimal(0)
    outlets: int = 0
    phases: list[Decimal] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.phases = [Decimal(0)] * self.limits.phases

    def has_room(self, box: Box) -> bool:
        limits, used = self.limits, self.bottom + self.top
        heaviest = limits.weight_limit
        return (
            used + box.units <= limits.units
            and self.power + box.power <= limits.feed
            and self.outlets + box.outlets <= limits.outlets
            and max(_plugged(box, limits, self.phases)) <= limits.of_phase
            and (
                heaviest is None or self.weight + box.weight + limits.own_weight <= heaviest
            )
        )  # fmt: skip

    def add(self, box: Box, name: str) -> None:
        if box.is_host:
            self.hosts.append((name, self.bottom + 1, box.units))
            self.bottom += box.units
        else:
            self.top += box.units
            self.others.append((name, self.limits.units - self.top + 1, box.units))
        self.power += box.power
        self.weight += box.weight
        self.outlets += box.outlets
        self.phases = _plugged(box, self.limits, self.phases)

    def done(self, number: int) -> Rack:
        limits = self.limits
        return Rack(
            number=number,
            hosts=tuple(self.hosts),
            others=tuple(self.others),
            units=limits.units,
            used_units=self.bottom + self.top,
            maximum_power=self.power,
            feed=limits.feed,
            weight=self.weight + limits.own_weight,
            weight_limit=limits.weight_limit,
            outlets=limits.outlets,
            outlets_used=self.outlets,
            phases=tuple(self.phases),
        )


def _enough(power: Decimal) -> tuple[str, int]:
    """The smallest PDU that carries so much, or as many of the largest as do."""
    for pdu in _PDUS:
        if hardware()[pdu].kilowatts * 1000 >= power:
            return pdu, 1
    largest = _PDUS[-1]
    needed = power / (hardware()[largest].kilowatts * 1000)
    return largest, int(needed.to_integral_value(ROUND_CEILING))


def _with(location: Location, pdu: str, pdus: int) -> Distribution:
    facts, rack = hardware()[pdu], location.rack
    spare = {"N": 0, "N+1": 1, "2N": pdus}[location.feeds]
    feed = Decimal(rack.power) if rack.power else facts.kilowatts * 1000
    return Distribution(
        pdu=pdu,
        pdus=pdus,
        spare=spare,
        units=rack.units,
        feed=feed,
        outlets=(pdus + spare) * facts.outlets,
        weight_limit=Decimal(rack.weight) if rack.weight else None,
        own_weight=hardware()[_RACK].weight + (pdus + spare) * facts.weight,
        phases=facts.phases if feed >= _THREE_PHASES else 1,
    )


def _hosts(pool: str, needs: Sequence[Need], catalog: Catalog) -> Box:
    bought = [need for need in needs if need.parent is None]
    hosts = needs[0].hosts
    supplies = sum(_supplies(need, catalog) for need in bought)
    units = sum(need.item.rack_units for need in bought)
    return Box(
        path=("nodes", pool),
        names=hosts,
        is_host=True,
        units=max(units, 1),
        power=_each(need.quantity * need.item.power.maximum for need in bought if need.item.power)
        / len(hosts),
        weight=_each(need.quantity * need.item.weight for need in bought) / len(hosts),
        outlets=supplies,
    )


def _each(amounts: Iterator[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _supplies(need: Need, catalog: Catalog) -> int:
    """Outlets that one takes."""
    if need.item.id in hardware():
        return hardware()[need.item.id].power_supplies
    if need.item.category is not Category.SERVER:
        return 0
    name, _, count = need.item.id.removeprefix("server.").rpartition("-x")
    gpu = next((gpu for known, gpu in catalog.gpus.items() if slug(known) == name), None)
    machine = soldered(gpu, int(count)) if gpu else None
    return machine.power_supplies if machine else _usual_supplies(need)


def _usual_supplies(need: Need) -> int:
    watts = need.item.power.maximum if need.item.power else Decimal(0)
    return 2 * max(int((watts / _SUPPLY).to_integral_value(ROUND_CEILING)), 1)


def _other(need: Need, needs: Sequence[Need], catalog: Catalog) -> Box:
    """What is no host of a pool; switches, each with its share of the optics."""
    count = int(need.quantity)
    of = [need]
    if need.path == _NETWORK:
        of += [one for one in needs if one.path == _NETWORK and not one.item.rack_units]
    power = _each(one.quantity * one.item.power.maximum for one in of if one.item.power)
    return Box(
        path=need.path,
        names=(need.item.id,) * count,
        is_host=False,
        units=need.item.rack_units,
        power=power / count,
        weight=need.item.weight,
        outlets=_supplies(need, catalog),
    )
