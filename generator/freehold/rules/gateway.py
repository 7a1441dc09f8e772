"""The gateway: on a host that is there, at a port that is free."""

from collections.abc import Iterator
from typing import Final

from freehold.diagnostics import nearest
from freehold.rules.names import host_names
from freehold.rules.registry import Finding, rule
from freehold.spec.cluster import Cluster

OWN_PORTS: Final = range(9443, 9491)
"""Relays count up from the first; metrics are at the last."""


@rule
def unknown_gateway_host(cluster: Cluster) -> Iterator[Finding]:
    """`gateway.host` is none of the hosts under `nodes`."""
    names = [name for name, _ in host_names(cluster)]
    if cluster.gateway.host is None or cluster.gateway.host in names:
        return
    close = nearest(cluster.gateway.host, names)
    yield Finding(
        message=f"no host is called `{cluster.gateway.host}`",
        loc=("gateway", "host"),
        help=f"use `{close}`" if close else "use a host under `nodes`, or leave the key out",
    )


@rule
def port_taken(cluster: Cluster) -> Iterator[Finding]:
    """Two things on one host would listen on one port.

    The stack itself listens on 9443 and up (relays between hosts) and on 9490 (metrics).
    """
    ports = {("gateway", "port"): cluster.gateway.port,
             ("network", "ssh_port"): cluster.network.ssh_port}  # fmt: skip
    for place, port in ports.items():
        if port in OWN_PORTS:
            yield Finding(
                message=f"port {port} is one that the stack itself listens on",
                loc=place,
                help=f"use a port outside of {OWN_PORTS[0]} to {OWN_PORTS[-1]}",
            )
    if cluster.gateway.port == cluster.network.ssh_port:
        yield Finding(
            message=f"the gateway's port {cluster.gateway.port} is SSH's port too",
            loc=("gateway", "port"),
            help="use another port, such as 443",
        )
