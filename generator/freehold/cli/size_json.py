"""The answer to `freehold size` for programs: bytes of one GPU, versioned."""

from typing import Final

from freehold.plan.sizing import Answer
from freehold.plan.types import Part
from freehold.render.plan_json import plain

SCHEMA: Final = 1
Json = dict[str, object]


def document(found: Answer) -> Json:
    """The answer as JSON's own types.

    `weights`, `activation`, `overhead` and `kv_cache` add up to `budget`; `kv_cache` is below
    zero where the others alone are more. `kv_bytes_per_token` is what each further token
    takes at long context.
    """
    return {"schema": SCHEMA, **_asked(found), **_verdict(found), **_memory(found)}


def _asked(found: Answer) -> Json:
    ask = found.fit.ask
    return {
        "model": found.model,
        "gpu": found.gpu,
        "gpus": ask.gpus * found.replicas,
        "replicas": found.replicas,
        "tensor_parallel": ask.parallel.tensor,
        "pipeline_parallel": ask.parallel.pipeline,
        "expert_parallel": ask.parallel.expert,
        "engine": f"{ask.engine.name}=={ask.engine.version}",
        "precision": ask.precision.value,
        "kv_dtype": ask.kv_cache.value,
        "context": ask.context,
        "max_num_seqs": ask.max_num_seqs,
        "gpu_memory_utilization": ask.utilization,
    }


def _verdict(found: Answer) -> Json:
    return {
        "verdict": found.verdict.value,
        "reasons": list(found.reasons),
        "remedies": [
            {
                "change": remedy.words,
                "kv_cache": int(remedy.fit.memory.kv_cache),
                "max_concurrency": remedy.fit.memory.max_concurrency,
            }
            for remedy in found.remedies
        ],
        "capacity": plain(found.capacity),
    }


def _memory(found: Answer) -> Json:
    fit, memory = found.fit, found.fit.memory
    return {
        "device": int(fit.ask.device),
        "budget": int(memory.budget),
        "weights": int(memory.of(Part.WEIGHTS)),
        "activation": int(memory.of(Part.ACTIVATION)),
        "overhead": int(memory.of(Part.OVERHEAD)),
        "kv_cache": int(memory.kv_cache),
        "kv_bytes_per_token": memory.kv_bytes_per_token,
        "kv_bytes_per_request": int(fit.need),
        "kv_tokens": memory.kv_tokens,
        "max_concurrency": memory.max_concurrency,
        "margin": int(fit.margin),
        "error": int(fit.error),
        "terms": plain(memory.terms),
    }
