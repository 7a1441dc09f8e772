"""The memory model: against what engines reported, and in itself."""

from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from freehold.catalog.facts import ModelFacts, Release
from freehold.catalog.load import builtin
from freehold.catalog.versions import rules_of
from freehold.plan.kv_cache import Cache, Layout, layout
from freehold.plan.memory import Ask, batch_defaults, gpu_memory, host_memory
from freehold.plan.parallel import Parallel
from freehold.plan.types import Memory, Part, Term
from freehold.plan.weights import disk_weights, file_weights
from freehold.spec.models import EngineName, KvCache, Precision
from freehold.units import Bytes

CATALOG = builtin()
POINTS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "data" / "memory_calibration.yml").read_text()
)
VLLM = CATALOG.engines["vllm-0.33.0"].release
SGLANG = CATALOG.engines["sglang-0.5.23"].release
LLAMA_CPP = CATALOG.engines["llama.cpp-b11669"].release


def vllm(version: str) -> Release:
    rules = rules_of(CATALOG.memory[EngineName.VLLM], version)
    assert rules is not None
    return Release(EngineName.VLLM, version, rules)


OLD_VLLM = vllm("0.11.0")
GIB = 2**30


def model(name: str) -> ModelFacts:
    return CATALOG.models[name]


def asked(name: str, precision: Precision = Precision.BF16, **more: Any) -> Ask:
    ask = Ask(
        facts=model(name), precision=precision, engine=VLLM, parallel=Parallel(), on_gpus=True,
        device=Bytes(80 * GIB), compute_capability="9.0", nvlink=True, utilization=0.92,
        context=8192, max_num_seqs=64, kv_cache=KvCache.AUTO,
    )  # fmt: skip
    return replace(ask, **more)


def rows(name: str, gpus: int = 1, engine: Release = VLLM, batched: int = 2048) -> Layout:
    return layout(model(name), Cache(KvCache.AUTO, Parallel(gpus), batched, engine.memory))


def measured(point: dict[str, Any]) -> Ask:
    total = Bytes(int(point.get("total", 79.18) * GIB))
    capability, engine = point["compute_capability"], vllm(point["engine_version"])
    return Ask(
        facts=model(point["model"]),
        precision=Precision(point["precision"]),
        engine=engine,
        parallel=Parallel(point["gpus"], point.get("pipeline", 1), point.get("expert", False)),
        on_gpus=True,
        device=total,
        compute_capability=capability,
        nvlink=point.get("link") != "pcie",
        utilization=point.get("utilization", 0.9),
        context=point.get("context", 4096),
        max_num_seqs=batch_defaults(total, capability, engine.memory)[1],
        kv_cache=KvCache.AUTO,
    )


def sizes(memory: Memory) -> dict[str, float]:
    return {term.name: term.size / GIB for term in memory.terms}


def points(key: str) -> list[Any]:
    return [pytest.param(point, id=name) for name, point in POINTS.items() if point.get(key)]


@pytest.mark.parametrize("point", points("weights"))
def test_weights_are_what_vllm_reported(point: dict[str, Any]) -> None:
    ours = gpu_memory(measured(point)).of(Part.WEIGHTS) / GIB
    assert ours == pytest.approx(point["weights"], abs=point["weights_within"])


@pytest.mark.parametrize("point", points("activations"))
def test_activations_are_what_vllm_reported(point: dict[str, Any]) -> None:
    ours = gpu_memory(measured(point)).of(Part.ACTIVATION) / GIB
    within = point.get("activations_within", 0.02)
    assert ours == pytest.approx(point["activations"], rel=within)


@pytest.mark.parametrize("point", points("cache"))
def test_cache_is_what_vllm_had_left(point: dict[str, Any]) -> None:
    ours = gpu_memory(measured(point)).kv_cache / GIB
    assert ours == pytest.approx(point["cache"], abs=point["cache_within"])


