"""Whether a replica fits on a device, and how many requests it works on at once."""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Final

from freehold.plan.memory import Ask, gpu_memory, host_memory
from freehold.plan.types import Memory, Part
from freehold.spec.models import EngineName, Model
from freehold.units import Bytes

MAX_SLOTS: Final = 256
"""Of llama.cpp."""
_LARGE: Final = 10**12
_ERROR: Final = 0.02
_LARGE_ERROR: Final = 0.05


class Verdict(StrEnum):
    """What comes of putting a replica on a device."""

    FITS = "fits"
    TIGHT = "tight"
    """It fits, by less than the memory model may be off."""
    DOES_NOT_FIT = "does-not-fit"


@dataclass(frozen=True)
class Fit:
    """One way to run a replica, and what comes of it."""

    ask: Ask
    typical: int
    """Tokens of a usual prompt and its answer."""

    @cached_property
    def memory(self) -> Memory:
        """What the device holds."""
        return gpu_memory(self.ask) if self.ask.gpus else host_memory(self.ask)

    @property
    def is_fixed(self) -> bool:
        """Whether the engine takes all its memory at once for every slot."""
        return self.ask.engine.name is EngineName.LLAMA_CPP

    @property
    def need(self) -> Bytes:
        """What one request of full length takes of the KV cache."""
        return self.ask.layout.request(self.ask.context)

    @property
    def margin(self) -> Bytes:
        """What is left beside one request of full length; below zero when that does not fit."""
        if self.is_fixed:
            return Bytes(self.ask.device - self.memory.budget)
        return Bytes(self.memory.kv_cache - self.need)

    @property
    def error(self) -> Bytes:
        """How far the memory model may be off.

        Against what engines reported, weights are within 2 %, and within 5 % for models with
        a vision tower, sparse attention or 10^12 parameters.
        """
        facts = self.ask.facts
        large = facts.multimodal or facts.indexer is not None or facts.parameters >= _LARGE
        return Bytes(self.memory.of(Part.WEIGHTS) * (_LARGE_ERROR if large else _ERROR))

    @property
    def fits(self) -> bool:
        """Whether the engine starts and serves at least one request of full length."""
        return self.margin >= 0

    @property
    def verdict(self) -> Verdict:
        """Fits, tight, or does not fit."""
        if not self.fits:
            return Verdict.DOES_NOT_FIT
        return Verdict.TIGHT if self.margin < self.error else Verdict.FITS

    @property
    def holds(self) -> int:
        """Usual requests that the KV cache holds at once: one at least, where it fits at all."""
        if self.is_fixed:
            return self.ask.max_num_seqs
        return max(1, self.memory.kv_cache // self.ask.layout.request(self.typical))

    @property
    def serves(self) -> int:
        """Requests that the replica works on at once."""
        return min(self.holds, self.ask.max_num_seqs)

    def asking(self, ask: Ask) -> "Fit":
        """The same requests, served otherwise."""
        return Fit(ask, self.typical)


def sized(ask: Ask, model: Model) -> Fit:
    """The fit with as many sequences as users need and memory holds, or as are pinned."""
    typical = int(model.workload.prompt) + int(model.workload.answer)
    if model.max_num_seqs is not None:
        return Fit(replace(ask, max_num_seqs=model.max_num_seqs), typical)
    share = -(-model.workload.users // model.replicas)
    if ask.engine.name is EngineName.LLAMA_CPP:
        return _most_slots(ask, typical, min(share, MAX_SLOTS))
    fit = Fit(replace(ask, max_num_seqs=min(share, ask.batches[1])), typical)
    if fit.fits and fit.holds < fit.ask.max_num_seqs:
        return Fit(replace(fit.ask, max_num_seqs=fit.holds), typical)
    return fit


def _most_slots(ask: Ask, typical: int, wanted: int) -> Fit:
    """The most slots up to `wanted` that fit; one when none does."""
    low, high = 1, wanted
    while low < high:
        middle = (low + high + 1) // 2
        if Fit(replace(ask, max_num_seqs=middle), typical).fits:
            low = middle
        else:
            high = middle - 1
    return Fit(replace(ask, max_num_seqs=low), typical)
