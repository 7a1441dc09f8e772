"""`freehold advise`: what it promises is what the plan does, and least hardware is first."""

import json
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freehold.catalog.load import builtin
from freehold.cli import main
from freehold.diagnostics import Diagnostic
from freehold.plan.advice import Advice, advice
from freehold.plan.hosts import hosts
from freehold.plan.options import DOES_NOT_FIT, LARGER
from freehold.plan.parallel import Parallel
from freehold.plan.placement import SHARED, TIGHT, TOO_SLOW, place
from freehold.plan.shapes import UNKNOWN, Obstacle, Shape, per_host
from freehold.plan.types import Replica
from freehold.report import Report
from freehold.source import Source
from freehold.spec.cluster import Cluster
from freehold.spec.load import load

Capture = pytest.CaptureFixture[str]
EXAMPLES = Path(__file__).parent.parent / "examples"
SPEC = """
plugin: freehold.llm.cluster
version: 1
name: mercy
system: debian-13
nodes:
  gpu:
    hosts: {hosts}
    gpus: {{model: {card}, count: {count}}}
    cpu: {{cores: 64}}
    memory: 512 GiB
    storage: {{models: {{size: 8 TB, kind: nvme}}}}
models:
  m: {model}
isolation: open
gateway: {{name: llm.mercy.internal, clients: [ehr]}}
"""
TARGETS = {"first_token": "3 s", "speed": "15 tok/s"}
LLAMA = "meta-llama/Llama-3.3-70B-Instruct"
# Dense, experts, latent attention, gated delta, GGUF.
MODELS = {
    "Qwen/Qwen3-8B": "bf16", LLAMA: "fp8", "openai/gpt-oss-120b": "mxfp4",
    "deepseek-ai/DeepSeek-V3": "fp8", "Qwen/Qwen3-Next-80B-A3B-Instruct": "bf16",
    "Qwen/Qwen3-32B": "q4_k_m",
}  # fmt: skip


def asked(source: str = LLAMA, precision: str = "fp8", **more: Any) -> dict[str, Any]:
    work = {"users": 40, "prompt": 1000, "answer": 300, "context": 8192, **TARGETS}
    work |= {key: more.pop(key) for key in list(more) if key in work}
    file = {"file": "model.gguf"} if precision.startswith("q") else {}
    workload = {key: value for key, value in work.items() if value is not None}
    return {"source": source, "precision": precision, "workload": workload, **file, **more}


def text(model: dict[str, Any], card: str = "l40s", count: int = 4, hosts: int = 1) -> str:
    return SPEC.format(model=json.dumps(model), card=card, count=count, hosts=hosts)


def read(spec: str) -> tuple[Cluster, Report]:
    report = Report(Source.parse(spec.encode(), "cluster.yml"))
    cluster = load(report.source, report)
    assert cluster is not None, report.findings
    return cluster, report


def advised(model: dict[str, Any]) -> Advice:
    cluster, report = read(text(model))
    found = advice("m", cluster.models["m"], builtin(), report)
    assert found is not None, report.findings
    return found


@cache
def of_catalog(source: str) -> Advice:
    return advised(asked(source, MODELS[source]))


def placed(spec: str) -> tuple[tuple[Replica, ...], list[Diagnostic]]:
    cluster, report = read(spec)
    replicas = place(cluster, hosts(cluster, builtin(), report), builtin(), report)
    return replicas, report.findings


def pins(parallel: Parallel) -> dict[str, int]:
    return {"tensor_parallel": parallel.tensor, "pipeline_parallel": parallel.pipeline}


def bought(shape: Shape, source: str, replicas: int, **more: Any) -> tuple[Replica, ...]:
    """The shape as a spec, which the plan must take, warning of a tight fit or one host at most."""
    model = asked(source, MODELS[source], replicas=replicas, **more)
    found, said = placed(text(model, shape.card, shape.per_host, shape.hosts))
    assert {finding.rule for finding in said} <= {TIGHT, SHARED}, said
    return found


def serves(replicas: tuple[Replica, ...]) -> int:
    """Users, typically within the targets."""
    one = replicas[0]
    assert one.capacity
    assert one.capacity.figures
    return min(one.max_num_seqs, int(one.capacity.figures.served.typical)) * len(replicas)


@pytest.mark.parametrize("source", MODELS)
def test_the_plan_does_as_advised(source: str) -> None:
    for shape in of_catalog(source).shapes:
        parallel = shape.fit.ask.parallel
        pinned = pins(parallel) if shape.is_pinned else {}
        found = bought(shape, source, shape.replicas, **pinned)
        assert len(found) == shape.replicas
        assert {replica.parallel for replica in found} == {parallel}
        assert sum(replica.memory.kv_tokens for replica in found) == shape.kv_tokens
        assert sum(replica.max_num_seqs for replica in found) == shape.at_once
        assert serves(found) >= 40


