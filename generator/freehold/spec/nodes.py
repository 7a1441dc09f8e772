"""Pools of equal machines."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from freehold.spec.base import Address, CardName, ComputeCapability, Count, HostName, Strict, Text
from freehold.units import Bandwidth, Bytes, Power


class CatalogGpus(Strict):
    """GPUs of a card that the catalog knows."""

    model: Text
    """The card's id in the catalog, such as `l40s-48gb`."""
    count: Annotated[int, Field(ge=1, le=16)]
    mig: Text | None = None
    """The MIG profile, such as `1g.20gb`, that each GPU is divided by, into as many instances
    as it holds. Each instance serves one replica as a GPU of its own would."""


class WrittenOutGpus(Strict):
    """GPUs of a card that the catalog lacks."""

    name: CardName
    """What `nvidia-smi` calls the card."""
    count: Annotated[int, Field(ge=1, le=16)]
    vram: Bytes
    """What the card reports to a program, not the number on the box."""
    bandwidth: Bandwidth
    compute_capability: ComputeCapability
    power: Power | None = None


def _kind_of_gpus(value: Any) -> str:
    keys = value if isinstance(value, dict) else {}
    return "written-out" if "vram" in keys or isinstance(value, WrittenOutGpus) else "catalog"


Gpus = Annotated[
    Annotated[CatalogGpus, Tag("catalog")] | Annotated[WrittenOutGpus, Tag("written-out")],
    Discriminator(_kind_of_gpus),
]


class Cpu(Strict):
    """The processors of one machine."""

    cores: Count
    """Physical cores of all sockets together."""


class Volume(Strict):
    """Storage for one purpose."""

    size: Bytes
    kind: Literal["nvme", "ssd", "hdd"]
    encrypted: bool = False


class Storage(Strict):
    """The storage of one machine that the stack uses."""

    models: Volume
    """Where weights and images lie."""


class Pool(Strict):
    """Equal machines."""

    hosts: Annotated[dict[HostName, Address | None], Field(min_length=1)] | Count
    """Host names and their addresses; or how many, when none is bought yet."""
    gpus: Gpus | None = None
    cpu: Cpu
    memory: Bytes
    storage: Storage

    def host_names(self, pool: str) -> Iterator[str]:
        """Names of the hosts, made from the pool's name when they are only counted."""
        if isinstance(self.hosts, int):
            yield from (f"{pool.replace('_', '-')}-{n}" for n in range(1, self.hosts + 1))
        else:
            yield from self.hosts
