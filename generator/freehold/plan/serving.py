"""What users get of a way to run a replica."""

from math import ceil
from typing import Final

from freehold.plan.capacity import Capacity, Load, Target, capacity
from freehold.plan.fit import Fit
from freehold.plan.memory import Ask
from freehold.plan.silicon import Silicon
from freehold.plan.weights import shares
from freehold.spec.models import Workload

_MILLISECONDS: Final = 1000


def served(fit: Fit, silicon: Silicon | None, workload: Workload, replicas: int) -> Capacity:
    """What one of so many replicas gives to its share of the workload's users."""
    target = Target(
        users=ceil(workload.users / replicas),
        first_token=workload.first_token / _MILLISECONDS if workload.first_token else None,
        speed=float(workload.speed) if workload.speed else None,
    )
    return capacity(silicon, load(fit, int(workload.prompt), int(workload.answer)), target)


def load(fit: Fit, prompt: int, answer: int) -> Load:
    """The replica as its speed depends on it."""
    ask = fit.ask
    shared, experts = _weights(ask)
    return Load(
        facts=ask.facts,
        precision=ask.precision,
        engine=ask.engine.name,
        parallel=ask.parallel,
        shared=shared,
        experts=experts,
        layout=ask.layout,
        kv_cache=fit.memory.kv_cache,
        max_num_seqs=ask.max_num_seqs,
        prompt=prompt,
        answer=answer,
        context=ask.context,
    )


def _weights(ask: Ask) -> tuple[int, int]:
    """Bytes on all GPUs that every step reads, and those of experts, of which it reads some."""
    held = shares(ask.facts, ask.precision, ask.parallel)
    tensor = ask.parallel.tensor
    shared = (held["embeddings"] + held["layers"]) * tensor + held["routers"]
    return int(shared), int(held["experts"] * tensor)