@pytest.mark.parametrize("source", MODELS)
def test_one_replica_fewer_is_too_few(source: str) -> None:
    many = asked(source, MODELS[source], users=400)
    fewer = [shape for shape in advised(many).shapes if shape.replicas > 1]
    for shape in fewer:
        model = many | {"replicas": shape.replicas - 1}
        model |= pins(shape.fit.ask.parallel)
        found, _ = placed(text(model, shape.card, shape.per_host, shape.hosts))
        assert not found or serves(found) < 400
    assert fewer


def test_a_pin_is_asked_for_only_where_the_plan_would_do_otherwise() -> None:
    pinned = []
    for source in MODELS:
        for shape in (one for one in of_catalog(source).shapes if one.is_pinned):
            found = bought(shape, source, shape.replicas)
            assert found[0].parallel != shape.fit.ask.parallel
            pinned.append(shape)
    assert pinned


def counts(obstacles: tuple[Obstacle, ...]) -> Iterator[tuple[Obstacle, int]]:
    return ((one, count) for one in obstacles for count in one.per_host)


@pytest.mark.parametrize("source", MODELS)
def test_the_plan_refuses_for_the_same_reason(source: str) -> None:
    seen = set()
    for obstacle, count in counts(of_catalog(source).obstacles):
        model = asked(source, MODELS[source], replicas=40)
        found, said = placed(text(model, obstacle.card, count, 40))
        rules = {finding.rule for finding in said}
        capacity = found[0].capacity if found else None
        if obstacle.rule == TOO_SLOW:
            assert capacity
            assert capacity.figures
            assert capacity.figures.served.typical == 0
        elif obstacle.rule == UNKNOWN:
            assert capacity
            assert capacity.unknown == obstacle.message
        else:
            assert found == ()
            assert {LARGER: DOES_NOT_FIT}.get(min(rules), min(rules)) == obstacle.rule
        seen.add(obstacle.rule)
    assert "gpu-unsupported" in seen


@pytest.mark.parametrize("source", MODELS)
def test_every_kind_of_host_is_spoken_of_once(source: str) -> None:
    found = of_catalog(source)
    shapes = [(shape.card, shape.per_host) for shape in found.shapes]
    others = [(obstacle.card, count) for obstacle, count in counts(found.obstacles)]
    every = [(card, n) for card, gpu in builtin().gpus.items() for n in per_host(gpu)]
    assert sorted(shapes + others) == sorted(every)


def test_hosts_come_with_as_many_gpus_as_their_boards_hold() -> None:
    gpus = builtin().gpus
    for card, known in {
        "l40s-48gb": (1, 2, 4, 8), "h100-nvl-94gb": (1, 2, 4, 8), "h100-sxm5-80gb": (4, 8),
        "b200-sxm-180gb": (8,), "gb200-nvl72": (4,), "gb10-dgx-spark": (1,),
        "gh200-96gb": (1,), "mi300x-192gb": (8,),
    }.items():  # fmt: skip
        assert per_host(gpus[card]) == known
    assert all(gpu.form_factor for gpu in gpus.values())


def test_least_hardware_is_first() -> None:
    for source in MODELS:
        for less, more in pairwise(of_catalog(source).shapes):
            assert less.vram <= more.vram
            if less.vram == more.vram and less.power and more.power:
                assert (less.power, less.gpus) <= (more.power, more.gpus)


@settings(max_examples=6, deadline=None)
@given(
    few=st.integers(1, 300),
    more=st.integers(0, 700),
    speed=st.sampled_from([None, "10 tok/s", "30 tok/s"]),
    wait=st.sampled_from([None, "1 s", "4 s"]),
    source=st.sampled_from(list(MODELS)),
)
def test_more_users_never_take_less(
    few: int, more: int, speed: str | None, wait: str | None, source: str
) -> None:
    small, large = (
        advised(asked(source, MODELS[source], users=users, speed=speed, first_token=wait))
        for users in (few, few + more)
    )
    hosts_of = {(shape.card, shape.per_host): shape.hosts for shape in small.shapes}
    for shape in large.shapes:
        assert shape.hosts >= hosts_of[shape.card, shape.per_host]
        assert shape.at_once >= few + more
    if large.shapes:
        assert small.shapes[0].vram <= large.shapes[0].vram


def test_targets_take_more_hardware() -> None:
    slow = advised(asked(users=60, speed=None, first_token=None))
    fast = advised(asked(users=60, speed="30 tok/s", first_token="1 s"))
    assert slow.shapes[0].vram < fast.shapes[0].vram
    assert TOO_SLOW not in {obstacle.rule for obstacle in slow.obstacles}
    too_slow = next(one for one in fast.obstacles if one.rule == TOO_SLOW)
    assert ", 30 asked; " in too_slow.message


