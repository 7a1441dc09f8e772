"""Placement: decided, pinned, packed, spread and refused."""

from collections import Counter
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freehold.catalog.load import builtin
from freehold.diagnostics import Diagnostic
from freehold.plan.hosts import hosts
from freehold.plan.parallel import Parallel
from freehold.plan.parallelism import uneven
from freehold.plan.placement import place
from freehold.plan.types import Replica
from freehold.plan.weights import disk_weights
from freehold.report import Report
from freehold.source import Source
from freehold.spec.load import load
from freehold.spec.models import Precision

SPEC = """
plugin: freehold.llm.cluster
version: 1
name: mercy
system: debian-13
nodes:
{nodes}
models:
{models}
isolation: open
gateway: {{name: llm.mercy.internal, clients: [ehr]}}
"""
GPU = """
  {name}:
    hosts: {hosts}
    gpus: {{model: {card}, count: {count}}}
    cpu: {{cores: 64}}
    memory: 512 GiB
    storage: {{models: {{size: 8 TB, kind: nvme}}}}
"""
CPU = """
  box:
    hosts: {hosts}
    cpu: {{cores: 16}}
    memory: {memory}
    storage: {{models: {{size: 1 TB, kind: ssd}}}}
"""
SMALL = "Qwen/Qwen3-8B"
LARGE = "meta-llama/Llama-3.3-70B-Instruct"
WIDE_EXPERTS: dict[str, Any] = {
    "source": "Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", "precision": "fp8", "tensor_parallel": 8,
}  # fmt: skip


def gpus(hosts: int = 2, count: int = 4, card: str = "l40s", name: str = "gpu") -> str:
    return GPU.format(hosts=hosts, count=count, card=card, name=name)


def parts(profile: str, hosts: int = 1, count: int = 1, card: str = "h100-sxm5") -> str:
    return gpus(hosts, count, card).replace("count:", f"mig: {profile}, count:")


def boxes(hosts: int = 2, memory: str = "64 GiB") -> str:
    return CPU.format(hosts=hosts, memory=memory)


def model(name: str = "m", source: str = SMALL, precision: str = "bf16", **more: Any) -> str:
    work = {"users": 8, "prompt": 1000, "answer": 400, "context": 8192}
    work |= {key: more.pop(key) for key in list(more) if key in work}
    pins = "".join(f"    {key}: {value}\n" for key, value in more.items())
    listed = ", ".join(f"{key}: {value}" for key, value in work.items())
    return (
        f"  {name}:\n    source: {source}\n    precision: {precision}\n{pins}"
        f"    workload: {{{listed}}}\n"
    )


def gguf(name: str = "m", **more: Any) -> str:
    return model(name, precision="q8_0", file="model.gguf", **more)


def placed(nodes: str, *models: str) -> tuple[tuple[Replica, ...], list[Diagnostic]]:
    text = SPEC.format(nodes=nodes, models="".join(models))
    report = Report(Source.parse(text.encode(), "cluster.yml"))
    cluster = load(report.source, report)
    assert cluster is not None, report.findings
    catalog = builtin()
    return place(cluster, hosts(cluster, catalog, report), catalog, report), report.findings


def seats(replicas: tuple[Replica, ...]) -> list[tuple[str, str, tuple[int, ...]]]:
    return [(replica.name, replica.host, replica.gpus) for replica in replicas]


def test_the_smallest_number_of_gpus_that_serves_all() -> None:
    one, nothing = placed(gpus(), model())
    assert seats(one) == [("m-0", "gpu-1", (0,))]
    assert nothing == []
    two, _ = placed(gpus(card="h100-sxm5"), model(source=LARGE, precision="fp8"))
    assert two[0].parallel.tensor == 2
    four, _ = placed(gpus(card="h100-sxm5"), model(source=LARGE, precision="fp8", users=200))
    assert four[0].parallel.tensor == 4


