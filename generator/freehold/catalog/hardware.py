"""Everything that a bill of materials can hold, apart from prices; read when a spec has money."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Annotated, Final, Literal

from pydantic import Field

from freehold import units
from freehold.catalog.facts import Fact, Gpu
from freehold.catalog.load import entries
from freehold.cost.item import Category, Item, Power, Range
from freehold.spec.base import Strict, Text
from freehold.spec.cost import ItemId, Life
from freehold.spec.nodes import WrittenOutGpus

Figure = Annotated[Decimal, Field(strict=False, ge=0)]
Amount = Annotated[int, Field(ge=0)]

_PIECES: Final = (1, 2, 4, 8)
"""GPUs of one machine, for those that quotes may price whole."""


class Watts(Strict):
    """What one piece draws, in watts."""

    maximum: Figure
    typical: Figure
    idle: Figure


class Ends(Strict):
    """A figure, and the ends that it is expected between."""

    low: Figure
    base: Figure
    high: Figure

    @property
    def as_range(self) -> Range:
        """As the cost package reckons with it."""
        return Range(self.low, self.base, self.high)


class Assumption(Fact):
    """A figure that counts when the spec has none."""

    range: Ends


class Grid(Strict):
    """What a country's electricity emits, on average of a year."""

    country: Text
    factor: Figure
    """Grams of CO2 equivalent for each kWh."""
    year: Amount


class Hardware(Fact):
    """Something that can be bought."""

    description: Text
    category: Annotated[Category, Field(strict=False)]
    unit: Text = "each"
    manufacturer: Text = ""
    mpn: Text = ""
    power: Watts | None = None
    rack_units: Amount = 0
    weight: Figure = Decimal(0)
    """In kg."""
    power_supplies: Amount = 0
    """Outlets that it takes."""
    life: Literal["servers", "network", "facility"] | None = None
    """What it is written off with; none for what is not capital."""
    lead: Text = ""
    failures: Text = ""
    warranty_months: Amount | None = None
    residual: bool = False
    months: Amount | None = None
    """Of the term, where one is paid at its beginning."""
    gpus: Amount = 0
    """That a chassis holds."""
    sockets: Amount = 0
    """Of a chassis; of a processor, beside how many of its kind it works."""
    bays: Amount = 0
    """Drives that a chassis holds."""
    cores: Amount = 0
    gib: Amount = 0
    """Of a memory module."""
    tb: Figure = Decimal(0)
    """Of a drive."""
    drive: Literal["nvme", "ssd", "hdd"] | None = None
    """As a spec's `storage` calls it; none for what holds the operating system."""
    ports: Amount = 0
    kilowatts: Figure = Decimal(0)
    outlets: Amount = 0
    phases: Amount = 1


class Machine(Fact):
    """What machines have in common whose GPUs are soldered."""

    form: Text
    """How the GPU's form factor begins."""
    gpus: Amount
    rest: Watts
    """Besides the GPUs."""
    rack_units: Amount
    weight: Figure
    power_supplies: Amount


class CardSale(Fact):
    """How a card is sold."""

    mpn: Text = ""
    bundled: ItemId | None = None
    """What is paid with it."""
    lead: Text = ""


