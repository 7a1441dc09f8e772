"""A change of a spec as the changes on hosts that follow from it."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from freehold.plan.types import HostFile, HostPlan, Plan
from freehold.render.host_files import content

GATEWAY: Final = "freehold-gateway.service"
FIREWALL: Final = "freehold-firewall.service"


class Kind(StrEnum):
    """What happens to a file."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """A change that files of one template have in common, on the hosts that have them."""

    kind: Kind
    path: str
    """Of the first host's file."""
    lines: tuple[str, ...]
    """The first file's difference, unified."""
    hosts: list[str] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to a service."""

    action: str
    unit: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All that is not the same on the hosts of two plans."""

    pools: Mapping[str, tuple[str, ...]]
    """Of the hosts that both plans have, by their pool in the new one."""
    joined: tuple[str, ...]
    left: tuple[str, ...]
    changes: tuple[Change, ...]
    effects: Mapping[Effect, tuple[str, ...]]
    """With the hosts that see them."""
    weights: Mapping[str, tuple[str, ...]]
    """Hosts that are to have a model's weights, which they had not, or had from elsewhere."""


def diff(old: Plan, new: Plan) -> Difference:
    """What changes on hosts when `new` replaces `old`."""
    before = {host.host.name: host for host in old.hosts}
    after = {host.host.name: host for host in new.hosts}
    both = [name for name in after if name in before]
    found = _Found()
    for name in both:
        found.compare(before[name], after[name])
    pools = {pool: tuple(h for h in hosts if h in before) for pool, hosts in new.pools.items()}
    return Difference(
        pools={pool: hosts for pool, hosts in pools.items() if hosts},
        joined=tuple(name for name in after if name not in before),
        left=tuple(name for name in before if name not in after),
        changes=tuple(found.changes.values()),
        effects={effect: tuple(hosts) for effect, hosts in found.effects.items()},
        weights={model: tuple(hosts) for model, hosts in found.weights.items()},
    )


@dataclass(slots=True)
class _Found:
    """Changes so far, equal ones together."""

    changes: dict[object, Change] = field(default_factory=dict)
    effects: dict[Effect, list[str]] = field(default_factory=dict)
    weights: dict[str, list[str]] = field(default_factory=dict)

    def compare(self, old: HostPlan, new: HostPlan) -> None:
        before = {file.path: file for file in old.files}
        after = {file.path: file for file in new.files}
        for path in sorted(before.keys() | after.keys()):
            self._file(new.host.name, before.get(path), after.get(path))
        for weights in new.weights:
            if weights not in old.weights:
                self.weights.setdefault(weights.model, []).append(new.host.name)

    def _file(self, host: str, old: HostFile | None, new: HostFile | None) -> None:
        file = new or old
        if file is None or old == new:
            return
        lines = tuple(_unified(old, new))
        if not lines:
            return
        kind = Kind.CHANGED if old and new else Kind.ADDED if new else Kind.REMOVED
        # What differs from host to host, such as a replica's name, is in the context.
        telling = tuple(line for line in lines[2:] if line.startswith(("+", "-")))
        key = (kind, file.template, telling if kind is Kind.CHANGED else file.path)
        change = self.changes.setdefault(key, Change(kind, file.path, lines))
        change.hosts.append(host)
        change.paths.add(file.path)
        for effect in _effects(kind, file):
            hosts = self.effects.setdefault(effect, [])
            hosts.extend([] if host in hosts[-1:] else [host])


def _unified(old: HostFile | None, new: HostFile | None) -> Iterator[str]:
    """The lines of a unified difference; none when the files say the same."""
    path = (new or old).path  # type: ignore[union-attr] # one of them is a file
    before, after = _lines(old), _lines(new)
    yield from difflib.unified_diff(
        before, after, f"old{path}" if old else "/dev/null", f"new{path}" if new else "/dev/null",
        lineterm="",
    )  # fmt: skip


def _lines(file: HostFile | None) -> list[str]:
    if file is None:
        return []
    # A reader of the difference must see who may read the file, too.
    placed = f"[{file.owner}:{file.group} {file.mode}]"
    return [placed, *content(file).decode().splitlines()]


def _effects(kind: Kind, file: HostFile) -> Iterator[Effect]:
    path = PurePosixPath(file.path)
    if path.suffix in {".container", ".network"}:
        action = {Kind.ADDED: "start", Kind.REMOVED: "stop", Kind.CHANGED: "restart"}[kind]
        yield Effect(action, f"{path.stem}.service")
    elif path.name == GATEWAY:
        yield Effect("restart", GATEWAY)
    elif file.role in {"gateway", "telemetry"}:
        yield Effect("reload", GATEWAY)
    elif path.suffix == ".nft":
        yield Effect("reload", FIREWALL)