def test_fewer_gpus_when_others_need_some_too() -> None:
    """The first would take all four for its users; then the second had none."""
    models = (model("a", LARGE, "fp8", users=300), model("b", LARGE, "fp8", users=300))
    found, said = placed(gpus(1, card="h100-sxm5"), *models)
    assert seats(found) == [("a-0", "gpu-1", (0, 1)), ("b-0", "gpu-1", (2, 3))]
    assert [finding.rule for finding in said] == ["concurrency-low", "concurrency-low"]
    assert found[0].why.startswith("2 GPUs: the fewest that hold the model, to leave room for")


def test_replicas_spread_over_hosts_before_they_share_one() -> None:
    found, _ = placed(gpus(3, 2), model(replicas=4))
    assert seats(found) == [
        ("m-0", "gpu-1", (0,)),
        ("m-1", "gpu-2", (0,)),
        ("m-2", "gpu-3", (0,)),
        ("m-3", "gpu-1", (1,)),
    ]


def test_a_single_replica_fills_the_fullest_host() -> None:
    found, _ = placed(gpus(2, 4), model("a"), model("b"), model("c", tensor_parallel=4))
    assert seats(found) == [
        ("a-0", "gpu-1", (0,)),
        ("b-0", "gpu-1", (1,)),
        ("c-0", "gpu-2", (0, 1, 2, 3)),
    ]


def test_models_with_a_pool_of_their_own_choose_first() -> None:
    nodes = gpus(1, 1, name="gpu") + gpus(1, 1, name="other")
    found, said = placed(nodes, model("a"), model("b", on="gpu"))
    assert seats(found) == [("a-0", "other-1", (0,)), ("b-0", "gpu-1", (0,))]
    assert said == []


def test_pins_hold() -> None:
    pins: dict[str, Any] = {"tensor_parallel": 2, "max_num_seqs": 5, "gpu_memory_utilization": 0.5}
    (found,), _ = placed(gpus(), model(**pins))
    assert (found.parallel.tensor, found.max_num_seqs, found.gpus) == (2, 5, (0, 1))
    vram = builtin().gpus["l40s-48gb"].vram
    assert found.memory.budget == int(vram * 0.5)


def test_engines_follow_from_device_and_format() -> None:
    nodes = gpus() + boxes()
    found, said = placed(
        nodes, model("a"), gguf("b"), gguf("c", on="box"), model("d", engine="sglang")
    )
    assert [finding.message for finding in said] == []
    assert [replica.memory.constants.split()[0] for replica in found] == [
        "vllm", "llama.cpp", "llama.cpp", "sglang",
    ]  # fmt: skip
    assert [bool(replica.gpus) for replica in found] == [True, True, False, True]


def test_sequences_are_as_many_as_users_or_as_the_cache_holds() -> None:
    (few,), _ = placed(gpus(1, 1), model(users=7))
    assert few.max_num_seqs == 7
    found, _ = placed(gpus(1, 2), model(users=14, replicas=2))
    assert [replica.max_num_seqs for replica in found] == [7, 7]
    (many,), said = placed(gpus(1, 1), model(users=5000))
    usual = many.memory.kv_bytes_per_token * 1400
    assert many.memory.kv_cache / usual == pytest.approx(many.max_num_seqs, rel=0.03)
    assert f"serves {many.max_num_seqs} of 5000 users" in said[0].message


def test_slots_without_gpus_are_as_many_as_fit() -> None:
    (found,), said = placed(boxes(1, "32 GiB"), gguf(users=100))
    assert 1 < found.max_num_seqs < 100
    assert found.memory.kv_tokens == found.max_num_seqs * 8192
    assert found.memory.budget <= 31 * 2**30
    assert [finding.rule for finding in said] == ["concurrency-low"]


def test_hosts_without_gpus_share_their_memory() -> None:
    found, said = placed(boxes(2, "32 GiB"), gguf("a", replicas=4, users=4))
    assert Counter(replica.host for replica in found) == {"box-1": 2, "box-2": 2}
    assert said == []


