"""What can be wrong once it is known which hosts the gateway must reach."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from freehold.diagnostics import rule_text
from freehold.plan.types import Backend, Host
from freehold.report import Report
from freehold.spec.cluster import Cluster

MAX_RELAYS: Final = 47
"""From port 9443 on; metrics are at 9490."""

ADDRESS_MISSING: Final = rule_text(
    "address-missing",
    """A host that the gateway must reach, or the gateway's own, has no address.

    Engines on other hosts are reached through relays, which listen on their host's address
    and let in the gateway's address alone.
    """,
)
TOO_MANY_RELAYS: Final = rule_text(
    "too-many-relays",
    """More engines run on one host than there are ports for relays.

    Each engine away from the gateway's host has a port of its own, from 9443 to 9489.
    """,
)


def check(
    cluster: Cluster,
    here: str,
    hosts: Sequence[Host],
    backends: Sequence[Backend],
    report: Report,
) -> None:
    """Find hosts that cannot be reached."""
    relays = Counter(backend.host for backend in backends if backend.relay)
    for host in hosts:
        is_met = host.name in relays or (host.name == here and relays)
        if is_met and host.address is None and not _is_counted(cluster, host):
            report.refuse_key(
                ADDRESS_MISSING,
                _missing(host.name, here),
                ("nodes", host.pool, "hosts", host.name),
                help=f"write `{host.name}: ADDRESS`",
            )
        if relays[host.name] > MAX_RELAYS:
            report.refuse(
                TOO_MANY_RELAYS,
                f"`{host.name}` runs {relays[host.name]} engines for the gateway on `{here}`, "
                f"and has ports for {MAX_RELAYS}",
                ("nodes", host.pool),
                help="spread the replicas over more hosts",
            )


def _is_counted(cluster: Cluster, host: Host) -> bool:
    return isinstance(cluster.nodes[host.pool].hosts, int)


def _missing(host: str, here: str) -> str:
    if host == here:
        return f"gateway host `{host}` has no address that relays could let in"
    return f"host `{host}` has no address at which `{here}` could reach its engines"
