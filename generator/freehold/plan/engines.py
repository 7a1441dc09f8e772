"""Engines: from a replica to the container that serves it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from freehold.catalog.facts import Catalog, EngineVersion
from freehold.catalog.lookup import find_engine
from freehold.diagnostics import rule_text
from freehold.plan.engine_flags import Argument, FlagTable, merged, pinned
from freehold.plan.engine_kind import MODELS, Kind, Task
from freehold.plan.engine_llama_cpp import LLAMA_CPP
from freehold.plan.engine_sglang import SGLANG
from freehold.plan.engine_vllm import VLLM
from freehold.plan.types import (
    Engine,
    HostFile,
    Image,
    Listener,
    Replica,
    Weights,
)
from freehold.report import Report
from freehold.spec.cluster import Cluster
from freehold.spec.models import EngineName, Model
from freehold.spec.nodes import Pool
from freehold.units import Bytes

FILE: Final = rule_text(
    "weights-file-missing",
    """A GGUF repository holds one file for each format, so one of them must be named.

    llama.cpp serves a single file. Of a model that is split, name the first part.
    """,
)
IMAGE: Final = rule_text(
    "image-name-reserved",
    """The tag ends in a word that podman's quadlet takes for the name of another unit.

    `Image=` with `.image` or `.build` at its end means a unit file beside this one.
    """,
)
OVERLAP: Final = rule_text(
    "engine-network-overlap",
    """A network of the spec overlaps the one that freehold keeps for containers.

    An engine that cannot listen on a Unix socket gets a network of its own, without a way out,
    from 198.18.0.0/24: addresses set aside for laboratories (RFC 2544), which no router carries.
    """,
)

KINDS: Final[Mapping[EngineName, Kind]] = {
    EngineName.VLLM: VLLM,
    EngineName.SGLANG: SGLANG,
    EngineName.LLAMA_CPP: LLAMA_CPP,
}
SOCKETS: Final = "/run/freehold"
WEIGHTS: Final = "/srv/freehold/models"
USER: Final = 2000
"""In containers; vLLM's image names it `vllm`, and podman names it in the others."""
ID_MAP_START: Final = 0x7000_0000
"""Beyond what distributions hand out to users and to podman's own maps."""
ID_MAP_SIZE: Final = 65536
NETWORKS: Final = IPv4Network("198.18.0.0/24")
_PER_NETWORK: Final = 4
PIDS_PER_WORKER: Final = 4096
"""vLLM and SGLang compile with one thread for each core, and hold some hundreds beside."""
HOST_SHARE: Final = 0.9
"""The rest of a host's memory is for the system, the gateway and the page cache."""
HEADROOM: Final = 1.25
"""Being killed for a few percent that the plan did not foresee would be worse than a leak."""
READ_SPEED: Final[Mapping[str, int]] = {"nvme": 10**9, "ssd": 3 * 10**8, "hdd": 10**8}
"""Bytes of weights per second, as one reader sees it; a cold start must fit its timeout."""


def engine_name(model: Model, *, on_gpus: bool) -> EngineName:
    """The pinned engine; else llama.cpp for GGUF or without GPUs, and vLLM otherwise."""
    if model.engine is not None:
        return model.engine.name
    return EngineName.LLAMA_CPP if model.precision.is_gguf or not on_gpus else EngineName.VLLM


def engines(
    cluster: Cluster, replicas: Sequence[Replica], catalog: Catalog, report: Report
) -> tuple[Engine, ...]:
    """The container of every replica whose engine and flags are in order."""
    pools = {host: pool for name, pool in cluster.nodes.items() for host in pool.host_names(name)}
    chosen = _choices(cluster, replicas, catalog, report)
    _refuse_overlap(cluster, chosen, report)
    addresses = _addresses(replicas, chosen)
    return tuple(
        _engine(cluster, replica, pools[replica.host], choice, addresses.get(replica.name))
        for replica in replicas
        if (choice := chosen.get(replica.model))
    )


def files(engines: Sequence[Engine]) -> tuple[HostFile, ...]:
    """What the engines of one host need there."""
    return tuple(file for engine in engines for file in _files(engine))