def test_a_host_that_runs_most_replicas_is_warned_of() -> None:
    assert [finding.rule for finding in placed(gpus(1, 2), model(replicas=2))[1]] == [
        "replicas-share-a-host"
    ]
    assert placed(gpus(2, 2), model(replicas=4))[1] == []
    (warned,) = placed(gpus(2, 2), model(replicas=3))[1]
    assert warned.message.startswith("host `gpu-1` runs 2 of the 3 replicas of `m`")
    assert warned.help == "give pool `gpu` 3 hosts instead of 2"
    crowded = (model("a", on="gpu", tensor_parallel=4), model("b", replicas=3, users=3))
    (warned,) = placed(gpus(3, 4), model("c", tensor_parallel=4), *crowded)[1]
    assert warned.help == "make room on the other hosts of pool `gpu`"


def test_replicas_without_gpus_spread_even_where_one_host_has_more_left() -> None:
    models = gguf("a", source="Qwen/Qwen3-14B", users=1) + gguf("b", replicas=2, users=2)
    found, said = placed(boxes(2, "128 GiB"), models)
    assert {replica.host for replica in found if replica.model == "b"} == {"box-1", "box-2"}
    assert said == []


def test_what_does_not_fit_shows_every_term_and_what_would() -> None:
    found, (refused,) = placed(
        gpus(1, 4, "h100-sxm5"), model(source=LARGE, precision="fp8", tensor_parallel=1)
    )
    assert found == ()
    assert refused.rule == "does-not-fit"
    for part in (
        "does not fit on 1 x NVIDIA H100 80GB HBM3: 72.85 GiB usable (79.18 GiB x 0.92)",
        "67.66 GiB weights", "rope cache", "activations", "outside torch", "CUDA graphs",
        "for the KV cache, 2.50 GiB needed for one request of 8192 tokens",
    ):  # fmt: skip
        assert part in refused.message
    assert refused.help.startswith("fits with `context: 5k` (1.81 GiB of KV cache, 1.2 requests")
    assert "`tensor_parallel: 2` (" in refused.help
    assert "`context: " in refused.help


@pytest.mark.parametrize(
    ("count", "asked", "remedy"),
    [
        (2, {"source": "Qwen/Qwen3-14B"}, "`precision: fp8`"),
        (8, {"source": "Qwen/Qwen3-32B"}, "`tensor_parallel: 4`"),
        (
            2,
            {"source": "Qwen/Qwen3-14B", "context": 40960},
            "`tensor_parallel: 2` and `precision: fp8`",
        ),
        (2, {"context": 30000}, "`context: 25k`"),
        (2, {"max_num_seqs": 2048}, "`max_num_seqs: 1"),
    ],
)
def test_remedies_come_true(count: int, asked: dict[str, Any], remedy: str) -> None:
    """Whatever the help promises, the planner must accept."""
    nodes = gpus(1, count, "l4")
    _, (refused,) = placed(nodes, model(tensor_parallel=1, **asked))
    assert remedy in refused.help
    for cure in refused.help.removeprefix("fits with ").split(", or "):
        words = cure.partition(" (")[0]
        keys = dict(part.strip("`").split(": ", 1) for part in words.split(" and "))
        if "gpus" in keys:
            card = keys.pop("gpus").removeprefix("model: ")
            replicas, said = placed(gpus(1, count, card), model(**{"tensor_parallel": 1} | asked))
            assert replicas, (cure, said)
            continue
        if "context" in keys:
            keys["context"] = str(int(keys["context"].removesuffix("k")) * 1024)
        replicas, said = placed(nodes, model(**{"tensor_parallel": 1} | asked | keys))
        assert replicas, (cure, said)


def test_a_host_too_small_says_so() -> None:
    found, (refused,) = placed(boxes(1, "8 GiB"), gguf())
    assert found == ()
    assert refused.rule == "does-not-fit"
    assert "9.87 GiB needed (8.10 GiB weights + " in refused.message
    assert "7.00 GiB there" in refused.message
    assert "`precision: q" in refused.help


