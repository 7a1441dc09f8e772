"""How full each GPU is, or the memory of a host without GPUs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from freehold.plan.types import Card, Host, HostPlan, Part, Plan, Replica
from freehold.render.report.amounts import plural
from freehold.render.report.names import numbers, shortened

_GIB: Final = 2**30
PARTS: Final = (
    ("weights", "weights"),
    ("activations", "working space of a forward pass"),
    ("overhead", "the engine and its libraries"),
    ("cache", "KV cache: the conversations"),
    ("free", "free"),
)
"""Class of the style, and meaning."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar, in percent of its width."""

    part: str
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One device, or several that are equally full with the same."""

    devices: str
    content: str
    used: str
    sizes: str
    """Each part in GiB."""
    segments: Sequence[Segment]
    said: str


@dataclass(frozen=True, slots=True)
class Machine:
    """One host, or several that are equal."""

    hosts: str
    kind: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Devices:
    """The section."""

    machines: Sequence[Machine]
    others: str
    """Hosts that serve no model."""


@dataclass(frozen=True, slots=True)
class _Fill:
    """What one device holds, in bytes."""

    model: str
    parts: tuple[int, ...]
    spread_over: int
    """GPUs that the replica is divided over."""


def devices(plan: Plan) -> Devices:
    """Hosts that serve models, equal ones once."""
    serving = [host for host in plan.hosts if host.replicas or host.host.card]
    others = [host.host.name for host in plan.hosts if not host.replicas and not host.host.card]
    groups: dict[tuple[object, ...], list[HostPlan]] = {}
    for host in serving:
        groups.setdefault((host.host.pool, *_fills(host)), []).append(host)
    machines = [_machine(group) for group in groups.values()]
    return Devices(machines, shortened(others))


def idle(plan: Plan) -> str:
    """How many GPUs serve no model; nothing where all do."""
    cards = [host.host.card for host in plan.hosts if host.host.card]
    every = sum(card.devices for card in cards)
    used = sum(len(one.devices) for host in plan.hosts for one in host.replicas)
    kind = "GPUs or parts of GPUs" if any(card.mig for card in cards) else "GPUs"
    return f"{every - used:,} of {every:,} {kind} serve no model." if used < every else ""


def _machine(group: Sequence[HostPlan]) -> Machine:
    host = group[0].host
    names = shortened([one.host.name for one in group])
    count = f" ({len(group):,} hosts, all alike)" if len(group) > 1 else ""
    return Machine(f"{names}{count}", _kind(host), list(_bars(host, _fills(group[0]))))


def _kind(host: Host) -> str:
    if host.card is None:
        return f"{host.memory} of memory, no GPU"
    of_each = f", each in {host.card.mig.count} parts" if host.card.mig else ""
    return f"{host.card.count} × {host.card.name}{of_each}"  # noqa: RUF001 - not the letter x


def _fills(host: HostPlan) -> tuple[tuple[str, _Fill | None], ...]:
    """Every device by its name, and what it holds."""
    if host.host.card is None:
        return (("memory", _together([_fill(replica) for replica in host.replicas])),)
    by_device = {device: _fill(one) for one in host.replicas for device in one.devices}
    return tuple((device, by_device.get(device)) for device in _names(host.host.card))


def _names(card: Card) -> Iterator[str]:
    for gpu in range(card.count):
        if card.mig:
            yield from (f"{gpu}:{number}" for number in range(card.mig.count))
        else:
            yield str(gpu)


def _fill(replica: Replica) -> _Fill:
    memory = replica.memory
    sizes = (*(int(memory.of(part)) for part in Part), max(0, int(memory.kv_cache)))
    return _Fill(replica.model, sizes, max(1, len(replica.gpus)))


def _together(fills: Sequence[_Fill]) -> _Fill:
    """What a host's memory holds of all its replicas."""
    models = ", ".join(fill.model for fill in fills)
    return _Fill(models, tuple(map(sum, zip(*(fill.parts for fill in fills), strict=True))), 1)


def _bars(host: Host, fills: Sequence[tuple[str, _Fill | None]]) -> Iterator[Bar]:
    size = int(host.card.vram if host.card else host.memory)
    for fill, run in groupby(fills, lambda named: named[1]):
        yield _bar(host, size, fill, [name for name, _ in run])


def _bar(host: Host, size: int, fill: _Fill | None, names: Sequence[str]) -> Bar:
    parts = fill.parts if fill else (0, 0, 0, 0)
    sizes = (*parts, max(0, size - sum(parts)))
    each = "each " if len(names) > 1 else ""
    used = f"{each}{1 - sizes[-1] / size:.0%} full"
    shown = ", ".join(f"{part} {of / _GIB:.1f}" for (part, _), of in zip(PARTS, sizes, strict=True))
    named = _device_names(host, names)
    content = _content(fill, len(names))
    said = f"{named}: {content}, {used}"
    return Bar(named, content, used, f"GiB: {shown}", list(_segments(sizes, size)), said)


def _device_names(host: Host, names: Sequence[str]) -> str:
    if host.card is None:
        return "memory"
    if host.card.mig:
        return f"{plural(len(names), 'part')} from {names[0]} to {names[-1]}"
    return f"GPU {numbers(int(name) for name in names)}"


def _content(fill: _Fill | None, count: int) -> str:
    if fill is None:
        return "no model"
    if fill.spread_over > 1:
        copies = count // fill.spread_over
        each = f"{copies} copies of " if copies > 1 else ""
        return f"{each}{fill.model}, divided over {fill.spread_over} GPUs"
    return f"{fill.model}, a copy on each" if count > 1 else fill.model


def _segments(sizes: Sequence[int], size: int) -> Iterator[Segment]:
    start = 0
    whole = max(size, sum(sizes))
    for (part, _), width in zip(PARTS, sizes, strict=True):
        if width:
            yield Segment(part, round(100 * start / whole, 3), round(100 * width / whole, 3))
        start += width
