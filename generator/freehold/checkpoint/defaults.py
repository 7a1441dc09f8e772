"""What transformers takes where a config.json leaves a key out, by the model's type.

Read in the configuration classes of transformers 5.23.0. Hidden size, number of layers and
widths are left out on purpose: a file that lacks them is no whole config.json.
"""

from collections.abc import Mapping
from typing import Final

from freehold.source import Data

_QWEN: Final = {
    "max_position_embeddings": 32768, "tie_word_embeddings": False, "use_sliding_window": False,
    "sliding_window": 4096, "max_window_layers": 28,
}  # fmt: skip
_LINEAR: Final = {
    "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128, "linear_value_head_dim": 128,
    "linear_num_key_heads": 16, "linear_num_value_heads": 32, "full_attention_interval": 4,
    "head_dim": 256, "max_position_embeddings": 32768, "tie_word_embeddings": False,
}  # fmt: skip
_LATENT: Final = {
    "q_lora_rank": 1536, "kv_lora_rank": 512,
    "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128,
    "n_shared_experts": 1, "n_routed_experts": 256, "num_experts_per_tok": 8,
    "first_k_dense_replace": 3, "moe_intermediate_size": 2048, "tie_word_embeddings": False,
}  # fmt: skip

DEFAULTS: Final[Mapping[str, Mapping[str, Data]]] = {
    "cohere2": {
        "max_position_embeddings": 8192, "tie_word_embeddings": True, "sliding_window": 4096,
        "sliding_window_pattern": 4,
    },
    "deepseek_v2": {
        **_LATENT, "n_shared_experts": 2, "n_routed_experts": 64, "first_k_dense_replace": 0,
        "moe_intermediate_size": 1407, "num_experts_per_tok": None,
        "max_position_embeddings": 2048,
    },
    "deepseek_v3": {**_LATENT, "max_position_embeddings": 4096},
    "deepseek_v32": {
        **_LATENT, "max_position_embeddings": 163840,
        "index_topk": 2048, "index_head_dim": 128, "index_n_heads": 64,
    },
    "ernie4_5_moe": {
        "max_position_embeddings": 131072, "tie_word_embeddings": True, "moe_k": 6,
        "moe_num_experts": 64, "moe_num_shared_experts": 2, "moe_intermediate_size": 1536,
        "moe_layer_start_index": 1, "moe_layer_end_index": -1, "moe_layer_interval": 1,
    },
    "gemma2": {
        "head_dim": 256, "num_key_value_heads": 4, "max_position_embeddings": 8192,
        "tie_word_embeddings": True, "sliding_window": 4096, "sliding_window_pattern": 2,
    },
    # Checkpoints of Gemma 3 with a vision tower write only what differs from these.
    "gemma3_text": {
        "vocab_size": 262208, "num_attention_heads": 8, "num_key_value_heads": 4,
        "head_dim": 256, "max_position_embeddings": 131072, "tie_word_embeddings": True,
        "sliding_window": 4096, "sliding_window_pattern": 6,
    },
    "gemma4_text": {
        "head_dim": 256, "num_key_value_heads": 4, "max_position_embeddings": 131072,
        "tie_word_embeddings": True, "sliding_window": 512, "sliding_window_pattern": 6,
        "global_head_dim": 512, "attention_k_eq_v": False, "enable_moe_block": False,
        "hidden_size_per_layer_input": 256, "num_kv_shared_layers": 0,
    },
    "glm4": {
        "head_dim": 128, "num_key_value_heads": 2, "max_position_embeddings": 131072,
        "tie_word_embeddings": False,
    },
    # The class lacks `head_dim`; its attention falls back to hidden size over heads.
    "glm4_moe": {
        "num_key_value_heads": 8, "max_position_embeddings": 131072,
        "tie_word_embeddings": False, "moe_intermediate_size": 1408, "num_experts_per_tok": 8,
        "n_shared_experts": 1, "n_routed_experts": 128, "first_k_dense_replace": 1,
    },
    "glm4_moe_lite": {
        **_LATENT, "q_lora_rank": 768, "qk_nope_head_dim": 192, "v_head_dim": 256,
        "n_routed_experts": 64, "num_experts_per_tok": 4, "moe_intermediate_size": 1536,
        "first_k_dense_replace": 1, "max_position_embeddings": 202752,
    },
    "glm_moe_dsa": {
        **_LATENT, "q_lora_rank": 2048, "qk_nope_head_dim": 192, "v_head_dim": 256,
        "max_position_embeddings": 202752,
        "index_topk": 2048, "index_head_dim": 128, "index_n_heads": 32,
    },
    "gpt_oss": {
        "head_dim": 64, "num_key_value_heads": 8, "sliding_window": 128,
        "sliding_window_pattern": 2, "num_experts_per_tok": 4, "num_local_experts": 128,
        "max_position_embeddings": 131072, "tie_word_embeddings": False,
    },
    "granite": {"max_position_embeddings": 2048, "tie_word_embeddings": False},
    "granitemoehybrid": {
        "max_position_embeddings": 2048, "tie_word_embeddings": False, "num_local_experts": 8,
        "num_experts_per_tok": 2, "shared_intermediate_size": 1024, "mamba_n_heads": 128,
        "mamba_n_groups": 1, "mamba_d_state": 256, "mamba_d_conv": 4, "mamba_expand": 2,
    },
    "llama": {"max_position_embeddings": 2048, "tie_word_embeddings": False},
    "llama4_text": {
        "head_dim": 128, "num_key_value_heads": 8, "max_position_embeddings": 131072,
        "tie_word_embeddings": False, "num_experts_per_tok": 1, "num_local_experts": 16,
        "interleave_moe_layer_step": 1, "intermediate_size_mlp": 16384,
        "no_rope_layer_interval": 4, "attention_chunk_size": 8192,
    },
    "minimax_m2": {
        "head_dim": 128, "num_key_value_heads": 8, "num_experts_per_tok": 8,
        "num_local_experts": 256, "max_position_embeddings": 196608,
        "tie_word_embeddings": False,
    },
    "mistral": {
        "num_key_value_heads": 8, "sliding_window": 4096, "max_position_embeddings": 131072,
        "tie_word_embeddings": False,
    },
    "mixtral": {
        "num_key_value_heads": 8, "num_experts_per_tok": 2, "num_local_experts": 8,
        "max_position_embeddings": 131072, "tie_word_embeddings": False,
    },
    "nemotron_h": {
        "head_dim": 128, "num_key_value_heads": 8, "max_position_embeddings": 4096,
        "tie_word_embeddings": False, "mlp_hidden_act": "relu2", "ssm_state_size": 128,
        "mamba_num_heads": 128, "mamba_head_dim": 64, "n_groups": 8, "conv_kernel": 4,
        "n_routed_experts": 8, "n_shared_experts": 1, "moe_intermediate_size": 7688,
        "moe_shared_expert_intermediate_size": 7688, "num_experts_per_tok": 2,
    },
    "phi3": {"max_position_embeddings": 4096, "tie_word_embeddings": False},
    "qwen2": {**_QWEN, "num_key_value_heads": 32},
    "qwen2_moe": {
        **_QWEN, "num_key_value_heads": 16, "decoder_sparse_step": 1,
        "moe_intermediate_size": 1408, "shared_expert_intermediate_size": 5632,
        "num_experts_per_tok": 4, "num_experts": 60,
    },
    "qwen3": {**_QWEN, "num_key_value_heads": 32, "head_dim": 128},
    "qwen3_moe": {
        **_QWEN, "num_key_value_heads": 4, "decoder_sparse_step": 1,
        "moe_intermediate_size": 768, "num_experts_per_tok": 8, "num_experts": 128,
    },
    "qwen3_next": {
        **_LINEAR, "num_key_value_heads": 2, "decoder_sparse_step": 1,
        "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512,
        "num_experts_per_tok": 10, "num_experts": 512,
    },
    "qwen3_5_text": {**_LINEAR, "num_key_value_heads": 4},
    "qwen3_5_moe_text": {
        **_LINEAR, "num_key_value_heads": 2, "moe_intermediate_size": 512,
        "shared_expert_intermediate_size": 512, "num_experts_per_tok": 8, "num_experts": 256,
    },
    "qwen3_vl_text": {
        "num_key_value_heads": 32, "head_dim": 128, "max_position_embeddings": 128000,
        "tie_word_embeddings": False,
    },
    "qwen3_vl_moe_text": {
        "num_key_value_heads": 16, "max_position_embeddings": 128000,
        "tie_word_embeddings": True, "decoder_sparse_step": 1, "moe_intermediate_size": 1408,
        "num_experts_per_tok": 4, "num_experts": 60,
    },
    "xlm-roberta": {"max_position_embeddings": 512, "tie_word_embeddings": True},
}  # fmt: skip
