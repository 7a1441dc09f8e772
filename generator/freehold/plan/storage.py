"""The directories that weights lie in."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from freehold.plan.types import Weights


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory on a host."""

    path: str
    owner: str
    group: str
    mode: str


RECEIPTS: Final = "/var/lib/freehold/weights"
"""A file for each model whose weights are verified."""

_ABOVE: Final = (
    Directory("/srv/freehold", "root", "root", "0755"),
    Directory("/srv/freehold/models", "root", "root", "0755"),
    Directory("/var/lib/freehold", "root", "root", "0755"),
    Directory(RECEIPTS, "root", "root", "0755"),
)


def directories(models: Iterable[Weights]) -> tuple[Directory, ...]:
    """Each directory before what lies in it."""
    return (*_ABOVE, *(Directory(one.path, "root", str(one.gid), "0750") for one in models))
