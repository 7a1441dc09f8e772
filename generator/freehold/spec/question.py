"""What `freehold size` is asked: one model on one card, without a spec."""

from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from freehold.spec.base import Repository, Strict, Text, shaped
from freehold.spec.models import KvCache, Precision
from freehold.units import Duration, Speed, Tokens

_PRECISIONS: Final = {
    "awq": "int4", "gptq": "int4", "bfloat16": "bf16", "float16": "fp16", "half": "fp16",
}  # fmt: skip
_KV_CACHES: Final = {
    "bf16": "auto", "bfloat16": "auto", "fp16": "auto", "float16": "auto", "f16": "auto",
    "fp8_e4m3": "fp8", "fp8_e5m2": "fp8",
}  # fmt: skip


def _precision(value: object) -> object:
    return _PRECISIONS.get(value, value) if isinstance(value, str) else value


def _kv_cache(value: object) -> object:
    return _KV_CACHES.get(value, value) if isinstance(value, str) else value


Degree = Annotated[int, Field(ge=1, le=1024)]


class Question(Strict):
    """A model, a card, and whatever is pinned; the engine's own defaults for the rest."""

    model: Repository
    gpu: Text
    """The card's id in the catalog."""
    gpus: Degree | None = None
    """How many there are; as many as one replica takes when left out."""
    tensor_parallel: Degree | None = None
    pipeline_parallel: Degree | None = None
    expert_parallel: bool | None = None
    """Only where nothing else divides, when left out."""
    precision: Annotated[Precision, Field(strict=False), BeforeValidator(_precision)] | None = None
    """What the checkpoint stores, when left out."""
    kv_dtype: Annotated[KvCache, Field(strict=False), BeforeValidator(_kv_cache)] = KvCache.AUTO
    context: Tokens | None = None
    """The model's longest, when left out."""
    max_num_seqs: Annotated[int, Field(ge=1, le=65536)] | None = None
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] | None = None
    engine: (
        Annotated[
            str,
            shaped(
                r"(vllm|sglang|llama\.cpp)(==[a-z0-9][a-z0-9.]*)?",
                "an engine and a version, such as `vllm==0.11.0`",
                40,
            ),
        ]
        | None
    ) = None
    users: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    """Requests in flight at once."""
    prompt: Tokens | None = None
    answer: Tokens | None = None
    first_token: Duration | None = None
    speed: Speed | None = None
