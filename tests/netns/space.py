"""Network namespaces, entered by this process itself."""

from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.program import run

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Space:
    """A network namespace; sockets that are made in it stay in it."""

    name: str

    @classmethod
    def create(cls, name: str) -> Space:
        run(["ip", "netns", "add", name])
        space = cls(name)
        space.run("ip", "link", "set", "lo", "up")
        return space

    def delete(self) -> None:
        run(["ip", "netns", "delete", self.name])

    def run(self, *command: str) -> str:
        return run(["nsenter", f"--net=/run/netns/{self.name}", "--", *command]).stdout

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be in it, for the length of a `with`."""
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            _enter(there)
            yield
        finally:
            _enter(here)
            os.close(there)
            os.close(here)


def _enter(handle: int) -> None:
    if _libc.setns(handle, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def connect(one: Space, name: str, other: Space, other_name: str) -> None:
    """Lay a cable between two namespaces."""
    run(["ip", "link", "add", name, "netns", one.name, "type", "veth",
         "peer", "name", other_name, "netns", other.name])  # fmt: skip
    one.run("ip", "link", "set", name, "up")
    other.run("ip", "link", "set", other_name, "up")
