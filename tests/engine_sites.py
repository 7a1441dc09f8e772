"""One small site for each engine, planned and rendered."""

from collections.abc import Mapping
from functools import cache

from freehold.plan.engines import files
from freehold.plan.types import Engine
from freehold.render.fill import fill
from freehold.render.quadlet import view
from plans import planned

_SPEC = """
plugin: freehold.llm.cluster
version: 1
name: lab
system: debian-13
nodes:
  only:
    hosts: {{host-1: 10.20.0.11}}
    {gpus}
    cpu: {{cores: 32}}
    memory: 256 GiB
    storage: {{models: {{size: 2 TB, kind: nvme}}}}
models:
{models}
isolation: open
gateway: {{name: llm.lab.internal, clients: [ehr]}}
"""
_LOAD = "workload: {users: 4, prompt: 500, answer: 200, context: 4k}"
_GPUS = "gpus: {model: l40s-48gb, count: 4}"
_TINY = f"""
  tiny:
    source: Qwen/Qwen3-8B
    file: tiny.gguf
    precision: q4_k_m
    max_num_seqs: 4
    {_LOAD}
"""
_TWO = f"""
  assistant:
    source: Qwen/Qwen3-8B
    precision: bf16
    engine: {{engine}}
    max_num_seqs: 8
    tensor_parallel: 2
    {_LOAD}
  second:
    source: Qwen/Qwen3-8B
    precision: bf16
    engine: {{engine}}
    kv_cache: fp8
    max_num_seqs: 8
    tensor_parallel: 1
    {_LOAD}
"""


def spec(site: str, *, gpus: str = _GPUS) -> str:
    """The spec of a site that runs this engine."""
    if site == "llama.cpp":
        return _SPEC.format(gpus="", models=_TINY)
    two = _TWO.replace("{engine}", site).replace("{{", "{").replace("}}", "}")
    return _SPEC.format(gpus=gpus, models=two)


@cache
def containers(site: str) -> tuple[Engine, ...]:
    """The site's engines."""
    return planned(spec(site)).hosts[0].engines


@cache
def rendered(site: str) -> Mapping[str, str]:
    """What lands on the site's host, by path."""
    placed = files(containers(site))
    return {one.path: fill(one.template, view(one.template, one.about)).decode() for one in placed}
