"""Addresses: each host its own, one that a host can have, in the hosts' network."""

from collections.abc import Iterator
from ipaddress import IPv6Address

from freehold.rules.registry import Finding, rule
from freehold.source import Loc
from freehold.spec.base import Address, Network
from freehold.spec.cluster import Cluster


def _addresses(cluster: Cluster) -> Iterator[tuple[str, Address, Loc]]:
    for pool, machines in cluster.nodes.items():
        if isinstance(machines.hosts, dict):
            for name, address in machines.hosts.items():
                if address is not None:
                    yield name, address, ("nodes", pool, "hosts", name)


@rule
def repeated_address(cluster: Cluster) -> Iterator[Finding]:
    """Two hosts have one address.

    Ansible would set up one machine twice, and the firewall would let one host speak as
    the other.
    """
    first: dict[Address, tuple[str, Loc]] = {}
    for name, address, place in _addresses(cluster):
        other, other_place = first.setdefault(address, (name, place))
        if other_place != place:
            yield Finding(
                message=f"`{address}` is already the address of host `{other}`",
                loc=place,
                other=other_place,
                help="give each host an address of its own",
            )


@rule
def unusable_address(cluster: Cluster) -> Iterator[Finding]:
    """An address is none that a host of a network can have.

    Loopback, multicast, link-local and unspecified addresses, and the first and the last of
    a network, mean something else to every machine that sees them. An IPv4 address in IPv6's
    spelling is the same host to a program, and another one to a firewall.
    """
    for name, address, place in _addresses(cluster):
        kind = _unusable(address, cluster.network.hosts)
        if kind:
            yield Finding(
                message=f"host `{name}` cannot have `{address}`, {kind}",
                loc=place,
                help="write the address at which other hosts reach it",
            )


@rule
def address_outside_network(cluster: Cluster) -> Iterator[Finding]:
    """A host's address is not in `network.hosts`.

    The firewalls let hosts speak to each other within that network only.
    """
    network = cluster.network.hosts
    for name, address, place in _addresses(cluster):
        if network and address not in network and not _unusable(address, None):
            yield Finding(
                message=f"host `{name}` has `{address}`, outside of `network.hosts`: `{network}`",
                loc=place,
                other=("network", "hosts"),
                help="write an address in that network, or widen it",
            )


def _unusable(address: Address, network: Network | None) -> str:
    kinds = (
        (address.is_unspecified, "the address of no host"),
        (address.is_loopback, "a loopback address"),
        (address.is_multicast, "a multicast address"),
        (address.is_link_local, "a link-local address"),
        (address.version == 4 and address.is_reserved, "a reserved address"),  # noqa: PLR2004
        (isinstance(address, IPv6Address) and address.ipv4_mapped, "an IPv4 address in disguise"),
        (_is_edge(address, network, 0), f"the address of the network `{network}` itself"),
        (_is_edge(address, network, -1), f"the broadcast address of `{network}`"),
    )
    return next((kind for applies, kind in kinds if applies), "")


def _is_edge(address: Address, network: Network | None, edge: int) -> bool:
    # In networks of one or two addresses all are hosts'; IPv6 has no broadcast.
    if network is None or network.num_addresses <= 2:  # noqa: PLR2004
        return False
    return address == network[edge] and (edge == 0 or network.version == 4)  # noqa: PLR2004
