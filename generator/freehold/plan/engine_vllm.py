"""vLLM: safetensors on GPUs."""

from collections.abc import Iterator
from typing import Final

from freehold.plan import engine_kind as kind
from freehold.plan.engine_flags import Argument, PinRules
from freehold.plan.engine_kind import Kind, Task
from freehold.spec.models import KvCache
from freehold.units import Bytes

_RESERVED: Final = kind.reserve(
    (kind.ADDRESSES, ("--host", "--port", "--uds", "--root-path", "--ssl-keyfile",
                      "--ssl-certfile", "--ssl-ca-certs", "--ssl-cert-reqs", "--ssl-ciphers",
                      "--enable-ssl-refresh", "--allowed-origins", "--allowed-methods",
                      "--allowed-headers", "--allow-credentials", "--grpc", "--grpc-port")),
    (kind.KEYS, ("--api-key",)),
    (kind.WEIGHTS, ("--model", "--served-model-name", "--revision", "--code-revision",
                    "--tokenizer", "--tokenizer-revision", "--hf-config-path", "--hf-token",
                    "--download-dir", "--load-format", "--ignore-patterns")),
    (kind.FOREIGN, ("--enable-lora", "--lora-modules", "--default-mm-loras",
                    "--enable-tower-connector-lora", "--speculative-config", "--spec-model")),
    (kind.CODE, ("--trust-remote-code", "--tool-parser-plugin", "--reasoning-parser-plugin",
                 "--io-processor-plugin", "--logits-processors", "--middleware", "--worker-cls",
                 "--worker-extension-cls", "--scheduler-cls", "--model-class-overrides",
                 "--trust-request-chat-template", "--trust-request-mm-kwargs",
                 "--enable-prompt-embeds", "--additional-config", "--model-loader-extra-config")),
    (kind.ENDPOINTS, ("--tool-server", "--profiler-config", "--allowed-local-media-path",
                      "--allowed-media-domains", "--enable-tokenizer-info-endpoint",
                      "--enable-offline-docs", "--disable-fastapi-docs", "--enable-elastic-ep",
                      "--enable-scale-out", "--weight-transfer-config", "--enable-sleep-mode",
                      "--fingerprint-mode", "--fingerprint-value", "--tokens-only")),
    (kind.NETWORK, ("--otlp-traces-endpoint", "--kv-transfer-config", "--kv-events-config",
                    "--ec-transfer-config", "--ec-manager-config", "--distributed-executor-backend",
                    "--collect-detailed-traces")),
    (kind.LOGS, ("--enable-log-requests", "--enable-log-outputs", "--enable-log-deltas",
                 "--max-log-len", "--log-level", "--uvicorn-log-level", "--log-config-file",
                 "--logging-config", "--enable-trace-replay")),
    (kind.SPREAD, ("--tensor-parallel-size", "--pipeline-parallel-size",
                   "--enable-expert-parallel", "--data-parallel-size",
                   "--data-parallel-size-local", "--data-parallel-start-rank",
                   "--data-parallel-rank", "--data-parallel-address", "--data-parallel-rpc-port",
                   "--data-parallel-backend", "--data-parallel-hybrid-lb",
                   "--data-parallel-external-lb", "--data-parallel-multi-port-external-lb",
                   "--data-parallel-supervisor-port", "--prefill-context-parallel-size",
                   "--decode-context-parallel-size", "--nnodes", "--node-rank", "--master-addr",
                   "--master-port", "--headless", "--device-ids", "--elastic-ep-max-dp-size")),
    (kind.METRICS, ("--disable-log-stats",)),
    (kind.CONTEXT, ("--max-model-len",)),
    (kind.SEQUENCES, ("--max-num-seqs",)),
    (kind.CACHE_TYPE, ("--kv-cache-dtype", "--kv-cache-dtype-skip-layers")),
    (kind.UTILIZATION, ("--gpu-memory-utilization",)),
    (kind.PLANNED, ("--kv-cache-memory-bytes", "--num-gpu-blocks-override", "--cpu-offload-gb",
                    "--cpu-offload-params", "--kv-offloading-size", "--kv-offloading-backend",
                    "--offload-backend", "--quantization")),
    (kind.FILES, ("--config",)),
    (kind.EXITS, ("--help",)),
)  # fmt: skip
_REMOVED: Final = {
    "--swap-space": "remove it; vLLM no longer swaps the KV cache to the host's memory",
    "--disable-log-requests": "remove it; vLLM no longer logs requests unless it is told to",
}


def _start(task: Task) -> tuple[str, ...]:
    return (task.weights,)  # the image's entry point is `vllm serve`


def _arguments(task: Task) -> tuple[Argument, ...]:
    return (
        Argument("--served-model-name", task.model),
        Argument("--uds", task.socket),
        Argument("--load-format", "safetensors"),
        *_parallel(task),
        Argument("--max-model-len", str(task.context)),
        Argument("--max-num-seqs", str(task.max_num_seqs)),
        Argument("--gpu-memory-utilization", str(task.utilization)),
        *_cache_type(task),
        Argument("--no-trust-remote-code"),
        Argument("--no-enable-log-requests"),
        # The gateway's log has every request once; this one would have the health checks too.
        Argument("--disable-uvicorn-access-log"),
        Argument("--disable-fastapi-docs"),
        # Else every answer tells the version and how the model is spread over GPUs.
        Argument("--fingerprint-mode", "none"),
    )


def _parallel(task: Task) -> Iterator[Argument]:
    yield Argument("--tensor-parallel-size", str(task.parallel.tensor))
    if task.parallel.pipeline > 1:
        yield Argument("--pipeline-parallel-size", str(task.parallel.pipeline))
    if task.parallel.expert:
        yield Argument("--enable-expert-parallel")


def _cache_type(task: Task) -> Iterator[Argument]:
    if task.kv_cache is not KvCache.AUTO:
        yield Argument("--kv-cache-dtype", task.kv_cache)


def _environment(task: Task) -> kind.Environment:
    return (
        *kind.OFFLINE,
        ("VLLM_NO_USAGE_STATS", "1"),
        ("RAY_USAGE_STATS_ENABLED", "0"),
        # gpt-oss looks for its vocabulary here, and otherwise on the internet.
        ("TIKTOKEN_ENCODINGS_BASE", task.weights),
        # One request may ask for this many answers at once; 16384 when unset.
        ("VLLM_MAX_N_SEQUENCES", "128"),
        ("VLLM_MEDIA_URL_ALLOW_REDIRECTS", "0"),
        # Without a network there is no address to find out.
        ("VLLM_HOST_IP", "127.0.0.1"),
        *kind.LOOPBACK,
        *kind.CACHES,
        ("VLLM_CACHE_ROOT", f"{kind.CACHE}/vllm"),
    )


VLLM: Final = Kind(
    start=_start,
    arguments=_arguments,
    environment=_environment,
    pins=PinRules(_RESERVED, _REMOVED),
    port=None,
    # Kernels are compiled and CUDA graphs captured anew at each start.
    settle=900,
    shm_per_gpu=Bytes(4 * 2**30),
)