def listeners(engines: Sequence[Engine]) -> tuple[Listener, ...]:
    """The sockets of the engines of one host.

    An engine with an address listens in its container's network, where the host shows nothing.
    """
    return tuple(
        Listener("unix", engine.socket, None, engine.kind) for engine in engines if engine.socket
    )


@dataclass(frozen=True, slots=True)
class _Choice:
    """What all replicas of one model have in common."""

    index: int
    spec: Model
    version: EngineVersion
    table: FlagTable
    pins: tuple[Argument, ...]

    @property
    def kind(self) -> Kind:
        return KINDS[self.version.name]


def _choices(
    cluster: Cluster, replicas: Sequence[Replica], catalog: Catalog, report: Report
) -> Mapping[str, _Choice]:
    on_gpus = {replica.model: bool(replica.gpus) for replica in replicas}
    found = {
        name: _choice(index, name, model, _Where(catalog, on_gpus=on_gpus[name]), report)
        for index, (name, model) in enumerate(cluster.models.items())
        if name in on_gpus
    }
    return {name: choice for name, choice in found.items() if choice is not None}


@dataclass(frozen=True, slots=True)
class _Where:
    catalog: Catalog
    on_gpus: bool


def _choice(index: int, name: str, model: Model, where: _Where, report: Report) -> _Choice | None:
    engine = model.engine
    loc = ("models", name, "engine")
    version = find_engine(
        where.catalog,
        engine_name(model, on_gpus=where.on_gpus),
        engine.version if engine else None,
        (*loc, "version"),
        report,
    )
    if version is None:
        return None
    table = FlagTable(version)
    rules = KINDS[version.name].pins
    pins = pinned(engine.arguments if engine else {}, table, rules, (*loc, "arguments"), report)
    _refuse_file(name, model, version, report)
    _refuse_image(name, model, report)
    return _Choice(index, model, version, table, pins)


def _refuse_file(name: str, model: Model, version: EngineVersion, report: Report) -> None:
    if version.name is EngineName.LLAMA_CPP and model.file is None:
        report.refuse_key(
            FILE,
            f"`{name}` does not say which file of `{model.source}` to serve",
            ("models", name),
            help="add `file:` with the name of a `.gguf` file in that repository",
        )


def _refuse_image(name: str, model: Model, report: Report) -> None:
    image = model.engine.image if model.engine else None
    if image is not None and image.endswith((".image", ".build")):
        report.refuse(
            IMAGE,
            f"podman would read `{image}` as the name of a unit",
            ("models", name, "engine", "image"),
            help="give the image a tag that does not end in `.image` or `.build`",
        )


def _refuse_overlap(cluster: Cluster, chosen: Mapping[str, _Choice], report: Report) -> None:
    own = cluster.network.hosts
    has_networks = any(not choice.version.listens_on_socket for choice in chosen.values())
    if has_networks and isinstance(own, IPv4Network) and own.overlaps(NETWORKS):
        report.refuse(
            OVERLAP,
            f"`{own}` overlaps `{NETWORKS}`, which is kept for containers",
            ("network", "hosts"),
            help="give the hosts another network, or serve every model by vllm or llama.cpp",
        )


def _addresses(
    replicas: Sequence[Replica], chosen: Mapping[str, _Choice]
) -> Mapping[str, IPv4Address]:
    """The second address of a small network for each that needs one; the bridge is the first."""
    on_host: Counter[str] = Counter()
    found = {}
    for replica in replicas:
        choice = chosen.get(replica.model)
        if choice is not None and not choice.version.listens_on_socket:
            found[replica.name] = NETWORKS[_PER_NETWORK * on_host[replica.host] + 2]
            on_host[replica.host] += 1
    return found


