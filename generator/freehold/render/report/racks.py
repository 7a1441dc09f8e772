"""The elevation of each rack: what stands where, and how much of its feed it takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from freehold.cost.types import Physics, Rack
from freehold.render.report.amounts import percent, plain, plural, whole
from freehold.render.report.names import numbers

_UNIT: Final = 12
_LEFT: Final = 24
_WIDTH: Final = 210
_LONGEST: Final = 27
"""Letters that fit on what stands in a rack."""


@dataclass(frozen=True, slots=True)
class Block:
    """Something that stands in a rack, in units of the drawing."""

    kind: str
    y: int
    height: int
    text_y: int
    label: str
    said: str


@dataclass(frozen=True, slots=True)
class Mark:
    """The number of a rack unit."""

    y: int
    text: str


@dataclass(frozen=True, slots=True)
class Elevation:
    """One rack, or several with the same in the same places."""

    name: str
    title: str
    said: str
    height: int
    """Of the drawing."""
    frame: int
    """Height of the rack in it."""
    blocks: Sequence[Block]
    marks: Sequence[Mark]
    facts: Sequence[tuple[str, str]]
    load: float
    """Power at its most by what a feed carries, in percent, 100 at most."""
    meter: str
    """`over` where that is more than the feed carries, else `within`."""


@dataclass(frozen=True, slots=True)
class Racks:
    """The section."""

    elevations: Sequence[Elevation]
    facts: Sequence[tuple[str, str]]
    width: int
    """Of each drawing; the rack begins at `left` and is `inside` wide."""
    left: int
    inside: int
    marks: int
    """Where the numbers of units end."""
    labels: int
    """Where the names begin."""


def racks(physics: Physics) -> Racks:
    """Racks that are filled alike are drawn once."""
    groups: dict[object, list[Rack]] = {}
    for rack in physics.racks:
        groups.setdefault(_alike(rack), []).append(rack)
    drawn = [_elevation(group) for group in groups.values()]
    right = _LEFT + _WIDTH + 1
    return Racks(drawn, list(_whole(physics)), right, _LEFT, _WIDTH, _LEFT - 4, _LEFT + 6)


def _alike(rack: Rack) -> object:
    places = tuple((unit, height) for _, unit, height in rack.hosts)
    return places, rack.others, rack.units, rack.maximum_power, rack.feed, rack.weight


def _elevation(group: Sequence[Rack]) -> Elevation:
    rack = group[0]
    which = f"Rack{'s' if len(group) > 1 else ''} {numbers(one.number for one in group)}"
    alike = f" ({len(group):,}, filled alike; hosts of the first)" if len(group) > 1 else ""
    frame = rack.units * _UNIT
    said = f"{rack.used_units} of {plural(rack.units, 'unit')} are taken, from the bottom: " + (
        ", ".join(shown.said for shown in _blocks(rack)) or "nothing"
    )
    return Elevation(
        f"rack-{rack.number}", f"{which}{alike}", said, frame + 2, frame, list(_blocks(rack)),
        list(_marks(rack)), list(_facts(rack)), _load(rack),
        "over" if rack.maximum_power > rack.feed else "within",
    )  # fmt: skip


def _load(rack: Rack) -> float:
    return min(100.0, float(100 * rack.maximum_power / rack.feed)) if rack.feed else 0.0


def _blocks(rack: Rack) -> Iterator[Block]:
    things = [("host", *one) for one in rack.hosts] + [("other", *one) for one in rack.others]
    for kind, name, unit, height in sorted(things, key=lambda thing: thing[2]):
        top = (rack.units - unit - height + 1) * _UNIT + 1
        place = f"{name}, {height}U"
        label = place if len(place) <= _LONGEST else f"{name[: _LONGEST - 6]}…, {height}U"
        where = f"at unit {unit}" if height == 1 else f"at units {unit} to {unit + height - 1}"
        yield Block(kind, top, height * _UNIT, top + height * _UNIT // 2, label, f"{name} {where}")


def _marks(rack: Rack) -> Iterator[Mark]:
    for unit in (1, *range(5, rack.units + 1, 5)):
        yield Mark((rack.units - unit) * _UNIT + _UNIT // 2 + 1, str(unit))


def _facts(rack: Rack) -> Iterator[tuple[str, str]]:
    yield "Space", f"{rack.used_units} of {plural(rack.units, 'unit')}"
    share = f", {percent(rack.maximum_power / rack.feed)}" if rack.feed else ""
    of_feed = f"{kilo(rack.maximum_power)} kW of {kilo(rack.feed)} kW that a feed carries"
    yield "Power at most", f"{of_feed}{share}"
    limit = f" of {plain(rack.weight_limit)} kg" if rack.weight_limit is not None else ""
    yield "Weight", f"{whole(rack.weight)}{limit or ' kg'}"
    yield "Outlets", f"{rack.outlets_used} of {rack.outlets}"
    if len(rack.phases) > 1:
        fullest = f"{kilo(max(rack.phases))} kW of {kilo(rack.feed / len(rack.phases))} kW"
        yield "Fullest phase", f"{fullest} on one feed"


def _whole(physics: Physics) -> Iterator[tuple[str, str]]:
    yield "Power at most", f"{kilo(physics.maximum_power)} kW, for breakers and a UPS"
    yield "Power at work", f"{kilo(physics.typical_power)} kW"
    yield "Power at rest", f"{kilo(physics.idle_power)} kW"
    yield "Energy of the machines", f"{whole(physics.it_energy)} kWh a year"
    pue = f", by a PUE of {plain(physics.pue)}" if physics.pue else ""
    yield "Energy that is paid", f"{whole(physics.facility_energy)} kWh a year{pue}"
    yield "Space", plural(physics.rack_units, "rack unit")
    yield "Weight", f"{whole(physics.weight)} kg"


def kilo(watts: Decimal) -> str:
    """Watts in kW with one decimal."""
    return f"{watts / 1000:,.1f}"