def test_one_host_is_as_far_as_a_replica_goes() -> None:
    _, (weights,) = placed(gpus(8, 8), model(source="deepseek-ai/DeepSeek-V3", precision="fp8"))
    assert weights.rule == "replica-larger-than-host"
    assert "the 8 x NVIDIA L40S of one host in pool `gpu` offer" in weights.message
    _, (pinned,) = placed(gpus(), model(tensor_parallel=8))
    assert pinned.rule == "replica-larger-than-host"
    assert "needs 8 GPUs in one host, pool `gpu` has 4" in pinned.message


def test_of_several_pools_the_nearest_is_spoken_of() -> None:
    nodes = gpus(1, 1, "l4", name="little") + gpus(1, 4, "l40s", name="great")
    huge = {"source": "deepseek-ai/DeepSeek-V3", "precision": "fp8"}
    _, (large,) = placed(nodes, model(**huge))
    assert "one host in pool `great`" in large.message
    full = (model("a", on="great", tensor_parallel=4), model("b", "Qwen/Qwen3-14B"))
    _, (last,) = placed(nodes, *full)
    assert last.rule == "gpu-overcommit"
    assert "0 of the 4 in pool `great` are free" in last.message


def test_more_users_than_sequences_that_are_pinned() -> None:
    (found,), (warned,) = placed(gpus(1, 1), model(max_num_seqs=4, users=40))
    assert found.max_num_seqs == 4
    assert warned.help == "serves all with `replicas: 10` (10 GPUs), or `max_num_seqs: 40`"
    cured, said = placed(gpus(1, 1), model(max_num_seqs=40, users=40))
    assert (len(cured), said) == (1, [])


def test_seven_replicas_on_the_instances_of_one_card() -> None:
    eight = {"source": "meta-llama/Llama-3.1-8B-Instruct", "precision": "fp8"}
    found, said = placed(
        parts("1g.18gb", card="h200-sxm5"), model(**eight, replicas=7, users=7, context=4096)
    )
    assert [finding.rule for finding in said] == ["replicas-share-a-host"]
    assert [replica.devices for replica in found] == [(f"0:{n}",) for n in range(7)]
    assert {replica.instance.profile for replica in found if replica.instance} == {"1g.18gb"}
    assert all(replica.memory.budget <= 16 * 2**30 for replica in found)
    _, (eighth,) = placed(parts("1g.18gb", card="h200-sxm5"), model(**eight, replicas=8, users=8))
    assert eighth.rule == "gpu-overcommit"
    assert "needs 8 MIG instances (8 replicas of 1), 7 of the 7 in pool" in eighth.message


def test_models_share_a_card_by_its_instances_alone() -> None:
    models = (model("a"), model("b"), model("c"))
    found, _ = placed(parts("3g.40gb", count=2), *models)
    assert [replica.devices for replica in found] == [("0:0",), ("0:1",), ("1:0",)]
    whole, (refused,) = placed(gpus(1, 2, "h100-sxm5"), *models)
    assert [replica.devices for replica in whole] == [("0",), ("1",)]
    assert refused.rule == "gpu-overcommit"


def test_an_instance_is_slower_than_its_card() -> None:
    (whole,), _ = placed(gpus(1, 1, "h100-sxm5"), model(users=1))
    (part,), _ = placed(parts("3g.40gb"), model(users=1))
    assert whole.capacity is not None
    assert part.capacity is not None
    assert whole.capacity.figures is not None
    assert part.capacity.figures is not None
    speeds = part.capacity.figures.speed.typical / whole.capacity.figures.speed.typical
    assert 0.5 < speeds < 0.7


def test_what_fits_no_instance_names_a_profile_that_holds_it() -> None:
    found, (refused,) = placed(parts("1g.10gb"), model())
    assert found == ()
    assert "1 x NVIDIA H100 80GB HBM3 MIG 1g.10gb" in refused.message
    assert "`gpus: mig: 1g.20gb` (" in refused.help
    assert placed(parts("1g.20gb"), model(users=1))[0]


