"""Seats for all models: which pool takes each one, and what to say when none does."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from freehold.diagnostics import rule_text
from freehold.plan.fit import Fit
from freehold.plan.options import fit_on, refusal_on, serves
from freehold.plan.room import GpuRoom, HostRoom, Seat
from freehold.plan.silicon import Silicon
from freehold.plan.suitability import Match, Refusal
from freehold.plan.types import Host
from freehold.plan.why import Offer, reasons
from freehold.spec.models import Model

GPU_OVERCOMMIT: Final = rule_text(
    "gpu-overcommit",
    """The models together need more GPUs than the pool has, or than are free in one host.

    A GPU serves one replica: two engines on one card would each take nearly all of its memory.
    Where GPUs are divided into MIG instances, what counts is an instance.
    """,
)
HOST_OVERCOMMIT: Final = rule_text(
    "host-memory-overcommit",
    """The models together need more memory than the pool's hosts have.

    A part of each host's memory stays with the system and the gateway.
    """,
)
_OVERCOMMIT: Final = {GPU_OVERCOMMIT, HOST_OVERCOMMIT}

Pools = Mapping[str, Sequence[Host]]
"""Hosts by pool."""
Matches = Mapping[str, Match]
"""How a model matches each pool that can serve it at all."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a model's replicas sit, and how each one runs."""

    fit: Fit
    match: Match
    seats: Sequence[Seat]
    why: Sequence[str]

    @property
    def silicon(self) -> Silicon | None:
        """Of the card that every replica runs on."""
        return self.match.card.silicon if self.match.card else None


def seated(models: Mapping[str, Model], matches: Mapping[str, Matches], pools: Pools) -> "Seating":
    """With as many GPUs as all users need, in the spec's order, or in what way seats more models.

    Larger models first leave fewer GPUs over that nobody can use; replicas on as few GPUs as hold
    them leave more to others.
    """
    offers = Offers(matches, pools)
    best = Seating(models, offers, roomy=True, larger_first=False).run()
    for roomy, larger_first in ((True, True), (False, False), (False, True)):
        if not best.is_short:
            break
        other = Seating(models, offers, roomy, larger_first).run()
        best = min(best, other, key=lambda seating: len(seating.refusals))
    return best


class Offers:
    """What the pools have for each model, found out once for pools of equal machines."""

    def __init__(self, matches: Mapping[str, Matches], pools: Pools) -> None:
        """Nothing found out yet."""
        self.pools = pools
        self._matches = matches
        self._alike = _alike(pools)
        self._known: dict[tuple[str, bool], Sequence[Offer]] = {}

    def of(self, name: str, *, roomy: bool) -> Sequence[Offer]:
        """The pools that are to be tried, the least hardware first."""
        if (name, roomy) not in self._known:
            found = self._found(self._matches[name], roomy=roomy)
            self._known[name, roomy] = sorted(found, key=_cost)
        return self._known[name, roomy]

    def size(self, name: str, *, roomy: bool) -> int:
        """Bytes of the devices that one replica needs where it needs the least."""
        offers = self.of(name, roomy=roomy)
        fit = offers[0].fit if offers else None
        return fit.ask.gpus * fit.ask.device or fit.memory.budget if fit else 0

    def _found(self, matches: Matches, *, roomy: bool) -> Iterator[Offer]:
        known: dict[str, tuple[Fit | None, int]] = {}
        for pool, match in matches.items():
            like, hosts = self._alike[pool], self.pools[pool]
            if like not in known:
                fit = fit_on(match, hosts, roomy=roomy)
                known[like] = (fit, serves(fit, match) if fit else 0)
            yield Offer(pool, len(hosts), roomy, match, *known[like])


def _alike(pools: Pools) -> Mapping[str, str]:
    """For each pool the first one whose hosts hold a replica in the same way."""
    found: dict[str, str] = {}
    firsts: list[str] = []
    for pool in pools:
        found[pool] = next((one for one in firsts if _equal(pools[one], pools[pool])), pool)
        firsts += [pool] if found[pool] == pool else []
    return found


def _equal(one: Sequence[Host], other: Sequence[Host]) -> bool:
    if one[0].card is None or other[0].card is None:
        machines = (one[0].card, one[0].memory, len(one))
        return machines == (other[0].card, other[0].memory, len(other))
    return one[0].card == other[0].card


def _cost(offer: Offer) -> tuple[bool, bool, int, int]:
    """GPUs before none, all users before some, then the least memory of GPUs."""
    users = offer.users if offer.roomy else 0
    return offer.fit is None, offer.match.card is None, -users, offer.vram


