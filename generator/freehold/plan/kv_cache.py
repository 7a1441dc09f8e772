"""What requests hold in the KV cache, for every kind of layer.

vLLM gives all layers blocks of one size in bytes. Layers of one kind form groups of equal
size; a request takes blocks in each group, as many as the group's kind asks for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final, Literal

from freehold.catalog.facts import MemoryRules, ModelFacts
from freehold.plan.parallel import Parallel
from freehold.plan.parameters import global_head
from freehold.spec.models import EngineName, KvCache
from freehold.units import Bytes

BLOCK: Final = 16
"""Tokens of a block, unless recurrent states need larger ones."""
_STATE_BLOCK: Final = 32
# Sparse attention caches a row for its indexer beside each latent row; its own fp8
# format keeps the rotary part and the scales wider.
_INDEXER_ROW: Final = 132
_SPARSE_FP8_ROW: Final = 656
BITS: Final = {
    KvCache.AUTO: 16.0, KvCache.FP8: 8.0, KvCache.NVFP4: 4.5,
    KvCache.Q8_0: 8.5, KvCache.Q4_0: 4.5,
}  # fmt: skip
"""Bits of a number in the KV cache, scales included (gguf 0.19 for q8_0 and q4_0)."""
_FORMATS: Final[Mapping[EngineName, tuple[KvCache, ...]]] = {
    EngineName.VLLM: (KvCache.AUTO, KvCache.FP8, KvCache.NVFP4),
    EngineName.SGLANG: (KvCache.AUTO, KvCache.FP8, KvCache.NVFP4),
    EngineName.LLAMA_CPP: (KvCache.AUTO, KvCache.Q8_0, KvCache.Q4_0),
}
_FP4_CAPABILITY: Final = 10


def formats(engine: EngineName, compute_capability: str | None) -> tuple[KvCache, ...]:
    """What the engine can make of its KV cache on a card; 4-bit floats need arithmetic for them."""
    has_fp4 = int((compute_capability or "0").partition(".")[0]) >= _FP4_CAPABILITY
    return tuple(f for f in _FORMATS[engine] if has_fp4 or f is not KvCache.NVFP4)


@dataclass(frozen=True, slots=True)
class Layers:
    """Layers of one kind, as one GPU holds them."""

    count: int
    kind: Literal["growing", "windowed", "fixed"]
    size: int
    """Bytes per token and layer; of a `fixed` layer per state."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How requests fill the KV cache of one GPU."""

    layers: tuple[Layers, ...]
    window: int
    batched: int
    """Tokens of one step: a windowed layer keeps them beside its window."""
    states: int
    """Recurrent states that are kept of each sequence."""

    @property
    def bytes_per_token(self) -> int:
        """What every further token takes for good."""
        return sum(found.count * found.size for found in self.layers if found.kind == "growing")

    def request(self, tokens: int) -> Bytes:
        """The most that one request of `tokens` tokens holds at once."""
        blocks = sum(self._groups(found) * self._blocks(found, tokens) for found in self.layers)
        return Bytes(blocks * self._page * self._group)

    @property
    def _page(self) -> int:
        """Bytes of one layer's block."""
        attention = [found.size for found in self.layers if found.kind != "fixed"]
        states = [found.size for found in self.layers if found.kind == "fixed"]
        widest = max(attention, default=1)
        if not states:
            return BLOCK * widest
        return -(-max(states) // (widest * _STATE_BLOCK)) * _STATE_BLOCK * widest

    @property
    def _group(self) -> int:
        """Layers of one group."""
        counts = [found.count for found in self.layers]
        return max(counts) if max(counts) < 1.5 * min(counts) else min(counts)

    def _groups(self, found: Layers) -> int:
        return -(-found.count // self._group)

    def _blocks(self, found: Layers, tokens: int) -> int:
        if found.kind == "fixed":
            return self.states
        block = self._page // found.size
        if found.kind == "growing":
            return -(-tokens // block)
        return -(-min(self.window - 1 + self.batched, tokens) // block) + 1


@dataclass(frozen=True, slots=True)
class Cache:
    """In which format, on how many GPUs and by which rules requests are cached."""

    format: KvCache
    parallel: Parallel
    batched: int
    """Tokens of one step."""
    rules: MemoryRules

    def row(self, numbers: int) -> int:
        """Bytes of so many numbers."""
        return ceil(numbers * BITS[self.format] / 8)

    def stage(self, layers: int) -> int:
        """Layers of the pipeline's fullest stage."""
        return -(-layers // self.parallel.pipeline)


def layout(facts: ModelFacts, cache: Cache) -> Layout:
    """The layout on the fullest of the replica's GPUs."""
    found = (*_attention(facts, cache), *_latent(facts, cache), *_fixed(facts, cache))
    return Layout(
        tuple(found), facts.sliding_window or 0, cache.batched, cache.rules.states_per_sequence
    )


def _attention(facts: ModelFacts, cache: Cache) -> Iterator[Layers]:
    share = cache.parallel.tensor
    windowed = facts.layers.get("sliding", 0) + facts.layers.get("chunked", 0)
    narrow = 2 * cache.row(max(1, facts.num_key_value_heads // share) * (facts.head_dim or 0))
    heads = facts.global_num_key_value_heads or facts.num_key_value_heads
    wide = 2 * cache.row(max(1, heads // share) * global_head(facts))
    if full := facts.layers.get("full"):
        yield Layers(cache.stage(full), "growing", wide)
    if windowed:
        uneven = cache.rules.even_windows_only and full is not None and narrow != wide
        yield Layers(cache.stage(windowed), "growing" if uneven else "windowed", narrow)


def _latent(facts: ModelFacts, cache: Cache) -> Iterator[Layers]:
    """Latent rows, which every GPU holds whole."""
    if facts.mla is None:
        return
    multiple = cache.rules.latent_multiple
    numbers = facts.mla.kv_lora_rank + facts.mla.qk_rope_head_dim
    row = cache.row(-(-numbers // multiple) * multiple)
    if latent := facts.layers.get("mla"):
        yield Layers(cache.stage(latent), "growing", row)
    if sparse := facts.layers.get("dsa"):
        own = _SPARSE_FP8_ROW if cache.format is KvCache.FP8 else row
        yield Layers(cache.stage(sparse), "growing", own + _INDEXER_ROW)


def _fixed(facts: ModelFacts, cache: Cache) -> Iterator[Layers]:
    share, usual = cache.parallel.tensor, cache.rules.state_bytes
    if facts.gdn:
        gdn = facts.gdn
        keys, values = gdn.num_k_heads * gdn.head_k_dim, gdn.num_v_heads * gdn.head_v_dim
        convolved = (2 * keys + values) // share * (gdn.conv_kernel - 1) * 2
        size = convolved + values // share * gdn.head_k_dim * (gdn.state_bytes or usual)
        yield Layers(cache.stage(facts.layers["gdn"]), "fixed", size)
    if facts.mamba:
        mamba = facts.mamba
        inner = mamba.num_heads * mamba.head_dim
        groups = max(mamba.n_groups, share)
        channels = (inner + 2 * groups * mamba.d_state) // share
        state = inner // share * mamba.d_state * (mamba.state_bytes or usual)
        size = channels * (mamba.conv_kernel - 1) * 2 + state
        yield Layers(cache.stage(facts.layers["mamba2"]), "fixed", size)