class _Assumptions(Strict):
    failures: dict[str, Assumption]
    lead_times: dict[str, Assumption]
    residual: dict[str, Assumption]
    figures: dict[str, Assumption]
    grid: dict[str, Grid]
    grid_source: Text


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Figures that count when the spec has none."""

    failures: Mapping[str, Assumption]
    """Failures a year, as a fraction, by what fails."""
    lead_times: Mapping[str, Assumption]
    """Weeks."""
    residual: Mapping[int, Assumption]
    """A fraction of the price, by months of use."""
    figures: Mapping[str, Assumption]
    grid: Mapping[str, Grid]
    """By ISO 3166-1 alpha-3 code."""
    grid_source: str

    def figure(self, name: str) -> Decimal:
        """What is reckoned with."""
        return self.figures[name].range.base


@cache
def assumptions() -> Assumptions:
    """Those that come with freehold."""
    read = entries("assumptions.yml", _Assumptions)
    return Assumptions(
        failures=read.failures,
        lead_times=read.lead_times,
        residual={int(months): found for months, found in read.residual.items()},
        figures=read.figures,
        grid=read.grid,
        grid_source=read.grid_source,
    )


@cache
def hardware() -> Mapping[str, Hardware]:
    """What does not depend on a card, by id, as the file orders it."""
    return entries("hardware.yml", dict[str, Hardware])


@cache
def machines() -> tuple[Machine, ...]:
    """Machines that are only bought whole."""
    return entries("machines.yml", tuple[Machine, ...])


@cache
def cards() -> Mapping[str, CardSale]:
    """How cards are sold, by their id in the catalog."""
    return entries("cards.yml", dict[str, CardSale])


def slug(name: str) -> str:
    """A card's name as a part of an item's id: `NVIDIA L40S` becomes `nvidia-l40s`."""
    return re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")


def is_soldered(gpu: Gpu) -> bool:
    """Whether the card comes in whole machines alone."""
    return bool(_of_form(gpu))


def sizes(gpu: Gpu) -> tuple[int, ...]:
    """GPUs of one machine: those that there are of soldered ones, else the usual ones."""
    return tuple(one.gpus for one in _of_form(gpu)) or _PIECES


def item(identity: str, life: Life) -> Item:
    """The item of this id that does not depend on a card.

    Raises:
        KeyError: there is none.
    """
    found = hardware()[identity]
    watts = found.power
    return Item(
        id=identity,
        description=found.description,
        category=found.category,
        unit=found.unit,
        manufacturer=found.manufacturer,
        mpn=found.mpn,
        power=Power(watts.maximum, watts.typical, watts.idle) if watts else None,
        rack_units=found.rack_units,
        weight=found.weight,
        lead_time=_lead_time(found.lead) if found.lead else None,
        warranty_months=found.warranty_months,
        life_months=getattr(life, found.life).months if found.life else None,
        annual_failure_rate=_failures(found.failures) if found.failures else None,
        residual=found.residual,
        source=_source(found),
    )


def gpu_item(identity: str, gpu: Gpu, life: Life) -> Item:
    """One card of the catalog."""
    sale = cards().get(identity)
    size = f"{gpu.vram_box} GB" if gpu.vram_box else gpu.vram.gib
    return replace(
        _card(slug(identity), f"{gpu.name}, {size}", gpu.power, life),
        manufacturer=_MAKERS[gpu.vendor],
        mpn=sale.mpn if sale else "",
        lead_time=_lead_time((sale.lead if sale else "") or "gpu"),
        source=_source(gpu),
    )


def own_gpu_item(gpus: WrittenOutGpus, life: Life) -> Item:
    """One card that a spec writes out."""
    return _card(slug(gpus.name), f"{gpus.name}, {gpus.vram.gib}", gpus.power, life)


def _card(identity: str, description: str, power: units.Power | None, life: Life) -> Item:
    return Item(
        id=f"gpu.{identity}",
        description=description,
        category=Category.GPU,
        unit="GPU",
        power=gpu_power(Decimal(power) if power else None),
        weight=assumptions().figure("gpu_weight"),
        lead_time=_lead_time("gpu"),
        warranty_months=36,
        life_months=life.servers.months,
        annual_failure_rate=_failures("gpu"),
        residual=True,
        source="the spec",
    )


def gpu_power(maximum: Decimal | None) -> Power:
    """What a card draws of which only the maximum, or not even that, is known."""
    known = assumptions()
    most = known.figure("gpu_power") if maximum is None else maximum
    return Power(most, most * known.figure("gpu_typical"), most * known.figure("gpu_idle"))


def server_item(identity: str, gpu: Gpu, count: int, life: Life) -> Item:
    """A whole machine with so many of the card; of one with slots, the parts tell more."""
    card = gpu_item(identity, gpu, life)
    found = replace(
        card,
        id=f"server.{slug(identity)}-x{count}",
        description=f"Whole machine with {count} x {gpu.name}",
        category=Category.SERVER,
        unit="each",
        manufacturer="",
        mpn="",
        power=None,
        weight=Decimal(0),
        annual_failure_rate=None,
    )
    machine = soldered(gpu, count)
    return _soldered_item(found, card, machine, count) if machine else found


def _soldered_item(found: Item, card: Item, machine: Machine, count: int) -> Item:
    of = card.power or gpu_power(None)
    rest = machine.rest
    sale = cards().get(card.id.removeprefix("gpu."))
    return replace(
        found,
        power=Power(
            count * of.maximum + rest.maximum,
            count * of.typical + rest.typical,
            count * of.idle + rest.idle,
        ),
        rack_units=machine.rack_units,
        weight=machine.weight,
        lead_time=_lead_time((sale.lead if sale else "") or "machine"),
        source=_source(machine),
    )


def ids(gpus: Mapping[str, Gpu]) -> Iterator[str]:
    """The ids of `items`, for a fraction of their time."""
    for identity, gpu in gpus.items():
        yield f"gpu.{slug(identity)}"
        yield from (f"server.{slug(identity)}-x{count}" for count in sizes(gpu))
    yield from hardware()


def items(gpus: Mapping[str, Gpu], life: Life) -> Iterator[Item]:
    """Every item that is known, with whole machines of the usual sizes."""
    for identity, gpu in gpus.items():
        yield gpu_item(slug(identity), gpu, life)
    for identity, gpu in gpus.items():
        for count in sizes(gpu):
            yield server_item(slug(identity), gpu, count, life)
    for identity in hardware():
        yield item(identity, life)


_MAKERS: Final = {"nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel"}


def soldered(gpu: Gpu, count: int) -> Machine | None:
    """The machine of the GPU's form factor that holds so many, or the largest one."""
    of_form = _of_form(gpu)
    return next((one for one in of_form if one.gpus >= count), of_form[-1] if of_form else None)


def _of_form(gpu: Gpu) -> tuple[Machine, ...]:
    form = next((one.form for one in machines() if gpu.form_factor.startswith(one.form)), None)
    return tuple(one for one in machines() if one.form == form)


def _lead_time(name: str) -> Range:
    return assumptions().lead_times[name].range.as_range


def _failures(name: str) -> Range:
    return assumptions().failures[name].range.as_range


def _source(fact: Fact) -> str:
    read = "" if fact.verified else " (not verified)"
    return f"{'; '.join(fact.source)}, {fact.date}{read}"