def test_of_all_points_the_errors_are_small(capsys: pytest.CaptureFixture[str]) -> None:
    """`pytest -s` shows the table: what was reported, what comes out, how far that is off."""
    rows, errors = [], {"weights": [], "cache": []}  # type: ignore[var-annotated]
    for name, point in POINTS.items():
        memory = gpu_memory(measured(point))
        ours = {"weights": memory.of(Part.WEIGHTS) / GIB, "cache": memory.kv_cache / GIB}
        cells = []
        for key, value in ours.items():
            if theirs := point.get(key):
                error = (value - theirs) / abs(theirs)
                errors[key].append(abs(error))
                cells.append(f"{key} {theirs:7.2f} {value:7.2f} {error:+7.2%}")
        rows.append(f"{name:28} {point['engine_version']:7} {'  '.join(cells)}")
    with capsys.disabled():
        print("", *rows, f"median {median(errors['weights']):.2%} of weights", sep="\n")  # noqa: T201 - the table is what it is for
    assert median(errors["weights"]) <= 0.005
    assert sorted(errors["weights"])[-1] <= 0.055  # of 0.7.3, which absorbed weights otherwise
    assert median(errors["cache"]) <= 0.01


@pytest.mark.parametrize(
    ("name", "gpus", "cache_bytes", "context", "concurrency"),
    [
        ("Qwen/Qwen3-235B-A22B", 8, 11423138508, 32768, 7.27),
        ("Qwen/Qwen3-Next-80B-A3B-Instruct", 2, 47878721024, 262144, 14.77),
        ("mistralai/Mistral-Small-3.2-24B-Instruct-2506", 1, 28.2 * GIB, 16000, 11.55),
    ],
)
def test_requests_at_once_are_as_many_as_vllm_printed(
    name: str, gpus: int, cache_bytes: float, context: int, concurrency: float
) -> None:
    found = rows(name, gpus, OLD_VLLM)
    assert cache_bytes / found.request(context) == pytest.approx(concurrency, rel=0.005)


def test_recurrent_states_make_blocks_as_large_as_vllm_printed() -> None:
    """Block sizes 544 and 800, read off the size of a request of one token in each layer group."""
    two = rows("Qwen/Qwen3-Next-80B-A3B-Instruct", 2, OLD_VLLM)
    assert two.request(545) - two.request(544) == 544 * 1024 * 12
    fp32 = rows("Qwen/Qwen3.5-27B")
    assert fp32.request(801) - fp32.request(800) == 800 * 4096 * 16


@pytest.mark.parametrize(
    ("name", "gpus", "per_token"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", 1, 131072),
        ("meta-llama/Llama-3.1-8B-Instruct", 8, 16384),
        ("meta-llama/Llama-3.1-8B-Instruct", 16, 16384),  # a KV head is never halved
        ("mistralai/Mistral-Small-3.2-24B-Instruct-2506", 1, 163840),
        ("deepseek-ai/DeepSeek-V3", 1, 70272),
        ("deepseek-ai/DeepSeek-V3", 8, 70272),  # latent rows are on every GPU
        ("deepseek-ai/DeepSeek-V3.2", 8, 61 * (576 * 2 + 132)),
        ("google/gemma-3-27b-it", 1, 81920),
        ("google/gemma-4-31B-it", 1, 81920),
        ("nvidia/Nemotron-H-56B-Base-8K", 1, 40960),
    ],
)
def test_bytes_per_token(name: str, gpus: int, per_token: int) -> None:
    assert rows(name, gpus).bytes_per_token == per_token


def test_windows_cap_what_long_requests_take() -> None:
    facts = model("google/gemma-3-27b-it")
    found = rows("google/gemma-3-27b-it")
    in_full = facts.layers["full"] + facts.layers["sliding"]
    assert found.request(131072) < 131072 * 8192 * in_full / 4
    assert found.request(131072) - found.request(65536) == 65536 * found.bytes_per_token


def test_windowed_layers_keep_a_step_beside_their_window() -> None:
    """Of gpt-oss: 16 tokens a block, windows of 128, groups of 12 layers, 2048 B a token."""
    found = rows("openai/gpt-oss-20b")
    full, windowed = 131072 // 16, -(-(128 - 1 + 2048) // 16) + 1
    assert found.request(131072) == (full + windowed) * 16 * 2048 * 12
    assert found.request(16) == (1 + 2) * 16 * 2048 * 12


