"""A small site's plan: hosts, replicas and engines by hand, the gateway by freehold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from freehold.plan.gateway import files, gateway, proxies
from freehold.plan.parallel import Parallel
from freehold.plan.types import (
    Address,
    Engine,
    Gateway,
    Host,
    Image,
    Memory,
    Proxy,
    Replica,
    Weights,
)
from freehold.render.fill import fill
from freehold.render.haproxy import view
from freehold.report import Report
from freehold.source import Source
from freehold.spec.cluster import Cluster
from freehold.units import Bytes

SPEC = {
    "plugin": "freehold.llm.cluster",
    "version": 1,
    "name": "mercy",
    "system": "debian-13",
    "isolation": "open",
}


def host(name: str, address: str | None) -> Host:
    at = ip_address(address) if address else None
    return Host(name, "gpu", at, 16, Bytes(2**36), Bytes(2**40), None)


def replica(model: str, index: int, on: str, *, at_once: int = 8, context: int = 4096) -> Replica:
    memory = Memory("host", Bytes(1), (), Bytes(1), 1, 1, 1.0, "none")
    return Replica(model, index, on, (), Parallel(), context, at_once, memory)


def engine(of: Replica, socket: str | None = None, at: tuple[Address, int] | None = None) -> Engine:
    return Engine(
        name=of.name,
        model=of.model,
        host=of.host,
        kind="vllm",
        version="1",
        image=Image("registry.example/engine:1", "localhost/freehold/engine:1"),
        arguments=(),
        environment=(),
        devices=(),
        weights=Weights(of.model, "o/m", None, None, f"/srv/freehold/models/{of.model}", 1000),
        container_user=1000,
        id_map_base=0x70000000,
        socket=socket or (None if at else f"/run/freehold/{of.name}/engine.sock"),
        address=at[0] if at else None,
        port=at[1] if at else None,
        memory_limit=Bytes(1),
        pids_limit=1,
        shm_size=Bytes(1),
        start_timeout=1,
    )


@dataclass(frozen=True)
class Site:
    """What is decided about the gateway, and what was found wrong."""

    cluster: Cluster
    report: Report
    gateway: Gateway
    proxies: Mapping[str, Proxy]


def plan(
    hosts: Sequence[Host],
    engines: Mapping[Replica, Engine],
    entry: Mapping[str, object],
    network: Mapping[str, object] | None = None,
) -> Site:
    """The site's gateway; `entry` is the spec's `gateway`."""
    source = Source.parse(b"", "cluster.yml")
    report = Report(source)
    cluster = _cluster(hosts, sorted({one.model for one in engines}), entry, network or {})
    planned = gateway(cluster, hosts, list(engines), list(engines.values()), report)
    return Site(cluster, report, planned, proxies(cluster, hosts, list(engines.values()), planned))


def rendered(proxy: Proxy) -> dict[str, str]:
    """Every file of one host's HAProxy, by its path there."""
    return {
        file.path: fill(file.template, view(file.template, file.about)).decode()
        for file in files(proxy)
    }


def _cluster(
    hosts: Sequence[Host],
    models: Sequence[str],
    entry: Mapping[str, object],
    network: Mapping[str, object],
) -> Cluster:
    pool = {
        "hosts": {one.name: one.address for one in hosts},
        "cpu": {"cores": 16},
        "memory": "64 GiB",
        "storage": {"models": {"size": "1 TB", "kind": "nvme"}},
    }
    workload = {"users": 4, "prompt": 100, "answer": 100, "context": 4096}
    model = {"source": "o/m", "precision": "bf16", "workload": workload}
    return Cluster.model_validate(
        {
            **SPEC,
            "nodes": {"gpu": pool},
            "models": dict.fromkeys(models, model),
            "gateway": entry,
            "network": network,
        }
    )
