"""The firewall is the planned one, denies by default, and survives a reboot."""

import json
from typing import Any

import pytest
from testinfra.host import Host


def _chains(host: Host) -> dict[str, str]:
    listed = json.loads(host.check_output("nft -j list table inet freehold"))["nftables"]
    return {
        one["chain"]["hook"]: one["chain"]["policy"]
        for one in listed
        if "chain" in one and "hook" in one["chain"]
    }


@pytest.mark.control("NET-01")
def test_the_firewall_denies_by_default(host: Host, expected: dict[str, Any]) -> None:
    denied = {"open": {"input"}}.get(expected["level"], {"input", "output", "forward"})
    chains = _chains(host)
    assert {hook for hook, policy in chains.items() if policy == "drop"} >= denied


@pytest.mark.control("NET-03")
def test_nothing_is_translated(host: Host) -> None:
    rules = host.check_output("nft list table inet freehold")
    assert "masquerade" not in rules
    assert "dnat" not in rules


@pytest.mark.control("NET-14")
def test_the_firewall_is_up_before_the_network(host: Host) -> None:
    assert host.service("freehold-firewall.service").is_enabled
    before = host.check_output("systemctl show -p Before --value freehold-firewall.service").split()
    assert "network-pre.target" in before


@pytest.mark.control("NET-01")
def test_hosts_cannot_reach_what_is_not_listed(host: Host, expected: dict[str, Any]) -> None:
    if expected["level"] == "open":
        pytest.skip("the level `open` lets hosts out")
    for target in ("192.0.2.1", "2001:db8::1"):
        before = _dropped(host)
        host.run(f"timeout 2 bash -c 'exec 3<>/dev/tcp/{target}/443'")
        routed = host.run(f"ip route get {target}").succeeded
        assert not routed or _dropped(host) > before


def _dropped(host: Host) -> int:
    listed = json.loads(host.check_output("nft -j list counters table inet freehold"))["nftables"]
    return sum(one["counter"]["packets"] for one in listed if "counter" in one)
