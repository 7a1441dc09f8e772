"""Names: each of its kind once, and none that Ansible keeps for itself."""

from collections.abc import Iterator
from typing import Final

from freehold.plan.rollout import TURNS
from freehold.rules.registry import Finding, rule
from freehold.source import Loc
from freehold.spec.cluster import Cluster

RESERVED: Final = (
    "all", "ungrouped", "gateways", "engines", "accelerated",
    *(f"engines_{turn}" for turn in range(1, TURNS + 1)),
)  # fmt: skip
"""Groups that every inventory has."""


def host_names(cluster: Cluster) -> Iterator[tuple[str, Loc]]:
    """Every host's name and where the spec says so, those of counted pools among them."""
    for pool, machines in cluster.nodes.items():
        written = isinstance(machines.hosts, dict)
        for name in machines.host_names(pool):
            yield name, ("nodes", pool, "hosts", name) if written else ("nodes", pool, "hosts")


@rule
def reserved_pool_name(cluster: Cluster) -> Iterator[Finding]:
    """A pool has the name of a group that every inventory has.

    A pool becomes an Ansible group; `all`, `ungrouped`, `gateways`, `engines` and
    `accelerated` mean other hosts there, and a play would run where nobody expects it.
    """
    for pool in cluster.nodes:
        if pool in RESERVED:
            yield Finding(
                message=f"pool `{pool}` has the name of a group that every inventory has",
                loc=("nodes", pool),
                at_key=True,
                help=f"rename it, such as to `{pool}_pool`",
            )


@rule
def reserved_host_name(cluster: Cluster) -> Iterator[Finding]:
    """A host has a name that means other hosts, or the controller, to Ansible.

    A play for the group `engines` would run on a host called so as well, and what the
    controller is to do itself, at `localhost`, would be done on that host.
    """
    for name, place in host_names(cluster):
        if name in (*RESERVED, "localhost"):
            yield Finding(
                message=f"host `{name}` has a name that Ansible keeps for others",
                loc=place,
                at_key=True,
                help=f"rename it, such as to `{name}-1`",
            )


@rule
def repeated_host(cluster: Cluster) -> Iterator[Finding]:
    """Two hosts have one name.

    A pool that only counts its hosts names them `POOL-1`, `POOL-2` and so on; those names
    are taken too.
    """
    first: dict[str, Loc] = {}
    for name, place in host_names(cluster):
        other = first.setdefault(name, place)
        if other != place:
            yield Finding(
                message=f"host `{name}` is already in pool `{other[1]}`",
                loc=place,
                other=other,
                at_key=place[-1] == name,
                help="give each host a name of its own",
            )
