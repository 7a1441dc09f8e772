"""Models and what they are asked to do."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from freehold.spec.base import FileName, ImageName, PoolName, Repository, Revision, Strict, shaped
from freehold.units import Duration, Speed, Tokens


class EngineName(StrEnum):
    """The engines that freehold deploys."""

    VLLM = "vllm"
    SGLANG = "sglang"
    LLAMA_CPP = "llama.cpp"


class Precision(StrEnum):
    """The format that a checkpoint's weights are stored in."""

    BF16 = "bf16"
    FP16 = "fp16"
    FP8 = "fp8"
    INT8 = "int8"
    INT4 = "int4"
    MXFP4 = "mxfp4"
    NVFP4 = "nvfp4"
    F16 = "f16"
    Q8_0 = "q8_0"
    Q6_K = "q6_k"
    Q5_K_M = "q5_k_m"
    Q5_K_S = "q5_k_s"
    Q5_1 = "q5_1"
    Q5_0 = "q5_0"
    Q4_K_M = "q4_k_m"
    Q4_K_S = "q4_k_s"
    Q4_1 = "q4_1"
    Q4_0 = "q4_0"
    IQ4_NL = "iq4_nl"
    IQ4_XS = "iq4_xs"
    Q3_K_M = "q3_k_m"
    IQ3_XXS = "iq3_xxs"
    Q2_K = "q2_k"

    @property
    def is_gguf(self) -> bool:
        """Whether llama.cpp's file format holds it."""
        return self in _GGUF


_OTHERS = {Precision.BF16, Precision.FP16, Precision.FP8, Precision.INT8, Precision.INT4,
           Precision.MXFP4, Precision.NVFP4}  # fmt: skip
_GGUF = set(Precision) - _OTHERS


class KvCache(StrEnum):
    """The format of the KV cache; `auto` is the 16 bits that the model computes in."""

    AUTO = "auto"
    FP8 = "fp8"
    NVFP4 = "nvfp4"
    Q8_0 = "q8_0"
    Q4_0 = "q4_0"


class Engine(Strict):
    """An engine, with what is pinned of it."""

    name: Annotated[EngineName, Field(strict=False)]
    version: (
        Annotated[str, shaped(r"[a-z0-9][a-z0-9.]*", "a version, such as `0.33.0`", 20)] | None
    ) = None
    """A version in the catalog; its newest when left out."""
    image: ImageName | None = None
    """An image of your own instead of the one in the catalog."""
    arguments: dict[
        Annotated[str, shaped("--[a-z][a-z0-9-]*", "a flag, such as `--seed`", 60)],
        # YAML's number with a point is a float, which a strict Decimal would refuse.
        str | int | bool | Annotated[Decimal, Field(allow_inf_nan=False, strict=False)],
    ] = {}  # noqa: RUF012 - pydantic copies it
    """Further flags; `true` for a flag without a value."""


def _engine(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class Workload(Strict):
    """What is asked of a model at its busiest hour."""

    users: Annotated[int, Field(ge=1, le=1_000_000)]
    """Requests in flight at once."""
    prompt: Tokens
    """Typical length of what is sent."""
    answer: Tokens
    """Typical length of what comes back."""
    context: Tokens
    """The longest prompt and answer together that must work."""
    first_token: Duration | None = None
    """How long a user may wait for the first token."""
    speed: Speed | None = None
    """How fast each user's answer must come, such as `20 tok/s`."""


class Model(Strict):
    """A model to serve under its name."""

    source: Repository
    revision: Revision | None = None
    """The commit to serve; the lock file records the newest when left out."""
    file: FileName | None = None
    """The file of the source that holds the weights, for GGUF."""
    precision: Annotated[Precision, Field(strict=False)]
    engine: (
        Annotated[Engine, BeforeValidator(_engine, json_schema_input_type=EngineName | Engine)]
        | None
    ) = None
    """vLLM on GPUs, llama.cpp without, when left out."""
    on: PoolName | None = None
    """The pool to run on; any with room when left out."""
    replicas: Annotated[int, Field(ge=1, le=10_000)] = 1
    tensor_parallel: Annotated[int, Field(ge=1, le=16)] | None = None
    """GPUs that each layer is divided over."""
    pipeline_parallel: Annotated[int, Field(ge=1, le=16)] | None = None
    """Stages that the layers are dealt out to, each on `tensor_parallel` GPUs."""
    expert_parallel: bool | None = None
    """Whether experts stay whole; only where nothing else divides, when left out."""
    max_num_seqs: Annotated[int, Field(ge=1, le=4096)] | None = None
    """How many sequences one replica works on at once."""
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] | None = None
    kv_cache: Annotated[KvCache, Field(strict=False)] = KvCache.AUTO
    workload: Workload