@pytest.mark.parametrize(
    ("profile", "source", "remedy"),
    [
        ("3g.40gb", SMALL, "remove `tensor_parallel`"),
        ("1g.10gb", SMALL, "remove `tensor_parallel` and use `gpus: mig: 1g.20gb`"),
        ("1g.20gb", "Qwen/Qwen3-32B", "remove `tensor_parallel` and use `gpus: mig: 7g.80gb`"),
    ],
)
def test_no_replica_is_divided_over_instances(profile: str, source: str, remedy: str) -> None:
    nodes = parts(profile, count=4)
    _, (refused,) = placed(nodes, model(source=source, tensor_parallel=2))
    assert (refused.rule, refused.help) == ("replica-over-instances", remedy)
    unpinned, _ = placed(nodes, model(source=source))
    assert all(replica.parallel == Parallel() for replica in unpinned)
    assert bool(unpinned) == (remedy == "remove `tensor_parallel`")


def test_the_least_hardware_comes_first() -> None:
    nodes = gpus(1, 4, "h100-sxm5", name="great") + gpus(1, 4, "l40s", name="little")
    found, said = placed(nodes, model(users=1))
    assert seats(found) == [("m-0", "little-1", (0,))]
    assert said == []
    assert found[0].why.split("; ") == [
        "1 GPU: the fewest that serve 1 request of 1400 tokens at once",
        "pool `little`: 44.31 GiB a replica, while `great` takes 79.18 GiB for 1 request at once",
        "host `little-1`: the only one of the pool",
    ]


def test_hardware_that_serves_all_comes_before_less_of_it() -> None:
    nodes = gpus(1, 1, "l4", name="little") + gpus(1, 1, "h100-sxm5", name="great")
    found, said = placed(nodes, model(users=60))
    assert seats(found) == [("m-0", "great-1", (0,))]
    assert said == []


def test_a_full_pool_is_passed_over_and_said_so() -> None:
    nodes = gpus(1, 1, "l40s", name="little") + gpus(1, 1, "h100-sxm5", name="great")
    found, _ = placed(nodes, model("a", users=1), model("b", users=1))
    assert seats(found) == [("a-0", "little-1", (0,)), ("b-0", "great-1", (0,))]
    assert "pool `great`: 79.18 GiB a replica, while `little` is full" in found[1].why


def test_pools_of_equal_machines_are_sized_alike_and_a_few_are_named() -> None:
    pools = [gpus(1, 1, "l40s", name=f"p{n}") for n in range(6)]
    found, _ = placed("".join(pools), model("a", users=1), model("b", users=1, on="p0"))
    assert seats(found) == [("a-0", "p1-1", (0,)), ("b-0", "p0-1", (0,))]
    assert (
        "pool `p1`: 44.31 GiB a replica, while `p0` is full, `p2` takes 44.31 GiB for 1 request "
        "at once, `p3` takes 44.31 GiB for 1 request at once, and so on for 2 pools"
    ) in found[0].why
    _, said = placed("".join(pools), model("a", on="p5", source=LARGE, precision="fp8"))
    assert "one host in pool `p5`" in said[0].message


def test_larger_models_first_where_that_seats_more() -> None:
    """In the spec's order the single ones take a GPU of each host, and the wide one has none."""
    models = (model("a", replicas=3, users=3), model("b", tensor_parallel=4))
    found, said = placed(gpus(2, 4), *models)
    assert seats(found) == [
        ("a-0", "gpu-2", (0,)),
        ("a-1", "gpu-2", (1,)),
        ("a-2", "gpu-2", (2,)),
        ("b-0", "gpu-1", (0, 1, 2, 3)),
    ]
    assert [finding.rule for finding in said] == ["replicas-share-a-host"]


def test_free_gpus_that_lie_on_several_hosts_are_told_apart() -> None:
    models = (model("a", replicas=2, tensor_parallel=2, on="gpu"), model("b", tensor_parallel=4))
    _, (refused,) = placed(gpus(2, 4), *models)
    assert "needs 4 GPUs, 4 of the 8 in pool `gpu` are free, at most 2 on one host" in (
        refused.message
    )
    assert "give the pool 3 hosts instead of 2" in refused.help
    assert len(placed(gpus(3, 4), *models)[0]) == 3


