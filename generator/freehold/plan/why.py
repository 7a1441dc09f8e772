"""Why a model landed where it did, in words built from the numbers that decided."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from freehold.plan.fit import Fit
from freehold.plan.options import serves
from freehold.plan.room import Seat
from freehold.plan.suitability import Match, Refusal
from freehold.units import Bytes


@dataclass(frozen=True, slots=True)
class Offer:
    """What one pool has for a model."""

    pool: str
    hosts: int
    roomy: bool
    """Whether all users were asked to be served, rather than as few GPUs as possible."""
    match: Match
    found: Fit | Refusal

    @property
    def vram(self) -> Bytes:
        """What the devices of one replica have together."""
        card, found = self.match.card, self.found
        gpus = 0 if isinstance(found, Refusal) else found.ask.gpus
        return Bytes(gpus * card.vram if card else 0)


def reasons(
    fit: Fit, taken: Offer, others: Sequence[Offer], full: Sequence[str], seats: Sequence[Seat]
) -> Iterator[str]:
    """One line for each replica: its GPUs, its pool, its host."""
    of_all = [_devices(fit, taken), *_pool(fit, taken, others, full)]
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
    model = taken.match.model
    share, most = -(-model.workload.users // model.replicas), serves(fit, taken.match)
    if most >= share:
        return f"the fewest that serve {_many(share, 'request')} of {fit.typical} tokens at once"
    some = f"{most} of {share} requests of {fit.typical} tokens at once"
    if taken.roomy:
        return f"{some}, and more on one host serve no more"
    return f"the fewest that hold the model, to leave room for others; {some}"


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _pool(fit: Fit, taken: Offer, others: Sequence[Offer], full: Sequence[str]) -> Iterator[str]:
    if taken.match.model.on is not None:
        yield f"pool `{taken.pool}`: as pinned"
    elif others:
        least = taken.vram.gib if fit.ask.gpus else "no VRAM"
        against = ", ".join(_other(other, full) for other in others)
        yield f"pool `{taken.pool}`: {least} a replica, while {against}"


def _other(other: Offer, full: Sequence[str]) -> str:
    if other.pool in full:
        return f"`{other.pool}` is full"
    if isinstance(other.found, Refusal):
        return f"`{other.pool}` cannot hold it"
    most = serves(other.found, other.match)
    return f"`{other.pool}` takes {other.vram.gib} for {_many(most, 'request')} at once"


def _host(name: str, taken: Offer, *, again: bool) -> str:
    if taken.hosts == 1:
        return f"host `{name}`: the only one of the pool"
    if again:
        return f"host `{name}`: all with room have a replica of it already"
    best = "the fullest with room" if taken.match.card else "the most memory left"
    apart = ", apart from other replicas of it" if taken.match.model.replicas > 1 else ""
    return f"host `{name}`: {best}{apart}"
