"""What ends a lab: a process that outlives its owner, however that one ends.

It waits for the end of its standard input, which only the owner holds, and takes down
what the lab put up. Everything that a lab starts runs in the lab's own network namespaces
and control groups, so that nothing else is ever ended.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from lab import cache, cgroup
from lab.program import Running, lines, run

PATIENCE = 120


def runs() -> Path:
    """Where each running lab has its folder."""
    folder = cache.home() / "runs"
    folder.mkdir(exist_ok=True)
    return folder


def keep(name: str) -> Running:
    """A keeper of the lab `name`, which takes it down when its standard input is closed."""
    tests = str(Path(__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-m", "lab.keeper", name],
        stdin=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": tests},
        start_new_session=True,
    )


def mark(folder: Path) -> None:
    """Write down which process a lab belongs to."""
    (folder / "owner").write_text(f"{os.getpid()} {_birth(os.getpid())}")


def sweep() -> None:
    """Take down the labs whose owners are gone, and whose keepers did not see to it."""
    with cache.lock("runs"):
        for folder in runs().iterdir():
            if not _is_owned(folder):
                _take_down(folder)


def take_down(name: str) -> None:
    """End the processes of a lab, and remove its networks, groups and files."""
    with cache.lock("runs"):
        if (runs() / name).exists():
            _take_down(runs() / name)


def _take_down(folder: Path) -> None:
    cgroup.kill(folder.name)
    for space in _namespaces(folder.name):
        _empty(space)
        run(["ip", "netns", "delete", space])
    cgroup.remove(folder.name)
    shutil.rmtree(folder)


def _is_owned(folder: Path) -> bool:
    owner = folder / "owner"
    pid, birth = owner.read_text().split() if owner.exists() else ("", "")
    return bool(birth) and _birth(int(pid)) == birth


def _namespaces(name: str) -> list[str]:
    known = [line.split()[0] for line in lines("ip", "netns", "list")]
    return [space for space in known if space == name or space.startswith(f"{name}-")]


def _empty(space: str) -> None:
    """End what runs in a namespace of the lab."""
    deadline = time.monotonic() + PATIENCE / 4
    while pids := lines("ip", "netns", "pids", space):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        if time.monotonic() > deadline:
            raise TimeoutError(f"{space} still runs {', '.join(pids)}")
        time.sleep(0.05)


def _birth(pid: int) -> str:
    """When a process began, in the kernel's ticks; nothing of a process that is gone."""
    stat = Path("/proc") / str(pid) / "stat"
    with suppress(FileNotFoundError, ProcessLookupError):
        return stat.read_text().rpartition(")")[2].split()[19]
    return ""


if __name__ == "__main__":
    sys.stdin.buffer.read()
    take_down(sys.argv[1])
