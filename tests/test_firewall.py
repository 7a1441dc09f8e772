"""The firewall that is planned and printed, read back by nftables itself."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freehold.plan.firewall import BRIDGES, METADATA, files
from freehold.plan.types import Firewall, HostFile, Inbound, Outbound
from freehold.render import nft
from freehold.render.fill import fill
from freehold.spec.cluster import Level
from netns.sites import GATEWAY, OPEN, RELAY, SITES, Site

v4 = st.builds(
    lambda number, length: IPv4Network((number >> (32 - length) << (32 - length), length)),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)
v6 = st.builds(
    lambda number, length: IPv6Network((number >> (128 - length) << (128 - length), length)),
    st.integers(0, 2**128 - 1),
    st.integers(0, 128),
)
networks = v4 | v6
ports = st.integers(1, 65535)
protocols = st.sampled_from(["tcp", "udp"])
inbound = st.builds(
    Inbound,
    ports,
    st.lists(networks, max_size=6).map(tuple),
    st.sampled_from(["gateway", "relay"]),
    protocols,
)
outbound = st.builds(
    Outbound, networks, ports, protocols, st.sampled_from(["egress", "relay", "engine"])
)
firewalls = st.builds(
    lambda level, ssh, others, out: Firewall(
        level, (Inbound(ssh, (), "ssh"), *others), tuple(out), BRIDGES
    ),
    st.sampled_from([Level.OPEN, Level.RESTRICTED]),
    ports,
    st.lists(inbound, max_size=5),
    st.lists(outbound, max_size=12),
)


def table(firewall: Firewall) -> str:
    (one,) = (file for file in files(firewall) if file.path.endswith(".nft"))
    return printed(one)


def printed(file: HostFile) -> str:
    return fill(file.template, nft.view(file.template, file.about)).decode()


def rules(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and "#" not in line]


@pytest.fixture(scope="module")
def _is_root() -> None:
    if os.geteuid() != 0:
        if os.environ.get("CI") == "true":
            pytest.fail("nft needs root, and in CI no test may be left out")
        pytest.skip("nft needs root")


def load(text: str, *question: str) -> str:
    """What nft says, in a network of its own, of the loaded table."""
    script = 'nft -f /dev/stdin && exec nft "$@"'
    inside = ["unshare", "--net", "sh", "-c", script, "sh", *question]
    return subprocess.run(inside, input=text, capture_output=True, text=True, check=True).stdout


@pytest.mark.usefixtures("_is_root")
@given(firewall=firewalls)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_plan_is_a_table_that_loads_twice(firewall: Firewall) -> None:
    text = table(firewall)
    listed = json.loads(load(text + text, "-j", "list", "ruleset"))["nftables"]
    assert {one["table"]["name"] for one in listed if "table" in one} == {"freehold"}
    policies = {one["chain"]["hook"]: one["chain"]["policy"] for one in listed if "chain" in one}
    assert policies == (
        {"input": "drop", "forward": "accept"}
        if firewall.level is Level.OPEN
        else {"input": "drop", "forward": "drop", "output": "drop"}
    )


@given(firewall=firewalls)
def test_any_plan_prints_what_it_admits(firewall: Firewall) -> None:
    admitted = dict(_admitted(rules(table(firewall)), "saddr"))
    for one in firewall.inbound:
        for source in one.sources or (ip_network("0.0.0.0/0"), ip_network("::/0")):
            service = (one.protocol, one.port, source.version)
            assert any(_covers(given, source) for given in admitted[service]), one


@given(firewall=firewalls)
def test_any_plan_prints_nothing_more(firewall: Firewall) -> None:
    asked: dict[tuple[str, int, int], list[IPv4Network | IPv6Network]] = {}
    for one in firewall.inbound:
        for source in one.sources or (ip_network("0.0.0.0/0"), ip_network("::/0")):
            asked.setdefault((one.protocol, one.port, source.version), []).append(source)
    for service, sources in _admitted(rules(table(firewall)), "saddr"):
        for source in sources:
            # What is printed is the union of what was asked, so its ends are in it.
            for end in (source[0], source[-1]):
                assert any(end in network for network in asked[service]), service


Admitted = tuple[tuple[str, int, int], list[IPv4Network | IPv6Network]]


def _admitted(lines: list[str], direction: str) -> Iterator[Admitted]:
    """The sources of every printed service, by protocol, port and family; merged."""
    merged: dict[tuple[str, int, int], list[IPv4Network | IPv6Network]] = {}
    form = rf"(ip6?) {direction} {{ (.+) }} (tcp|udp) dport (\d+) accept"
    anyone = r"meta nfproto { ipv4, ipv6 } (tcp|udp) dport (\d+) accept"
    for line in lines:
        if found := re.fullmatch(form, line):
            version = 4 if found[1] == "ip" else 6
            service = (found[3], int(found[4]), version)
            merged.setdefault(service, []).extend(map(ip_network, found[2].split(", ")))
        elif found := re.fullmatch(anyone, line):
            for everything in (ip_network("0.0.0.0/0"), ip_network("::/0")):
                service = (found[1], int(found[2]), everything.version)
                merged.setdefault(service, []).append(everything)
    yield from merged.items()


def _covers(outer: IPv4Network | IPv6Network, inner: IPv4Network | IPv6Network) -> bool:
    return outer[0] <= inner[0] and inner[-1] <= outer[-1]  # type: ignore[operator] # one family


@given(text=st.text())
def test_no_text_gets_through_an_encoder(text: str) -> None:
    for encoder, word in ((nft.purpose, r"[a-z]+"), (nft.interface, r"[a-z][a-z0-9-]*\*?")):
        if not re.fullmatch(word, text):
            with pytest.raises(ValueError, match=r"is (no|more)"):
                encoder(text)
    if text not in {"tcp", "udp"}:
        with pytest.raises(ValueError, match="is no transport protocol"):
            nft.protocol(text)


@pytest.mark.parametrize("number", [0, -1, 65536])
def test_no_number_but_a_port_is_printed(number: int) -> None:
    with pytest.raises(ValueError, match="no port"):
        nft.port(number)


def test_only_a_firewall_is_printed() -> None:
    with pytest.raises(TypeError, match="not str"):
        nft.view("host/etc/freehold/firewall.nft.j2", "table inet freehold { }")


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_admitted_without_a_source_is_the_gateway_or_ssh_when_open(site: Site) -> None:
    anyone = {one.purpose for one in site.firewall.inbound if not one.sources}
    assert anyone <= ({"gateway"} if site.level is Level.RESTRICTED else {"gateway", "ssh"})


def test_only_the_gateway_host_has_its_port() -> None:
    assert {one.purpose for one in GATEWAY.firewall.inbound} == {"ssh", "gateway"}
    assert {one.purpose for one in RELAY.firewall.inbound} == {"ssh", "relay"}


def test_relays_admit_the_gateway_alone() -> None:
    (relay,) = (one for one in RELAY.firewall.inbound if one.purpose == "relay")
    assert relay.sources == (ip_network("10.66.0.11/32"),)


def test_open_hosts_have_no_output_chain() -> None:
    assert "hook output" not in OPEN.text
    assert all(str(network.network_address) not in OPEN.text for network in METADATA)


def test_rows_of_one_service_are_one_rule() -> None:
    many = tuple(
        Outbound(ip_network(f"10.0.{n // 256}.{n % 256}/32"), 9443, "tcp", "relay")
        for n in range(5000)
    )
    text = table(replace(GATEWAY.firewall, outbound=many))
    assert sum("dport 9443" in line for line in text.splitlines()) == 1


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_every_file_is_text_for_its_reader(site: Site) -> None:
    for file in files(site.firewall):
        text = printed(file)
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert file.template == f"host{file.path}.j2"
