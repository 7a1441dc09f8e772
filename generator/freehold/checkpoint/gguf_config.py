"""A GGUF file's metadata as the config.json that it was made from."""

from collections.abc import Iterable, Mapping
from math import prod
from typing import Final

from freehold.checkpoint.architecture import ARCHITECTURE_UNKNOWN
from freehold.checkpoint.gguf import Head
from freehold.checkpoint.json_file import refuse
from freehold.checkpoint.quantization import QUANTIZATION_UNKNOWN
from freehold.report import Report
from freehold.source import Data
from freehold.spec.models import Precision

ARCHITECTURES: Final = {
    "cohere2": "Cohere2ForCausalLM", "deepseek2": "DeepseekV3ForCausalLM",
    "gemma2": "Gemma2ForCausalLM", "gemma3": "Gemma3ForCausalLM",
    "glm4moe": "Glm4MoeForCausalLM", "gpt-oss": "GptOssForCausalLM",
    "granite": "GraniteForCausalLM", "llama": "LlamaForCausalLM",
    "minimax-m2": "MiniMaxM2ForCausalLM", "phi3": "Phi3ForCausalLM",
    "qwen2": "Qwen2ForCausalLM", "qwen2moe": "Qwen2MoeForCausalLM",
    "qwen3": "Qwen3ForCausalLM", "qwen3moe": "Qwen3MoeForCausalLM",
}  # fmt: skip
_KEYS: Final = {
    "hidden_size": "embedding_length", "num_hidden_layers": "block_count",
    "num_attention_heads": "attention.head_count", "num_key_value_heads": "attention.head_count_kv",
    "head_dim": "attention.key_length", "intermediate_size": "feed_forward_length",
    "max_position_embeddings": "context_length", "sliding_window": "attention.sliding_window",
    "num_experts": "expert_count", "num_local_experts": "expert_count",
    "n_routed_experts": "expert_count", "num_experts_per_tok": "expert_used_count",
    "moe_intermediate_size": "expert_feed_forward_length",
    "shared_expert_intermediate_size": "expert_shared_feed_forward_length",
    "n_shared_experts": "expert_shared_count",
    "first_k_dense_replace": "leading_dense_block_count",
    "num_nextn_predict_layers": "nextn_predict_layers",
    "kv_lora_rank": "attention.kv_lora_rank", "q_lora_rank": "attention.q_lora_rank",
    "qk_rope_head_dim": "rope.dimension_count", "v_head_dim": "attention.value_length_mla",
}  # fmt: skip
_FILE_TYPES: Final = {
    1: Precision.F16, 2: Precision.Q4_0, 3: Precision.Q4_1, 7: Precision.Q8_0,
    8: Precision.Q5_0, 9: Precision.Q5_1, 10: Precision.Q2_K, 12: Precision.Q3_K_M,
    14: Precision.Q4_K_S, 15: Precision.Q4_K_M, 16: Precision.Q5_K_S, 17: Precision.Q5_K_M,
    18: Precision.Q6_K, 23: Precision.IQ3_XXS, 25: Precision.IQ4_NL, 30: Precision.IQ4_XS,
    32: Precision.BF16,
}  # fmt: skip
"""`general.file_type` of the formats that freehold plans."""


def config(head: Head, file: str, report: Report) -> Mapping[str, Data] | None:
    """What the config.json would say, unless the report says why that is not known."""
    name = str(head.metadata.get("general.architecture", ""))[:40]
    if name not in ARCHITECTURES:
        known = ", ".join(f"`{known}`" for known in ARCHITECTURES)
        refuse(report, file, ARCHITECTURE_UNKNOWN, f"the architecture `{name}` is not known",
               help=f"give the config.json too, or a file of one of {known}")  # fmt: skip
        return None
    values: dict[str, Data] = {}
    for key, suffix in _KEYS.items():
        found = _figure(head, f"{name}.{suffix}")
        if found is not None:
            values[key] = found
    if differing := _differing(head, (f"{name}.{suffix}" for suffix in _KEYS.values())):
        refuse(report, file, ARCHITECTURE_UNKNOWN, f"`{differing}` differs from layer to layer",
               help="give the config.json too")  # fmt: skip
        return None
    _complete(values, name, head)
    return values


def precision(head: Head, file: str, report: Report) -> Precision | None:
    """The format of the weights, unless the report says why it cannot be planned."""
    kind = head.metadata.get("general.file_type")
    found = _FILE_TYPES.get(kind) if isinstance(kind, int) else None
    if found is None:
        known = ", ".join(f"`{one}` ({number})" for number, one in _FILE_TYPES.items())
        refuse(report, file, QUANTIZATION_UNKNOWN,
               f"`general.file_type` is {kind}, a mixture without figures",
               help=f"use a file of one of {known}")  # fmt: skip
    return found


def _figure(head: Head, key: str) -> Data:
    found = head.arrays.get(key)
    return found[0] if found and len(set(found)) == 1 else head.metadata.get(key)


def _differing(head: Head, keys: Iterable[str]) -> str | None:
    return next((key for key in keys if len(set(head.arrays.get(key, ()))) > 1), None)


def _complete(values: dict[str, Data], name: str, head: Head) -> None:
    """Add what the metadata says otherwise than a config.json."""
    architecture = ARCHITECTURES[name]
    if name == "llama" and values.get("num_experts"):
        architecture = "MixtralForCausalLM"
    values["architectures"] = [architecture]
    values["tie_word_embeddings"] = "output.weight" not in head.shapes
    embedding = head.shapes.get("token_embd.weight", ())
    if len(embedding) > 1:
        values["vocab_size"] = embedding[1]
    values.setdefault("intermediate_size", values.get("moe_intermediate_size"))
    layers, further = values.get("num_hidden_layers"), values.get("num_nextn_predict_layers")
    if isinstance(layers, int) and isinstance(further, int):
        values["num_hidden_layers"] = layers - further
    if name == "deepseek2":
        _complete_latent(values, name, head)


def _complete_latent(values: dict[str, Data], name: str, head: Head) -> None:
    """The parts of a head; files made before the latent cache list them under other keys."""
    width = head.metadata.get(f"{name}.attention.key_length_mla", values.get("head_dim"))
    rotary = values.get("qk_rope_head_dim")
    if isinstance(width, int) and isinstance(rotary, int):
        values["qk_nope_head_dim"] = width - rotary
    values.setdefault("v_head_dim", head.metadata.get(f"{name}.attention.value_length"))
    values.setdefault("q_lora_rank", None)
    values["num_key_value_heads"] = values.get("num_attention_heads")


def parameters(head: Head, layers: int) -> int:
    """Parameters in matrices, without those of layers beyond the model's own."""
    return sum(
        prod(shape)
        for name, shape in head.shapes.items()
        if len(shape) > 1 and not _is_beyond(name, layers)
    )


def _is_beyond(name: str, layers: int) -> bool:
    steps = name.split(".")
    return steps[0] == "blk" and steps[1:] != [] and steps[1].isdigit() and int(steps[1]) >= layers
