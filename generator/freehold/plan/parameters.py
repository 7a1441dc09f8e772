"""Numbers of parameters, by what happens to them when a model is quantised and divided."""

from dataclasses import dataclass

from freehold.catalog.facts import Mla, ModelFacts


@dataclass(frozen=True, slots=True)
class Parts:
    """Numbers of parameters, by what happens to them when a model is divided."""

    embedding: int
    attention: int
    keys_values: int
    """Projections that are repeated where there are more GPUs than KV heads."""
    latent: int
    """Projections into the latent rows, which every GPU holds."""
    recurrent: int
    dense: int
    experts: int
    shared: int
    router: int

    @property
    def total(self) -> int:
        """All parameters, as the catalog counts them."""
        return self.embedding + self.layers + self.experts + self.router

    @property
    def layers(self) -> int:
        """What is neither embedding nor expert nor router."""
        attention = self.attention + self.keys_values + self.latent
        return attention + self.recurrent + self.dense + self.shared


def parts(facts: ModelFacts) -> Parts:
    """The model's parameters by part, without norms, biases and vision towers."""
    width, layers = facts.hidden_size, facts.layers
    ffn = facts.ffn or {"dense": facts.num_hidden_layers}
    matrices = 3 if facts.mlp_type == "gated" else 2
    latent = layers.get("mla", 0) + layers.get("dsa", 0)
    moe = facts.moe
    inner = (moe and moe.latent_size) or width
    expert = matrices * inner * moe.moe_intermediate_size if moe else 0
    into_inner = 2 * width * inner if moe and moe.latent_size else 0
    shared = matrices * width * moe.shared_intermediate_total + into_inner if moe else 0
    return Parts(
        embedding=_embedding(facts),
        attention=_attention(facts) + latent * _latent_attention(facts) + _indexers(facts),
        keys_values=_keys_values(facts),
        latent=latent * _latent_rows(facts),
        recurrent=layers.get("gdn", 0) * _gdn(facts) + layers.get("mamba2", 0) * _mamba(facts),
        dense=ffn.get("dense", 0) * matrices * width * (facts.intermediate_size or 0),
        experts=ffn.get("moe", 0) * moe.num_experts * expert if moe else 0,
        shared=ffn.get("moe", 0) * shared,
        router=ffn.get("moe", 0) * width * moe.num_experts if moe else 0,
    )


def _embedding(facts: ModelFacts) -> int:
    words = facts.vocab_size * facts.hidden_size * (1 if facts.tie_word_embeddings else 2)
    places = facts.max_position_embeddings if facts.learned_positions else 0
    return words + places * facts.hidden_size


def _attention(facts: ModelFacts) -> int:
    """Queries and outputs of grouped-query attention."""
    full, windowed = facts.layers.get("full", 0), _windowed_layers(facts)
    query = facts.hidden_size * facts.num_attention_heads
    matrices = 3 if facts.attn_output_gate else 2
    return query * matrices * (full * global_head(facts) + windowed * (facts.head_dim or 0))


def _keys_values(facts: ModelFacts) -> int:
    full, windowed = facts.layers.get("full", 0), _windowed_layers(facts)
    heads = facts.global_num_key_value_heads or facts.num_key_value_heads
    shared = 1 if facts.attention_k_eq_v else 2
    return facts.hidden_size * (
        full * shared * heads * global_head(facts)
        + windowed * 2 * facts.num_key_value_heads * (facts.head_dim or 0)
    )


def global_head(facts: ModelFacts) -> int:
    """The head width of layers that see everything."""
    return facts.global_head_dim or facts.head_dim or 0


def _windowed_layers(facts: ModelFacts) -> int:
    return facts.layers.get("sliding", 0) + facts.layers.get("chunked", 0)


def _latent_attention(facts: ModelFacts) -> int:
    mla, heads, width = facts.mla, facts.num_attention_heads, facts.hidden_size
    if mla is None:
        return 0
    query = heads * (mla.qk_nope_head_dim + mla.qk_rope_head_dim)
    return (
        (mla.q_lora_rank or width) * query + expanded(mla, heads) + width * heads * mla.v_head_dim
    )


def expanded(mla: Mla, heads: int) -> int:
    """From latent rows to keys and values."""
    return mla.kv_lora_rank * heads * (mla.qk_nope_head_dim + mla.v_head_dim)


def _latent_rows(facts: ModelFacts) -> int:
    mla = facts.mla
    if mla is None:
        return 0
    return facts.hidden_size * ((mla.q_lora_rank or 0) + mla.kv_lora_rank + mla.qk_rope_head_dim)


def _indexers(facts: ModelFacts) -> int:
    indexer, mla = facts.indexer, facts.mla
    if indexer is None or mla is None:
        return 0
    query = (mla.q_lora_rank or facts.hidden_size) * indexer.index_n_heads * indexer.index_head_dim
    keys = facts.hidden_size * (indexer.index_head_dim + indexer.index_n_heads)
    return facts.layers.get("dsa", 0) * (query + keys)


def _gdn(facts: ModelFacts) -> int:
    gdn, width = facts.gdn, facts.hidden_size
    if gdn is None:
        return 0
    keys, values = gdn.num_k_heads * gdn.head_k_dim, gdn.num_v_heads * gdn.head_v_dim
    into = width * (2 * keys + 2 * values + 2 * gdn.num_v_heads)
    return into + (2 * keys + values) * gdn.conv_kernel + values * width


def _mamba(facts: ModelFacts) -> int:
    mamba, width = facts.mamba, facts.hidden_size
    if mamba is None:
        return 0
    inner = mamba.num_heads * mamba.head_dim
    convolved = inner + 2 * mamba.n_groups * mamba.d_state
    into = width * (inner + convolved + mamba.num_heads)
    return into + convolved * mamba.conv_kernel + inner * width
