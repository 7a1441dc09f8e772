"""How many GPUs a model may be divided over: widths that must come out even."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from freehold.catalog.facts import ModelFacts
from freehold.diagnostics import rule_text
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
    multiples of 128. Experts stay whole with `--enable-expert-parallel`.
    """,
)
_BLOCK: Final = 128
_BLOCKED: Final = {Precision.FP8: "fp8 blocks of 128", Precision.INT4: "int4 kernels of 128"}


@dataclass(frozen=True, slots=True)
class Uneven:
    """Why a model cannot be divided so."""

    rule: str
    message: str


def uneven(
    facts: ModelFacts, precision: Precision, gpus: int, *, experts_whole: bool
) -> Uneven | None:
    """What stands against dividing the model over `gpus` GPUs, if anything does."""
    if gpus == 1:
        return None
    found = _heads(facts, gpus) or _widths(facts, gpus, experts_whole=experts_whole)
    return found or _blocks(facts, precision, gpus, experts_whole=experts_whole)


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


def _widths(facts: ModelFacts, gpus: int, *, experts_whole: bool) -> Uneven | None:
    for what, width in _divided(facts, experts_whole=experts_whole):
        if width % gpus:
            return Uneven(WIDTH, f"the {what} width of {width} does not divide by {gpus} GPUs")
    return None


def _blocks(
    facts: ModelFacts, precision: Precision, gpus: int, *, experts_whole: bool
) -> Uneven | None:
    """Slices of quantised layers that kernels cannot take.

    fp8 made from 16-bit weights on the fly has one scale per tensor, and no blocks.
    """
    if precision not in _BLOCKED or (precision is Precision.FP8 and facts.stores is not precision):
        return None
    heads = facts.num_attention_heads * global_head(facts)
    widths = [*_divided(facts, experts_whole=experts_whole)]
    widths += [("attention", heads)] if not facts.unquantized else []
    for what, width in widths:
        if width // gpus % _BLOCK:
            return Uneven(
                WIDTH,
                f"the {what} width of {width} on {gpus} GPUs leaves {width // gpus} each, "
                f"not whole {_BLOCKED[precision]}",
            )
    return None


def _divided(facts: ModelFacts, *, experts_whole: bool) -> Iterator[tuple[str, int]]:
    """Feed-forward widths that are cut into slices."""
    if facts.intermediate_size and (facts.ffn.get("dense") or not facts.ffn):
        yield "ffn", facts.intermediate_size
    if facts.moe and not experts_whole:
        yield "expert", facts.moe.moe_intermediate_size
