"""A network of its own for one run of the lab: hosts, controller and outsiders, and no way out."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from lab.program import Completed, run

BRIDGE = "lan"
PREFIX4 = "10.77.0."
PREFIX6 = "fd77:7777:7777::"
# The controller's own number, and the gateway of hosts: it forwards nothing.
CONTROLLER = 1
PORT = 8080
PACKAGES = f"http://{PREFIX4}{CONTROLLER}:{PORT}/"
# Addresses of the controller that stand for the world outside: what a host sends there
# takes its route out, and would leave if there were anywhere to go.
WORLD4 = IPv4Address("198.51.100.1")
WORLD6 = IPv6Address("2001:db8::1")
_SETTINGS = {
    "net/ipv4/ip_forward": 0,
    "net/ipv6/conf/all/forwarding": 0,
    "net/ipv6/conf/all/accept_dad": 0,
    "net/ipv6/conf/default/accept_dad": 0,
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where one machine of the network is found, in both families."""

    number: int

    @property
    def v4(self) -> IPv4Address:
        """Its IPv4 address."""
        return IPv4Address(f"{PREFIX4}{self.number}")

    @property
    def v6(self) -> IPv6Address:
        """Its IPv6 address, which ends in the same digits."""
        return IPv6Address(f"{PREFIX6}{self.number}")

    @property
    def mac(self) -> str:
        """Its hardware address, where it has none yet."""
        return f"52:54:00:77:00:{self.number:02x}"


@dataclass(frozen=True, slots=True)
class Namespace:
    """A network namespace, by the name that `ip netns` knows."""

    name: str

    @property
    def inside(self) -> tuple[str, ...]:
        """What leads a command into it; unlike `ip netns exec` it leaves mounts alone."""
        return ("nsenter", f"--net=/run/netns/{self.name}", "--")

    def run(self, *command: str, check: bool = True, timeout: float = 60) -> Completed:
        """A command of this machine, run in the namespace."""
        return run([*self.inside, *command], check=check, timeout=timeout)


@dataclass(frozen=True, slots=True)
class Outsider:
    """A machine that is on the network and is no host of the site."""

    address: Address
    space: Namespace

    @property
    def inside(self) -> tuple[str, ...]:
        """What leads a command onto it."""
        return self.space.inside

    def run(self, *command: str, check: bool = True, timeout: float = 60) -> Completed:
        """A command that it runs."""
        return self.space.run(*command, check=check, timeout=timeout)


def create(name: str) -> Namespace:
    """The lab's network, in which this machine is the controller."""
    space = _namespace(name)
    space.run("ip", "link", "add", BRIDGE, "type", "bridge")
    _settle(space, BRIDGE, Address(CONTROLLER))
    space.run("ip", "address", "add", f"{WORLD4}/32", "dev", "lo")
    space.run("ip", "address", "add", f"{WORLD6}/128", "dev", "lo")
    return space


def outsider(lan: Namespace, address: Address) -> Outsider:
    """A new outsider, at that address."""
    space = _namespace(f"{lan.name}-{address.number}")
    port = f"out{address.number}"
    peer = ("type", "veth", "peer", "name", "eth0", "netns", space.name)
    lan.run("ip", "link", "add", port, *peer)
    _plug(lan, port)
    _settle(space, "eth0", address)
    return Outsider(address, space)


def tap(lan: Namespace, address: Address) -> str:
    """The name of a new port of the network, for a virtual machine to hold."""
    port = f"tap{address.number}"
    lan.run("ip", "tuntap", "add", port, "mode", "tap")
    _plug(lan, port)
    return port


def network_unit(address: Address) -> str:
    """What tells a host's systemd-networkd its addresses.

    The gateway leads nowhere, as in a network without a way out; a host has one
    nevertheless, and programs look for it.
    """
    gateway = Address(CONTROLLER)
    return (
        "[Match]\nName=host0 en*\n"
        "[Network]\nLinkLocalAddressing=ipv6\nIPv6AcceptRA=no\n"
        f"Gateway={gateway.v4}\nGateway={gateway.v6}\n"
        f"[Address]\nAddress={address.v4}/24\n"
        f"[Address]\nAddress={address.v6}/64\nDuplicateAddressDetection=none\n"
    )


def _namespace(name: str) -> Namespace:
    run(["ip", "netns", "add", name])
    space = Namespace(name)
    space.run("ip", "link", "set", "lo", "up")
    space.run("sysctl", "-q", "-w", *(f"{key}={value}" for key, value in _SETTINGS.items()))
    return space


def _plug(lan: Namespace, port: str) -> None:
    lan.run("ip", "link", "set", port, "master", BRIDGE, "up")


def _settle(space: Namespace, link: str, address: Address) -> None:
    space.run("ip", "address", "add", f"{address.v4}/24", "dev", link)
    space.run("ip", "address", "add", f"{address.v6}/64", "dev", link, "nodad")
    space.run("ip", "link", "set", link, "up")
