"""The table lets through what the plan says, in both families, and nothing else."""

from dataclasses import dataclass, replace

import pytest

from netns.conftest import Load
from netns.probe import BOTH, Prober
from netns.sites import GATEWAY, OPEN, RELAY, SITES, Site


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_table_holds(site: Site, prober: Prober, load: Load) -> None:
    load(site.text)
    assert prober.failures(site.tries) == set()


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_without_the_table_everything_passes(site: Site, prober: Prober) -> None:
    assert prober.failures(replace(one, families=BOTH) for one in site.tries) == set()


@dataclass(frozen=True)
class Mutant:
    """A change of the table that must not go unseen, and the controls that must see it."""

    name: str
    site: Site
    old: str
    new: str
    controls: frozenset[str]


def _mutant(name: str, site: Site, old: str, new: str, *controls: str) -> Mutant:
    return Mutant(name, site, old, new, frozenset(controls))


_INPUT_END = '        counter name "input_denied"\n    }'
_OUTPUT_DENIED = 'counter name "output_denied" reject with icmpx admin-prohibited'
_OUTPUT_END = f"        {_OUTPUT_DENIED}\n    }}"
_BRIDGE = '        iifname "fh-*" counter name "input_denied" drop\n'

MUTANTS = (
    _mutant("input accepts", GATEWAY, "hook input priority filter; policy drop",
            "hook input priority filter; policy accept", "NET-01"),
    _mutant("output accepts", GATEWAY, _OUTPUT_END, "        accept\n    }", "NET-01"),
    _mutant("forward accepts", GATEWAY, "hook forward priority filter; policy drop",
            "hook forward priority filter; policy accept", "NET-03", "NET-07", "API-04"),
    _mutant("input of IPv4 only", GATEWAY, _INPUT_END,
            "        meta nfproto ipv6 accept\n" + _INPUT_END, "NET-01"),
    _mutant("output of IPv4 only", GATEWAY, _OUTPUT_END,
            "        meta nfproto ipv6 accept\n" + _OUTPUT_END, "NET-01"),
    _mutant("output of TCP only", GATEWAY, _OUTPUT_END,
            "        meta l4proto udp accept\n" + _OUTPUT_END, "NET-01"),
    _mutant("SSH from anywhere", RELAY, "ip saddr { 10.66.0.2 } tcp dport 22",
            "tcp dport 22", "NET-01"),
    _mutant("relay from anywhere", RELAY, "ip saddr { 10.66.0.11 } tcp dport 9443",
            "tcp dport 9443", "API-04"),
    _mutant("relay from its network", RELAY, "{ 10.66.0.11 } tcp dport 9443",
            "{ 10.66.0.0/24 } tcp dport 9443", "API-04"),
    _mutant("containers may ask the host", GATEWAY, _BRIDGE, "", "NET-07"),
    _mutant("containers may ask the open host", OPEN, _BRIDGE,
            '        iifname "fh-*" accept\n', "NET-06", "NET-07"),
    _mutant("engines by another route", OPEN,
            '        oifname "fh-*" counter name "forward_denied" drop\n', "", "API-04"),
    _mutant("containers get out", OPEN,
            '        iifname "fh-*" counter name "forward_denied" drop\n', "", "NET-07"),
    _mutant("IPv4 metadata", GATEWAY,
            f"ip daddr {{ 100.100.100.200, 169.254.0.0/16 }} {_OUTPUT_DENIED}", "", "NET-12"),
    _mutant("IPv6 metadata", GATEWAY,
            f"ip6 daddr {{ fd00:ec2::254, fd20:ce::254, fe80::a9fe:a9fe }} {_OUTPUT_DENIED}", "",
            "NET-12"),
    _mutant("no neighbours", GATEWAY, "nd-neighbor-solicit, nd-neighbor-advert } ip6",
            "} ip6", "NET-01"),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "site"), [(one, one.site) for one in MUTANTS], ids=[one.name for one in MUTANTS]
)
def test_mutant_is_caught(mutant: Mutant, site: Site, prober: Prober, load: Load) -> None:
    assert mutant.old in site.text
    prober.world.host.run("ip", "-6", "neighbour", "flush", "all")
    load(site.text.replace(mutant.old, mutant.new))
    failed = prober.failures(site.tries)
    assert {one.control for one, _ in failed} == mutant.controls
