"""llama.cpp: GGUF on processors, or on GPUs layer by layer."""

from collections.abc import Iterator
from typing import Final

from freehold.plan import engine_kind as kind
from freehold.plan.engine_flags import Argument, PinRules
from freehold.plan.engine_kind import Kind, Task
from freehold.spec.models import KvCache
from freehold.units import Bytes

_RESERVED: Final = kind.reserve(
    (kind.ADDRESSES, ("--host", "--port", "--reuse-port", "--api-prefix", "--ssl-key-file",
                      "--ssl-cert-file", "--cors-origins", "--cors-methods", "--cors-headers",
                      "--cors-credentials")),
    (kind.KEYS, ("--api-key", "--api-key-file")),
    (kind.WEIGHTS, ("--model", "--alias", "--model-url", "--docker-repo", "--hf-repo",
                    "--hf-file", "--hf-token")),
    (kind.FOREIGN, ("--lora", "--lora-scaled", "--lora-init-without-apply", "--control-vector",
                    "--control-vector-scaled", "--mmproj", "--mmproj-url", "--mmproj-auto",
                    "--spec-draft-model", "--spec-draft-hf", "--models-dir", "--models-preset",
                    "--models-max", "--models-autoload", "--embd-gemma-default",
                    "--fim-qwen-1.5b-default", "--fim-qwen-3b-default", "--fim-qwen-7b-default",
                    "--fim-qwen-7b-spec", "--fim-qwen-14b-spec", "--fim-qwen-30b-default",
                    "--gpt-oss-20b-default", "--gpt-oss-120b-default",
                    "--vision-gemma-4b-default", "--vision-gemma-12b-default",
                    "--video-ffmpeg-dir")),
    (kind.ENDPOINTS, ("--tools", "--tools-runtime", "--agent", "--mcp-servers-config",
                      "--mcp-servers-json", "--ui-mcp-proxy", "--ui", "--ui-config",
                      "--ui-config-file", "--path", "--props", "--slots", "--slot-save-path",
                      "--media-path", "--embedding", "--rerank", "--metrics")),
    (kind.NETWORK, ("--rpc", "--offline")),
    (kind.LOGS, ("--verbose", "--verbosity", "--log-file", "--log-prompts-dir", "--log-jsonl")),
    (kind.CONTEXT, ("--ctx-size", "--kv-unified-per-slot")),
    (kind.SEQUENCES, ("--parallel",)),
    (kind.CACHE_TYPE, ("--cache-type-k", "--cache-type-v")),
    (kind.SPREAD, ("--device", "--gpu-layers", "--n-gpu-layers", "--main-gpu", "--tensor-split",
                   "--split-mode")),
    (kind.PLANNED, ("--fit", "--fit-target", "--fit-ctx", "--kv-unified", "--cpu-moe",
                    "--n-cpu-moe", "--n-cpu-ffn", "--override-tensor", "--moe-cache-mib",
                    "--cache-ram", "--kv-offload", "--swa-full", "--load-mode")),
    (kind.FILES, ("--lookup-cache-static", "--lookup-cache-dynamic", "--override-kv")),
    (kind.EXITS, ("--help", "--version", "--cache-list", "--completion-bash", "--list-devices")),
)  # fmt: skip
_REMOVED: Final = {
    "--draft": "use `--spec-draft-n-max`; `--draft` was removed",
    "--draft-min": "use `--spec-draft-n-min`; `--draft-min` was removed",
    "--draft-max": "use `--spec-draft-n-max`; `--draft-max` was removed",
}


def _start(_: Task) -> tuple[str, ...]:
    return ()  # the image's entry point is the server


def _arguments(task: Task) -> tuple[Argument, ...]:
    return (
        Argument("--model", f"{task.weights}/{task.file}"),
        Argument("--alias", task.model),
        Argument("--host", task.socket),
        # One number for all slots together.
        Argument("--ctx-size", str(task.context * task.max_num_seqs)),
        Argument("--parallel", str(task.max_num_seqs)),
        # A wrong plan must fail at once, not serve a shorter context in silence.
        Argument("--fit", "off"),
        # Up to 8 GiB of the host's memory beside what the plan counts, unless it is off.
        Argument("--cache-ram", "0"),
        *_where(task),
        *_cache_type(task),
        Argument("--cors-origins", task.origin),
        Argument("--offline"),
        Argument("--metrics"),
        Argument("--no-slots"),
        Argument("--no-ui"),
    )


def _where(task: Task) -> Iterator[Argument]:
    if task.on_gpus:
        yield Argument("--n-gpu-layers", "all")
    else:
        yield Argument("--threads", str(task.cores))


def _cache_type(task: Task) -> Iterator[Argument]:
    if task.kv_cache is not KvCache.AUTO:
        # Values in less than 16 bits need flash attention.
        yield Argument("--flash-attn", "on")
        yield Argument("--cache-type-k", task.kv_cache)
        yield Argument("--cache-type-v", task.kv_cache)


def _environment(_: Task) -> kind.Environment:
    return (("HOME", kind.CACHE),)


LLAMA_CPP: Final = Kind(
    start=_start,
    arguments=_arguments,
    environment=_environment,
    pins=PinRules(_RESERVED, _REMOVED),
    port=None,
    settle=120,
    shm_per_gpu=Bytes(2**26),
)
