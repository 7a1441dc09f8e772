"""Who may talk to whom, by the firewalls, the gateway and its relays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from freehold.plan.types import Engine, HostPlan, Outbound, Plan
from freehold.render.report.names import numbers, shortened
from freehold.render.report.table import Table, columns
from freehold.spec.cluster import Level


@dataclass(frozen=True, slots=True)
class Alike:
    """Hosts with the same engines behind the same ports."""

    hosts: tuple[HostPlan, ...]
    is_gateway: bool

    @property
    def names(self) -> str:
        """The hosts, in few words."""
        names = shortened([host.host.name for host in self.hosts])
        return f"{names} ({len(self.hosts):,} hosts, all alike)" if len(self.hosts) > 1 else names

    @property
    def relay_ports(self) -> str:
        """Ports that the gateway reaches the engines by; empty on the gateway's own host."""
        return numbers(relay.port for relay in self.hosts[0].proxy.relays)

    @property
    def engines(self) -> Sequence[Sequence[Engine]]:
        """Engines of one host by what they serve, and how they are reached."""
        found: dict[object, list[Engine]] = {}
        for engine in self.hosts[0].engines:
            found.setdefault(_served(engine), []).append(engine)
        return list(found.values())


def alike(plan: Plan) -> tuple[Alike, ...]:
    """Hosts that serve a model, in the plan's order."""
    found: dict[object, list[HostPlan]] = {}
    for host in plan.hosts:
        ports = tuple(relay.port for relay in host.proxy.relays)
        served = tuple(_served(engine) for engine in host.engines)
        if host.engines:
            is_gateway = host.host.name == plan.gateway.host
            found.setdefault((is_gateway, host.host.pool, ports, served), []).append(host)
    return tuple(
        Alike(tuple(hosts), hosts[0].host.name == plan.gateway.host) for hosts in found.values()
    )


def _served(engine: Engine) -> tuple[str, str, bool]:
    return engine.model, engine.kind, engine.socket is None


def way(engines: Sequence[Engine]) -> str:
    """How the host's own proxy reaches its engines."""
    return "Unix socket" if engines[0].socket else "internal container network"


def sources(plan: Plan, purpose: str) -> str:
    """Networks that may connect for `gateway` or `ssh`."""
    rules = (rule for host in plan.hosts for rule in host.firewall.inbound)
    found = dict.fromkeys(
        network(str(one)) for rule in rules if rule.purpose == purpose for one in rule.sources
    )
    return shortened(list(found)) or "any address"


def leaving(plan: Plan) -> list[Outbound]:
    """Destinations outside of the site that a host may connect to, once each."""
    found = {
        (str(out.to), out.port, out.protocol): out
        for host in plan.hosts
        for out in host.firewall.outbound
        if out.purpose == "egress"
    }
    return list(found.values())


def is_shut(plan: Plan) -> bool:
    """Whether nothing leaves but what is listed."""
    return plan.level.includes(Level.RESTRICTED)


def network(text: str) -> str:
    """A network of one address is written as the address."""
    return text.removesuffix("/32").removesuffix("/128")


def table(plan: Plan, groups: Sequence[Alike]) -> Table:
    """Every connection that a host's firewall lets through."""
    rows = [*_from_outside(plan), *_inside(plan, groups), *_to_outside(plan)]
    head = columns("From", "To", "Port!", "Protected by", "For")
    return Table("Connections that are let through", head, rows)


def _from_outside(plan: Plan) -> Iterator[Sequence[str]]:
    gateway = plan.gateway
    clients = f"clients {', '.join(gateway.clients)} at {sources(plan, 'gateway')}"
    yield (
        clients, f"gateway on {gateway.host}", f"tcp {gateway.port}",
        "TLS; a key of each client", "requests",
    )  # fmt: skip
    administrators = f"administrators at {sources(plan, 'ssh')}"
    yield administrators, "every host", f"tcp {plan.ssh_port}", "ssh", "installing and testing"


def _inside(plan: Plan, groups: Sequence[Alike]) -> Iterator[Sequence[str]]:
    for group in groups:
        if group.relay_ports and not group.is_gateway:
            yield (
                f"gateway on {plan.gateway.host}", f"relays on {group.names}",
                f"tcp {group.relay_ports}", "mutual TLS", "requests",
            )  # fmt: skip
        proxy = "gateway" if group.is_gateway else "relays"
        for engines in group.engines:
            first = engines[0]
            served = f"{first.model} ({first.kind}) on {group.names}"
            yield proxy, served, way(engines), "never leaves the host", "requests"


def _to_outside(plan: Plan) -> Iterator[Sequence[str]]:
    if not is_shut(plan):
        yield "every host", "anywhere", "any", "nothing", f"not restricted at {plan.level.value}"
    for out in leaving(plan):
        port = f"{out.protocol} {out.port}"
        yield "every host", network(str(out.to)), port, "what answers there", "what is listed"