def test_more_hosts_cure_what_hosts_without_gpus_lack() -> None:
    models = gguf("a", max_num_seqs=4, users=4) + gguf("b", max_num_seqs=12, users=12)
    _, (refused,) = placed(boxes(1, "32 GiB"), models)
    assert "give the pool 2 hosts instead of 1" in refused.help
    assert placed(boxes(2, "32 GiB"), models)[1] == []


@pytest.mark.parametrize(
    ("nodes", "asked", "words"),
    [
        (gpus(), {"tensor_parallel": 2}, "2 GPUs: as pinned; host `gpu-1`: the fullest with room"),
        (gpus(), {"replicas": 2}, "the fullest with room, apart from other replicas of it"),
        (gpus(1, 1, "l4"), {"users": 900}, "1400 tokens at once, and more on one host serve"),
        (parts("3g.40gb"), {"on": "gpu"},
         "1 of the 2 instances of 39.25 GiB on a host: a replica takes exactly one; pool `gpu`: as "
         "pinned"),
    ],
)  # fmt: skip
def test_why_a_replica_is_where_it_is(nodes: str, asked: dict[str, Any], words: str) -> None:
    found, _ = placed(nodes, model(**asked))
    assert words in found[-1].why


def test_why_without_gpus() -> None:
    found, _ = placed(boxes(), gguf(replicas=3, users=3))
    assert "GiB of host memory, without GPUs; host `box-1`: the most memory left" in found[0].why
    assert "host `box-1`: all with room have a replica of it already" in found[2].why


def test_latent_attention_does_not_shrink_with_gpus() -> None:
    found, said = placed(
        gpus(1, 8, "h200-sxm5"), model(source="deepseek-ai/DeepSeek-V3", precision="fp8", users=4)
    )
    assert said == []
    assert found[0].memory.kv_bytes_per_token == 70272


@pytest.mark.parametrize(
    ("nodes", "asked", "rules"),
    [
        (gpus(1, 2), model(replicas=3), ["gpu-overcommit"]),
        (gpus(), model(max_num_seqs=4096), ["sequences-over-batch"]),
        (gpus(1, 2), model("a") + model("b") + model("c"), ["gpu-overcommit"]),
        (gpus(), model(source="microsoft/phi-4", tensor_parallel=4), ["tensor-parallel-heads"]),
        (gpus(), model(source="microsoft/phi-4", tensor_parallel=3), ["tensor-parallel-heads"]),
        (gpus(1, 8, "h100-sxm5"),
         model(expert_parallel="false", **WIDE_EXPERTS),
         ["tensor-parallel-width"]),
        (gpus(), model(context=65536), ["context-too-long"]),
        (boxes(), model(engine="vllm"), ["engine-needs-gpus"]),
        (boxes(), model(), ["engine-unsupported-precision"]),
        (gpus(), gguf(engine="vllm"), ["engine-unsupported-precision"]),
        (gpus(card="t4"), model(), ["precision-unsupported"]),
        (gpus(card="v100-pcie"), model(precision="fp16"), ["gpu-unsupported"]),
        (gpus(card="mi300x"), model(), ["gpu-unsupported"]),
        (gpus(), model(precision="int4"), ["precision-not-stored"]),
        (gpus(), model(source="openai/gpt-oss-20b"), ["precision-not-stored"]),
        (gpus(), gguf(kv_cache="fp8"), ["kv-cache-unsupported"]),
        (gpus(), model(source="intfloat/multilingual-e5-large-instruct"),
         ["unsupported-architecture", "context-too-long"]),
        (gpus(), model(source="Qwen/Qwen3.5-27B", engine="sglang"), ["unsupported-architecture"]),
        (boxes(1, "2 TiB"), gguf(source="zai-org/GLM-5.3"), ["unsupported-architecture"]),
        (gpus(), model(engine="{name: vllm, version: 0.1.0}"), ["unknown-engine-version"]),
        (gpus(), model(source="Qwen/Qwen4"), ["unknown-model"]),
        (boxes(1, "32 GiB"), gguf("a", max_num_seqs=4) + gguf("b", max_num_seqs=12),
         ["host-memory-overcommit", "concurrency-low"]),
    ],
)  # fmt: skip
def test_refusals(nodes: str, asked: str, rules: list[str]) -> None:
    _, said = placed(nodes, asked)
    assert [finding.rule for finding in said] == rules
    assert all(finding.help for finding in said)


