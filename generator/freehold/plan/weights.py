"""Sizes of weights on one GPU, in memory and on disk."""

from math import ceil
from typing import Final

from freehold.catalog.facts import ModelFacts
from freehold.plan.parallel import Parallel
from freehold.plan.parameters import Parts, expanded, parts
from freehold.plan.types import WEIGHTS, Term
from freehold.spec.models import Precision
from freehold.units import Bytes

WIDE: Final = 2.0
"""Bytes of a parameter that is not quantised."""
# Bits of gguf 0.19's types. llama.cpp's mixes have parts of more bits, the output of 6.5625;
# `_M` are about one part in seven. A file's own size is better: `weight_bytes`.
_BYTES: Final = {
    Precision.BF16: 2.0, Precision.FP16: 2.0, Precision.F16: 2.0,
    Precision.FP8: 1.0, Precision.INT8: 1.0, Precision.MXFP4: 17 / 32, Precision.NVFP4: 9 / 16,
    Precision.Q8_0: 8.5 / 8, Precision.Q6_K: 6.5625 / 8, Precision.Q5_K_M: 5.7 / 8,
    Precision.Q5_K_S: 5.5 / 8, Precision.Q5_1: 6.0 / 8, Precision.Q5_0: 5.5 / 8,
    Precision.Q4_K_M: 4.85 / 8, Precision.Q4_K_S: 4.5 / 8, Precision.Q4_1: 5.0 / 8,
    Precision.Q4_0: 4.5 / 8, Precision.IQ4_NL: 4.5 / 8, Precision.IQ4_XS: 4.25 / 8,
    Precision.Q3_K_M: 3.65 / 8, Precision.IQ3_XXS: 3.0625 / 8, Precision.Q2_K: 2.66 / 8,
}  # fmt: skip
_GROUP: Final = 128
"""Weights that share a scale in int4 checkpoints that do not say otherwise."""
_ALIGNED_VOCABULARY: Final = 64
_VISION_TOWER: Final = 450_000_000
"""Of 400 to 680 million parameters, where the catalog has no number."""
_MXFP4_HIDDEN: Final = 256
_MXFP4_INNER: Final = {8: 128, 9: 64}
"""By major compute capability: Marlin's kernels, Triton's, and FlashInfer's after them."""
_MXFP4_INNER_LATER: Final = 256


def bytes_per_parameter(facts: ModelFacts, precision: Precision) -> float:
    """Of a quantised layer, scales included (formats of `gguf` 0.19; scales are 16 bits wide)."""
    if precision is Precision.INT4:
        zero_points = 0.5 if facts.zero_points else 0
        return 0.5 + (WIDE + zero_points) / (facts.group_size or _GROUP)
    if precision is Precision.FP8 and facts.stores is Precision.FP8 and facts.fp8_block:
        return 1 + 4 / facts.fp8_block**2
    return _BYTES[precision]


