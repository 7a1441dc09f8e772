"""Every host's HAProxy: relays, certificates, listeners and files."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from freehold.plan.types import (
    Authority,
    Backend,
    Certificate,
    Engine,
    Gateway,
    Host,
    HostFile,
    Listener,
    Proxy,
    Purpose,
    Relay,
)
from freehold.spec.cluster import Cluster

METRICS_PORT: Final = 9490
FOLDER: Final = "/etc/freehold/gateway"
AUTHORITY_FOLDER: Final = f"{FOLDER}/authority"


def proxies(
    cluster: Cluster, hosts: Sequence[Host], engines: Sequence[Engine], gateway: Gateway
) -> Mapping[str, Proxy]:
    """Every host's HAProxy, by the host's name."""
    local = _by_host(engines)
    relays = _relays(engines, gateway)
    certificates = {host.name: tuple(_certificates(host, relays, gateway)) for host in hosts}
    issued = tuple(one for held in certificates.values() for one in held)
    return {
        host.name: Proxy(
            host=host.name,
            gateway=gateway if host.name == gateway.host else None,
            gateway_name=gateway.name,
            relays=relays[host.name],
            engines=local[host.name],
            metrics_port=METRICS_PORT,
            certificates=certificates[host.name],
            authority=Authority(cluster.name, issued)
            if issued and host.name == gateway.host
            else None,
        )
        for host in hosts
    }


def listeners(proxy: Proxy) -> tuple[Listener, ...]:
    """What one host's HAProxy listens on."""
    if not _is_needed(proxy):
        return ()
    entry = proxy.gateway
    return (
        *((Listener("tcp", str(entry.listen), entry.port, "haproxy"),) if entry else ()),
        *(Listener("tcp", str(relay.address), relay.port, "haproxy") for relay in proxy.relays),
        Listener("tcp", "127.0.0.1", proxy.metrics_port, "haproxy"),
    )


def files(proxy: Proxy) -> tuple[HostFile, ...]:
    """What one host's HAProxy reads; a host with neither gateway nor engine has none."""
    if not _is_needed(proxy):
        return ()
    names = ["clients.map", "models.json", "gateway.cfg"] if proxy.gateway else ["relays.cfg"]
    if proxy.authority:
        names.append("authority/authority.cnf")
    return (
        *(_file(proxy, f"{FOLDER}/{name}") for name in names),
        _file(proxy, "/etc/systemd/system/freehold-gateway.service"),
        _file(proxy, f"{FOLDER}/telemetry.cfg", role="telemetry"),
    )


def _is_needed(proxy: Proxy) -> bool:
    return proxy.gateway is not None or bool(proxy.engines)


def _file(proxy: Proxy, path: str, role: str = "gateway") -> HostFile:
    return HostFile(path, f"host{path}.j2", role, "root", "root", "0644", proxy)


def _by_host(engines: Sequence[Engine]) -> Mapping[str, tuple[Engine, ...]]:
    found: defaultdict[str, tuple[Engine, ...]] = defaultdict(tuple)
    for engine in engines:
        found[engine.host] += (engine,)
    return found


def _relays(engines: Sequence[Engine], gateway: Gateway) -> Mapping[str, tuple[Relay, ...]]:
    by_name = {engine.name: engine for engine in engines}
    found: defaultdict[str, tuple[Relay, ...]] = defaultdict(tuple)
    for route in gateway.routes:
        for backend in route.backends:
            if backend.relay:
                found[backend.host] += tuple(_relay(backend, by_name[backend.replica]))
    return found


def _relay(backend: Backend, engine: Engine) -> Iterator[Relay]:
    # A host that is not bought yet has no address: it can be planned, not rendered.
    if backend.address is not None and backend.port is not None:
        yield Relay(
            replica=backend.replica,
            address=backend.address,
            port=backend.port,
            socket=engine.socket,
            engine_address=engine.address,
            engine_port=engine.port,
        )


def _certificates(
    host: Host, relays: Mapping[str, tuple[Relay, ...]], gateway: Gateway
) -> Iterator[Certificate]:
    is_entry = host.name == gateway.host
    if is_entry and gateway.certificate is None:
        yield Certificate(host.name, "gateway", Purpose.SERVER, gateway.name, host.address)
    if is_entry and any(backend.relay for route in gateway.routes for backend in route.backends):
        yield Certificate(host.name, "client", Purpose.CLIENT, gateway.name, None)
    if relays[host.name]:
        yield Certificate(host.name, "relay", Purpose.SERVER, host.name, host.address)
