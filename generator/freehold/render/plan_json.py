"""The whole plan as JSON: sizes in bytes, durations in seconds, money nowhere."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from pydantic import BaseModel

from freehold.plan.types import Card, HostFile, HostPlan, Plan, Proxy
from freehold.units import Quantity

SCHEMA: Final = 1

# What only repeats, in another place, what the plan says already.
_REPEATED: Final[Mapping[type, frozenset[str]]] = {
    Card: frozenset({"silicon"}),
    HostFile: frozenset({"about", "template"}),
    Proxy: frozenset({"engines", "gateway", "authority"}),
}


def document(plan: Plan) -> Iterator[bytes]:
    """The plan's JSON, in parts that follow each other."""
    head = {"schema": SCHEMA} | {
        field.name: plain(getattr(plan, field.name))
        for field in fields(plan)
        if field.name != "hosts"
    }
    yield json.dumps(head, indent=1).encode().removesuffix(b"\n}") + b',\n "hosts": ['
    yield from _hosts(plan.hosts)
    yield b"\n ]\n}\n"


def _hosts(hosts: tuple[HostPlan, ...]) -> Iterator[bytes]:
    before = b"\n"
    for host in hosts:
        yield before + json.dumps(plain(host), indent=1).encode()
        before = b",\n"


def plain(value: object) -> object:
    """The value in JSON's own types."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Quantity):
        return int(value)
    if isinstance(value, str | int | float | None):
        # The last digits of a fraction are the machine's.
        return float(f"{value:.6g}") if isinstance(value, float) else value
    if isinstance(value, IPv4Address | IPv6Address | IPv4Network | IPv6Network):
        return str(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return _plain_parts(value)


def _plain_parts(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        left_out = _REPEATED.get(type(value), frozenset())
        names = (field.name for field in fields(value) if field.name not in left_out)
        return {name: plain(getattr(value, name)) for name in names}
    raise TypeError(f"{type(value).__name__} has no form in JSON")
