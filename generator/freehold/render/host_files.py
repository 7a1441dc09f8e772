"""The files that land on hosts: once per pool where all its hosts agree, else per host."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from freehold.plan.types import HostFile, HostPlan, Plan
from freehold.render import haproxy, nft, quadlet
from freehold.render.files import SiteFile, Target
from freehold.render.fill import fill
from freehold.render.yaml import Plain

View = Callable[[str, object], Mapping[str, object]]

VIEWS: Final[Mapping[str, View]] = {
    "engine": quadlet.view,
    "gateway": haproxy.view,
    "isolation": nft.view,
    "telemetry": haproxy.view,
}
"""How the values of a template are encoded, by the role that places the file."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One host's files: what it shares with its pool, and what is its own."""

    shared: tuple[HostFile, ...]
    own: tuple[HostFile, ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool's hosts, and the paths at which all of them hold the same file."""

    name: str
    hosts: tuple[HostPlan, ...]
    shared: frozenset[str]

    def placed(self, host: HostPlan) -> Placed:
        """The host's files, told apart."""
        return Placed(
            tuple(file for file in host.files if file.path in self.shared),
            tuple(file for file in host.files if file.path not in self.shared),
        )


def pools(plan: Plan) -> tuple[Pool, ...]:
    """The plan's pools, their common files found."""
    by_name = {host.host.name: host for host in plan.hosts}
    grouped = {name: tuple(by_name[host] for host in hosts) for name, hosts in plan.pools.items()}
    return tuple(Pool(name, hosts, _shared(hosts)) for name, hosts in grouped.items() if hosts)


def content(file: HostFile) -> bytes:
    """The bytes that land on the host."""
    return fill(file.template, VIEWS[file.role](file.template, file.about))


def site_files(pool: Pool) -> Iterator[SiteFile]:
    """Every file of the pool's hosts, as the site holds it."""
    for file in pool.placed(pool.hosts[0]).shared:
        yield _site_file(file, f"files/pools/{pool.name}")
    for host in pool.hosts:
        for file in pool.placed(host).own:
            yield _site_file(file, f"files/hosts/{host.host.name}")


def entries(files: Sequence[HostFile], folder: str, role: str) -> Plain:
    """The input that tells `role` which files to place, and where."""
    return [
        {"src": f"{folder}{file.path}", "dest": file.path, "owner": file.owner,
         "group": file.group, "mode": file.mode}
        for file in files if file.role == role
    ]  # fmt: skip


def _site_file(file: HostFile, folder: str) -> SiteFile:
    target = Target(file.path, file.owner, file.group, file.mode)
    return SiteFile(f"{folder}{file.path}", content(file), target=target)


def _shared(hosts: Sequence[HostPlan]) -> frozenset[str]:
    first, *others = hosts
    candidates = {file.path: file for file in first.files}
    contents: dict[str, bytes] = {}
    for host in others:
        here = {file.path: file for file in host.files}
        for path, file in tuple(candidates.items()):
            if not _same(file, here.get(path), contents):
                del candidates[path]
    return frozenset(candidates)


def _same(one: HostFile, other: HostFile | None, contents: dict[str, bytes]) -> bool:
    if other is None or replace(one, about=None) != replace(other, about=None):
        return False
    if one.about == other.about:
        return True
    if one.path not in contents:
        contents[one.path] = content(one)
    return contents[one.path] == content(other)
