"""Why a model landed where it did, in words built from the numbers that decided."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from freehold.plan.fit import Fit
from freehold.plan.options import share
from freehold.plan.room import Seat
from freehold.plan.suitability import Match
from freehold.units import Bytes

_NAMED: Final = 3
"""Pools that a reason names."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What one pool has for a model."""

    pool: str
    hosts: int
    roomy: bool
    """Whether all users were asked to be served, rather than as few GPUs as possible."""
    match: Match
    fit: Fit | None
    """None where no replica of it fits."""
    users: int
    """Of one replica, who are served at once."""

    @property
    def vram(self) -> Bytes:
        """What the devices of one replica have together."""
        card, fit = self.match.card, self.fit
        return Bytes(fit.ask.gpus * card.vram if card and fit else 0)


def reasons(
    fit: Fit, taken: Offer, offers: Sequence[Offer], full: Sequence[Offer], seats: Sequence[Seat]
) -> Iterator[str]:
    """One line for each replica: its GPUs, its pool, its host."""
    of_all = [_devices(fit, taken), *_pool(fit, taken, offers, full)]
    seen: set[str] = set()
    for host, _ in seats:
        yield "; ".join((*of_all, _host(host.name, taken, again=host.name in seen)))
        seen.add(host.name)


def _devices(fit: Fit, taken: Offer) -> str:
    model, card = taken.match.model, taken.match.card
    if card is None:
        return f"{fit.memory.budget.gib} of host memory, without GPUs"
    if card.mig:
        parts = f"{card.devices} instances of {card.vram.gib} on a host"
        return f"1 of the {parts}: a replica takes exactly one"
    count = _many(fit.ask.gpus, "GPU")
    if model.tensor_parallel or model.pipeline_parallel:
        return f"{count}: as pinned"
    return f"{count}: {_enough(fit, taken)}"


def _enough(fit: Fit, taken: Offer) -> str:
    users = share(taken.match.model)
    if taken.users >= users:
        return f"the fewest that serve {_many(users, 'request')} of {fit.typical} tokens at once"
    some = f"{taken.users} of {users} requests of {fit.typical} tokens at once"
    if taken.roomy:
        return f"{some}, and more on one host serve no more"
    return f"the fewest that hold the model, to leave room for others; {some}"


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _pool(fit: Fit, taken: Offer, offers: Sequence[Offer], full: Sequence[Offer]) -> Iterator[str]:
    others = [*full, *(one for one in offers if one is not taken and one not in full)]
    if taken.match.model.on is not None:
        yield f"pool `{taken.pool}`: as pinned"
    elif others:
        has = taken.vram.gib if fit.ask.gpus else "no VRAM"
        against = [f"`{one.pool}` is full" for one in full]
        against += [_other(one) for one in others[len(full) :]]
        named = ", ".join(against[:_NAMED])
        more = len(against) - _NAMED
        rest = f", and so on for {_many(more, 'pool')}" if more > 0 else ""
        yield f"pool `{taken.pool}`: {has} a replica, while {named}{rest}"


def _other(offer: Offer) -> str:
    if offer.fit is None:
        return f"`{offer.pool}` cannot hold it"
    return f"`{offer.pool}` takes {offer.vram.gib} for {_many(offer.users, 'request')} at once"


def _host(name: str, taken: Offer, *, again: bool) -> str:
    if taken.hosts == 1:
        return f"host `{name}`: the only one of the pool"
    if again:
        return f"host `{name}`: all with room have a replica of it already"
    best = "the fullest with room" if taken.match.card else "the most memory left"
    apart = ", apart from other replicas of it" if taken.match.model.replicas > 1 else ""
    return f"host `{name}`: {best}{apart}"
