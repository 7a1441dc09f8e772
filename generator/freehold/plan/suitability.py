"""Whether an engine can serve a checkpoint on a card at all, whatever the memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from freehold.catalog.facts import EngineVersion, ModelFacts
from freehold.diagnostics import rule_text
from freehold.plan.kv_cache import formats
from freehold.plan.types import Card
from freehold.source import Loc
from freehold.spec.models import EngineName, Model, Precision

ARCHITECTURE: Final = rule_text(
    "unsupported-architecture",
    """Freehold does not plan this kind of model.

    Models that embed or rank need no KV cache but other limits and paths, and some engines
    keep the states of recurrent layers in ways that are not modelled here. Better to say so
    than to guess a size.
    """,
)
CONTEXT: Final = rule_text(
    "context-too-long",
    "The workload's context is longer than the model was made for (`max_position_embeddings`).",
)
GPUS: Final = rule_text(
    "engine-needs-gpus",
    """The engine runs on GPUs, and the pool has none.

    llama.cpp serves models on processors, in the formats of GGUF.
    """,
)
ENGINE: Final = rule_text(
    "engine-unsupported-precision",
    """The engine does not read weights of this format.

    vLLM dropped GGUF from its core; llama.cpp reads nothing else.
    """,
)
STORED: Final = rule_text(
    "precision-not-stored",
    """The checkpoint does not hold weights of this format, nor can the engine make them.

    Engines quantise 16-bit weights to fp8 while loading. Any other format must be stored: name
    a repository that holds it, and give its figures and `stores:` in a file of your own.
    """,
)
CAPABILITY: Final = rule_text(
    "precision-unsupported",
    """The card's compute capability is too low for the format of the weights.

    bf16 needs 8.0. Where the card has no arithmetic of its own for fp8 or fp4, engines keep the
    weights small and compute in 16 bits, down to 7.5 and 8.0.
    """,
)
CARD: Final = rule_text(
    "gpu-unsupported",
    """The engine's image does not run on this card.

    The images in the catalog are built for NVIDIA's CUDA 13, which begins at compute
    capability 7.5.
    """,
)
CACHE: Final = rule_text(
    "kv-cache-unsupported",
    """The engine has no KV cache of this format, or not on this card.

    vLLM and SGLang know fp8, and nvfp4 on cards with arithmetic for it; llama.cpp knows q8_0
    and q4_0.
    """,
)

_CAPABILITY: Final = {
    Precision.BF16: "8.0", Precision.MXFP4: "8.0", Precision.NVFP4: "8.0",
    Precision.FP8: "7.5", Precision.INT8: "7.5", Precision.INT4: "7.5",
}  # fmt: skip
_WIDE: Final = (Precision.BF16, Precision.FP16)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something cannot be, where the spec says it, and what mends it."""

    rule: str
    message: str
    loc: Loc
    help: str
    label: str = ""
    at_key: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A model and the engine that is to serve it on a card."""

    name: str
    model: Model
    facts: ModelFacts
    engine: EngineVersion
    card: Card | None
    cards: Sequence[tuple[str, Card]] = ()
    """Cards of the catalog by their ids, the smallest first: what could be bought instead."""
    divisions: Sequence[tuple[str, Card]] = ()
    """The same card with less division or none, and the words that say so, the smallest first."""

    @property
    def loc(self) -> Loc:
        """Where the spec asks for the model."""
        return ("models", self.name)

    @property
    def divides(self) -> bool:
        """Whether each layer is divided over the GPUs, rather than layers dealt out."""
        return self.engine.name is not EngineName.LLAMA_CPP

    @property
    def engine_loc(self) -> Loc:
        """Where the spec pins the engine, or the model itself."""
        return (*self.loc, "engine") if self.model.engine else (*self.loc, "precision")


def refusals(match: Match) -> Iterator[Refusal]:
    """Everything that stands against the match."""
    for check in (_architecture, _gpus, _card, _engine, _stored, _capability, _context, _cache):
        yield from check(match)


def _architecture(match: Match) -> Iterator[Refusal]:
    facts, engine = match.facts, match.engine.name
    remedy, why = "remove the model, or choose one that writes text", ""
    if facts.pooling:
        why = "embeds or ranks, and freehold plans models that write text"
    elif engine is EngineName.SGLANG and (facts.gdn or facts.mamba):
        why, remedy = "has recurrent layers, whose pool in sglang is not modelled", "use `vllm`"
    elif engine is EngineName.LLAMA_CPP and facts.indexer:
        why, remedy = "has sparse attention, which is not modelled for llama.cpp", "use `vllm`"
    if why:
        yield Refusal(ARCHITECTURE, f"`{match.model.source}` {why}", (*match.loc, "source"), remedy)


def _gpus(match: Match) -> Iterator[Refusal]:
    if match.card is None and match.engine.name is not EngineName.LLAMA_CPP:
        yield Refusal(
            GPUS,
            f"{match.engine.name} serves `{match.name}` on GPUs only, and the pool has none",
            match.engine_loc,
            "use `engine: llama.cpp` with a GGUF file, or a pool with GPUs",
        )


def _card(match: Match) -> Iterator[Refusal]:
    card, least = match.card, match.engine.minimum_compute_capability
    if card is None or least is None:
        return
    has = card.compute_capability
    if has is None or _number(has) < _number(least):
        yield Refusal(
            CARD,
            f"{match.engine.name} {match.engine.version} needs compute capability {least}, "
            f"{card.name} has {has or 'none'}",
            match.loc,
            "use a pool with NVIDIA cards of a later generation",
            at_key=True,
        )


def _engine(match: Match) -> Iterator[Refusal]:
    engine, precision = match.engine, match.model.precision
    if precision in engine.precisions:
        return
    known = ", ".join(f"`{found}`" for found in engine.precisions)
    remedy = "use `engine: llama.cpp`" if precision.is_gguf else f"use one of {known}"
    yield Refusal(
        ENGINE,
        f"{engine.name} {engine.version} does not read `{precision}`",
        (*match.loc, "precision"),
        remedy,
        label=f"it reads {known}",
    )


def _stored(match: Match) -> Iterator[Refusal]:
    stores, precision = match.facts.stores, match.model.precision
    made = {*_WIDE, Precision.FP8} if stores in _WIDE else {stores}
    if precision.is_gguf or match.engine.name is EngineName.LLAMA_CPP or precision in made:
        return
    yield Refusal(
        STORED,
        f"`{match.model.source}` stores `{stores}`, not `{precision}`",
        (*match.loc, "precision"),
        f"write `precision: {stores}`, or name a repository that stores `{precision}`",
    )


def _capability(match: Match) -> Iterator[Refusal]:
    card, precision = match.card, match.model.precision
    least = _CAPABILITY.get(precision)
    if card is None or card.compute_capability is None or least is None:
        return
    if _number(card.compute_capability) < _number(least):
        instead = "`precision: fp16`" if precision is Precision.BF16 else "another precision"
        yield Refusal(
            CAPABILITY,
            f"`{precision}` needs compute capability {least}, {card.name} has "
            f"{card.compute_capability}",
            (*match.loc, "precision"),
            f"write {instead}, or use a pool with later cards",
        )


def _context(match: Match) -> Iterator[Refusal]:
    asked, most = int(match.model.workload.context), match.facts.max_position_embeddings
    if asked > most:
        yield Refusal(
            CONTEXT,
            f"`{match.name}` asks for a context of {asked} tokens, `{match.model.source}` takes "
            f"at most {most}",
            (*match.loc, "workload", "context"),
            f"write `context: {most}` or less",
        )


def _cache(match: Match) -> Iterator[Refusal]:
    asked, engine = match.model.kv_cache, match.engine.name
    known = formats(engine, match.card.compute_capability if match.card else None)
    if asked not in known:
        where = f" on {match.card.device}" if match.card else ""
        yield Refusal(
            CACHE,
            f"{engine} has no KV cache in {asked} for `{match.name}`{where}",
            (*match.loc, "kv_cache"),
            f"write one of {', '.join(f'`{name}`' for name in known)}",
        )


def _number(capability: str) -> tuple[int, ...]:
    return tuple(int(part) for part in capability.split("."))
