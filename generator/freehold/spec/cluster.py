"""The whole of what a user writes."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from freehold.spec.base import FileName, FormatVersion, PoolName, Slug, Strict, Text
from freehold.spec.cost import Cost
from freehold.spec.gateway import Gateway
from freehold.spec.models import Model
from freehold.spec.network import NetworkSpec
from freehold.spec.nodes import Pool


class Level(StrEnum):
    """How far the stack is shut off; each level contains the one before."""

    OPEN = "open"
    RESTRICTED = "restricted"
    AIRGAPPED = "airgapped"
    SEALED = "sealed"

    def includes(self, other: "Level") -> bool:
        """Whether what `other` demands holds here too."""
        levels = list(Level)
        return levels.index(self) >= levels.index(other)


class Cluster(Strict):
    """One site: its machines, models, isolation, gateway and money."""

    plugin: Literal["freehold.llm.cluster"]
    """Lets Ansible take the spec itself as an inventory."""
    version: FormatVersion
    name: Slug
    description: Text = ""
    system: Text
    """The operating system of every host, such as `debian-13`."""
    catalog: FileName | None = None
    """A file of your own beside the spec with GPUs and models that the catalog lacks."""
    nodes: Annotated[dict[PoolName, Pool], Field(min_length=1)]
    models: Annotated[dict[Slug, Model], Field(min_length=1)]
    isolation: Annotated[Level, Field(strict=False)]
    gateway: Gateway
    network: NetworkSpec = NetworkSpec()
    cost: Cost | None = None
