"""How a model may be divided over GPUs: widths that must come out even."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from freehold.catalog.facts import ModelFacts
from freehold.diagnostics import rule_text
from freehold.plan.parallel import Parallel
from freehold.plan.parameters import global_head
from freehold.spec.models import Precision

HEADS: Final = rule_text(
    "tensor-parallel-heads",
    """The model's attention heads cannot be divided over so many GPUs.

    Every GPU takes the same number of query heads, and either whole KV heads or one copy of
    a KV head. vLLM: "Total number of attention heads must be divisible by tensor parallel
    size".
    """,
)
WIDTH: Final = rule_text(
    "tensor-parallel-width",
    """A layer's width cannot be divided over so many GPUs.

    Slices must be whole, and with weights in fp8 blocks, or in int4 for the Marlin kernels,
    multiples of 128 and of the group that shares a scale. Experts stay whole with
    `expert_parallel: true`.
    """,
)
STAGES: Final = rule_text(
    "pipeline-parallel-layers",
    "The model has fewer layers than the pipeline has stages, so that one would be empty.",
)
_BLOCK: Final = 128
_BLOCKED: Final = {Precision.FP8: "fp8 blocks of", Precision.INT4: "int4 kernels of"}


@dataclass(frozen=True, slots=True)
class Uneven:
    """Why a model cannot be divided so."""

    rule: str
    message: str


def uneven(facts: ModelFacts, precision: Precision, parallel: Parallel) -> Uneven | None:
    """What stands against dividing the model so, if anything does."""
    if facts.num_hidden_layers < parallel.pipeline:
        layers = facts.num_hidden_layers
        return Uneven(STAGES, f"{layers} layers do not fill {parallel.pipeline} stages")
    if parallel.tensor == 1:
        return None
    return (
        _heads(facts, parallel.tensor)
        or _widths(facts, parallel)
        or _blocks(facts, precision, parallel)
    )


def whole(facts: ModelFacts, precision: Precision, parallel: Parallel) -> Parallel:
    """The same division, with whole experts where that is the only way."""
    with_experts = replace(parallel, expert=True)
    only_way = uneven(facts, precision, parallel) and not uneven(facts, precision, with_experts)
    return with_experts if only_way else parallel


def staged(facts: ModelFacts, precision: Precision, gpus: int) -> Parallel | None:
    """So many GPUs in stages: the widest stages that come out even, one layer or more in each."""
    for tensor in range(gpus // 2, 0, -1):
        found = whole(facts, precision, Parallel(tensor, gpus // tensor))
        if gpus % tensor == 0 and uneven(facts, precision, found) is None:
            return found
    return None


def _heads(facts: ModelFacts, gpus: int) -> Uneven | None:
    query, cached = facts.num_attention_heads, facts.num_key_value_heads
    if query % gpus:
        return Uneven(HEADS, f"{query} attention heads do not divide by {gpus} GPUs")
    if facts.mla is None and cached % gpus and gpus % cached:
        return Uneven(HEADS, f"{cached} KV heads and {gpus} GPUs do not divide each other")
    fixed = [facts.gdn.num_k_heads, facts.gdn.num_v_heads] if facts.gdn else []
    fixed += [facts.mamba.num_heads] if facts.mamba else []
    odd = next((heads for heads in fixed if heads % gpus), None)
    return Uneven(HEADS, f"{odd} recurrent heads do not divide by {gpus} GPUs") if odd else None


def _widths(facts: ModelFacts, parallel: Parallel) -> Uneven | None:
    gpus = parallel.tensor
    for what, width in _divided(facts, parallel):
        if width % gpus:
            return Uneven(WIDTH, f"the {what} width of {width} does not divide by {gpus} GPUs")
    return None


def _blocks(facts: ModelFacts, precision: Precision, parallel: Parallel) -> Uneven | None:
    """Slices of quantised layers that kernels cannot take."""
    block = _block(facts, precision)
    if block is None:
        return None
    gpus = parallel.tensor
    heads = facts.num_attention_heads * global_head(facts)
    widths = [*_divided(facts, parallel)]
    widths += [("attention", heads)] if not facts.unquantized else []
    for what, width in widths:
        if width // gpus % block:
            return Uneven(
                WIDTH,
                f"the {what} width of {width} on {gpus} GPUs leaves {width // gpus} each, "
                f"not whole {_BLOCKED[precision]} {block}",
            )
    return None


def _block(facts: ModelFacts, precision: Precision) -> int | None:
    """Numbers that must stay together, of Marlin's tiles and groups or of fp8's squares.

    fp8 made from 16-bit weights on the fly, or with a scale for each row, has no squares.
    """
    if precision is Precision.INT4:
        return max(_BLOCK, facts.group_size or _BLOCK)
    stored = precision is Precision.FP8 and facts.stores is Precision.FP8
    return facts.fp8_block if stored else None


def _divided(facts: ModelFacts, parallel: Parallel) -> Iterator[tuple[str, int]]:
    """Feed-forward widths that are cut into slices."""
    if facts.intermediate_size and (facts.ffn.get("dense") or not facts.ffn):
        yield "ffn", facts.intermediate_size
    if facts.moe and not parallel.expert:
        yield "expert", facts.moe.moe_intermediate_size
