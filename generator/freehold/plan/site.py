"""The whole plan of a site, from its spec."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from freehold.catalog.facts import Catalog
from freehold.plan import engines as engine_plan
from freehold.plan import firewall as firewall_plan
from freehold.plan import gateway as gateway_plan
from freehold.plan.hosts import hosts as plan_hosts
from freehold.plan.placement import place
from freehold.plan.types import Engine, Gateway, Host, HostPlan, Plan, Proxy, Replica
from freehold.report import Report
from freehold.spec.cluster import Cluster

OnHost = TypeVar("OnHost", Replica, Engine)
Thing = TypeVar("Thing")


def decide(cluster: Cluster, catalog: Catalog, report: Report) -> Plan | None:
    """Every decision about the site; none when a finding stands in the way.

    What was found before does not keep models from being placed: all is said in one run.
    """
    before = report.errors
    hosts = plan_hosts(cluster, catalog, report)
    if report.errors > before:
        return None
    replicas = place(cluster, hosts, catalog, report)
    engines = engine_plan.engines(cluster, replicas, catalog, report)
    if not report.is_clean:
        return None
    gateway = gateway_plan.gateway(cluster, hosts, replicas, engines, report)
    if not report.is_clean:
        return None
    site = _Site(cluster, hosts, replicas, engines, gateway)
    return Plan(
        name=cluster.name,
        description=cluster.description,
        level=cluster.isolation,
        system_id=cluster.system,
        system=catalog.systems[cluster.system],
        ssh_port=cluster.network.ssh_port,
        gateway=gateway,
        hosts=site.host_plans(),
        pools=_pools(hosts),
    )


@dataclass(frozen=True, slots=True)
class _Site:
    """What is decided for the site as a whole, before each host's share of it."""

    cluster: Cluster
    hosts: Sequence[Host]
    replicas: Sequence[Replica]
    engines: Sequence[Engine]
    gateway: Gateway

    def host_plans(self) -> tuple[HostPlan, ...]:
        by_name = {host.name: host for host in self.hosts}
        replicas, engines = _by_host(self.replicas), _by_host(self.engines)
        proxies = gateway_plan.proxies(self.cluster, self.hosts, self.engines, self.gateway)
        return tuple(
            self._host_plan(
                host, replicas[host.name], engines[host.name], proxies[host.name], by_name
            )
            for host in self.hosts
        )

    def _host_plan(
        self,
        host: Host,
        replicas: tuple[Replica, ...],
        engines: tuple[Engine, ...],
        proxy: Proxy,
        by_name: Mapping[str, Host],
    ) -> HostPlan:
        firewall = firewall_plan.firewall(self.cluster, host, proxy, engines, self.gateway, by_name)
        return HostPlan(
            host=host,
            replicas=replicas,
            engines=engines,
            images=_once(engine.image for engine in engines),
            weights=_once(engine.weights for engine in engines),
            proxy=proxy,
            firewall=firewall,
            listeners=(
                *firewall_plan.listeners(self.cluster),
                *engine_plan.listeners(engines),
                *gateway_plan.listeners(proxy),
            ),
            files=(
                *firewall_plan.files(firewall),
                *engine_plan.files(engines),
                *gateway_plan.files(proxy),
            ),
        )


def _by_host(items: Iterable[OnHost]) -> Mapping[str, tuple[OnHost, ...]]:
    found: defaultdict[str, tuple[OnHost, ...]] = defaultdict(tuple)
    for item in items:
        found[item.host] += (item,)
    return found


def _once(items: Iterable[Thing]) -> tuple[Thing, ...]:
    return tuple(dict.fromkeys(items))


def _pools(hosts: Iterable[Host]) -> Mapping[str, tuple[str, ...]]:
    pools: dict[str, list[str]] = {}
    for host in hosts:
        pools.setdefault(host.pool, []).append(host.name)
    return {pool: tuple(names) for pool, names in pools.items()}
