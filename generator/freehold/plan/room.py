"""What is still free on the hosts of a pool."""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from freehold.plan.types import Host
from freehold.units import Bytes

Seat = tuple[Host, tuple[int, ...]]
"""A host, and the numbers of the devices there: GPUs, or instances of all its GPUs in turn."""

_SYSTEM_SHARE = 20
_SYSTEM_LEAST = Bytes(2**30)


def usable(host: Host) -> Bytes:
    """Host memory that replicas may take; the rest is the system's and the gateway's."""
    return Bytes(host.memory - max(_SYSTEM_LEAST, host.memory // _SYSTEM_SHARE))


class GpuRoom:
    """Devices of a pool: a replica goes where the fewest are left that it can use.

    Replicas of one model go to different hosts as long as there are any.
    """

    def __init__(self, hosts: Sequence[Host]) -> None:
        """All hosts free."""
        self._hosts = hosts
        self._count = hosts[0].card.devices if hosts[0].card else 0
        self._free = [self._count] * len(hosts)
        self._by_free: list[list[int]] = [[] for _ in range(self._count + 1)]
        self._by_free[self._count] = list(range(len(hosts)))

    @property
    def owned(self) -> int:
        """Devices of the pool."""
        return self._count * len(self._hosts)

    @property
    def free(self) -> int:
        """Devices that no replica has."""
        return sum(free * len(hosts) for free, hosts in enumerate(self._by_free))

    @property
    def most(self) -> int:
        """The most devices that are free on one host."""
        return max((free for free, hosts in enumerate(self._by_free) if hosts), default=0)

    def holds(self, gpus: int) -> int:
        """How many replicas of `gpus` devices still have room."""
        return sum(free // gpus * len(hosts) for free, hosts in enumerate(self._by_free))

    def hosts_for(self, gpus: int, replicas: int) -> int:
        """Hosts that the pool must have for so many more replicas."""
        missing = max(0, replicas - self.holds(gpus))
        return len(self._hosts) - (-missing // (self._count // gpus))

    def take(self, gpus: int, replicas: int) -> list[Seat]:
        """A seat for each replica; none at all when not all have room."""
        if self.holds(gpus) < replicas:
            return []
        seats: list[Seat] = []
        while len(seats) < replicas:
            seats += self._round(gpus, replicas - len(seats))
        return seats

    def _round(self, gpus: int, replicas: int) -> list[Seat]:
        """At most one replica on every host."""
        seated: list[int] = []
        while len(seated) < replicas and (index := self._fullest(gpus)) is not None:
            seated.append(index)
        return [self._seat(index, gpus) for index in seated]

    def _fullest(self, gpus: int) -> int | None:
        able = next((hosts for hosts in self._by_free[gpus:] if hosts), None)
        return heappop(able) if able else None

    def _seat(self, index: int, gpus: int) -> Seat:
        first = self._count - self._free[index]
        self._free[index] -= gpus
        heappush(self._by_free[self._free[index]], index)
        return self._hosts[index], tuple(range(first, first + gpus))


class HostRoom:
    """Memory of a pool's hosts: a replica goes where the most is left.

    Replicas of one model go to different hosts as long as there are any.
    """

    def __init__(self, hosts: Sequence[Host]) -> None:
        """All hosts free."""
        self._hosts = hosts
        self._free = [(-usable(host), index) for index, host in enumerate(hosts)]
        heapify(self._free)

    @property
    def most(self) -> Bytes:
        """The most that one host has left."""
        return Bytes(-self._free[0][0])

    def holds(self, size: Bytes) -> int:
        """How many replicas of so many bytes still have room."""
        return sum(-free // size for free, _ in self._free)

    def take(self, size: Bytes, replicas: int) -> list[Seat]:
        """A seat for each replica; none at all when not all have room."""
        if self.holds(size) < replicas:
            return []
        seats: list[Seat] = []
        while len(seats) < replicas:
            seats += self._round(size, replicas - len(seats))
        return seats

    def _round(self, size: Bytes, replicas: int) -> list[Seat]:
        """At most one replica on every host."""
        seated: list[tuple[int, int]] = []
        while self._free and len(seated) < replicas and -self._free[0][0] >= size:
            seated.append(heappop(self._free))
        for free, index in seated:
            heappush(self._free, (free + size, index))
        return [(self._hosts[index], ()) for _, index in seated]