def test_a_card_of_unknown_speed_serves_where_no_speed_is_asked() -> None:
    blind = "rtx-pro-5000-48gb"
    free = advised(asked(speed=None, first_token=None))
    shape = next(shape for shape in free.shapes if shape.card == blind)
    assert shape.capacity.figures is None
    assert shape.at_once == 40
    bound = advised(asked(speed=None))
    assert blind not in {shape.card for shape in bound.shapes}
    unknown = next(one for one in bound.obstacles if one.rule == UNKNOWN and one.card == blind)
    assert unknown.message.startswith("the catalog has no bf16 arithmetic of ")


def test_pins_of_the_spec_are_a_floor_or_nothing() -> None:
    free = advised(asked(users=4))
    assert advised(asked(users=4, on="gpu", tensor_parallel=8)).shapes == free.shapes
    assert min(shape.replicas for shape in free.shapes) == 1
    assert min(shape.replicas for shape in advised(asked(users=4, replicas=3)).shapes) == 3


# The command.

SHAPE = {
    "gpu", "gpus_per_host", "hosts", "gpus", "vram", "power", "replicas", "gpus_per_replica",
    "tensor_parallel", "pipeline_parallel", "expert_parallel", "pin", "verdict", "kv_tokens",
    "at_once", "capacity", "price",
}  # fmt: skip


def test_what_programs_get(capsys: Capture) -> None:
    words = ["advise", str(EXAMPLES / "clinic"), "--format", "json"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert "`replicas` is a floor" in err
    found = json.loads(out)
    assert found["schema"] == 1
    assert found["isolation"] == {"level": "restricted", "excludes": []}
    (model,) = found["models"]
    assert set(model) == {
        "model", "source", "precision", "engine", "users", "disk", "shapes", "infeasible",
    }  # fmt: skip
    for shape in model["shapes"]:
        assert set(shape) == SHAPE
        assert shape["gpus"] == shape["hosts"] * shape["gpus_per_host"]
        assert shape["gpus"] >= shape["replicas"] * shape["gpus_per_replica"]
        assert shape["at_once"] >= model["users"]
        assert shape["verdict"] in {"fits", "tight"}
    for obstacle in model["infeasible"]:
        assert set(obstacle) == {"gpu", "gpus_per_host", "rule", "message"}
    assert main(words) == 0
    assert capsys.readouterr().out == out


def test_what_people_get(capsys: Capture) -> None:
    assert main(["advise", str(EXAMPLES / "clinic")]) == 0
    short = capsys.readouterr().out
    assert short.startswith("isolation restricted: excludes no card\n")
    rows = [line for line in short.splitlines() if " of 4 x " in line or " of 8 x " in line]
    cards = [row.split()[4] for row in rows]
    assert len(cards) == len(set(cards))
    assert "does-not-fit" not in short
    assert main(["advise", str(EXAMPLES / "clinic"), "--all"]) == 0
    long = capsys.readouterr().out
    assert short.count(" x h200-nvl-141gb ") == 1
    assert long.count(" x h200-nvl-141gb ") == 4
    assert "gpu-unsupported" in long


def test_one_model_of_several(capsys: Capture) -> None:
    assert main(["advise", str(EXAMPLES / "bank"), "--model", "chat", "--format", "json"]) == 0
    assert [one["model"] for one in json.loads(capsys.readouterr().out)["models"]] == ["chat"]
    assert main(["advise", str(EXAMPLES / "bank"), "--model", "chatt"]) == 2
    assert "use `chat`" in capsys.readouterr().err


def run(tmp_path: Path, spec: str, capsys: Capture) -> tuple[int, str, str]:
    path = tmp_path / "cluster.yml"
    path.write_text(spec)
    status = main(["advise", str(path)])
    return status, *capsys.readouterr()


def test_reasons_where_nothing_serves(tmp_path: Path, capsys: Capture) -> None:
    status, out, _ = run(tmp_path, text(asked(speed="100000 tok/s")), capsys)
    assert status == 1
    assert "no card of the catalog serves it\n" in out
    assert "slower-than-asked" in out


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        (asked(context=10_000_000), "context-too-long"),
        (asked(precision="nvfp4"), "precision-not-stored"),
        (asked(source="meta-llama/Llama-3.3-70B"), "unknown-model"),
        (asked(users=0), "out-of-range"),
    ],
)
def test_mistakes_are_findings(
    model: dict[str, Any], rule: str, tmp_path: Path, capsys: Capture
) -> None:
    status, out, err = run(tmp_path, text(model), capsys)
    assert (status, out) == (1, "")
    assert f"error[{rule}]: " in err
    assert err.count(f"[{rule}]") == 1


def test_a_card_that_the_catalog_lacks_is_no_mistake(tmp_path: Path, capsys: Capture) -> None:
    """The question is what to buy, not what is there."""
    status, out, _ = run(tmp_path, text(asked(), card="l99"), capsys)
    assert status == 0
    assert "l40s-48gb" in out


def test_all_cards_in_no_time() -> None:
    cluster, report = read((EXAMPLES / "clinic" / "cluster.yml").read_text())
    before = process_time()
    assert advice("assistant", cluster.models["assistant"], builtin(), report)
    assert process_time() - before < 2
