"""Who reaches what: many attempts at once, in half a second."""

from __future__ import annotations

import select
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netns.world import Actor, World

BOTH = (4, 6)
IPV4 = (4,)
SHUT = ()
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
# A lost packet is sent again after one second; nothing here is slower than a tenth.
SETTLE = 0.4
PATIENCE = 3.0
TCP = {
    "host": (22, 443, 8000, 9443, 9490),
    "lan": (22, 80, 81, 443, 8080, 9443),
    "box": (22, 30000),
}
UDP = {"host": (53, 5353), "lan": (53, 123), "box": (5000,)}


@dataclass(frozen=True)
class Try:
    """A connection, and the families in which it must be possible; in others it must not."""

    control: str
    source: str
    target: str
    port: int
    families: tuple[int, ...]
    protocol: str = "tcp"

    def __str__(self) -> str:
        return f"{self.source}>{self.target}:{self.port}/{self.protocol}"


@dataclass
class _Attempt:
    wanted: Try
    family: int
    socket: socket.socket
    has_arrived: bool = False

    @property
    def must_arrive(self) -> bool:
        return self.family in self.wanted.families


@dataclass
class Prober:
    """Listens everywhere in a world, and tries connections there."""

    world: World
    listening: list[socket.socket] = field(default_factory=list)
    receiving: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name, ports in TCP.items():
            self._listen(name, ports, socket.SOCK_STREAM)
        for name, ports in UDP.items():
            self._listen(name, ports, socket.SOCK_DGRAM)

    def close(self) -> None:
        for one in (*self.listening, *self.receiving):
            one.close()

    def failures(self, tries: Iterable[Try]) -> set[tuple[Try, int]]:
        """The tries, and families, that went otherwise than they must."""
        attempts = [self._start(one, family) for one in tries for family in FAMILIES]
        self._wait(attempts)
        failed = {(a.wanted, a.family) for a in attempts if a.has_arrived != a.must_arrive}
        for attempt in attempts:
            attempt.socket.close()
        return failed

    def _listen(self, name: str, ports: Iterable[int], kind: int) -> None:
        space = {"host": self.world.host, "lan": self.world.lan, "box": self.world.box}[name]
        with space.entered():
            for family, number in FAMILIES.items():
                for port in ports:
                    one = socket.socket(number, kind)
                    if family == 6:
                        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    one.bind(("", port))
                    one.settimeout(0)
                    if kind == socket.SOCK_STREAM:
                        one.listen(1000)
                        self.listening.append(one)
                    else:
                        self.receiving.append(one)

    def _start(self, wanted: Try, family: int) -> _Attempt:
        source, target = self.world.actors[wanted.source], self.world.actors[wanted.target]
        kind = socket.SOCK_STREAM if wanted.protocol == "tcp" else socket.SOCK_DGRAM
        with source.space.entered():
            one = socket.socket(FAMILIES[family], kind)
        one.settimeout(0)
        _begin(one, source, (target.address(family), wanted.port), family)
        attempt = _Attempt(wanted, family, one)
        if kind == socket.SOCK_DGRAM:
            _send(attempt)
        return attempt

    def _wait(self, attempts: list[_Attempt]) -> None:
        """Until all that must arrive has, and what must not had the time to."""
        start = time.monotonic()
        while True:
            self._look(attempts)
            spent = time.monotonic() - start
            is_late = any(a.must_arrive and not a.has_arrived for a in attempts)
            if spent > PATIENCE or (spent > SETTLE and not is_late):
                return
            time.sleep(0.02)

    def _look(self, attempts: list[_Attempt]) -> None:
        datagrams = {text for one in self.receiving for text in _received(one)}
        streams = [a.socket for a in attempts if a.wanted.protocol == "tcp"]
        _, writable, _ = select.select([], streams, [], 0)
        for attempt in attempts:
            if attempt.wanted.protocol == "udp":
                attempt.has_arrived |= _text(attempt) in datagrams
            elif attempt.socket in writable:
                error = attempt.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                attempt.has_arrived |= error == 0 and _is_connected(attempt.socket)


def _begin(one: socket.socket, source: Actor, target: tuple[str, int], family: int) -> None:
    one.bind((source.address(family), 0))
    # An answer such as `not permitted` is the firewall's, and is asked for later.
    one.connect_ex(target)


def _send(attempt: _Attempt) -> None:
    try:
        attempt.socket.send(_text(attempt))
    except OSError:
        attempt.has_arrived = False


def _text(attempt: _Attempt) -> bytes:
    return f"{attempt.wanted} {attempt.family} {attempt.socket.getsockname()[1]}".encode()


def _received(one: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(one.recv(2000))
        except BlockingIOError:
            return found


def _is_connected(one: socket.socket) -> bool:
    try:
        one.getpeername()
    except OSError:
        return False
    return True
