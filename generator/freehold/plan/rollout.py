"""In which turn each host's engines change, so that a model's other replicas keep serving."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from freehold.plan.types import HostPlan

TURNS: Final = 4


def turns(hosts: Iterable[HostPlan]) -> Mapping[str, int]:
    """The turn of every host with engines, by its name; the first turn is 1.

    A host takes the turn in which the fewest others with its models change.
    """
    taken: Counter[tuple[str, int]] = Counter()
    chosen: dict[str, int] = {}
    for host in hosts:
        models = {engine.model for engine in host.engines}
        if models:
            turn = min(range(1, TURNS + 1), key=lambda t: sum(taken[model, t] for model in models))
            taken.update((model, turn) for model in models)
            chosen[host.host.name] = turn
    return chosen