def test_experts_stay_whole_where_the_user_says_so() -> None:
    found, said = placed(gpus(1, 8, "h100-sxm5"), model(expert_parallel="true", **WIDE_EXPERTS))
    assert said == []
    assert found[0].parallel == Parallel(8, expert=True)


def test_experts_stay_whole_where_nothing_else_divides() -> None:
    found, said = placed(gpus(1, 8, "h100-sxm5"), model(**WIDE_EXPERTS))
    assert said == []
    assert found[0].parallel == Parallel(8, expert=True)
    narrow, said = placed(gpus(1, 8, "h100-sxm5"), model(**WIDE_EXPERTS | {"tensor_parallel": 4}))
    assert said == []
    assert narrow[0].parallel == Parallel(4)


@pytest.mark.parametrize(
    ("source", "precision", "gpus", "whole", "message"),
    [
        ("microsoft/phi-4", "bf16", 4, False, "10 KV heads and 4 GPUs do not divide each other"),
        ("microsoft/phi-4", "bf16", 5, False, None),
        ("zai-org/GLM-4.7-Flash", "bf16", 5, False, "the expert width of 1536 does not divide"),
        ("zai-org/GLM-4.7-Flash", "bf16", 5, True, None),
        ("Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", "fp8", 8, False, "leaves 192 each"),
        ("Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", "fp8", 8, True, None),
        ("Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", "fp8", 4, False, None),
        ("Qwen/Qwen3-235B-A22B", "fp8", 8, False, None),  # made while loading: no blocks
        ("Qwen/Qwen2.5-72B-Instruct", "int4", 2, False, "leaves 14784 each"),
        ("Qwen/Qwen2.5-72B-Instruct", "bf16", 2, False, None),
        ("deepseek-ai/DeepSeek-V3", "fp8", 16, False, None),  # latent rows have no KV heads
        ("zai-org/GLM-4.7-Flash", "bf16", 8, False, "20 attention heads"),
        ("nvidia/Nemotron-H-56B-Base-8K", "bf16", 8, False, None),
    ],
)
def test_what_divides(
    source: str, precision: str, gpus: int, *, whole: bool, message: str | None
) -> None:
    facts = builtin().models[source]
    found = uneven(facts, Precision(precision), Parallel(gpus, expert=whole))
    assert (message or "") in (found.message if found else "")
    assert (found is None) == (message is None)


def test_newer_cards_are_not_taken_for_older_ones() -> None:
    """Compute capability 10.0 comes after 7.5."""
    found, said = placed(gpus(card="b200"), model())
    assert (len(found), said) == (1, [])


def test_numbers_of_gpus_that_do_not_divide_are_passed_over() -> None:
    """phi-4 has 10 KV heads: on a host of four cards it runs on one or two."""
    found, _ = placed(gpus(1, 4, "l4"), model(source="microsoft/phi-4", users=400))
    assert found[0].parallel.tensor == 2


def test_weights_on_a_volume_that_is_too_small() -> None:
    small = gpus().replace("8 TB", "20 GB")
    _, said = placed(small, model("a"), model("b", source="Qwen/Qwen3-4B"))
    assert [finding.rule for finding in said] == ["storage-too-small"]
    assert "host `gpu-1` holds 22.75 GiB of weights" in said[0].message


