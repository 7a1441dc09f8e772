"""Plans of small and large sites, and locks that fit them."""

from freehold.catalog.load import builtin
from freehold.lock.file import Directory, File, Image, Lock
from freehold.plan.site import decide
from freehold.plan.types import Plan
from freehold.report import Report
from freehold.source import Source
from freehold.spec.load import load

CLINIC = """
plugin: freehold.llm.cluster
version: 1
name: clinic
description: Two servers | {{ 7 * 7 }} <script>
system: debian-13
nodes:
  gpu:
    hosts: {gpu-1: 10.20.0.11, gpu-2: 10.20.0.12}
    gpus: {model: l40s-48gb, count: 4}
    cpu: {cores: 64}
    memory: 512 GiB
    storage: {models: {size: 4 TB, kind: nvme, encrypted: true}}
  spare:
    hosts: {spare-1: 10.20.0.21}
    cpu: {cores: 8}
    memory: 64 GiB
    storage: {models: {size: 1 TB, kind: ssd, encrypted: true}}
models:
  assistant:
    source: meta-llama/Llama-3.3-70B-Instruct
    precision: fp8
    on: gpu
    replicas: 2
    tensor_parallel: 4
    max_num_seqs: 16
    workload: {users: 30, prompt: 2000, answer: 400, context: 16k}
isolation: restricted
gateway: {name: llm.clinic.internal, clients: [ehr, research]}
network: {admin: [10.20.9.0/28], egress: [{to: 10.20.0.5, port: 443}]}
"""


def clinic() -> Plan:
    return planned(CLINIC)


def large(hosts: int, context: str = "16k") -> Plan:
    """A site of so many equal GPU hosts, each with a replica."""
    names = ", ".join(f"g{n}: 10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(1, hosts + 1))
    text = CLINIC.replace("gpu-1: 10.20.0.11, gpu-2: 10.20.0.12", names)
    text = text.replace("context: 16k", f"context: {context}")
    return planned(text.replace("replicas: 2", f"replicas: {hosts}"))


def planned(text: str) -> Plan:
    report = Report(Source.parse(text.encode(), "cluster.yml"))
    cluster = load(report.source, report)
    assert cluster is not None, report.findings
    plan = decide(cluster, builtin(), report)
    assert plan is not None, report.findings
    return plan


def locked(plan: Plan) -> Lock:
    """A lock of invented bytes."""
    engines = [engine for host in plan.hosts for engine in host.engines]
    file = File(sha256="a" * 64, size=70_000_000_000)
    return Lock(
        version=1,
        images={
            engine.image.reference: Image(
                digest=f"sha256:{'b' * 64}",
                platform="linux/amd64",
                size=9_000_000_000,
                archive=None,
            )
            for engine in engines
        },
        models={
            engine.model: Directory(
                origin="directory",
                source=engine.weights.source,
                revision=None,
                files={"model.safetensors": file},
            )
            for engine in engines
        },
    )
