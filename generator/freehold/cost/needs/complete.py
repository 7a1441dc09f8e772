"""That the list and the plan are about the same hosts."""

from collections.abc import Iterable, Sequence

from freehold.cost.item import Category
from freehold.cost.types import Need


class UntracedError(AssertionError):
    """A host that nothing is bought for, or a line that no host needs: our bug."""


def check_traced(needs: Sequence[Need], hosts: Iterable[str]) -> None:
    """Nothing when each host has a machine among the lines, and each line its hosts.

    Raises:
        UntracedError: one is missing.
    """
    planned = frozenset(hosts)
    for need in needs:
        if not need.hosts:
            raise UntracedError(f"{need.item.id} is for no host")
    sets = {id(need.hosts): frozenset(need.hosts) for need in needs}
    for need in needs:
        if not sets[id(need.hosts)] <= planned:
            raise UntracedError(f"{need.item.id} is for hosts that are not planned")
    made = frozenset[str]().union(*(sets[id(need.hosts)] for need in needs if _is_machine(need)))
    if made != planned:
        raise UntracedError(f"no machine is bought for {min(planned - made)}")


def _is_machine(need: Need) -> bool:
    is_of_pool = need.path[0] == "nodes" and not need.is_spare and need.parent is None
    return is_of_pool and need.item.category is Category.SERVER
