"""Sizes of weights on one GPU, in memory and on disk."""

from typing import Final

from freehold.catalog.facts import ModelFacts
from freehold.plan.parameters import Parts, expanded, parts
from freehold.plan.types import Term
from freehold.spec.models import Precision
from freehold.units import Bytes

WIDE: Final = 2.0
"""Bytes of a parameter that is not quantised."""
# With scales. int4: groups of 128 with zero points; llama.cpp's `_M` mixes keep one part
# in seven of the layers, and the output, at 6.5625 bits.
BYTES: Final = {
    Precision.BF16: 2.0, Precision.FP16: 2.0, Precision.F16: 2.0,
    Precision.FP8: 1 + 4 / 16384, Precision.INT8: 1.0,
    Precision.INT4: 0.5 + 2.5 / 128, Precision.MXFP4: 17 / 32, Precision.NVFP4: 9 / 16,
    Precision.Q8_0: 8.5 / 8, Precision.Q6_K: 6.5625 / 8, Precision.Q5_K_M: 5.7 / 8,
    Precision.Q4_K_M: 4.85 / 8, Precision.Q4_0: 4.5 / 8,
}  # fmt: skip
"""Bytes per parameter of a quantised layer."""
_ALIGNED_VOCABULARY: Final = 64
_VISION_TOWER: Final = 0.9 * 2**30
"""Of 0.4 to 0.9 GiB that are known."""
# vLLM pads gpt-oss' experts of width 2880 to 3072.
_PADDED_EXPERTS: Final = {"GptOssForCausalLM": 3072 / 2880}


def gpu_weights(facts: ModelFacts, precision: Precision, gpus: int) -> tuple[Term, ...]:
    """What one of `gpus` GPUs holds of the weights."""
    counted = parts(facts)
    narrow, expert = _widths(facts, precision)
    kept = _unquantized(facts, counted)
    layers = (counted.layers - kept) * narrow + kept * WIDE
    shares = {
        "embeddings": _padded(facts, counted.embedding) * WIDE / gpus,
        "layers": layers / gpus,
        "experts": counted.experts * expert / gpus,
        "routers": counted.router * WIDE,
        "repeated": _repeated(facts, counted, gpus) * narrow,
        "absorbed": _absorbed(facts) * WIDE / gpus,
        "vision tower": _VISION_TOWER if facts.multimodal else 0,
    }
    sizes = {name: Bytes(-(-size // 1)) for name, size in shares.items() if size}
    formula = " + ".join(f"{size.gib} {name}" for name, size in sizes.items())
    rope = Term("rope cache", Bytes(_rope(facts)), "positions x rotary width x 2 B")
    return (Term("weights", Bytes(sum(sizes.values())), formula), rope)


def file_weights(facts: ModelFacts, precision: Precision) -> Bytes:
    """The weights' files, as llama.cpp maps them into memory."""
    counted = parts(facts)
    narrow, expert = _widths(facts, precision)
    outer = max(narrow, BYTES[Precision.Q6_K])
    quantised = counted.embedding * outer + counted.layers * narrow + counted.experts * expert
    return Bytes(quantised + counted.router * 4)


def disk_weights(facts: ModelFacts, precision: Precision) -> Bytes:
    """The weights' files on disk; what the checkpoint stores, whatever the engine makes of it."""
    if precision.is_gguf:
        return file_weights(facts, precision)
    counted = parts(facts)
    narrow, expert = _widths(facts, facts.stores)
    kept = _unquantized(facts, counted)
    wide = counted.embedding + counted.router + kept
    return Bytes(wide * WIDE + (counted.layers - kept) * narrow + counted.experts * expert)


def _widths(facts: ModelFacts, precision: Precision) -> tuple[float, float]:
    """Bytes per parameter of layers and of experts."""
    narrow = BYTES[precision]
    if precision is Precision.MXFP4 and facts.moe:
        return WIDE, narrow * _PADDED_EXPERTS.get(facts.architecture, 1)
    return narrow, narrow


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


def _repeated(facts: ModelFacts, counted: Parts, gpus: int) -> float:
    """Parameters that a GPU holds beyond its share, because they cannot be divided."""
    heads = facts.num_key_value_heads
    copies = counted.keys_values * (1 / heads - 1 / gpus) if gpus > heads else 0
    return counted.latent * (1 - 1 / gpus) + copies


def _absorbed(facts: ModelFacts) -> int:
    """Latent attention's projections once more, as they are used while writing."""
    layers = facts.layers.get("mla", 0) + facts.layers.get("dsa", 0)
    return layers * expanded(facts.mla, facts.num_attention_heads) if facts.mla else 0