def test_what_separates_a_right_model_from_a_plausible_one() -> None:
    def left(name: str, precision: Precision, context: int, **more: Any) -> float:
        h100 = {"device": Bytes(int(79.18 * GIB)), "utilization": 0.9, "max_num_seqs": 1024}
        ask = asked(name, precision, engine=OLD_VLLM, context=context, **h100 | more)
        return (gpu_memory(ask).kv_cache - ask.layout.request(context)) / GIB

    assert left("Qwen/Qwen3-32B", Precision.BF16, 16384) > 0
    assert left("Qwen/Qwen3-32B", Precision.BF16, 32768) < 0
    assert left("meta-llama/Llama-3.3-70B-Instruct", Precision.FP8, 1024) < 0
    assert left("openai/gpt-oss-120b", Precision.MXFP4, 16384) < 0
    assert left("openai/gpt-oss-120b", Precision.MXFP4, 16384, max_num_seqs=128) > 0
    # The FP8 checkpoint of 405B keeps attention wide: 8 x 64 GB do not hold it.
    wide = {"parallel": Parallel(8), "device": Bytes(62 * GIB)}
    assert left("meta-llama/Llama-3.1-405B-Instruct-FP8", Precision.FP8, 8192, **wide) < 0


def test_batches_are_those_of_the_card() -> None:
    new, old = VLLM.memory, vllm("0.27.0").memory
    assert batch_defaults(Bytes(178 * GIB), "10.0", new) == (16384, 1024)
    assert batch_defaults(Bytes(178 * GIB), "10.0", old) == (8192, 1024)
    assert batch_defaults(Bytes(79 * GIB), "9.0", new) == (8192, 1024)
    assert batch_defaults(Bytes(79 * GIB), "8.0", new) == (2048, 256)
    assert batch_defaults(Bytes(121 * GIB), "12.1", new) == (2048, 256)
    assert batch_defaults(Bytes(44 * GIB), "8.9", new) == (2048, 256)


def test_fewer_sequences_need_less_for_sampling() -> None:
    many = asked("Qwen/Qwen3-32B", max_num_seqs=1024)
    few = sizes(gpu_memory(replace(many, max_num_seqs=8)))
    in_a_layer = 3 * 25600 + 4 * 5120 + (2 * 64 + 2 * 8) * 128
    assert few["activations"] == pytest.approx(8192 * in_a_layer * 2 / GIB)
    assert sizes(gpu_memory(many))["activations"] == pytest.approx(
        (3.71 * 1024 * 151936 * 4 + 8192 * 5120 * 2) / GIB
    )


def test_graphs_are_in_the_budget_of_the_versions_that_say_so() -> None:
    ask = asked("Qwen/Qwen3-8B")
    assert sizes(gpu_memory(ask))["CUDA graphs"] == 1
    assert "CUDA graphs" not in sizes(gpu_memory(replace(ask, engine=OLD_VLLM)))


def test_sglang_keeps_activations_outside_its_share() -> None:
    ask = asked("Qwen/Qwen3-8B", engine=SGLANG, utilization=0.85)
    memory = gpu_memory(ask)
    assert memory.budget == int(80 * GIB * 0.85)
    assert [term.name for term in memory.terms] == ["weights", "rope cache", "outside torch"]
    assert memory.constants == "sglang 0.5.23"


@pytest.mark.parametrize(
    ("name", "context", "mib"),
    [
        ("meta-llama/Llama-3.1-405B-Instruct", 4096, 2016),
        ("Qwen/Qwen3-235B-A22B", 4096, 752),
        ("Qwen/Qwen3-VL-8B-Instruct", 8192, 1152),
        # 12 full layers; 12 of a window of 128 keep 768 cells, as a log of it says.
        ("openai/gpt-oss-20b", 131072, 3072 + 12 * 768 * 2048 / 2**20),
    ],
)
def test_llama_cpp_caches_what_its_logs_say(name: str, context: int, mib: float) -> None:
    ask = asked(
        name, Precision.Q8_0, engine=LLAMA_CPP, on_gpus=False, context=context, max_num_seqs=1
    )
    assert host_memory(ask).kv_cache == mib * 2**20


