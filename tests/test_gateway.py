"""How the gateway reaches every replica, and what its host is told."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.plan.gateway import files, listeners
from freehold.plan.types import Limits, Purpose
from freehold.render import haproxy
from gateway.site import engine, host, plan, rendered, replica

ENTRY = {"name": "llm.mercy.internal", "clients": {"ehr": {}, "lab": {"requests": "10/s"}}}
HERE, THERE = host("gpu-1", "10.0.0.1"), host("gpu-2", "10.0.0.2")


def test_local_engines_by_their_socket_and_others_by_their_relay() -> None:
    replicas = [
        replica("a", 0, "gpu-1"),
        replica("a", 1, "gpu-2"),
        replica("b", 0, "gpu-2", at_once=3),
    ]
    site = plan([HERE, THERE], {one: engine(one) for one in replicas}, ENTRY)
    first, second = (route.backends for route in site.gateway.routes)
    assert (first[0].socket, first[0].relay) == ("/run/freehold/a-0/engine.sock", False)
    assert [(b.socket, b.relay, b.address, b.port) for b in (*first[1:], *second)] == [
        (None, True, THERE.address, 9443),
        (None, True, THERE.address, 9444),
    ]
    assert second[0].concurrency == 3
    relays = site.proxies["gpu-2"].relays
    assert [(one.replica, one.port) for one in relays] == [("a-1", 9443), ("b-0", 9444)]
    assert site.proxies["gpu-1"].relays == ()


def test_an_engine_without_a_socket_by_its_address() -> None:
    one = replica("a", 0, "gpu-1")
    site = plan([HERE], {one: engine(one, at=(ip_address("10.89.0.2"), 8000))}, ENTRY)
    configuration = rendered(site.proxies["gpu-1"])["/etc/freehold/gateway/gateway.cfg"]
    assert "server a-0 10.89.0.2:8000 " in configuration


def test_a_model_is_as_long_as_its_shortest_replica() -> None:
    replicas = [replica("a", 0, "gpu-1", context=8192), replica("a", 1, "gpu-1", context=4096)]
    site = plan([HERE], {one: engine(one) for one in replicas}, ENTRY)
    assert [route.context for route in site.gateway.routes] == [4096]


def test_limits_in_the_units_of_haproxy() -> None:
    one = replica("a", 0, "gpu-1")
    site = plan([HERE], {one: engine(one)}, ENTRY)
    assert site.gateway.clients["lab"] == Limits(600, 64, 2**20)


def test_whom_the_authority_certifies() -> None:
    replicas = [replica("a", 0, "gpu-1"), replica("a", 1, "gpu-2")]
    site = plan([HERE, THERE], {one: engine(one) for one in replicas}, ENTRY)
    assert site.proxies["gpu-1"].authority is not None
    assert [
        (one.host, one.name, one.purpose, one.domain)
        for one in site.proxies["gpu-1"].authority.certificates
    ] == [
        ("gpu-1", "gateway", Purpose.SERVER, "llm.mercy.internal"),
        ("gpu-1", "client", Purpose.CLIENT, "llm.mercy.internal"),
        ("gpu-2", "relay", Purpose.SERVER, "gpu-2"),
    ]
    assert site.proxies["gpu-2"].authority is None


def test_no_authority_for_one_host_with_a_certificate_of_its_own() -> None:
    one = replica("a", 0, "gpu-1")
    own = {"certificate": "/etc/ssl/llm.crt", "key": "/etc/ssl/private/llm.key"}
    site = plan([HERE], {one: engine(one)}, {**ENTRY, "certificate": own})
    assert site.proxies["gpu-1"].authority is None
    assert (site.gateway.certificate, site.gateway.key) == tuple(own.values())
    unit = rendered(site.proxies["gpu-1"])["/etc/systemd/system/freehold-gateway.service"]
    assert "/etc/freehold/gateway/tls/own.key /run/freehold-gateway/own.key" in unit


def test_a_host_without_engines_runs_nothing() -> None:
    one = replica("a", 0, "gpu-1")
    site = plan([HERE, THERE], {one: engine(one)}, ENTRY)
    assert files(site.proxies["gpu-2"]) == ()
    assert listeners(site.proxies["gpu-2"]) == ()


@pytest.mark.parametrize(
    ("address", "listen"), [("10.0.0.1", "0.0.0.0"), ("fd00::1", "::"), (None, "0.0.0.0")]
)
def test_what_listens(address: str | None, listen: str) -> None:
    one = replica("a", 0, "gpu-1")
    site = plan([host("gpu-1", address)], {one: engine(one)}, {**ENTRY, "port": 8443})
    found = [(one.address, one.port) for one in listeners(site.proxies["gpu-1"])]
    assert found == [(listen, 8443), ("127.0.0.1", 9490)]


def test_relays_listen_on_their_hosts_address() -> None:
    replicas = [replica("a", 0, "gpu-1"), replica("a", 1, "gpu-2")]
    site = plan([HERE, THERE], {one: engine(one) for one in replicas}, ENTRY)
    found = [(one.address, one.port) for one in listeners(site.proxies["gpu-2"])]
    assert found == [("10.0.0.2", 9443), ("127.0.0.1", 9490)]


@pytest.mark.parametrize("missing", [0, 1])
def test_hosts_that_must_meet_need_addresses(missing: int) -> None:
    hosts = [HERE, THERE]
    hosts[missing] = replace(hosts[missing], address=None)
    replicas = [replica("a", 0, "gpu-1"), replica("a", 1, "gpu-2")]
    site = plan(hosts, {one: engine(one) for one in replicas}, ENTRY)
    assert [found.rule for found in site.report.findings] == ["address-missing"]
    assert f"`gpu-{missing + 1}`" in site.report.findings[0].message


def test_one_host_needs_no_address() -> None:
    one = replica("a", 0, "gpu-1")
    site = plan([host("gpu-1", None)], {one: engine(one)}, ENTRY)
    assert site.report.findings == []


def test_relays_end_before_the_metrics() -> None:
    replicas = [replica("a", number, "gpu-2") for number in range(48)]
    site = plan([HERE, THERE], {one: engine(one) for one in replicas}, ENTRY)
    assert [found.rule for found in site.report.findings] == ["too-many-relays"]
    fewer = replicas[:-1]
    site = plan([HERE, THERE], {one: engine(one) for one in fewer}, ENTRY)
    assert site.report.findings == []
    assert site.proxies["gpu-2"].relays[-1].port == site.proxies["gpu-2"].metrics_port - 1


HOSTILE = st.one_of(
    st.text(),
    st.sampled_from(
        ["a\n", "a\nserver x 1:1", "a b", "a'", 'a"', "a\\", "a#", "a${X}", "a%[x]", "-a", "a;b",
         "../a", "/a/../b", "a/b", "A", "", " ", "a\r", "a\0", "a\u2028"]
    ),
)  # fmt: skip


@given(HOSTILE)
def test_only_plain_names_reach_a_configuration(text: str) -> None:
    for encode in (haproxy.name, haproxy.domain, haproxy.path):
        try:
            printed = encode(text)
        except ValueError:
            continue
        assert printed == text
        assert not set(printed) - set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_-"
        )


@given(st.one_of(st.text(), st.floats(), st.booleans(), st.none(), st.integers(max_value=-1)))
def test_only_numbers_and_addresses_reach_a_configuration(value: object) -> None:
    for encode in (haproxy.number, haproxy.address):
        with pytest.raises(ValueError, match="not a"):
            encode(value)


@given(HOSTILE)
def test_a_hostile_value_is_refused_wherever_it_stands(text: str) -> None:
    one = replica("a", 0, "gpu-1")
    proxy = plan([HERE], {one: engine(one)}, ENTRY).proxies["gpu-1"]
    assert proxy.gateway is not None
    before = rendered(proxy)
    route = proxy.gateway.routes[0]
    backend = route.backends[0]
    for gateway in (
        replace(proxy.gateway, name=text),
        replace(proxy.gateway, clients={text: Limits(1, 1, 1)}),
        replace(proxy.gateway, routes=(replace(route, model=text),)),
        replace(proxy.gateway, routes=(replace(route, backends=(replace(backend, socket=text),)),)),
        replace(
            proxy.gateway, routes=(replace(route, backends=(replace(backend, replica=text),)),)
        ),
    ):
        try:
            after = rendered(replace(proxy, gateway=gateway))
        except ValueError:
            continue
        assert _shape(after) == _shape(before), "more than one word took the place of a word"


def _shape(files: dict[str, str]) -> list[int]:
    lines = files["/etc/freehold/gateway/gateway.cfg"].splitlines()
    return [len(line.split(" ")) for line in lines]
