"""What the hosts of one pool are made of."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from freehold.catalog.hardware import server_item
from freehold.cost.item import Category, Item, Power
from freehold.cost.needs.cards import Cards, cards_of, machine_id
from freehold.cost.needs.modules import drives, fewest_drives, fewest_sockets, modules, slots
from freehold.cost.needs.processors import MOST_SOCKETS, Demand, board
from freehold.cost.needs.purchase import Purchase
from freehold.cost.types import Need
from freehold.source import Loc
from freehold.spec.nodes import Pool

_GIB = Decimal(2**30)
_TB = Decimal(10**12)


def pool_needs(purchase: Purchase, name: str) -> tuple[Need, ...]:
    """All that the hosts of the pool are made of, whole or in parts."""
    pool = purchase.cluster.nodes[name]
    found = cards_of(pool.gpus, purchase.catalog, purchase.cost.life)
    identity = machine_id(name, found)
    if not _is_whole(purchase, name, identity):
        return (*_parts(purchase, name, pool, found), *_cabling(purchase, name))
    return (
        _whole(purchase, name, identity, found),
        *_contents(purchase, name, identity, found),
        *_cabling(purchase, name),
    )


def _is_whole(purchase: Purchase, pool: str, identity: str) -> bool:
    """By `cost.whole`, by soldered GPUs, or by a quote that holds for all such machines."""
    alike = {name: cards for name, cards in _cards(purchase) if machine_id(name, cards) == identity}
    found = alike[pool]
    if pool in purchase.cost.whole or (found and found.is_soldered):
        return True
    hosts = Decimal(sum(len(purchase.plan.pools[name]) for name in alike))
    return purchase.has_quote(purchase.pricing.price(identity, Category.SERVER, hosts).price)


def _cards(purchase: Purchase) -> Iterator[tuple[str, Cards | None]]:
    for name, pool in purchase.cluster.nodes.items():
        yield name, cards_of(pool.gpus, purchase.catalog, purchase.cost.life)


@dataclass(frozen=True, slots=True)
class Pieces:
    """Equal parts of one host, and what holds them."""

    item: str
    count: int
    path: Loc
    """Where the spec asks for what they are together, in its pool."""
    room: int
    """As many as a machine of the catalog holds."""
    holder: str

    @property
    def note(self) -> str:
        """What a reader must know, if no such machine is sold."""
        if self.count <= self.room:
            return ""
        return f"no machine of the catalog has the {self.count} {self.holder} that it takes"


@dataclass(frozen=True, slots=True)
class Kit:
    """What a host is made of that is bought in parts; cards and small parts apart."""

    chassis: str
    pieces: tuple[Pieces, ...]


def kit(purchase: Purchase, name: str) -> Kit | None:
    """The kit of each host of the pool; none for what is bought whole."""
    pool = purchase.cluster.nodes[name]
    found = cards_of(pool.gpus, purchase.catalog, purchase.cost.life)
    if _is_whole(purchase, name, machine_id(name, found)):
        return None
    return _kit(purchase, pool, found)


def _kit(purchase: Purchase, pool: Pool, found: Cards | None) -> Kit:
    volume = pool.storage.models
    gpus, sockets = found.count if found else 0, fewest_sockets(pool.memory)
    made = board(purchase, Demand(pool.cpu.cores, gpus, fewest_drives(volume), sockets))
    memory, drive = (
        modules(purchase, pool.memory, made.sockets), drives(purchase, volume, made.bays)
    )  # fmt: skip
    return Kit(made.chassis, (
        Pieces(made.cpu, made.sockets, ("cpu", "cores"), MOST_SOCKETS, "sockets"),
        Pieces(*memory, ("memory",), slots(min(made.sockets, MOST_SOCKETS)), "memory slots"),
        Pieces(*drive, ("storage", "models"), made.bays, "bays"),
    ))  # fmt: skip


def _parts(purchase: Purchase, name: str, pool: Pool, found: Cards | None) -> Iterator[Need]:
    """Chassis, processors, memory, drives, network card and GPUs."""
    made = _kit(purchase, pool, found)
    yield purchase.need(made.chassis, 1, name)
    for one in made.pieces:
        yield purchase.need(one.item, one.count, name, path=one.path, note=one.note)
    yield purchase.need("storage.boot-m2-960gb", 2, name, note="one mirrors the other")
    if purchase.in_racks:
        yield purchase.need("nic.cx6lx-2x25g", 1, name)
    if found:
        yield from _gpus(purchase, name, found, None)


def _gpus(purchase: Purchase, name: str, found: Cards, parent: str | None) -> Iterator[Need]:
    hosts = purchase.plan.pools[name]
    cards = Need(
        item=found.item,
        quantity=Decimal(found.of_machine * len(hosts)),
        path=("nodes", name, "gpus"),
        hosts=hosts,
        is_capital=True,
        parent=parent,
        note=found.note,
    )
    yield cards
    if found.bundled:
        yield replace(
            cards,
            item=purchase.item(found.bundled),
            is_capital=False,
            parent=found.item.id,
            note="comes with the card",
        )


def _whole(purchase: Purchase, name: str, identity: str, found: Cards | None) -> Need:
    hosts = purchase.plan.pools[name]
    return Need(
        item=_machine(purchase, name, identity, found),
        quantity=Decimal(len(hosts)),
        path=("nodes", name, "gpus" if found else "hosts"),
        hosts=hosts,
        is_capital=True,
        note=_why_whole(purchase, name, found),
    )


def _why_whole(purchase: Purchase, name: str, found: Cards | None) -> str:
    if found is None or not found.is_soldered:
        return "whole by `cost.whole`" if name in purchase.cost.whole else "whole as quoted"
    if found.of_machine > found.count:
        return f"no machine with {found.count} is sold: its GPUs are soldered"
    return "GPUs are soldered: support replaces them, spares do not"


def _machine(purchase: Purchase, name: str, identity: str, found: Cards | None) -> Item:
    """The machine as a whole, with what its parts draw and weigh where they are known."""
    life = purchase.cost.life
    if found and found.facts and found.is_soldered:
        return server_item(found.identity, found.facts, found.of_machine, life)
    pool = purchase.cluster.nodes[name]
    parts = [need for need in _parts(purchase, name, pool, found) if need.parent is None]
    chassis = parts[0].item
    return replace(
        chassis,
        id=identity,
        description=_described(pool, found),
        power=_power(parts),
        weight=_sum(part.item.weight * part.quantity for part in parts) / len(parts[0].hosts),
        source=f"its parts, such as {chassis.id}",
    )


def _described(pool: Pool, found: Cards | None) -> str:
    gpus = f", {found.count} x {found.item.description}" if found else ""
    return f"Whole machine, {pool.cpu.cores} cores, {pool.memory}{gpus}"


def _power(parts: Sequence[Need]) -> Power:
    hosts = len(parts[0].hosts)
    of = [(part.quantity / hosts, part.item.power) for part in parts if part.item.power]
    return Power(
        maximum=_sum(count * power.maximum for count, power in of),
        typical=_sum(count * power.typical for count, power in of),
        idle=_sum(count * power.idle for count, power in of),
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _contents(purchase: Purchase, name: str, parent: str, found: Cards | None) -> Iterator[Need]:
    """What the quote for a whole machine must contain."""
    pool = purchase.cluster.nodes[name]
    hosts = len(purchase.plan.pools[name])
    if found:
        yield from _gpus(purchase, name, found, parent)
    for identity, amount, path in (
        ("part.cores", Decimal(pool.cpu.cores), ("cpu", "cores")),
        ("part.memory", pool.memory / _GIB, ("memory",)),
        ("part.storage", pool.storage.models.size / _TB, ("storage", "models")),
        ("part.network", Decimal(1), ("hosts",)),
    ):
        need = purchase.need(identity, 1, name, path=path)
        yield replace(need, quantity=amount * hosts, parent=parent)


def _cabling(purchase: Purchase, name: str) -> Iterator[Need]:
    """Rails, and a cable for each of the two ports."""
    if purchase.in_racks:
        yield purchase.need("rails", 1, name)
        yield purchase.need("cable.dac-25g", 2, name, note="both ports of each network card")