@settings(deadline=None)
@given(
    counts=st.lists(
        st.tuples(st.integers(1, 5), st.sampled_from([1, 2, 4])), min_size=1, max_size=6
    ),
    machines=st.integers(1, 6), cards=st.sampled_from([1, 2, 4, 8]),
)  # fmt: skip
def test_no_gpu_serves_two_and_no_replica_is_lost(
    counts: list[tuple[int, int]], machines: int, cards: int
) -> None:
    models = [
        model(f"m{n}", replicas=replicas, tensor_parallel=wide)
        for n, (replicas, wide) in enumerate(counts)
    ]
    found, said = placed(gpus(machines, cards), *models)
    taken = Counter((replica.host, gpu) for replica in found for gpu in replica.gpus)
    assert max(taken.values(), default=1) == 1
    assert all(gpu < cards for _, gpu in taken)
    refused = [finding for finding in said if finding.severity == "error"]
    placed_models = {replica.model for replica in found}
    assert len(placed_models) + len(refused) == len(counts)
    assert sum(counts[int(name[1:])][0] for name in placed_models) == len(found)
    if sum(replicas * wide for replicas, wide in counts) > machines * cards:
        assert refused


def on_box(name: str, **more: Any) -> str:
    return gguf(name, on="box", **more)


def mixed(machines: list[int]) -> str:
    """Hosts of those numbers with divided GPUs, and as many without any."""
    cards = parts("3g.40gb", count=2).replace("hosts: 1", f"hosts: {named('h', machines)}")
    plain = boxes(memory="48 GiB").replace("hosts: 2", f"hosts: {named('box-', machines)}")
    return cards + plain.replace("1 TB", "40 GB")


def named(prefix: str, machines: list[int]) -> str:
    return "{" + ", ".join(f"{prefix}{n}: null" for n in machines) + "}"


@settings(deadline=None, max_examples=50)
@given(
    counts=st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from([SMALL, "Qwen/Qwen3-4B"]), st.booleans()),
        min_size=1, max_size=6,
    ),
    machines=st.permutations([1, 2, 10]),
)  # fmt: skip
def test_nothing_is_overcommitted_whatever_the_order_of_hosts(
    counts: list[tuple[int, str, bool]], machines: list[int]
) -> None:
    models = [
        (on_box if plain else model)(f"m{n}", source=source, replicas=replicas, users=replicas)
        for n, (replicas, source, plain) in enumerate(counts)
    ]
    models_of = {f"m{n}": (source, Precision.Q8_0 if plain else Precision.BF16)
                 for n, (_, source, plain) in enumerate(counts)}  # fmt: skip
    found, said = placed(mixed(machines), *models)
    again, _ = placed(mixed(sorted(machines)), *models)
    assert found == again
    devices = Counter((replica.host, one) for replica in found for one in replica.devices)
    assert max(devices.values(), default=1) == 1
    memory, weights = Counter[str](), Counter[str]()
    stored = {(replica.host, replica.model) for replica in found}
    for replica in found:
        memory[replica.host] += 0 if replica.gpus else replica.memory.budget
    for host, name in stored:
        plan = models_of[name]
        weights[host] += disk_weights(builtin().models[plan[0]], plan[1])
    assert max(memory.values(), default=0) <= 48 * 2**30 * 0.95
    refused = {finding.rule for finding in said if finding.severity == "error"}
    boxed = [size for host, size in weights.items() if host.startswith("box")]
    assert (max(boxed, default=0) > 40 * 10**9) == ("storage-too-small" in refused)


def test_time_grows_with_the_hosts_and_not_faster() -> None:
    def cost(machines: int) -> float:
        text = SPEC.format(
            nodes=gpus(machines),
            models=model("a", replicas=machines) + model("b", replicas=machines),
        )
        report = Report(Source.parse(text.encode(), "cluster.yml"))
        cluster = load(report.source, report)
        assert cluster is not None
        planned = hosts(cluster, builtin(), report)
        before = process_time()
        assert len(place(cluster, planned, builtin(), report)) == 2 * machines
        return process_time() - before

    # A busy machine slows single runs down; the quickest of three is the work itself.
    few, many = (min(cost(machines) for _ in range(3)) for machines in (1000, 10_000))
    assert many < 30 * max(few, 0.004)
