"""What every kind of engine answers about itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from freehold.plan.engine_flags import Argument, PinRules
from freehold.plan.parallel import Parallel
from freehold.plan.types import Address
from freehold.spec.models import KvCache
from freehold.units import Bytes

RUN: Final = "/run/engine"
"""Where the socket's folder is in every container."""
MODELS: Final = "/models"
"""Where a model's folder is, in every container."""
CACHE: Final = "/var/cache/engine"
"""The one folder of every container that programs may be written to and run from."""

Environment = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Task:
    """What one engine is to do."""

    model: str
    """The name that clients ask for."""
    weights: str
    """The model's folder in the container."""
    file: str | None
    parallel: Parallel
    on_gpus: bool
    context: int
    max_num_seqs: int
    utilization: float
    kv_cache: KvCache
    cores: int
    address: Address | None
    """Where it listens, when it cannot listen on a socket."""
    origin: str
    """The gateway as browsers name it."""

    @property
    def socket(self) -> str:
        """The Unix socket in the container."""
        return f"{RUN}/engine.sock"


@dataclass(frozen=True, slots=True)
class Kind:
    """How one engine is started."""

    start: Callable[[Task], tuple[str, ...]]
    """What its command line begins with, before the flags."""
    arguments: Callable[[Task], tuple[Argument, ...]]
    environment: Callable[[Task], Environment]
    pins: PinRules
    port: int | None
    settle: int
    """Seconds between the weights in memory and the first answer."""
    shm_per_gpu: Bytes


OFFLINE: Final[Environment] = (
    ("HF_HUB_OFFLINE", "1"),
    ("TRANSFORMERS_OFFLINE", "1"),
    ("HF_DATASETS_OFFLINE", "1"),
    ("HF_HUB_DISABLE_TELEMETRY", "1"),
    ("DO_NOT_TRACK", "1"),
)
"""Keeps the Hugging Face libraries from asking anyone anything."""

CACHES: Final[Environment] = (
    ("HOME", CACHE),
    ("XDG_CACHE_HOME", CACHE),
    ("HF_HOME", f"{CACHE}/huggingface"),
    ("TRITON_CACHE_DIR", f"{CACHE}/triton"),
    ("TORCHINDUCTOR_CACHE_DIR", f"{CACHE}/inductor"),
    ("NUMBA_CACHE_DIR", f"{CACHE}/numba"),
    ("FLASHINFER_WORKSPACE_BASE", CACHE),
)
"""Compiled kernels live in memory and die with the container: a cache is code (CVE-2025-24357)."""

LOOPBACK: Final[Environment] = (
    ("NCCL_SOCKET_IFNAME", "lo"),
    ("GLOO_SOCKET_IFNAME", "lo"),
    ("TP_SOCKET_IFNAME", "lo"),
)
"""The workers of one engine are on one host."""


def reserve(*groups: tuple[str, tuple[str, ...]]) -> Mapping[str, str]:
    """Flags by name, each with its group's advice."""
    return {flag: advice for advice, flags in groups for flag in flags}


ADDRESSES: Final = "freehold decides where engines listen; clients reach them through the gateway"
KEYS: Final = "list clients under `gateway: clients:`; the gateway holds the keys"
WEIGHTS: Final = "name the model with `source`, `revision` and `file`, so that the lock covers it"
FOREIGN: Final = "remove it; only weights and programs that the lock file covers run"
CODE: Final = "remove it; code that comes with weights or from elsewhere never runs"
ENDPOINTS: Final = "remove it; it opens ways in that the gateway does not offer"
LOGS: Final = "remove it; prompts and answers are never logged"
NETWORK: Final = "remove it; engines have no network"
SPREAD: Final = (
    "set `tensor_parallel`, `pipeline_parallel`, `expert_parallel` and `replicas` instead"
)
PLANNED: Final = "remove it; it would change the memory that the plan has checked"
METRICS: Final = "remove it; the metrics depend on it"
CONTEXT: Final = "set `workload: context:` instead"
SEQUENCES: Final = "set `max_num_seqs` instead"
CACHE_TYPE: Final = "set `kv_cache` instead"
UTILIZATION: Final = "set `gpu_memory_utilization` instead"
EXITS: Final = "remove it; the engine would print something and end"
FILES: Final = "remove it; freehold writes everything on the command line, where it is reviewed"
