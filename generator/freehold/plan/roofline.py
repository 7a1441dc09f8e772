"""How long a replica takes for one prompt, and for one token of every running sequence.

A step lasts as long as its memory traffic or its arithmetic, whichever is longer, at the
shares of a card's peak that were measured, plus all-reduces and the engine's own overhead.
"""

from dataclasses import dataclass
from math import pow, sqrt  # noqa: A004 - the built-in one gives an int or a float
from typing import Final

from freehold.catalog.facts import ModelFacts
from freehold.plan.efficiency import Efficiency
from freehold.plan.kv_cache import Layers
from freehold.plan.parallel import Parallel
from freehold.plan.parameters import global_head, parts

_LAYER: Final = 0.17e-3
"""Seconds per layer before the first token, beside its arithmetic."""
_SCALE: Final = 4
"""Bytes of the scale beside an indexer's key of 8 bits."""


@dataclass(frozen=True, slots=True)
class Reads:
    """What one GPU reads of a running sequence's cache to write its next token."""

    rows: tuple[tuple[int, int | None], ...]
    """Bytes per token, and the most tokens that are looked at, of each kind of layer."""
    states: int
    """Bytes of recurrent states, whatever the length."""

    def of(self, tokens: float) -> float:
        """Bytes for a sequence of `tokens` tokens."""
        return self.states + sum(size * min(tokens, most or tokens) for size, most in self.rows)


def reads(facts: ModelFacts, layers: tuple[Layers, ...]) -> Reads:
    """Of layers as the cache holds them: windows and sparse attention look at fewer tokens."""
    rows: list[tuple[int, int | None]] = []
    for found in layers:
        if found.kind == "windowed":
            rows.append((found.count * found.size, facts.sliding_window))
        elif found.kind == "growing" and facts.indexer:
            key = facts.indexer.index_head_dim + _SCALE
            rows.append((found.count * (found.size - key), facts.indexer.index_topk))
            rows.append((found.count * key, None))
        elif found.kind == "growing":
            rows.append((found.count * found.size, None))
    states = sum(found.count * found.size for found in layers if found.kind == "fixed")
    return Reads(tuple(rows), states)


@dataclass(frozen=True, slots=True)
class Compute:
    """What a model multiplies."""

    per_token: float
    """Operations for one token, attention aside."""
    attention: float
    """Operations of attention over the whole prompt."""
    routed: float
    """The share of experts that one token passes through."""
    layers: float
    """Pairs of an attention and a feed-forward part."""
    hidden_size: int


@dataclass(frozen=True, slots=True)
class Speeds:
    """What a replica's GPUs can do, each of them."""

    bandwidth: float
    flops: float
    link: float
    """Bytes per second in one direction; infinite for one GPU."""
    parallel: Parallel


@dataclass(frozen=True, slots=True)
class Roofline:
    """The times of one replica, in seconds, for one length of prompts."""

    speeds: Speeds
    efficiency: Efficiency
    compute: Compute
    reads: Reads
    shared: float
    """Bytes on all GPUs of weights that every step reads."""
    experts: float
    prompt: int

    def step(self, users: float, tokens: float) -> float:
        """Until each of `users` sequences of `tokens` tokens has one token more."""
        found, speeds = self.efficiency, self.speeds
        memory = self._traffic(users, tokens) / (speeds.bandwidth * found.memory)
        rate = speeds.parallel.tensor * speeds.flops * found.decode
        overhead = self.compute.layers * found.layer + found.step
        slower = max(memory, self.compute.per_token * users / rate)
        return slower + self._all_reduces(users) + overhead

    def prefill(self) -> float:
        """For one prompt on an idle replica."""
        operations = self.compute.per_token * self.prompt + self.compute.attention
        rate = self.speeds.parallel.tensor * self.speeds.flops * self.efficiency.prefill
        return operations / rate + self._all_reduces(self.prompt)

    def first_token(self, users: float) -> float:
        """For one prompt of `users` that run."""
        crowd = 1 + self.efficiency.crowd * sqrt(users - 1)
        return self.prefill() * crowd + _LAYER * self.compute.layers

    def interleaved(self, users: float, answer: int) -> float:
        """Of one step, for the prompts of others who come while an answer is written."""
        return (users - 1) / answer * self.prefill() / self.speeds.parallel.pipeline

    def _traffic(self, users: float, tokens: float) -> float:
        """Bytes that one GPU of each stage reads, added up.

        Stages work at the same time, each on its share of the users.
        """
        touched = 1 - pow(1 - self.compute.routed, users / self.speeds.parallel.pipeline)
        weights = self.shared + self.experts * touched
        return weights / self.speeds.parallel.tensor + users * self.reads.of(tokens)

    def _all_reduces(self, tokens: float) -> float:
        gpus = self.speeds.parallel.tensor
        if gpus == 1:
            return 0.0
        sent = 2 * (gpus - 1) / gpus * tokens * self.compute.hidden_size * 2
        return 2 * self.compute.layers * (self.efficiency.reduce + sent / self.speeds.link)


def compute(facts: ModelFacts, prompt: int) -> Compute:
    """What the model multiplies for prompts of this length."""
    absent = facts.layers.get("none", 0) + facts.ffn.get("none", 0)
    return Compute(
        per_token=2.0 * active_parameters(facts),
        attention=_attention(facts, prompt),
        routed=_routed(facts),
        layers=facts.num_hidden_layers - absent / 2,
        hidden_size=facts.hidden_size,
    )


def active_parameters(facts: ModelFacts) -> float:
    """Parameters that one token is multiplied with: looking up its embedding takes none."""
    counted = parts(facts)
    head = facts.vocab_size * facts.hidden_size
    return counted.layers + counted.experts * _routed(facts) + counted.router + head


def _routed(facts: ModelFacts) -> float:
    return facts.moe.num_experts_per_tok / facts.moe.num_experts if facts.moe else 1.0


def _attention(facts: ModelFacts, prompt: int) -> float:
    """Operations over a whole prompt, each token looking at those before it."""
    layers, heads = facts.layers, 4 * facts.num_attention_heads
    windowed = layers.get("sliding", 0) + layers.get("chunked", 0)
    whole = _pairs(prompt, prompt)
    return (
        layers.get("full", 0) * heads * global_head(facts) * whole
        + windowed * heads * (facts.head_dim or 0) * _pairs(prompt, facts.sliding_window or prompt)
        + _latent(facts, prompt)
    )


def _latent(facts: ModelFacts, prompt: int) -> float:
    mla, indexer = facts.mla, facts.indexer
    if mla is None:
        return 0.0
    widths = mla.qk_nope_head_dim + mla.qk_rope_head_dim + mla.v_head_dim
    whole = _pairs(prompt, prompt)
    seen = _pairs(prompt, indexer.index_topk) if indexer else whole
    chosen = 2 * indexer.index_n_heads * indexer.index_head_dim * whole if indexer else 0
    latent = facts.layers.get("mla", 0) + facts.layers.get("dsa", 0)
    return latent * (2 * facts.num_attention_heads * widths * seen + chosen)


def _pairs(tokens: int, window: int) -> float:
    """How often one token looks at another."""
    seen = min(tokens, window)
    return seen * tokens - seen**2 / 2
