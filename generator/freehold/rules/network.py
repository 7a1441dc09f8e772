"""The firewall's lists: they must work, and not lock out whoever wrote them."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from freehold.plan.firewall import METADATA
from freehold.rules.registry import Finding, rule
from freehold.spec.base import Network
from freehold.spec.cluster import Cluster, Level


@rule
def admin_of_another_family(cluster: Cluster) -> Iterator[Finding]:
    """No network of `network.admin` can hold a machine that speaks to a host.

    Ansible connects to the host's address; over IPv4 it is never seen as one of the
    firewall's IPv6 networks, nor the other way round, and the apply would lock it out.
    """
    admin = cluster.network.admin
    families = {network.version for network in admin}
    for machines in cluster.nodes.values():
        addresses = machines.hosts if isinstance(machines.hosts, dict) else {}
        for name, address in addresses.items():
            if admin and address is not None and address.version not in families:
                yield Finding(
                    message=f"`network.admin` lets nobody reach host `{name}` at `{address}`",
                    loc=("network", "admin"),
                    label=f"no IPv{address.version} network here",
                    help=f"add the IPv{address.version} network that Ansible connects from",
                )
                return


@rule
def egress_to_metadata(cluster: Cluster) -> Iterator[Finding]:
    """A destination of `network.egress` is a cloud's metadata service.

    Such services hand out credentials to whoever asks; from `restricted` on the firewall
    refuses them whatever the list says, so the entry would have no effect.
    """
    for number, egress in enumerate(cluster.network.egress):
        to = ip_network(egress.to)
        if cluster.isolation.includes(Level.RESTRICTED) and any(
            _holds(metadata, to) for metadata in METADATA
        ):
            yield Finding(
                message=f"`{egress.to}` is never reached from a host at `{cluster.isolation}`",
                loc=("network", "egress", number, "to"),
                label="link-local, or a cloud's metadata service",
                help="remove it, or give the service an address in your own network",
            )


@rule
def repeated_egress(cluster: Cluster) -> Iterator[Finding]:
    """A destination of `network.egress` is already let through by another entry.

    Whoever later removes one of the two will believe that the destination is shut.
    """
    entries = [(ip_network(egress.to), egress) for egress in cluster.network.egress]
    for number, (to, egress) in enumerate(entries):
        for before, (wider, other) in enumerate(entries):
            is_same_service = (egress.port, egress.protocol) == (other.port, other.protocol)
            # Of two equal entries the later one is too many.
            is_too_many = before < number or (before > number and wider != to)
            if is_same_service and is_too_many and _holds(wider, to):
                yield Finding(
                    message=f"`{egress.to}` port {egress.port}/{egress.protocol} "
                    f"is already in `{other.to}`",
                    loc=("network", "egress", number),
                    other=("network", "egress", before),
                    help="keep the one of the two that is meant",
                    severity="warning",
                )
                break


def _holds(wide: Network, narrow: Network) -> bool:
    if isinstance(wide, IPv4Network):
        return isinstance(narrow, IPv4Network) and narrow.subnet_of(wide)
    return isinstance(narrow, IPv6Network) and narrow.subnet_of(wide)