def gpu_weights(
    facts: ModelFacts, precision: Precision, parallel: Parallel, compute_capability: str | None
) -> tuple[Term, ...]:
    """What one GPU of a replica holds of the weights.

    Of a pipeline's stages the first has the embeddings and the last the output layer; the
    others are taken to be equal.
    """
    whole = shares(facts, precision, parallel)
    if parallel.pipeline > 1:
        matrix = _padded(facts, facts.vocab_size * facts.hidden_size) * WIDE / parallel.tensor
        whole["embeddings"] = matrix * parallel.pipeline
    if precision is Precision.MXFP4:
        whole["experts"] *= _padding(facts, parallel, compute_capability)
    on_one = {name: size / parallel.pipeline for name, size in whole.items() if size}
    sizes = {name: Bytes(-(-size // 1)) for name, size in on_one.items()}
    formula = " + ".join(f"{size.gib} {name}" for name, size in sizes.items())
    rope = Bytes(_rope(facts))
    return (
        Term("weights", WEIGHTS, Bytes(sum(sizes.values())), formula),
        Term("rope cache", WEIGHTS, rope, "positions x rotary width x 2 B"),
    )


def shares(facts: ModelFacts, precision: Precision, parallel: Parallel) -> dict[str, float]:
    """Bytes on one GPU of a replica that is a single stage."""
    counted, tensor = parts(facts), parallel.tensor
    narrow, expert = _widths(facts, precision)
    kept = _unquantized(facts, counted)
    return {
        "embeddings": _padded(facts, counted.embedding) * WIDE / tensor,
        "layers": ((counted.layers - kept) * narrow + kept * WIDE) / tensor,
        "experts": counted.experts * expert * _expert_share(facts, parallel),
        "routers": counted.router * WIDE,
        "repeated": _repeated(facts, counted, tensor) * narrow,
        "absorbed": _absorbed(facts) * WIDE / tensor if narrow != WIDE else 0,
        "vision tower": vision_parameters(facts) * WIDE / tensor,
    }


def _padding(facts: ModelFacts, parallel: Parallel, compute_capability: str | None) -> float:
    """How much larger experts in mxfp4 are in memory.

    Kernels take multiples of 256 of the hidden size, and of 64 to 256 of a GPU's slice of the
    inner width: gpt-oss' 2880 becomes 3072, and 2944 in Marlin's.
    """
    if facts.moe is None:
        return 1
    inner = facts.moe.moe_intermediate_size / (1 if parallel.expert else parallel.tensor)
    major = int((compute_capability or "8").partition(".")[0])
    multiple = _MXFP4_INNER.get(major, _MXFP4_INNER_LATER)
    hidden = facts.hidden_size
    return _up(inner, multiple) / inner * _up(hidden, _MXFP4_HIDDEN) / hidden


def _up(width: float, multiple: int) -> int:
    return ceil(width / multiple) * multiple


def _expert_share(facts: ModelFacts, parallel: Parallel) -> float:
    """Of all experts on one GPU; whole ones do not always come out even."""
    if facts.moe is None or not parallel.expert:
        return 1 / parallel.tensor
    return -(-facts.moe.num_experts // parallel.tensor) / facts.moe.num_experts


def vision_parameters(facts: ModelFacts) -> int:
    """Of the vision tower; a usual number where the catalog does not know it."""
    return facts.vision_parameters or (_VISION_TOWER if facts.multimodal else 0)


def file_weights(facts: ModelFacts, precision: Precision) -> Bytes:
    """The weights' files, as llama.cpp maps them into memory."""
    if facts.weight_bytes and facts.stores is precision:
        return Bytes(facts.weight_bytes)
    counted = parts(facts)
    narrow, expert = _formula_widths(facts, precision)
    outer = max(narrow, _BYTES[Precision.Q6_K])
    quantised = counted.embedding * outer + counted.layers * narrow + counted.experts * expert
    return Bytes(quantised + counted.router * 4)


def disk_weights(facts: ModelFacts, precision: Precision) -> Bytes:
    """The weights' files on disk; what the checkpoint stores, whatever the engine makes of it."""
    if precision.is_gguf:
        return file_weights(facts, precision)
    if facts.weight_bytes:
        return Bytes(facts.weight_bytes)
    wide, narrow = _disk(facts)
    return Bytes(wide + narrow)


def _disk(facts: ModelFacts) -> tuple[float, float]:
    """Bytes on disk of what is never quantised, and of what may be."""
    counted = parts(facts)
    narrow, expert = _formula_widths(facts, facts.stores)
    kept = _unquantized(facts, counted)
    wide = counted.embedding + counted.router + kept + vision_parameters(facts)
    return wide * WIDE, (counted.layers - kept) * narrow + counted.experts * expert


def _widths(facts: ModelFacts, precision: Precision) -> tuple[float, float]:
    """Bytes per parameter of layers and of experts in memory."""
    narrow, expert = _formula_widths(facts, precision)
    if facts.weight_bytes and facts.stores is precision and not precision.is_gguf:
        wide, quantised = _disk(facts)
        known = max(0.0, facts.weight_bytes - wide) / quantised
        narrow, expert = narrow * known, expert * known
    return narrow, expert


def _formula_widths(facts: ModelFacts, precision: Precision) -> tuple[float, float]:
    """Bytes per parameter of layers and of experts as the format says."""
    width = bytes_per_parameter(facts, precision)
    # Checkpoints in mxfp4 hold only their experts in it.
    return (WIDE if precision is Precision.MXFP4 and facts.moe else width), width


def _unquantized(facts: ModelFacts, counted: Parts) -> int:
    """Parameters of layers that a quantised checkpoint leaves 16 bits wide."""
    attention = counted.attention + counted.keys_values
    kept = attention * facts.unquantized.get("attention", 0) // facts.num_hidden_layers
    dense = counted.dense * facts.unquantized.get("dense", 0) // facts.num_hidden_layers
    return kept + dense


def _padded(facts: ModelFacts, embedding: int) -> int:
    rows = -(-facts.vocab_size // _ALIGNED_VOCABULARY) * _ALIGNED_VOCABULARY
    return embedding * rows // facts.vocab_size


def _rope(facts: ModelFacts) -> int:
    rotary = facts.mla.qk_rope_head_dim if facts.mla else facts.head_dim or 0
    return facts.max_position_embeddings * rotary * 2


def _repeated(facts: ModelFacts, counted: Parts, tensor: int) -> float:
    """Parameters that a GPU holds beyond its share, because they cannot be divided."""
    heads = facts.num_key_value_heads
    copies = counted.keys_values * (1 / heads - 1 / tensor) if tensor > heads else 0
    return counted.latent * (1 - 1 / tensor) + copies


def _absorbed(facts: ModelFacts) -> int:
    """Latent attention's projections once more, in 16 bits, where their own weights are not."""
    layers = facts.layers.get("mla", 0) + facts.layers.get("dsa", 0)
    return layers * expanded(facts.mla, facts.num_attention_heads) if facts.mla else 0
