"""What requests hold in the KV cache, for every kind of layer.

vLLM gives all layers blocks of one size in bytes. Layers of one kind form groups of equal
size; a request takes blocks in each group, as many as the group's kind asks for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from freehold.catalog.facts import ModelFacts
from freehold.plan.parameters import global_head
from freehold.units import Bytes

BLOCK: Final = 16
"""Tokens of a block, unless recurrent states need larger ones."""
_STATE_BLOCK: Final = 32
# Sparse attention caches a row for its indexer beside each latent row; its own fp8
# format keeps the rotary part and the scales wider.
_INDEXER_ROW: Final = 132
_SPARSE_FP8_ROW: Final = 656


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


def layout(
    facts: ModelFacts, gpus: int, width: int, batched: int, states: tuple[int, int]
) -> Layout:
    """The layout on each of `gpus` GPUs, with numbers of `width` bytes.

    `states` are the bytes of a recurrent state's number, and how many states are kept.
    """
    found = (
        *_attention(facts, gpus, width),
        *_latent(facts, width),
        *_fixed(facts, gpus, states[0]),
    )
    return Layout(tuple(found), facts.sliding_window or 0, batched, states[1])


def _attention(facts: ModelFacts, gpus: int, width: int) -> Iterator[Layers]:
    if full := facts.layers.get("full"):
        heads = facts.global_num_key_value_heads or facts.num_key_value_heads
        yield Layers(full, "growing", 2 * max(1, heads // gpus) * global_head(facts) * width)
    if windowed := facts.layers.get("sliding", 0) + facts.layers.get("chunked", 0):
        heads = max(1, facts.num_key_value_heads // gpus)
        yield Layers(windowed, "windowed", 2 * heads * (facts.head_dim or 0) * width)


def _latent(facts: ModelFacts, width: int) -> Iterator[Layers]:
    """Latent rows, which every GPU holds whole."""
    if facts.mla is None:
        return
    row = (facts.mla.kv_lora_rank + facts.mla.qk_rope_head_dim) * width
    if latent := facts.layers.get("mla"):
        yield Layers(latent, "growing", row)
    if sparse := facts.layers.get("dsa"):
        yield Layers(sparse, "growing", (_SPARSE_FP8_ROW if width == 1 else row) + _INDEXER_ROW)


def _fixed(facts: ModelFacts, gpus: int, state: int) -> Iterator[Layers]:
    if facts.gdn:
        gdn = facts.gdn
        keys, values = gdn.num_k_heads * gdn.head_k_dim, gdn.num_v_heads * gdn.head_v_dim
        convolved = (2 * keys + values) // gpus * (gdn.conv_kernel - 1) * 2
        size = convolved + values // gpus * gdn.head_k_dim * state
        yield Layers(facts.layers["gdn"], "fixed", size)
    if facts.mamba:
        mamba = facts.mamba
        inner = mamba.num_heads * mamba.head_dim
        groups = max(mamba.n_groups, gpus)
        channels = (inner + 2 * groups * mamba.d_state) // gpus
        size = channels * (mamba.conv_kernel - 1) * 2 + inner // gpus * mamba.d_state * state
        yield Layers(facts.layers["mamba2"], "fixed", size)
