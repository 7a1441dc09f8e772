"""Hosts, from pools."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from freehold.catalog.load import builtin
from freehold.plan.hosts import hosts
from freehold.plan.silicon import silicon
from freehold.plan.types import Card, Host, Mig
from freehold.report import Report
from freehold.source import Source
from freehold.spec.load import load
from freehold.units import Bytes

SPEC = """
plugin: freehold.llm.cluster
version: 1
name: mercy
system: debian-13
nodes:
  gpu_new:
    hosts: 2
    gpus: {model: l40s, count: 4}
    cpu: {cores: 64}
    memory: 512 GiB
    storage: {models: {size: 4 TB, kind: nvme}}
  edge:
    hosts: {zeta: 10.20.0.2, alpha: null}
    gpus: {name: ACME, count: 1, vram: 40 GiB, bandwidth: 1 TB/s, compute_capability: "9.0"}
    cpu: {cores: 8}
    memory: 64 GiB
    storage: {models: {size: 1 TB, kind: ssd}}
  plain:
    hosts: 1
    cpu: {cores: 8}
    memory: 64 GiB
    storage: {models: {size: 1 TB, kind: ssd}}
models:
  assistant:
    source: Qwen/Qwen3-8B
    precision: bf16
    workload: {users: 8, prompt: 1000, answer: 400, context: 8k}
isolation: open
gateway: {name: llm.mercy.internal, clients: [ehr]}
"""


def planned(text: str) -> tuple[tuple[Host, ...], Report]:
    report = Report(Source.parse(text.encode(), "cluster.yml"))
    cluster = load(report.source, report)
    assert cluster is not None, report.findings
    return hosts(cluster, builtin(), report), report


def test_hosts_are_in_the_order_of_the_spec() -> None:
    found, _ = planned(SPEC)
    assert [(host.name, host.pool, host.address) for host in found] == [
        ("gpu-new-1", "gpu_new", None),
        ("gpu-new-2", "gpu_new", None),
        ("zeta", "edge", ip_address("10.20.0.2")),
        ("alpha", "edge", None),
        ("plain-1", "plain", None),
    ]


def test_hosts_have_their_pools_machine() -> None:
    found, _ = planned(SPEC)
    l40s = builtin().gpus["l40s-48gb"]
    assert found[0].card == Card("NVIDIA L40S", 4, l40s.vram, l40s.vram_smi, "8.9", silicon(l40s))
    written_out = found[2].card
    assert written_out is not None
    assert written_out.silicon is not None
    assert replace(written_out, silicon=None) == Card("ACME", 1, Bytes(40 * 2**30), None, "9.0")
    assert written_out.silicon.bandwidth == 10**12
    assert found[4].card is None
    assert (found[0].cores, found[0].memory, found[0].storage) == (64, 512 * 2**30, 4 * 10**12)


def test_an_unknown_card_is_said_once_for_its_pool() -> None:
    found, report = planned(SPEC.replace("l40s", "l40x").replace("debian-13", "debian-12"))
    assert [finding.rule for finding in report.findings] == ["unknown-system", "unknown-gpu"]
    assert len(found) == 5


def test_divided_gpus_are_as_many_equal_parts() -> None:
    found, report = planned(SPEC.replace("l40s, count: 4", "h100-sxm5, count: 4, mig: 1g.20gb"))
    card, whole = found[0].card, builtin().gpus["h100-sxm5-80gb"]
    assert report.findings == []
    assert card is not None
    assert card.silicon is not None
    assert (card.mig, card.count, card.devices) == (Mig("1g.20gb", 4), 4, 16)
    assert (card.vram, card.vram_smi) == (19968 * 2**20, whole.vram_smi)
    assert card.compute_capability == "9.0"
    assert card.silicon.bandwidth == whole.bandwidth / 4
    assert card.silicon.tflops["bf16"] == pytest.approx(989 / 7)
    assert card.silicon.tflops["fp4"] is None


@pytest.mark.parametrize(
    ("asked", "rule", "help_"),
    [
        ("l40s, count: 4, mig: 1g.10gb", "mig-unsupported", "remove `mig`, or use one of"),
        ("h100-sxm5, count: 4, mig: 1g.12gb", "unknown-mig-profile", "write `mig: 1g.10gb`;"),
        ("h100-sxm5, count: 4, mig: 5g.40gb", "unknown-mig-profile", "write `mig: 4g.40gb`;"),
        ("h100-sxm5, count: 4, mig: 1g.10g", "unknown-mig-profile", "write `mig: 1g.10gb`;"),
        ("h100-sxm5, count: 4, mig: seven", "unknown-mig-profile", "use one of `1g.10gb` (7 x"),
    ],
)
def test_profiles_that_the_card_lacks(asked: str, rule: str, help_: str) -> None:
    _, report = planned(SPEC.replace("l40s, count: 4", asked))
    (finding,) = report.findings
    assert finding.rule == rule
    assert finding.help.startswith(help_)