@dataclass(slots=True)
class Seating:
    """One way through all models."""

    models: Mapping[str, Model]
    offers: Offers
    roomy: bool
    larger_first: bool
    refusals: list[Refusal] = field(default_factory=list)
    chosen: dict[str, Choice] = field(default_factory=dict)
    _gpus: dict[str, GpuRoom] = field(default_factory=dict)
    _hosts: dict[str, HostRoom] = field(default_factory=dict)

    @property
    def is_short(self) -> bool:
        """Whether a model had no place that could be made by seating others otherwise."""
        return any(refusal.rule in _OVERCOMMIT for refusal in self.refusals)

    def run(self) -> Self:
        """Give every model its place, those with a pool of their own first."""
        for name in sorted(self.models, key=self._turn):
            self._place(name)
        return self

    def _turn(self, name: str) -> tuple[bool, int]:
        size = self.offers.size(name, roomy=self.roomy) if self.larger_first else 0
        return self.models[name].on is None, -size

    def _place(self, name: str) -> None:
        offers = self.offers.of(name, roomy=self.roomy)
        full: list[tuple[Offer, Refusal]] = []
        for offer in offers:
            if offer.fit is None:
                continue
            found = self._seats(offer, offer.fit)
            if not isinstance(found, Refusal):
                passed = [one for one, _ in full]
                why = tuple(reasons(offer.fit, offer, offers, passed, found))
                self.chosen[name] = Choice(offer.fit, offer.match, found, why)
                return
            full.append((offer, found))
        if offers:
            self.refusals.append(self._nearest(offers, full))

    def _nearest(self, offers: Sequence[Offer], full: Sequence[tuple[Offer, Refusal]]) -> Refusal:
        """Where several pools cannot take a model, the one to speak of: full before too small."""
        if full:
            return max(full, key=lambda found: _largest(found[0]))[1]
        offer = max(offers, key=_largest)
        return refusal_on(offer.match, self.offers.pools[offer.pool])

    def _seats(self, offer: Offer, fit: Fit) -> Sequence[Seat] | Refusal:
        replicas, pool = offer.match.model.replicas, offer.pool
        if fit.ask.gpus:
            if pool not in self._gpus:
                self._gpus[pool] = GpuRoom(self.offers.pools[pool])
            gpus = self._gpus[pool]
            return gpus.take(fit.ask.gpus, replicas) or _too_few_gpus(offer, fit, gpus)
        if pool not in self._hosts:
            self._hosts[pool] = HostRoom(self.offers.pools[pool])
        hosts = self._hosts[pool]
        return hosts.take(fit.memory.budget, replicas) or _too_little_memory(offer, fit, hosts)


def _largest(offer: Offer) -> int:
    """What the GPUs that a replica may use have together."""
    card = offer.match.card
    return card.vram * card.widest if card else 0


def _too_few_gpus(offer: Offer, fit: Fit, room: GpuRoom) -> Refusal:
    match, gpus, replicas = offer.match, fit.ask.gpus, offer.match.model.replicas
    holds, needed = room.holds(gpus), gpus * replicas
    what = "MIG instances" if match.card and match.card.mig else "GPUs"
    of = f" ({replicas} replicas of {gpus})" if replicas > 1 else ""
    scattered = f", at most {room.most} on one host" if room.free >= needed else ""
    fewer = f"write `replicas: {holds}`, " if holds else ""
    return Refusal(
        GPU_OVERCOMMIT,
        f"`{match.name}` needs {needed} {what}{of}, {room.free} of the {room.owned} in pool "
        f"`{offer.pool}` are free{scattered}",
        (*match.loc, "replicas") if replicas > 1 else match.loc,
        f"{fewer}give the pool {room.hosts_for(gpus, replicas)} hosts instead of {offer.hosts}, "
        "or remove a model",
        label=f"room for {holds} replicas of {gpus} {what} in one host",
        at_key=replicas == 1,
    )


def _too_little_memory(offer: Offer, fit: Fit, room: HostRoom) -> Refusal:
    match, size, replicas = offer.match, fit.memory.budget, offer.match.model.replicas
    holds = room.holds(size)
    fewer = f"write `replicas: {holds}`, " if holds else ""
    # Where hosts hold several replicas of a model, more hosts give each one a larger share.
    more = replicas - holds if replicas <= offer.hosts else replicas
    return Refusal(
        HOST_OVERCOMMIT,
        f"`{match.name}` needs {size.gib} of a host's memory for each replica, pool "
        f"`{offer.pool}` has at most {room.most.gib} left on one",
        match.loc,
        f"{fewer}give the pool {offer.hosts + more} hosts instead of {offer.hosts}, or lower "
        "`max_num_seqs` of the models there",
        label=f"room for {holds} of {replicas} replicas" if replicas > 1 else "",
        at_key=True,
    )
