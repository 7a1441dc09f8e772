"""Every decision about a site, as frozen values; what comes after the plan prints them.

Paths, users, sockets and ports are decided where these values are made. Sizes are bytes,
durations seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from freehold.catalog.facts import System
from freehold.plan.capacity import Capacity
from freehold.plan.parallel import Parallel
from freehold.plan.silicon import Silicon
from freehold.spec.cluster import Level
from freehold.units import Bytes

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Mig:
    """How each GPU of a host is divided into equal instances."""

    profile: str
    """Such as `1g.20gb`."""
    count: int
    """Instances of one GPU."""


@dataclass(frozen=True, slots=True)
class Card:
    """The GPUs of one host."""

    name: str
    """What `nvidia-smi` must report."""
    count: int
    vram: Bytes
    """What a program sees of one GPU, or of one instance where GPUs are divided."""
    vram_smi: Bytes | None
    """What `nvidia-smi` reports of one whole GPU, when known."""
    compute_capability: str | None
    silicon: Silicon | None = None
    """What decides the speed of one GPU, or of one instance."""
    mig: Mig | None = None

    @property
    def devices(self) -> int:
        """GPUs, or instances of them: each serves one replica."""
        return self.count * (self.mig.count if self.mig else 1)

    @property
    def widest(self) -> int:
        """The most devices that one replica may be divided over: instances cannot be joined."""
        return 1 if self.mig else self.count

    @property
    def device(self) -> str:
        """What programs call one device, as in `NVIDIA H100 PCIe MIG 1g.20gb`."""
        return f"{self.name} MIG {self.mig.profile}" if self.mig else self.name


@dataclass(frozen=True, slots=True)
class Host:
    """One machine."""

    name: str
    pool: str
    address: Address | None
    cores: int
    memory: Bytes
    storage: Bytes
    card: Card | None


class Part(StrEnum):
    """What a term of memory is for."""

    WEIGHTS = "weights"
    ACTIVATION = "activation"
    OVERHEAD = "overhead"


WEIGHTS, ACTIVATION, OVERHEAD = Part.WEIGHTS, Part.ACTIVATION, Part.OVERHEAD


@dataclass(frozen=True, slots=True)
class Term:
    """One addend of a memory figure, with the formula that gives it."""

    name: str
    part: Part
    size: Bytes
    formula: str


@dataclass(frozen=True, slots=True)
class Memory:
    """What one GPU (or the host, without GPUs) holds of one replica."""

    device: str
    """`gpu` or `host`."""
    budget: Bytes
    terms: tuple[Term, ...]
    kv_cache: Bytes
    """What is left for the KV cache."""
    kv_bytes_per_token: int
    kv_tokens: int
    max_concurrency: float
    """Requests of full context that the KV cache holds at once."""
    constants: str
    """The engine and version that the constants belong to."""

    def of(self, part: Part) -> Bytes:
        """Bytes of all terms of one part."""
        return Bytes(sum(term.size for term in self.terms if term.part is part))


@dataclass(frozen=True, slots=True)
class Instance:
    """One of the equal parts of a GPU."""

    number: int
    """On its GPU, from 0 on, as in the names that the container toolkit gives."""
    of: int
    """Instances of that GPU."""
    profile: str


@dataclass(frozen=True, slots=True)
class Replica:
    """One running copy of a model, on GPUs of one host or on an instance of one."""

    model: str
    index: int
    host: str
    gpus: tuple[int, ...]
    parallel: Parallel
    context: int
    max_num_seqs: int
    memory: Memory
    capacity: Capacity | None = None
    """What its users get."""
    instance: Instance | None = None
    """What it has of its one GPU, when not all."""
    why: str = ""
    """Why it has so many GPUs, in this pool, on this host."""

    @property
    def name(self) -> str:
        """Unique in the site."""
        return f"{self.model}-{self.index}"

    @property
    def devices(self) -> tuple[str, ...]:
        """What it has of its host, as the container toolkit writes it: `0`, or `0:3`."""
        part = f":{self.instance.number}" if self.instance else ""
        return tuple(f"{gpu}{part}" for gpu in self.gpus)


@dataclass(frozen=True, slots=True)
class Image:
    """A container image: what is pulled or imported, and what it is called on hosts."""

    reference: str
    """Registry, repository and tag, as the lock file lists it."""
    local_name: str
    """`localhost/freehold/...`: the only name that units use."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's directory on a host."""

    model: str
    source: str
    revision: str | None
    file: str | None
    path: str
    """`/srv/freehold/models/NAME`; read-only in the container at `/models/NAME`."""
    gid: int
    """The host's group id that the engine's user has."""


class Health(StrEnum):
    """How an engine says that it is ready."""

    HTTP = "/health"