def test_llama_cpp_takes_the_context_for_every_slot() -> None:
    ask = asked("Qwen/Qwen3-8B", Precision.Q4_K_M, engine=LLAMA_CPP, on_gpus=False, max_num_seqs=4)
    memory = host_memory(ask)
    assert memory.device == "host"
    assert memory.kv_tokens == 4 * 8192
    assert memory.max_concurrency == 4
    assert memory.kv_cache == 4 * 8192 * memory.kv_bytes_per_token
    on_two = gpu_memory(replace(ask, on_gpus=True, parallel=Parallel(1, 2)))
    assert on_two.device == "gpu"
    assert on_two.kv_cache * 2 == memory.kv_cache
    assert memory.budget / 2 < on_two.budget < memory.budget


def test_fp8_halves_the_cache_of_a_token() -> None:
    wide = asked("Qwen/Qwen3-8B")
    narrow = gpu_memory(replace(wide, kv_cache=KvCache.FP8))
    assert narrow.kv_bytes_per_token * 2 == gpu_memory(wide).kv_bytes_per_token


def test_files_of_weights() -> None:
    """Against the sizes of published files: 4.92 GB and 8.54 GB of GGUF, 16.06 GB of bf16."""
    llama = model("meta-llama/Llama-3.1-8B-Instruct")
    assert file_weights(llama, Precision.Q4_K_M) == pytest.approx(4.92e9, rel=0.04)
    assert file_weights(llama, Precision.Q8_0) == pytest.approx(8.54e9, rel=0.01)
    assert disk_weights(llama, Precision.Q8_0) == file_weights(llama, Precision.Q8_0)
    # What is downloaded is bf16, whatever the engine makes of it.
    assert disk_weights(llama, Precision.FP8) == pytest.approx(16.06e9, rel=0.001)
    deepseek = model("deepseek-ai/DeepSeek-V3")
    assert disk_weights(deepseek, Precision.FP8) == pytest.approx(673e9, rel=0.005)


PARALLELS = st.builds(
    Parallel, st.sampled_from([1, 2, 3, 4, 8, 16]), st.integers(1, 3), st.booleans()
)
ENGINES = st.sampled_from([VLLM, OLD_VLLM, SGLANG, LLAMA_CPP])


@settings(deadline=None)
@given(
    name=st.sampled_from(sorted(CATALOG.models)), engine=ENGINES,
    precision=st.sampled_from(Precision),
    parallel=PARALLELS,
    device=st.integers(2**33, 2**38), utilization=st.floats(0.01, 1),
    context=st.integers(1, 10**6), max_num_seqs=st.integers(1, 4096),
    kv_cache=st.sampled_from(KvCache),
)  # fmt: skip
def test_terms_and_cache_are_the_budget(name: str, engine: Release, **more: Any) -> None:
    precision = more.pop("precision")
    memory = gpu_memory(asked(name, precision, engine=engine, **more))
    assert sum(term.size for term in memory.terms) + memory.kv_cache == memory.budget
    assert all(isinstance(term, Term) and term.size > 0 and term.formula for term in memory.terms)
    assert memory.kv_tokens >= 0
    assert memory.max_concurrency >= 0


@settings(deadline=None)
@given(
    name=st.sampled_from(sorted(CATALOG.models)), gpus=st.sampled_from([1, 2, 4, 8]),
    tokens=st.integers(1, 10**6),
)  # fmt: skip
def test_longer_requests_never_take_less(name: str, gpus: int, tokens: int) -> None:
    found = rows(name, gpus, batched=8192)
    assert found.request(tokens) <= found.request(tokens + 1)
    assert found.request(tokens) >= tokens * found.bytes_per_token // 2
