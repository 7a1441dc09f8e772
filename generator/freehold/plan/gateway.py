"""The one way in: its host, routes and limits, and how it reaches every replica."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from freehold.plan import gateway_rules
from freehold.plan.proxy import files, listeners, proxies
from freehold.plan.types import (
    Address,
    Backend,
    Engine,
    Gateway,
    Host,
    Limits,
    Replica,
    Route,
)
from freehold.report import Report
from freehold.spec.cluster import Cluster
from freehold.spec.gateway import Client

__all__ = ["files", "gateway", "listeners", "proxies"]

FIRST_RELAY_PORT: Final = 9443


def gateway(
    cluster: Cluster,
    hosts: Sequence[Host],
    replicas: Sequence[Replica],
    engines: Sequence[Engine],
    report: Report,
) -> Gateway:
    """The one way in, and how it reaches every replica."""
    own = cluster.gateway.certificate
    here = cluster.gateway.host or hosts[0].name
    addresses = {host.name: host.address for host in hosts}
    backends = _backends(here, addresses, replicas, engines)
    gateway_rules.check(cluster, here, hosts, backends, report)
    return Gateway(
        name=cluster.gateway.name,
        host=here,
        port=cluster.gateway.port,
        clients={name: _limits(client) for name, client in cluster.gateway.clients.items()},
        routes=_routes(replicas, backends),
        certificate=own.certificate if own else None,
        key=own.key if own else None,
        listen=_any(addresses.get(here)),
    )


def _any(address: Address | None) -> Address:
    # Clients may come through any of the host's networks; the firewall says which.
    return IPv6Address(0) if isinstance(address, IPv6Address) else IPv4Address(0)


def _limits(client: Client) -> Limits:
    return Limits(int(client.requests), client.concurrency, int(client.body))


def _backends(
    here: str,
    addresses: Mapping[str, Address | None],
    replicas: Sequence[Replica],
    engines: Sequence[Engine],
) -> tuple[Backend, ...]:
    by_name = {engine.name: engine for engine in engines}
    ports: dict[str, int] = {}
    backends: list[Backend] = []
    for replica in replicas:
        if replica.host == here:
            backends.append(_local(replica, by_name[replica.name]))
        else:
            port = ports.get(replica.host, FIRST_RELAY_PORT)
            ports[replica.host] = port + 1
            backends.append(_relayed(replica, addresses[replica.host], port))
    return tuple(backends)


def _local(replica: Replica, engine: Engine) -> Backend:
    return Backend(
        replica=replica.name,
        host=replica.host,
        socket=engine.socket,
        address=engine.address,
        port=engine.port,
        relay=False,
        concurrency=replica.max_num_seqs,
    )


def _relayed(replica: Replica, address: Address | None, port: int) -> Backend:
    return Backend(
        replica=replica.name,
        host=replica.host,
        socket=None,
        address=address,
        port=port,
        relay=True,
        concurrency=replica.max_num_seqs,
    )


def _routes(replicas: Sequence[Replica], backends: Sequence[Backend]) -> tuple[Route, ...]:
    contexts: dict[str, int] = {}
    answering: dict[str, list[Backend]] = {}
    for replica, backend in zip(replicas, backends, strict=True):
        contexts[replica.model] = min(replica.context, contexts.get(replica.model, replica.context))
        answering.setdefault(replica.model, []).append(backend)
    return tuple(Route(model, contexts[model], tuple(found)) for model, found in answering.items())
