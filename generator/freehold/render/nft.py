"""Encodes a firewall for nftables. Only addresses, numbers and fixed words reach the file."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from typing import Final, Literal, NamedTuple

from freehold.plan.firewall import METADATA, is_restricted
from freehold.plan.types import Firewall, Inbound, Network, Outbound

# What every packet of the table has, of either family.
_ANYONE: Final = "meta nfproto { ipv4, ipv6 }"
_PROTOCOLS: Final = ("tcp", "udp")
_PURPOSE: Final = re.compile(r"[a-z]+")
_INTERFACE: Final = re.compile(r"[a-z][a-z0-9-]{0,13}\*?")
_LARGEST_PORT: Final = 65535


class Service(NamedTuple):
    """What a port is for, and the matches of those who may use it."""

    purpose: str
    matches: list[str]


def view(template: str, about: object) -> Mapping[str, object]:
    """The encoded values that `template` prints of a firewall; none where there is none."""
    if about is None:
        return {}
    if not isinstance(about, Firewall):
        raise TypeError(f"{template} prints a firewall, not {type(about).__name__}")
    (ssh,) = (inbound.port for inbound in about.inbound if inbound.purpose == "ssh")
    return {
        "restricted": is_restricted(about),
        "bridges": [interface(name) for name in about.bridges],
        "ssh_port": port(ssh),
        "metadata": destinations(METADATA),
        "inbound": _inbound(about.inbound),
        "outbound": _outbound(about.outbound),
    }


def _inbound(rules: Iterable[Inbound]) -> list[Service]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for rule in rules:
        service = f"{protocol(rule.protocol)} dport {port(rule.port)}"
        found[purpose(rule.purpose)] += [f"{match} {service}" for match in sources(rule.sources)]
    return [Service(*item) for item in found.items()]


def _outbound(rules: Iterable[Outbound]) -> list[Service]:
    networks: defaultdict[tuple[str, str, int], list[Network]] = defaultdict(list)
    for rule in rules:
        networks[rule.purpose, rule.protocol, rule.port].append(rule.to)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for (what, transport, number), to in networks.items():
        service = f"{protocol(transport)} dport {port(number)}"
        found[purpose(what)] += [f"{match} {service}" for match in destinations(to)]
    return [Service(*item) for item in found.items()]


def sources(networks: Iterable[Network]) -> list[str]:
    """One match by source address per family; without sources, one that anything meets."""
    return _matches("saddr", networks) or [_ANYONE]


def destinations(networks: Iterable[Network]) -> list[str]:
    """One match by destination address per family."""
    return _matches("daddr", networks)


def _matches(direction: Literal["saddr", "daddr"], networks: Iterable[Network]) -> list[str]:
    given = list(networks)
    # nftables refuses a set whose intervals overlap.
    v4 = collapse_addresses(n for n in given if isinstance(n, IPv4Network))
    v6 = collapse_addresses(n for n in given if isinstance(n, IPv6Network))
    families = {"ip": ", ".join(map(network, v4)), "ip6": ", ".join(map(network, v6))}
    return [f"{family} {direction} {{ {all_} }}" for family, all_ in families.items() if all_]


def network(value: Network) -> str:
    """The network in nftables' words, a single address without its length."""
    if value.prefixlen == value.max_prefixlen:
        return str(value.network_address)
    return str(value)


def port(value: int) -> str:
    """The port's number.

    Raises:
        ValueError: there is no such port.
    """
    if not 0 < value <= _LARGEST_PORT:
        raise ValueError(f"{value} is no port")
    return str(int(value))


def protocol(value: str) -> str:
    """The transport protocol.

    Raises:
        ValueError: it is another one than TCP and UDP.
    """
    if value not in _PROTOCOLS:
        raise ValueError(f"{value!r} is no transport protocol")
    return value


def interface(value: str) -> str:
    """The interface's name, or with `*` at the end the prefix of several.

    Raises:
        ValueError: the name holds what nftables could take for more than a name.
    """
    if not _INTERFACE.fullmatch(value):
        raise ValueError(f"{value!r} is no interface of ours")
    return value


def purpose(value: str) -> str:
    """A word for a comment.

    Raises:
        ValueError: it holds more than words.
    """
    if not _PURPOSE.fullmatch(value):
        raise ValueError(f"{value!r} is more than a word")
    return value
