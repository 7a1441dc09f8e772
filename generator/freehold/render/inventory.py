"""Who is in the inventory: hosts, how to reach them, groups, and which role runs where."""

from collections.abc import Callable, Mapping
from typing import Final

from freehold.plan.rollout import TURNS, turns
from freehold.plan.types import HostPlan, Plan
from freehold.render.yaml import Plain

GROUPS: Final[Mapping[str, Callable[[HostPlan], bool]]] = {
    "accelerated": lambda host: host.host.card is not None,
    "engines": lambda host: bool(host.engines),
    "gateways": lambda host: host.proxy.gateway is not None,
}
"""Beside one group for each pool."""

ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "host": ("all",),
    "gpu": ("accelerated",),
    "storage": ("engines",),
    "isolation": ("all",),
    "weights": ("engines",),
    "engine": ("engines",),
    "gateway": ("gateways", "engines"),
    "telemetry": ("gateways", "engines"),
}
"""The groups that each role runs on, as `playbooks/playbooks/site.yml` has it."""


def roles(host: HostPlan) -> tuple[str, ...]:
    """The roles that run on the host."""
    groups = {"all", *(name for name, has in GROUPS.items() if has(host))}
    return tuple(role for role, on in ROLES.items() if groups.intersection(on))


def groups(plan: Plan) -> Mapping[str, tuple[str, ...]]:
    """Host names by group: pools, what hosts have, and turns in which engines change."""
    by_fact = {
        name: tuple(host.host.name for host in plan.hosts if has(host))
        for name, has in GROUPS.items()
    }
    turn_of = turns(plan.hosts)
    by_turn = {
        f"engines_{turn}": tuple(host for host, taken in turn_of.items() if taken == turn)
        for turn in range(1, TURNS + 1)
    }
    return {**plan.pools, **by_fact, **by_turn}


def connection(host: HostPlan) -> Mapping[str, Plain]:
    """How Ansible reaches the host."""
    address = host.host.address
    return {"ansible_host": str(address)} if address is not None else {}


def everywhere(plan: Plan) -> Mapping[str, Plain]:
    """How Ansible reaches every host."""
    return {"ansible_port": plan.ssh_port}


def document(plan: Plan) -> Mapping[str, Plain]:
    """The inventory as Ansible's YAML plugin reads it."""
    children: dict[str, Plain] = {
        name: {"hosts": dict.fromkeys(hosts, None)} for name, hosts in groups(plan).items()
    }
    hosts = {host.host.name: connection(host) for host in plan.hosts}
    return {"all": {"vars": everywhere(plan), "hosts": hosts, "children": children}}
