"""Who may reach a host, and what a host may reach."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Final

from freehold.plan.types import (
    Address,
    Engine,
    Firewall,
    Gateway,
    Host,
    HostFile,
    Inbound,
    Listener,
    Network,
    Outbound,
    Proxy,
)
from freehold.spec.cluster import Cluster, Level

# A prefix, so that a container network which the plan no longer has stays shut.
BRIDGES: Final = ("fh-*",)

# Where clouds answer with credentials: AWS and most others, Alibaba; AWS, Google, OpenStack.
# Of IPv4's link-local addresses no other is worth an exception.
METADATA: Final = tuple(
    ip_network(network)
    for network in (
        "169.254.0.0/16",
        "100.100.100.200",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fe80::a9fe:a9fe",
    )
)

_TABLE: Final = ("/etc/freehold/firewall.nft", "0600")
_SAME_EVERYWHERE: Final = (
    ("/usr/local/sbin/freehold-firewall", "0755"),
    ("/etc/systemd/system/freehold-firewall.service", "0644"),
    ("/etc/systemd/system/nftables.service.d/freehold.conf", "0644"),
    ("/etc/systemd/system/freehold-.service.d/memory.conf", "0644"),
)


def firewall(  # noqa: PLR0913, PLR0917 - all that decides what a host lets through
    cluster: Cluster,
    host: Host,
    proxy: Proxy,
    engines: Sequence[Engine],
    gateway: Gateway,
    hosts: Mapping[str, Host],
) -> Firewall:
    """The firewall of `host`, on which `proxy` and `engines` run."""
    is_gateway = host.name == gateway.host
    inbound = [_ssh(cluster)]
    if is_gateway:
        inbound.append(Inbound(gateway.port, cluster.network.clients, "gateway"))
    inbound += _relays(proxy, hosts[gateway.host].address)
    outbound = [*_egress(cluster), *_engines(engines)]
    if is_gateway:
        outbound += _relays_elsewhere(gateway)
    return Firewall(cluster.isolation, tuple(inbound), tuple(outbound), BRIDGES)


def files(firewall: Firewall) -> tuple[HostFile, ...]:
    """The table, what loads it whenever it is not there, and what keeps memory off the disk."""
    return (
        _file(*_TABLE, firewall),
        *(_file(path, mode, None) for path, mode in _SAME_EVERYWHERE),
    )


def _file(path: str, mode: str, about: Firewall | None) -> HostFile:
    return HostFile(path, f"host{path}.j2", "isolation", "root", "root", mode, about)


def listeners(cluster: Cluster) -> tuple[Listener, ...]:
    """What the firewall lets in beside the gateway and relays, which declare their own."""
    return (Listener("tcp", "*", cluster.network.ssh_port, "sshd"),)


def _ssh(cluster: Cluster) -> Inbound:
    return Inbound(cluster.network.ssh_port, cluster.network.admin, "ssh")


def _relays(proxy: Proxy, gateway: Address | None) -> Iterator[Inbound]:
    # No source would mean anyone, so a gateway without an address gets no rule at all.
    if gateway is not None:
        for relay in proxy.relays:
            yield Inbound(relay.port, (_only(gateway),), "relay")


def _egress(cluster: Cluster) -> Iterator[Outbound]:
    for egress in cluster.network.egress:
        yield Outbound(_only(egress.to), egress.port, egress.protocol, "egress")


def _engines(engines: Sequence[Engine]) -> Iterator[Outbound]:
    for engine in engines:
        if engine.address is not None and engine.port is not None:
            yield Outbound(_only(engine.address), engine.port, "tcp", "engine")


def _relays_elsewhere(gateway: Gateway) -> Iterator[Outbound]:
    for route in gateway.routes:
        for backend in route.backends:
            if backend.relay and backend.address is not None and backend.port is not None:
                yield Outbound(_only(backend.address), backend.port, "tcp", "relay")


def _only(address: Address | Network) -> Network:
    return ip_network(address)


def is_restricted(firewall: Firewall) -> bool:
    """Whether nothing may leave or pass through except what is listed."""
    return firewall.level.includes(Level.RESTRICTED)
