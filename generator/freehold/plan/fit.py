"""Whether a replica fits on a device, and how many requests it works on at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from freehold.plan.memory import Ask, batch_defaults, gpu_memory, host_memory
from freehold.plan.types import Memory
from freehold.spec.models import EngineName, Model, Precision
from freehold.units import Bytes

MAX_SLOTS: Final = 256
"""Of llama.cpp."""
_K: Final = 1024


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
    def fits(self) -> bool:
        """Whether the engine starts and serves at least one request of full length."""
        if self.is_fixed:
            return self.memory.budget <= self.ask.device
        return self.memory.kv_cache >= self.need

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


def sized(ask: Ask, model: Model) -> Fit:
    """The fit with as many sequences as users need and memory holds, or as are pinned."""
    typical = int(model.workload.prompt) + int(model.workload.answer)
    if model.max_num_seqs is not None:
        return Fit(replace(ask, max_num_seqs=model.max_num_seqs), typical)
    share = -(-model.workload.users // model.replicas)
    if ask.engine.name is EngineName.LLAMA_CPP:
        return _most_slots(ask, typical, min(share, MAX_SLOTS))
    most = batch_defaults(ask.device, ask.compute_capability)[1]
    fit = Fit(replace(ask, max_num_seqs=min(share, most)), typical)
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


def remedies(fit: Fit, wider: Sequence[int]) -> Iterator[str]:
    """Changes after which the replica would fit: of one key, or of two where one is not enough."""
    single = list(_single(fit, wider))
    yield from single or _pairs(fit, wider)


def _pairs(fit: Fit, wider: Sequence[int]) -> Iterator[str]:
    changes: list[dict[str, object]] = [{"gpus": gpus} for gpus in wider[-1:]]
    changes += [{"precision": precision} for precision in _narrower(fit.ask)]
    for change in changes:
        changed = Fit(replace(fit.ask, **change), fit.typical)  # type: ignore[arg-type]
        key, value = next(iter(change.items()))
        for second in _single(changed, ()):
            yield f"`{_KEYS.get(key, key)}: {value}` and {second}"


_KEYS: Final = {"gpus": "tensor_parallel"}


def _single(fit: Fit, wider: Sequence[int]) -> Iterator[str]:
    ask = fit.ask
    gpus = next((gpus for gpus in wider if _fits(fit, gpus=gpus)), None)
    if gpus is not None:
        yield f"`tensor_parallel: {gpus}`"
    narrower = _narrower(ask)
    precision = next((p for p in narrower if _fits(fit, precision=p)), None)
    if precision is not None:
        yield f"`precision: {precision}`"
    if not ask.fp8_cache and not fit.is_fixed and _fits(fit, fp8_cache=True):
        yield "`kv_cache: fp8`"
    if seqs := _largest(fit, "max_num_seqs", ask.max_num_seqs - 1, 1):
        yield f"`max_num_seqs: {seqs}`"
    context = _largest(fit, "context", (ask.context - 1) // _K, _K)
    if context * _K >= fit.typical:
        yield f"`context: {context}k`"


def _fits(fit: Fit, **change: object) -> bool:
    return Fit(replace(fit.ask, **change), fit.typical).fits  # type: ignore[arg-type]


def _narrower(ask: Ask) -> tuple[Precision, ...]:
    """Formats of fewer bits that the engine makes of the same checkpoint, or llama.cpp reads."""
    if ask.precision.is_gguf:
        order = [Precision.Q8_0, Precision.Q6_K, Precision.Q5_K_M, Precision.Q4_K_M]
        after = order.index(ask.precision) + 1 if ask.precision in order else 0
        return tuple(order[after:])
    return (Precision.FP8,) if ask.precision in {Precision.BF16, Precision.FP16} else ()


def _largest(fit: Fit, field: str, most: int, unit: int) -> int:
    """The largest number of `unit`s up to `most` with which it fits; 0 when none does."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if _fits(fit, **{field: middle * unit}):
            low = middle
        else:
            high = middle - 1
    return low
