"""Two hosts of a small site, and what must be open and shut at each."""

from dataclasses import dataclass
from ipaddress import ip_address

from freehold.plan.firewall import files, firewall
from freehold.plan.types import Firewall
from freehold.render.fill import fill
from freehold.render.nft import view
from freehold.spec.cluster import Level
from gateway import site
from netns.probe import BOTH, IPV4, SHUT, Try
from netns.world import BOX, PREFIX4, PREFIX6

ADMIN = [f"{PREFIX4}2/32", f"{PREFIX6}2/128"]
CLIENTS = [f"{PREFIX4}3/32", f"{PREFIX6}3/128"]
EGRESS = [
    {"to": to, "port": port, "protocol": protocol}
    for to in (f"{PREFIX4}5", f"{PREFIX6}5")
    for port, protocol in ((8080, "tcp"), (53, "udp"))
]
# Both cover a metadata service, which stays shut.
WIDE = [{"to": to, "port": 80, "protocol": "tcp"} for to in ("128.0.0.0/1", "fd00::/8")]


@dataclass(frozen=True)
class Site:
    """A host's firewall, and what it must let through."""

    name: str
    host: str
    level: Level
    network: dict[str, object]
    tries: tuple[Try, ...]

    @property
    def firewall(self) -> Firewall:
        """What the plan decides for the host."""
        return planned(self.host, self.level, self.network)

    @property
    def text(self) -> str:
        """The table that lands on the host."""
        (table,) = (file for file in files(self.firewall) if file.path.endswith(".nft"))
        return fill(table.template, view(table.template, table.about)).decode()


def planned(name: str, level: Level, network: dict[str, object]) -> Firewall:
    """The firewall of one of two hosts; the first has the gateway and an engine without socket."""
    hosts = [site.host("gpu-1", f"{PREFIX4}11"), site.host("gpu-2", f"{PREFIX4}12")]
    box = site.replica("box", 0, "gpu-1")
    engines = {
        box: site.engine(box, at=(ip_address(BOX[0].format(2)), 30000)),
        (other := site.replica("other", 0, "gpu-2")): site.engine(other),
    }
    entry = {"name": "llm.example", "host": "gpu-1", "clients": ["ward"]}
    made = site.plan(hosts, engines, entry, network)
    cluster = made.cluster.model_copy(update={"isolation": level})
    by_name = {host.name: host for host in hosts}
    here = [engine for engine in engines.values() if engine.host == name]
    return firewall(cluster, by_name[name], made.proxies[name], here, made.gateway, by_name)


UNDECLARED = (
    Try("NET-01", "admin", "host", 8000, SHUT),
    Try("NET-01", "client", "host", 5353, SHUT, "udp"),
    Try("NET-01", "outsider", "host", 9490, SHUT),
)
CONTAINER = (
    Try("NET-07", "box", "box-gateway", 443, SHUT),
    Try("NET-07", "box", "box-gateway", 22, SHUT),
    Try("NET-07", "box", "host", 443, SHUT),
    Try("NET-06", "box", "box-gateway", 53, SHUT, "udp"),
    Try("NET-07", "box", "outsider", 443, SHUT),
    Try("NET-07", "box", "outsider", 53, SHUT, "udp"),
    Try("API-04", "outsider", "box", 30000, SHUT),
    Try("API-04", "outsider", "box", 5000, SHUT, "udp"),
)
RESTRICTED = (
    Try("NET-01", "admin", "host", 22, BOTH),
    Try("NET-01", "outsider", "host", 22, SHUT),
    *UNDECLARED,
    Try("NET-01", "host", "mirror", 8080, BOTH),
    Try("NET-01", "host", "mirror", 53, BOTH, "udp"),
    Try("NET-01", "host", "mirror", 443, SHUT),
    Try("NET-01", "host", "outsider", 8080, SHUT),
    Try("NET-01", "host", "outsider", 53, SHUT, "udp"),
    Try("NET-01", "host", "outsider", 123, SHUT, "udp"),
    Try("NET-12", "host", "metadata", 80, SHUT),
    *CONTAINER,
    Try("NET-03", "pod", "outsider", 443, SHUT),
    Try("NET-01", "pod", "pod-gateway", 53, SHUT, "udp"),
)

GATEWAY = Site(
    "gateway",
    "gpu-1",
    Level.RESTRICTED,
    {"admin": ADMIN, "egress": [*EGRESS, *WIDE]},
    (
        *RESTRICTED,
        Try("NET-01", "outsider", "host", 443, BOTH),
        Try("NET-01", "gpu-2", "host", 9443, SHUT),
        Try("NET-01", "host", "gpu-2", 9443, IPV4),
        Try("NET-01", "host", "gpu-2", 22, SHUT),
        Try("NET-01", "host", "box", 30000, IPV4),
        Try("NET-01", "host", "box", 22, SHUT),
    ),
)
RELAY = Site(
    "relay",
    "gpu-2",
    Level.RESTRICTED,
    {"admin": ADMIN, "clients": CLIENTS, "egress": EGRESS},
    (
        *RESTRICTED,
        Try("API-04", "gpu-1", "host", 9443, IPV4),
        Try("API-04", "admin", "host", 9443, SHUT),
        Try("API-04", "outsider", "host", 9443, SHUT),
        Try("NET-01", "client", "host", 443, SHUT),
        Try("NET-01", "host", "gpu-1", 443, SHUT),
    ),
)
OPEN = Site(
    "open",
    "gpu-1",
    Level.OPEN,
    {"clients": CLIENTS},
    (
        *UNDECLARED,
        *CONTAINER,
        Try("NET-01", "outsider", "host", 22, BOTH),
        Try("NET-01", "client", "host", 443, BOTH),
        Try("NET-01", "outsider", "host", 443, SHUT),
        Try("NET-01", "host", "outsider", 443, BOTH),
        Try("NET-01", "host", "metadata", 80, BOTH),
        Try("NET-01", "host", "box", 30000, BOTH),
        Try("NET-01", "pod", "outsider", 443, BOTH),
        Try("NET-01", "pod", "pod-gateway", 53, BOTH, "udp"),
    ),
)
SITES = (GATEWAY, RELAY, OPEN)
