"""`freehold size`: the quick question, its answer for programs and people, and its mistakes."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freehold.catalog.load import builtin
from freehold.cli import main

Capture = pytest.CaptureFixture[str]
SMALL = ("--model", "Qwen/Qwen3-8B", "--gpu", "l40s-48gb")
OLD = ("--gpu", "h100-sxm5-80gb", "--engine", "vllm==0.11.0")


def asked(capsys: Capture, *words: str) -> tuple[int, dict[str, Any]]:
    status = main(["size", *words, "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return status, found


def test_what_programs_get(capsys: Capture) -> None:
    status, found = asked(capsys, *SMALL, "--context", "8k")
    assert status == 0
    assert found["schema"] == 1
    assert found["verdict"] == "fits"
    assert found["reasons"] == []
    assert found["kv_bytes_per_token"] == 36 * 2 * 8 * 128 * 2
    parts = ("weights", "activation", "overhead", "kv_cache")
    assert sum(found[part] for part in parts) == found["budget"]
    assert sum(term["size"] for term in found["terms"]) + found["kv_cache"] == found["budget"]
    assert found["budget"] == int(found["device"] * found["gpu_memory_utilization"])
    assert found["max_concurrency"] == pytest.approx(
        found["kv_cache"] / found["kv_bytes_per_request"]
    )
    assert found["kv_tokens"] == int(found["max_concurrency"] * 8192)
    assert found["margin"] == found["kv_cache"] - found["kv_bytes_per_request"]


def test_what_people_get(capsys: Capture) -> None:
    words = ("--context", "8k", "--users", "20", "--prompt", "1000", "--answer", "300")
    assert main(["size", *SMALL, *words]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Qwen/Qwen3-8B (bf16) on 1 x l40s-48gb: fits\n")
    for part in ("W weights", "[WWWW", "- activations", "speed of each", "uncalibrated: "):
        assert part in out


@pytest.mark.parametrize(
    ("words", "verdict", "reason"),
    [
        # vLLM 0.11 refused each of these, or started, at its defaults (see memory_calibration).
        (("openai/gpt-oss-120b", *OLD, "--context", "16000"), "does-not-fit", "for the KV cache"),
        (("openai/gpt-oss-120b", *OLD, "--context", "16000", "--max-num-seqs", "128"), "fits", ""),
        (("RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic", *OLD, "--context", "16000"),
         "does-not-fit", "-1.39 GiB for the KV cache"),
        (("Qwen/Qwen3-32B", *OLD, "--context", "16000"), "tight", "may be off by"),
        (("Qwen/Qwen3-32B", *OLD, "--context", "32768"), "does-not-fit", "8.00 GiB needed"),
        (("Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", *OLD, "--context", "32k", "--gpus", "8"),
         "fits", "needs expert parallelism"),
        (("Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", *OLD, "--context", "32k", "--gpus", "8",
          "--no-expert-parallel"), "does-not-fit", "leaves 192 each"),
        (("microsoft/phi-4", *OLD, "--context", "16k", "--tensor-parallel", "4"),
         "does-not-fit", "10 KV heads and 4 GPUs do not divide each other"),
        (("meta-llama/Llama-3.1-405B-Instruct-FP8", "--gpu", "h100-sxm5-80gb", "--gpus", "8",
          "--gpu-memory-utilization", "0.72", "--context", "8k"), "does-not-fit", "weights"),
        # Where windows count in full, one request would take 66 GiB.
        (("google/gemma-3-27b-it", *OLD, "--context", "128k", "--max-num-seqs", "256"), "fits", ""),
        (("nvidia/Nemotron-H-56B-Base-8K", "--gpu", "h200-sxm5-141gb"), "fits", ""),
        (("Qwen/Qwen3-8B", *OLD, "--context", "50000"), "does-not-fit", "takes at most 40960"),
        (("Qwen/Qwen3-8B", "--gpu", "t4-16gb", "--context", "2k"), "does-not-fit",
         "`bf16` needs compute capability 8.0"),
        (("Qwen/Qwen3-8B", *OLD, "--precision", "awq", "--context", "8k"), "fits",
         "stores bf16: the figures are for a checkpoint of the same architecture in int4"),
        (("Qwen/Qwen3-8B", "--gpu", "h100-sxm5-80gb", "--engine", "vllm==0.5.3",
          "--context", "8k"), "fits", "uncalibrated"),
    ],
)  # fmt: skip
def test_verdicts(words: tuple[str, ...], verdict: str, reason: str, capsys: Capture) -> None:
    status, found = asked(capsys, "--model", *words)
    assert found["verdict"] == verdict, found["reasons"]
    assert status == (1 if verdict == "does-not-fit" else 0)
    assert reason in " ".join(found["reasons"])


def test_remedies_come_true(capsys: Capture) -> None:
    words = ("--model", "Qwen/Qwen3-32B", "--gpu", "l40s-48gb", "--context", "16k",
             "--max-num-seqs", "128")  # fmt: skip
    _, found = asked(capsys, *words)
    assert [remedy["change"] for remedy in found["remedies"]] == [
        "`precision: fp8`", "`tensor_parallel: 2`", "`gpus: model: h100-pcie-80gb`",
    ]  # fmt: skip
    fp8, two, card = found["remedies"]
    for more, remedy in (
        (("--precision", "fp8"), fp8),
        (("--tensor-parallel", "2"), two),
        (("--gpu", "h100-pcie-80gb"), card),
    ):
        status, cured = asked(capsys, *words, *more)
        assert status == 0
        assert cured["kv_cache"] == remedy["kv_cache"]


def test_stages_and_replicas(capsys: Capture) -> None:
    words = ("--gpus", "8", "--tensor-parallel", "2", "--pipeline-parallel", "2")
    _, found = asked(capsys, *SMALL, *words, "--context", "8k")
    assert (found["replicas"], found["gpus"]) == (2, 8)
    assert found["kv_bytes_per_token"] == 36 // 2 * 2 * (8 // 2) * 128 * 2


def test_versions_differ_in_what_they_take(capsys: Capture) -> None:
    def of(version: str) -> dict[str, Any]:
        words = ("--model", "Qwen/Qwen3-14B", "--gpu", "h100-sxm5", "--context", "8k")
        return asked(capsys, *words, "--engine", f"vllm=={version}")[1]

    assert of("0.16.0")["activation"] > 2 * of("0.17.0")["activation"]
    assert of("0.19.1")["gpu_memory_utilization"] == 0.9
    assert of("0.20.0")["gpu_memory_utilization"] == 0.92
    assert of("0.20.0")["overhead"] > of("0.19.1")["overhead"]


@pytest.mark.parametrize(
    ("words", "rule", "said"),
    [
        (("--model", "Qwen/Qwen3-80B", "--gpu", "l4"), "unknown-model", "use `Qwen/Qwen3-"),
        (("--model", "Qwen/Qwen3-8B", "--gpu", "h100"), "unknown-gpu", "h100-sxm5-80gb"),
        ((*SMALL, "--context", "0"), "bad-unit", "more than zero"),
        ((*SMALL, "--context=-5"), "bad-unit", "not `-5`"),
        ((*SMALL, "--max-num-seqs", "0"), "out-of-range", "at least 1"),
        ((*SMALL, "--max-num-seqs=-3"), "out-of-range", "`-3`"),
        ((*SMALL, "--gpu-memory-utilization", "1.5"), "out-of-range", "at most 1"),
        ((*SMALL, "--gpus", "2", "--tensor-parallel", "4"), "contradictory-pins", "`gpus: 4`"),
        ((*SMALL, "--engine", "vllm==0.99.0"), "unknown-engine-version", "0.5.0 to 0.33.0"),
        ((*SMALL, "--engine", "tgi"), "bad-name", "vllm==0.11.0"),
        ((*SMALL, "--precision", "fp7"), "not-a-choice", "fp8"),
        ((*SMALL, "--kv-dtype", "\x1b[31m"), "control-character", "U+001B"),
        ((*SMALL, "--model", "a: {b: [c\n"), "bad-name", "command line"),
    ],
)
def test_mistakes(words: tuple[str, ...], rule: str, said: str, capsys: Capture) -> None:
    assert main(["size", *words]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert f"error[{rule}]" in err
    assert said in err
    assert "= help: " in err


@settings(deadline=None, max_examples=60)
@given(
    model=st.sampled_from(sorted(builtin().models)), gpu=st.sampled_from(sorted(builtin().gpus)),
    gpus=st.sampled_from(["1", "2", "3", "8", "16"]),
    engine=st.sampled_from(["vllm", "vllm==0.11.0", "sglang", "llama.cpp"]),
    kv=st.sampled_from(["auto", "fp8", "nvfp4", "q8_0"]),
)  # fmt: skip
def test_every_question_has_an_answer(
    model: str, gpu: str, gpus: str, engine: str, kv: str
) -> None:
    words = ["--gpus", gpus, "--engine", engine, "--kv-dtype", kv, "--prompt", "500"]
    status = main(["size", "--model", model, "--gpu", gpu, *words, "--answer", "50"])
    assert status in {0, 1}
