"""What the isolation level adds to the firewall: metadata, memory, caches and telemetry."""

import json
from typing import Any

import pytest
from testinfra.host import Host

# The same services that the firewall names; AWS and most others, Alibaba; AWS, Google.
METADATA = ("169.254.169.254", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254")
UNLISTED = ("192.0.2.1", "2001:db8::1")


def _denied(host: Host) -> int:
    listed = json.loads(host.check_output("nft -j list counter inet freehold output_denied"))
    (packets,) = (one["counter"]["packets"] for one in listed["nftables"] if "counter" in one)
    return int(packets)


def _is_refused(host: Host, target: str) -> bool:
    """Whether our table, and not a missing route, keeps the host from `target`."""
    before = _denied(host)
    reached = host.run(f"timeout 2 bash -c 'exec 3<>/dev/tcp/{target}/80'").succeeded
    return not reached and (not _is_routed(host, target) or _denied(host) > before)


def _is_routed(host: Host, target: str) -> bool:
    return host.run("ip route get %s", target).succeeded


@pytest.mark.control("NET-12")
@pytest.mark.parametrize("target", METADATA)
def test_metadata_services_are_out_of_reach(
    host: Host, expected: dict[str, Any], target: str
) -> None:
    if expected["level"] == "open":
        pytest.skip("the level `open` lets hosts out")
    assert _is_refused(host, target)


@pytest.mark.control("NET-11")
@pytest.mark.parametrize("target", UNLISTED)
def test_both_families_are_shut_in(host: Host, expected: dict[str, Any], target: str) -> None:
    if expected["level"] == "open":
        pytest.skip("the level `open` lets hosts out")
    assert _is_refused(host, target)


@pytest.mark.control("DAT-02")
def test_memory_stays_off_the_disk(host: Host, units: list[str]) -> None:
    for unit in units:
        shown = host.check_output("systemctl show -p MemorySwapMax -p LimitCORE %s", unit)
        assert set(shown.splitlines()) == {"MemorySwapMax=0", "LimitCORE=0"}, unit


@pytest.mark.control("DAT-02")
def test_engine_leaves_no_core_dump(host: Host, pid: str) -> None:
    limits = host.file(f"/proc/{pid}/limits").content_string.splitlines()
    (core,) = (line.split()[4] for line in limits if line.startswith("Max core file size"))
    assert core == "0"


@pytest.mark.control("CTR-09")
def test_engine_cache_is_its_own(host: Host, pid: str, inspected: dict[str, Any]) -> None:
    mounts = inspected["HostConfig"]["Tmpfs"]
    from_which_code_runs = [
        path for path, options in mounts.items() if "exec" in options.split(",")
    ]
    assert from_which_code_runs
    uid = host.check_output("stat -c %%u /proc/%s", pid)
    for path in from_which_code_runs:
        assert host.check_output("stat -c '%%a %%u' /proc/%s/root%s", pid, path) == f"700 {uid}"


@pytest.mark.control("TEL-01")
def test_engine_asks_nobody(host: Host, pid: str) -> None:
    words = host.file(f"/proc/{pid}/cmdline").content_string.split("\0")
    environment = host.file(f"/proc/{pid}/environ").content_string.split("\0")
    switches = {"HF_HUB_OFFLINE=1", "TRANSFORMERS_OFFLINE=1", "DO_NOT_TRACK=1"}
    assert "--offline" in words or switches <= set(environment)
