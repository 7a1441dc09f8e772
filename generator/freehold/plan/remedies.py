"""What would make a replica fit, ranked by what it costs the user.

Every remedy is computed by the same memory model as the refusal.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Final

from freehold.plan.fit import Fit
from freehold.plan.kv_cache import BITS, formats
from freehold.plan.memory import Ask
from freehold.plan.parallel import Parallel
from freehold.plan.types import Card
from freehold.spec.models import Precision

_K: Final = 1024
MAX_REMEDIES: Final = 4


@dataclass(frozen=True, slots=True)
class Remedy:
    """Keys of the spec to change, and what comes of it."""

    words: str
    fit: Fit

    def __str__(self) -> str:
        """As in "`context: 26k` (4.45 GiB of KV cache, 1.2 requests of 26624 tokens)"."""
        memory, ask = self.fit.memory, self.fit.ask
        if self.fit.is_fixed:
            return f"{self.words} ({memory.budget.gib})"
        return (
            f"{self.words} ({memory.kv_cache.gib} of KV cache, {memory.max_concurrency:.1f} "
            f"requests of {ask.context} tokens)"
        )


@dataclass(frozen=True, slots=True)
class Room:
    """What else there is to run the replica on."""

    wider: Sequence[Parallel] = ()
    """Divisions over more GPUs of the same host, the fewest first."""
    cards: Sequence[tuple[str, Card]] = ()
    """Larger cards and their ids in the catalog, the smallest first."""


def remedies(fit: Fit, room: Room) -> tuple[Remedy, ...]:
    """Changes after which the replica fits: of one key, or of two where one is not enough."""
    own = list(chain(_caps(fit), _formats(fit), _wider(fit, room))) or _pairs(fit, room)
    return tuple(islice(chain(own, _cards(fit, room)), MAX_REMEDIES))


def _pairs(fit: Fit, room: Room) -> Iterator[Remedy]:
    """A format or more GPUs, and what is then still wanting."""
    narrower = ((_said(p), replace(fit.ask, precision=p)) for p in _narrower(fit.ask))
    wider = ((_divided(w), replace(fit.ask, parallel=w)) for w in room.wider[-1:])
    for words, ask in chain(narrower, wider):
        changed = fit.asking(ask)
        for second in islice(chain(_formats(changed), _caps(changed)), MAX_REMEDIES // 2):
            yield Remedy(f"{words} and {second.words}", second.fit)


def _caps(fit: Fit) -> Iterator[Remedy]:
    """Fewer sequences, or a shorter context: nothing to buy, and answers as good."""
    ask = fit.ask
    if seqs := _largest(lambda n: _with_sequences(fit, n), ask.max_num_seqs - 1):
        yield Remedy(f"`max_num_seqs: {seqs}`", _with_sequences(fit, seqs))
    context = _largest(lambda n: _with_context(fit, n), (ask.context - 1) // _K)
    if context * _K >= fit.typical:
        yield Remedy(f"`context: {context}k`", _with_context(fit, context))


def _with_sequences(fit: Fit, sequences: int) -> Fit:
    return fit.asking(replace(fit.ask, max_num_seqs=sequences))


def _with_context(fit: Fit, thousands: int) -> Fit:
    return fit.asking(replace(fit.ask, context=thousands * _K))


def _formats(fit: Fit) -> Iterator[Remedy]:
    """Narrower numbers: nothing to buy, and answers nearly as good."""
    ask = fit.ask
    caches = (
        Remedy(f"`kv_cache: {cache}`", fit.asking(replace(ask, kv_cache=cache)))
        for cache in formats(ask.engine.name, ask.compute_capability)
        if BITS[cache] < BITS[ask.kv_cache]
    )
    weights = (Remedy(_said(p), fit.asking(replace(ask, precision=p))) for p in _narrower(ask))
    for found in (caches, weights):
        yield from islice((remedy for remedy in found if remedy.fit.fits), 1)


def _wider(fit: Fit, room: Room) -> Iterator[Remedy]:
    found = (Remedy(_divided(w), fit.asking(replace(fit.ask, parallel=w))) for w in room.wider)
    return islice((remedy for remedy in found if remedy.fit.fits), 1)


def _cards(fit: Fit, room: Room) -> Iterator[Remedy]:
    found = (
        Remedy(f"`gpus: model: {name}`", fit.asking(_on(fit.ask, card)))
        for name, card in room.cards
        if card.vram > fit.ask.device
    )
    return islice((remedy for remedy in found if remedy.fit.fits), 1)


def _on(ask: Ask, card: Card) -> Ask:
    return replace(
        ask,
        device=card.vram,
        compute_capability=card.compute_capability,
        nvlink=bool(card.silicon and card.silicon.link == "nvlink"),
    )


def _said(precision: Precision) -> str:
    return f"`precision: {precision}`"


def _divided(parallel: Parallel) -> str:
    keys = [f"`tensor_parallel: {parallel.tensor}`"]
    keys += [f"`pipeline_parallel: {parallel.pipeline}`"] if parallel.pipeline > 1 else []
    return " and ".join(keys)


def _narrower(ask: Ask) -> tuple[Precision, ...]:
    """Formats of fewer bits that the engine makes of the same checkpoint, or llama.cpp reads."""
    if ask.precision.is_gguf:
        order = [Precision.Q8_0, Precision.Q6_K, Precision.Q5_K_M, Precision.Q4_K_M]
        after = order.index(ask.precision) + 1 if ask.precision in order else 0
        return tuple(order[after:])
    return (Precision.FP8,) if ask.precision in {Precision.BF16, Precision.FP16} else ()


def _largest(fit_of: Callable[[int], Fit], most: int) -> int:
    """The largest number up to `most` with which it fits; 0 when none does."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if fit_of(middle).fits:
            low = middle
        else:
            high = middle - 1
    return low