@dataclass(frozen=True, slots=True)
class Engine:
    """One container that serves one replica."""

    name: str
    """The replica's name; the unit is `freehold-NAME.service`."""
    model: str
    host: str
    kind: str
    """`vllm`, `sglang` or `llama.cpp`."""
    version: str
    image: Image
    arguments: tuple[str, ...]
    """The command line after the image's entry point."""
    environment: tuple[tuple[str, str], ...]
    devices: tuple[str, ...]
    """CDI names."""
    weights: Weights
    container_user: int
    """User and group id in the container."""
    id_map_base: int
    """The host's id that the container's id 0 is; 65536 ids follow."""
    socket: str | None
    """The Unix socket on the host; none when the engine listens on an address."""
    address: Address | None
    """The container's address on its internal network, when there is no socket."""
    port: int | None
    memory_limit: Bytes
    pids_limit: int
    shm_size: Bytes
    start_timeout: int
    """Seconds, by the size of the weights."""
    minimum_driver: str | None = None
    """The oldest GPU driver that the image works with, on GPUs."""

    @property
    def unit(self) -> str:
        """The systemd service that quadlet makes."""
        return f"freehold-{self.name}.service"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may ask for."""

    requests_per_minute: int
    concurrency: int
    body: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Backend:
    """One replica as the gateway reaches it."""

    replica: str
    host: str
    socket: str | None
    """On the gateway's own host: the engine's socket (or its address and port below)."""
    address: Address | None
    port: int | None
    relay: bool
    """Whether the address is another host's relay, to be reached by mutual TLS."""
    concurrency: int
    """Requests in flight that the replica takes before they queue in the gateway."""


@dataclass(frozen=True, slots=True)
class Route:
    """A model's name and who answers for it."""

    model: str
    context: int
    backends: tuple[Backend, ...]


@dataclass(frozen=True, slots=True)
class Relay:
    """A host's mutual-TLS listener in front of one local engine, for the gateway alone."""

    replica: str
    address: Address
    port: int
    socket: str | None
    engine_address: Address | None
    engine_port: int | None


@dataclass(frozen=True, slots=True)
class Gateway:
    """The one way in, on one host."""

    name: str
    host: str
    port: int
    clients: Mapping[str, Limits]
    routes: tuple[Route, ...]
    certificate: str | None
    """Paths on the gateway's host, when the certificate is the user's own."""
    key: str | None
    listen: Address
    """Any address of the family that the gateway's host has."""


class Purpose(StrEnum):
    """What a certificate may be used for, in OpenSSL's words."""

    SERVER = "serverAuth"
    CLIENT = "clientAuth"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that the site's own authority issues to one host."""

    host: str
    name: str
    """Its file on the host, without the ending: `gateway`, `client` or `relay`."""
    purpose: Purpose
    domain: str
    """The name that it vouches for."""
    address: Address | None

    @property
    def section(self) -> str:
        """Where the authority's configuration describes it."""
        return f"{self.name}-{self.host}"


@dataclass(frozen=True, slots=True)
class Authority:
    """The site's certificate authority, on the gateway's host, and all that it may issue."""

    site: str
    certificates: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Proxy:
    """The HAProxy of one host: the gateway, relays, and metrics on loopback."""

    host: str
    gateway: Gateway | None
    gateway_name: str
    relays: tuple[Relay, ...]
    engines: tuple[Engine, ...]
    """Whose metrics the loopback listener shows."""
    metrics_port: int
    certificates: tuple[Certificate, ...] = ()
    """Those that the host holds."""
    authority: Authority | None = None
    """On the gateway's host; none when nobody needs a certificate of ours."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """Who may connect to a port; `sources` empty means anyone."""

    port: int
    sources: tuple[Network, ...]
    purpose: str
    protocol: str = "tcp"


@dataclass(frozen=True, slots=True)
class Outbound:
    """A destination that the host may connect to."""

    to: Network
    port: int
    protocol: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Firewall:
    """One host's nftables table."""

    level: Level
    inbound: tuple[Inbound, ...]
    outbound: tuple[Outbound, ...]
    """All that may leave, from `restricted` on."""
    bridges: tuple[str, ...]
    """Interfaces of internal container networks: nothing of the host is theirs to reach."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that something of ours listens on; all others are undeclared."""

    protocol: str
    """`tcp`, `udp` or `unix`."""
    address: str
    port: int | None
    process: str


@dataclass(frozen=True, slots=True)
class HostFile:
    """A file that lands on a host."""

    path: str
    template: str
    """Under `templates/host/`."""
    role: str
    """The role that places it."""
    owner: str
    group: str
    mode: str
    about: object
    """The value of the plan that the template prints."""


@dataclass(frozen=True, slots=True)
class HostPlan:
    """All that one host gets."""

    host: Host
    replicas: tuple[Replica, ...]
    engines: tuple[Engine, ...]
    images: tuple[Image, ...]
    weights: tuple[Weights, ...]
    proxy: Proxy
    firewall: Firewall
    listeners: tuple[Listener, ...]
    files: tuple[HostFile, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The site."""

    name: str
    description: str
    level: Level
    system_id: str
    system: System
    ssh_port: int
    gateway: Gateway
    hosts: tuple[HostPlan, ...]
    pools: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Host names by pool."""

    @property
    def gpus(self) -> int:
        """Of all hosts, whether a replica is on them or not."""
        return sum(one.host.card.count for one in self.hosts if one.host.card)
