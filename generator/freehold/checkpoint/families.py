"""The architectures whose config.json can be read, and how each one says what it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from freehold.checkpoint import layers as kinds
from freehold.checkpoint.layers import Ffns, Layers

Part = Literal["mla", "indexer", "gdn", "mamba", "global", "gate"]
_SCOPED: Final = frozenset[Part]()


@dataclass(frozen=True, slots=True)
class Experts:
    """Which keys describe a mixture of experts."""

    number: str
    chosen: str = "num_experts_per_tok"
    width: str = "moe_intermediate_size"
    shared: str = ""
    """The key of a shared expert's width; an expert's width where there is none."""
    shared_number: str = ""
    """The key of how many shared experts there are; one where there is only a width."""


@dataclass(frozen=True, slots=True)
class Family:
    """Checkpoints whose config.json is read alike."""

    model_type: str
    """Whose defaults fill in what the file leaves out."""
    layers: Layers
    ffn: Ffns = kinds.dense
    experts: Experts | None = None
    width: str = "intermediate_size"
    """The key of the dense part's width."""
    window: str = "sliding_window"
    """The key of how many tokens windowed layers see."""
    parts: frozenset[Part] = _SCOPED
    """What else the model has."""
    multimodal: bool = False
    encoder: bool = False


_COUNTED: Final = Experts("n_routed_experts", shared_number="n_shared_experts")
_LOCAL: Final = Experts("num_local_experts", width="intermediate_size")
_SIZED: Final = Experts("num_experts", shared="shared_expert_intermediate_size")
_MLA: Final = frozenset[Part](("mla",))
_DSA: Final = frozenset[Part](("mla", "indexer"))
_GDN: Final = frozenset[Part](("gdn", "gate"))

_DEEPSEEK: Final = Family(
    "deepseek_v3", kinds.latent, kinds.experts_after_first, _COUNTED, parts=_MLA
)
_QWEN3: Final = Family("qwen3", kinds.qwen)
_GEMMA3: Final = Family("gemma3_text", kinds.windows)

FAMILIES: Final[Mapping[str, Family]] = {
    "Cohere2ForCausalLM": Family("cohere2", kinds.windows),
    "DeepseekV2ForCausalLM": Family(
        "deepseek_v2", kinds.latent, kinds.experts_after_first, _COUNTED, parts=_MLA
    ),
    "DeepseekV3ForCausalLM": _DEEPSEEK,
    "DeepseekV32ForCausalLM": Family(
        "deepseek_v32", kinds.indexed, kinds.experts_after_first, _COUNTED, parts=_DSA
    ),
    "Ernie4_5_MoeForCausalLM": Family(
        "ernie4_5_moe", kinds.full, kinds.experts_between,
        Experts("moe_num_experts", "moe_k", shared_number="moe_num_shared_experts"),
    ),
    "Gemma2ForCausalLM": Family("gemma2", kinds.windows),
    "Gemma3ForCausalLM": _GEMMA3,
    "Gemma3ForConditionalGeneration": Family("gemma3_text", kinds.windows, multimodal=True),
    "Gemma4ForConditionalGeneration": Family(
        "gemma4_text", kinds.windows, kinds.experts_if_enabled,
        Experts("num_experts", "top_k_experts", shared="intermediate_size"),
        parts=frozenset(("global",)), multimodal=True,
    ),
    "Glm4ForCausalLM": Family("glm4", kinds.full),
    "Glm4MoeForCausalLM": Family(
        "glm4_moe", kinds.full, kinds.experts_after_first, _COUNTED
    ),
    "Glm4MoeLiteForCausalLM": Family(
        "glm4_moe_lite", kinds.latent, kinds.experts_after_first, _COUNTED, parts=_MLA
    ),
    "GlmMoeDsaForCausalLM": Family(
        "glm_moe_dsa", kinds.indexed, kinds.experts_after_first, _COUNTED, parts=_DSA
    ),
    "GptOssForCausalLM": Family("gpt_oss", kinds.windows, kinds.experts, _LOCAL),
    "GraniteForCausalLM": Family("granite", kinds.full),
    "GraniteMoeHybridForCausalLM": Family(
        "granitemoehybrid", kinds.mamba, kinds.experts_if_any,
        Experts("num_local_experts", width="intermediate_size",
                shared="shared_intermediate_size"),
        width="shared_intermediate_size", parts=frozenset(("mamba",)),
    ),
    "KimiK25ForConditionalGeneration": Family(
        "deepseek_v3", kinds.latent, kinds.experts_after_first, _COUNTED,
        parts=_MLA, multimodal=True,
    ),
    "Llama4ForConditionalGeneration": Family(
        "llama4_text", kinds.chunked, kinds.experts_interleaved,
        Experts("num_local_experts", width="intermediate_size", shared="intermediate_size"),
        width="intermediate_size_mlp", window="attention_chunk_size", multimodal=True,
    ),
    "LlamaForCausalLM": Family("llama", kinds.full),
    "MiMoForCausalLM": Family("qwen2", kinds.qwen),
    "MiniMaxM2ForCausalLM": Family("minimax_m2", kinds.full, kinds.experts, _LOCAL),
    "Mistral3ForConditionalGeneration": Family("mistral", kinds.plain, multimodal=True),
    "MistralForCausalLM": Family("mistral", kinds.plain),
    "MixtralForCausalLM": Family("mixtral", kinds.plain, kinds.experts, _LOCAL),
    "NemotronHForCausalLM": Family(
        "nemotron_h", kinds.one_part, kinds.one_part_ffn,
        Experts("n_routed_experts", shared="moe_shared_expert_intermediate_size",
                shared_number="n_shared_experts"),
        parts=frozenset(("mamba",)),
    ),
    "Phi3ForCausalLM": Family("phi3", kinds.plain),
    "Qwen2ForCausalLM": Family("qwen2", kinds.qwen),
    "Qwen2MoeForCausalLM": Family(
        "qwen2_moe", kinds.qwen, kinds.experts_by_step, _SIZED
    ),
    "Qwen3ForCausalLM": _QWEN3,
    "Qwen3MoeForCausalLM": Family(
        "qwen3_moe", kinds.qwen, kinds.experts_by_step, Experts("num_experts")
    ),
    "Qwen3NextForCausalLM": Family(
        "qwen3_next", kinds.gated_delta, kinds.experts_by_step, _SIZED, parts=_GDN
    ),
    "Qwen3VLForConditionalGeneration": Family("qwen3_vl_text", kinds.full, multimodal=True),
    "Qwen3VLMoeForConditionalGeneration": Family(
        "qwen3_vl_moe_text", kinds.full, kinds.experts_by_step, Experts("num_experts"),
        multimodal=True,
    ),
    "Qwen3_5ForConditionalGeneration": Family(
        "qwen3_5_text", kinds.gated_delta, parts=_GDN, multimodal=True
    ),
    "Qwen3_5MoeForConditionalGeneration": Family(
        "qwen3_5_moe_text", kinds.gated_delta, kinds.experts, _SIZED,
        parts=_GDN, multimodal=True,
    ),
    "XLMRobertaForSequenceClassification": Family("xlm-roberta", kinds.full, encoder=True),
    "XLMRobertaModel": Family("xlm-roberta", kinds.full, encoder=True),
}  # fmt: skip
