"""Who may reach the hosts, and whom the hosts may reach."""

from typing import Annotated, Literal

from pydantic import Field

from freehold.spec.base import Address, Network, Port, Strict

Networks = Annotated[tuple[Network, ...], Field(strict=False, max_length=256)]


class Egress(Strict):
    """A destination that hosts may connect to."""

    to: Address | Network
    port: Port
    protocol: Literal["tcp", "udp"] = "tcp"


class NetworkSpec(Strict):
    """Addresses in and out, for the firewall."""

    hosts: Network | None = None
    """The network that every host's address must belong to."""
    admin: Networks = ()
    """Where administrators and Ansible connect from; anywhere when left out at `open`."""
    clients: Networks = ()
    """Where clients of the gateway connect from; anywhere when left out."""
    ssh_port: Port = 22
    egress: Annotated[tuple[Egress, ...], Field(strict=False, max_length=256)] = ()
    """What hosts may reach from `restricted` on: package mirror, registry, time, DNS."""
