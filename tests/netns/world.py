"""A host under test, everybody else on its network, and two containers behind it."""

import os
from dataclasses import dataclass

from netns.space import Space, connect

PREFIX4 = "10.66.0."
PREFIX6 = "fd66::"
PEOPLE = {"admin": 2, "client": 3, "mirror": 5, "outsider": 9, "gpu-1": 11, "gpu-2": 12}
METADATA = ("169.254.169.254", "fd00:ec2::254")
# What netavark gives a container on a network of its own; the second address of each.
BOX = ("10.90.0.{}", "fd90::{}")
POD = ("10.91.0.{}", "fd91::{}")

SETTINGS = (
    "net.ipv4.ip_forward=1",
    "net.ipv6.conf.all.forwarding=1",
    "net.ipv6.conf.all.accept_dad=0",
    "net.ipv6.conf.default.accept_dad=0",
    "net.ipv4.ping_group_range=0 0",
)


@dataclass(frozen=True)
class Actor:
    """Where somebody is, and both addresses."""

    space: Space
    v4: str
    v6: str

    def address(self, family: int) -> str:
        return self.v4 if family == 4 else self.v6


class World:
    """The host called `name`, in a network where everybody else has their address."""

    def __init__(self, name: str) -> None:
        tag = f"freehold-{os.getpid()}-{name}"
        self.host, self.lan, self.box, self.pod = (
            Space.create(f"{tag}-{role}") for role in ("host", "lan", "box", "pod")
        )
        for space in (self.host, self.lan, self.box, self.pod):
            space.run("sysctl", "-q", "-w", *SETTINGS)
        self._lay_lan(name)
        self.actors = self._people(name) | {
            "host": Actor(self.host, *_lan_addresses(PEOPLE[name])),
            "metadata": Actor(self.lan, *METADATA),
            "box": self._container("fh-box", self.box, BOX),
            "box-gateway": Actor(self.host, *(form.format(1) for form in BOX)),
            "pod": self._container("podman9", self.pod, POD),
            "pod-gateway": Actor(self.host, *(form.format(1) for form in POD)),
        }

    def close(self) -> None:
        for space in (self.host, self.lan, self.box, self.pod):
            space.delete()

    def _lay_lan(self, name: str) -> None:
        connect(self.host, "eth0", self.lan, "eth0")
        _settle(self.host, "eth0", *_lan_addresses(PEOPLE[name]))
        for other, number in PEOPLE.items():
            if other != name:
                _settle(self.lan, "eth0", *_lan_addresses(number))
        for address in METADATA:
            self.lan.run("ip", "address", "add", address, "dev", "eth0")
            self.host.run("ip", "route", "add", address, "dev", "eth0")

    def _people(self, name: str) -> dict[str, Actor]:
        return {
            other: Actor(self.lan, *_lan_addresses(number))
            for other, number in PEOPLE.items()
            if other != name
        }

    def _container(self, link: str, space: Space, forms: tuple[str, str]) -> Actor:
        connect(self.host, link, space, "eth0")
        gateway, own = ([form.format(end) for form in forms] for end in (1, 2))
        _settle(self.host, link, *gateway)
        _settle(space, "eth0", *own)
        through = self.actors_of_host()
        for number, address in enumerate(own):
            # As if whoever is in the container had found a way to set a route.
            space.run("ip", "route", "add", "default", "via", gateway[number])
            self.lan.run("ip", "route", "add", address, "via", through[number])
        return Actor(space, *own)

    def actors_of_host(self) -> list[str]:
        """The host's addresses on the network, by family."""
        shown = self.host.run("ip", "-brief", "address", "show", "dev", "eth0").split()
        found = [word.split("/")[0] for word in shown]
        return [next(one for one in found if one.startswith(p)) for p in (PREFIX4, PREFIX6)]


def _lan_addresses(number: int) -> tuple[str, str]:
    return f"{PREFIX4}{number}", f"{PREFIX6}{number}"


def _settle(space: Space, link: str, v4: str, v6: str) -> None:
    space.run("ip", "address", "add", f"{v4}/24", "dev", link)
    space.run("ip", "address", "add", f"{v6}/64", "dev", link, "nodad")
