"""Control groups of the lab's own, one for each container that is a host."""

from __future__ import annotations

import time
from pathlib import Path

from lab.program import lines

LIMITS = frozenset({"cpu", "memory", "pids"})


def root() -> Path:
    """Where this machine has its groups of version 2."""
    return _mounted("cgroup2")[0]


def controllers() -> frozenset[str]:
    """What hosts can be limited in; on a machine with groups of version 1, nothing."""
    return LIMITS & set((root() / "cgroup.controllers").read_text().split())


def make(lab: str, host: str) -> Path:
    """The group of one host, new.

    A group that was killed is no good for a second life: kernels end what is forked from
    it into a group that was not.
    """
    remove(f"{lab}/{host}")
    group = root() / lab / host
    group.mkdir(parents=True)
    for parent in (root(), root() / lab):
        wanted = " ".join(f"+{name}" for name in sorted(controllers()))
        (parent / "cgroup.subtree_control").write_text(wanted)
    return group


def kill(lab: str, host: str = "") -> None:
    """End every process of one host, or of all hosts of a lab.

    A container goes before its nspawn, which then tidies up after it.
    """
    group = root() / lab / host
    for payload in (*group.glob("payload"), *group.glob("*/payload")):
        (payload / "cgroup.kill").write_text("1")
    if group.exists() and not _empties(group, 5):
        (group / "cgroup.kill").write_text("1")
        _empties(group, 20)


def remove(name: str) -> None:
    """Remove a group and those in it, whose processes have ended."""
    for top in (mounted / name for mounted in _mounted("cgroup,cgroup2")):
        if top.exists():
            for folder in sorted(top.glob("**/"), reverse=True):
                folder.rmdir()


def _empties(group: Path, seconds: float) -> bool:
    """Whether the group's last process ends in time."""
    deadline = time.monotonic() + seconds
    while "populated 1" in (group / "cgroup.events").read_text():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _mounted(kinds: str) -> list[Path]:
    """Where trees of groups are; nspawn mirrors its own from one to another."""
    return [Path(line) for line in lines("findmnt", "-n", "-r", "-o", "TARGET", "-t", kinds)]
