"""Isolation: levels that can be had, and what each of them needs."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network
from typing import Final

from freehold.rules.registry import Finding, rule
from freehold.source import Loc
from freehold.spec.base import Address, Network
from freehold.spec.cluster import Cluster, Level

_NOT_YET: Final = {
    Level.AIRGAPPED: "a signed bundle of all bytes and an installation without any network",
    Level.SEALED: "all of `airgapped`, measured boot and attestation of every host",
}


@rule
def level_not_available(cluster: Cluster) -> Iterator[Finding]:
    """The isolation level cannot be had from this version.

    A level is only offered when every one of its controls is built and tested.
    `airgapped` needs a signed bundle and an installation without any network; `sealed`
    needs attestation of the hosts besides.
    """
    if cluster.isolation in _NOT_YET:
        yield Finding(
            message=f"`isolation: {cluster.isolation}` is not available in this version",
            loc=("isolation",),
            label=f"lacks {_NOT_YET[cluster.isolation]}",
            help="use `restricted`, the strictest level that is available",
        )


@rule
def restricted_without_admin(cluster: Cluster) -> Iterator[Finding]:
    """From `restricted` on the hosts would let no administrator in.

    The firewall opens SSH to `network.admin` only; without it the first apply would lock
    Ansible and everybody else out of every host.
    """
    if cluster.isolation.includes(Level.RESTRICTED) and not cluster.network.admin:
        yield Finding(
            message=f"`isolation: {cluster.isolation}` without `network.admin` locks everybody out",
            loc=("isolation",),
            help="add `network.admin`: the networks that Ansible and administrators connect from",
        )


@rule
def restricted_without_egress(cluster: Cluster) -> Iterator[Finding]:
    """At `restricted` the hosts could reach no source of packages, images or time.

    Whatever hosts may connect to is listed in `network.egress`; with an empty list the
    first apply has nothing to install from.
    """
    if cluster.isolation is Level.RESTRICTED and not cluster.network.egress:
        yield Finding(
            message="`restricted` without `network.egress` has nothing to install from",
            loc=("isolation",),
            help="add `network.egress`: your package mirror, registry, name and time servers",
        )


@rule
def anywhere(cluster: Cluster) -> Iterator[Finding]:
    """A firewall rule of a restricted site lets everything through.

    A network of all addresses in `network.admin` or `network.egress` undoes what
    `restricted` is for.
    """
    if not cluster.isolation.includes(Level.RESTRICTED):
        return
    for place, end in _far_ends(cluster):
        if isinstance(end, (IPv4Network, IPv6Network)) and end.prefixlen == 0:
            yield Finding(
                message=f"`{end}` is every address there is, at `{cluster.isolation}`",
                loc=place,
                severity="warning",
                help="write the networks that are meant",
            )


def _far_ends(cluster: Cluster) -> Iterator[tuple[Loc, Network | Address]]:
    for number, network in enumerate(cluster.network.admin):
        yield ("network", "admin", number), network
    for number, egress in enumerate(cluster.network.egress):
        yield ("network", "egress", number, "to"), egress.to


@rule
def unencrypted_storage(cluster: Cluster) -> Iterator[Finding]:
    """A restricted site keeps its weights on a volume without encryption.

    A disk that leaves the building, for repair or as scrap, takes what lies on it along.
    """
    if not cluster.isolation.includes(Level.RESTRICTED):
        return
    for pool, machines in cluster.nodes.items():
        if not machines.storage.models.encrypted:
            yield Finding(
                message=f"pool `{pool}` keeps weights unencrypted, at `{cluster.isolation}`",
                loc=("nodes", pool, "storage", "models"),
                severity="warning",
                help="encrypt the volume and write `encrypted: true`",
            )
