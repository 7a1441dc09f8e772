"""SGLang: safetensors on GPUs. It listens on TCP only, so it has a network of its own."""

from collections.abc import Iterator
from typing import Final

from freehold.plan import engine_kind as kind
from freehold.plan.engine_flags import Argument, PinRules
from freehold.plan.engine_kind import Kind, Task
from freehold.spec.models import KvCache
from freehold.units import Bytes

PORT: Final = 30000

_RESERVED: Final = kind.reserve(
    (kind.ADDRESSES, ("--host", "--port", "--grpc-port", "--smg-http-sidecar-port", "--nccl-port",
                      "--enable-http2", "--ssl-keyfile", "--ssl-certfile", "--ssl-ca-certs",
                      "--ssl-keyfile-password", "--enable-ssl-refresh", "--gated-launch-port")),
    (kind.KEYS, ("--api-key", "--admin-api-key")),
    (kind.WEIGHTS, ("--model-path", "--served-model-name", "--tokenizer-path", "--revision",
                    "--download-dir", "--load-format", "--model-checksum",
                    "--delete-ckpt-after-loading")),
    (kind.FOREIGN, ("--enable-lora", "--lora-paths", "--uno-lora-path",
                    "--speculative-draft-model-path", "--speculative-algorithm",
                    "--kt-weight-path", "--remote-instance-weight-loader-backend",
                    "--weight-cache-mode", "--weight-cache-socket", "--quantize-and-serve",
                    "--decrypted-config-file", "--decrypted-draft-config-file")),
    (kind.CODE, ("--trust-remote-code", "--custom-weight-loader", "--model-loader-extra-config",
                 "--enable-custom-logit-processor", "--trust-request-chat-template",
                 "--custom-sigquit-handler", "--stat-loggers")),
    (kind.ENDPOINTS, ("--tool-server", "--allowed-media-domains", "--enable-metrics",
                      "--enable-memory-saver", "--enable-response-store", "--fastapi-root-path",
                      "--file-storage-path", "--enable-http-worker-reuseport")),
    (kind.NETWORK, ("--otlp-traces-endpoint", "--enable-trace", "--use-ray",
                    "--kv-events-config", "--load-publish-endpoint",
                    "--disaggregation-mode", "--enable-lmcache", "--enable-flexkv")),
    (kind.LOGS, ("--log-requests", "--log-requests-level", "--log-requests-format",
                 "--log-requests-target", "--log-level", "--log-level-http",
                 "--export-metrics-to-file", "--export-metrics-to-file-dir", "--crash-dump-folder",
                 "--debug-tensor-dump-output-folder", "--debug-tensor-dump-input-file",
                 "--msprobe-dump-config")),
    (kind.SPREAD, ("--tp-size", "--pp-size", "--ep-size", "--dp-size", "--nnodes", "--node-rank",
                   "--dist-init-addr", "--base-gpu-id", "--gpu-id-step", "--device")),
    (kind.CONTEXT, ("--context-length", "--allow-auto-truncate")),
    (kind.SEQUENCES, ("--max-running-requests",)),
    (kind.CACHE_TYPE, ("--kv-cache-dtype",)),
    (kind.UTILIZATION, ("--mem-fraction-static",)),
    (kind.PLANNED, ("--max-total-tokens", "--cpu-offload-gb", "--quantization",
                    "--enable-hierarchical-cache", "--ple-offload-dir")),
    (kind.FILES, ("--config",)),
)  # fmt: skip


def _start(_: Task) -> tuple[str, ...]:
    return ("python3", "-m", "sglang.launch_server")  # the image's entry point runs what it is told


def _arguments(task: Task) -> tuple[Argument, ...]:
    return (
        Argument("--model-path", task.weights),
        Argument("--served-model-name", task.model),
        Argument("--host", str(task.address)),
        Argument("--port", str(PORT)),
        Argument("--load-format", "safetensors"),
        *_parallel(task),
        Argument("--context-length", str(task.context)),
        Argument("--max-running-requests", str(task.max_num_seqs)),
        Argument("--mem-fraction-static", str(task.utilization)),
        *_cache_type(task),
        Argument("--enable-metrics"),
    )


def _parallel(task: Task) -> Iterator[Argument]:
    yield Argument("--tp-size", str(task.parallel.tensor))
    if task.parallel.pipeline > 1:
        yield Argument("--pp-size", str(task.parallel.pipeline))
    if task.parallel.expert:
        yield Argument("--ep-size", str(task.parallel.tensor))


_CACHE_TYPES: Final = {KvCache.FP8: "fp8_e4m3", KvCache.NVFP4: "nvfp4"}


def _cache_type(task: Task) -> Iterator[Argument]:
    if task.kv_cache in _CACHE_TYPES:
        yield Argument("--kv-cache-dtype", _CACHE_TYPES[task.kv_cache])


def _environment(task: Task) -> kind.Environment:
    return (
        *kind.OFFLINE,
        ("TIKTOKEN_ENCODINGS_BASE", task.weights),
        *kind.LOOPBACK,
        *kind.CACHES,
    )


SGLANG: Final = Kind(
    start=_start,
    arguments=_arguments,
    environment=_environment,
    pins=PinRules(_RESERVED, {}),
    port=PORT,
    settle=900,
    shm_per_gpu=Bytes(4 * 2**30),
)