def _engine(
    cluster: Cluster,
    replica: Replica,
    pool: Pool,
    choice: _Choice,
    address: IPv4Address | None,
) -> Engine:
    task = _task(cluster, replica, pool, choice, address)
    return Engine(
        name=replica.name,
        model=replica.model,
        host=replica.host,
        kind=choice.version.name,
        version=choice.version.version,
        image=_image(choice, on_gpus=bool(replica.gpus)),
        arguments=_command_line(task, choice),
        environment=choice.kind.environment(task),
        devices=tuple(f"nvidia.com/gpu={device}" for device in replica.devices),
        weights=_weights(replica.model, choice),
        container_user=USER,
        id_map_base=_id_map_base(choice),
        socket=None if address else f"{SOCKETS}/{replica.name}/engine.sock",
        address=address,
        port=choice.kind.port,
        memory_limit=_memory_limit(replica, pool),
        pids_limit=PIDS_PER_WORKER * replica.parallel.gpus,
        shm_size=Bytes(choice.kind.shm_per_gpu * replica.parallel.gpus),
        start_timeout=_start_timeout(replica, pool, choice.kind),
        minimum_driver=choice.version.minimum_driver if replica.gpus else None,
    )


def _task(
    cluster: Cluster, replica: Replica, pool: Pool, choice: _Choice, address: IPv4Address | None
) -> Task:
    model = choice.spec
    return Task(
        model=replica.model,
        weights=f"{MODELS}/{replica.model}",
        file=model.file,
        parallel=replica.parallel,
        on_gpus=bool(replica.gpus),
        context=replica.context,
        max_num_seqs=replica.max_num_seqs,
        utilization=model.gpu_memory_utilization or choice.version.memory.utilization,
        kv_cache=model.kv_cache,
        cores=pool.cpu.cores,
        address=address,
        origin=_origin(cluster),
    )


def _origin(cluster: Cluster) -> str:
    port = "" if cluster.gateway.port == 443 else f":{cluster.gateway.port}"  # noqa: PLR2004 - of https
    return f"https://{cluster.gateway.name}{port}"


def _command_line(task: Task, choice: _Choice) -> tuple[str, ...]:
    arguments = merged(choice.kind.arguments(task), choice.pins, choice.table)
    choice.table.check(arguments)
    return (*choice.kind.start(task), *(word for found in arguments for word in found.words))


def _image(choice: _Choice, *, on_gpus: bool) -> Image:
    version, pin = choice.version, choice.spec.engine
    usual = (version.gpu_image if on_gpus else None) or version.image
    reference = (pin.image if pin else None) or usual
    registry, _, rest = reference.partition("/")
    # A registry's port is no part of a local name.
    return Image(reference, f"localhost/freehold/{registry.replace(':', '_')}/{rest}")


def _weights(model: str, choice: _Choice) -> Weights:
    return Weights(
        model=model,
        source=choice.spec.source,
        revision=choice.spec.revision,
        file=choice.spec.file,
        path=f"{WEIGHTS}/{model}",
        gid=_id_map_base(choice) + USER,
    )


def _id_map_base(choice: _Choice) -> int:
    return ID_MAP_START + ID_MAP_SIZE * choice.index


def _memory_limit(replica: Replica, pool: Pool) -> Bytes:
    """What stops a leak: above the plan's budget, or a fair share of the host beside GPUs."""
    if not replica.gpus or pool.gpus is None:
        return Bytes(min(int(replica.memory.budget * HEADROOM), pool.memory))
    devices = pool.gpus.count * (replica.instance.of if replica.instance else 1)
    return Bytes(int(pool.memory * HOST_SHARE * len(replica.gpus) / devices))


def _start_timeout(replica: Replica, pool: Pool, kind: Kind) -> int:
    weights = sum(term.size for term in replica.memory.terms if term.name == "weights")
    read = weights * max(1, len(replica.gpus)) / READ_SPEED[pool.storage.models.kind]
    return kind.settle + int(read)


def _files(engine: Engine) -> Iterator[HostFile]:
    units = "/etc/containers/systemd"
    folder = f"/etc/tmpfiles.d/freehold-engine-{engine.name}.conf"
    yield _file(f"{units}/freehold-{engine.name}.container", f"{units}/engine.container.j2", engine)
    if engine.address is not None:
        yield _file(f"{units}/freehold-{engine.name}.network", f"{units}/engine.network.j2", engine)
    else:
        yield _file(folder, "/etc/tmpfiles.d/freehold-engine.conf.j2", engine)


def _file(path: str, template: str, engine: Engine) -> HostFile:
    return HostFile(path, f"host{template}", "engine", "root", "root", "0644", engine)
