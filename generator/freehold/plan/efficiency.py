"""Which shares of a card's peak engines reach, and how far measured runs lie from the formula.

The runs are those that aiconfigurator-core 0.12.0 ships (`silicon_sample.csv`: vLLM and
SGLang, H100, H200, B200 and B300, 1 to 8 GPUs, 1 to 1024 users). Shares and times are fitted
to half of the runs of each class, split by model, card, GPUs and lengths. Spreads are
quotients of measured and computed time over all 2004 runs, those fitted to included: a tenth
lie below `fast`, half below `typical`, and a tenth above `slow`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from freehold.catalog.facts import ModelFacts
from freehold.plan.parallel import Parallel
from freehold.spec.models import EngineName


@dataclass(frozen=True, slots=True)
class Spread:
    """Measured times as multiples of computed ones."""

    fast: float
    typical: float
    slow: float


@dataclass(frozen=True, slots=True)
class Efficiency:
    """Shares of a card's peak that are reached, and times that no peak explains (seconds)."""

    memory: float
    prefill: float
    decode: float
    layer: float
    """Launching one layer's kernels."""
    step: float
    """Scheduling one step."""
    reduce: float
    """Starting one all-reduce."""
    crowd: float
    """How many prompts the first token waits for, by the root of the number of others."""
    idle: float
    """The least time of a prompt, as a multiple of the computed one."""
    spread: Spread


DENSE: Final = Efficiency(
    memory=0.91, prefill=0.75, decode=0.48, layer=7e-6, step=3.0e-3, reduce=15e-6, crowd=0.95,
    idle=1.0, spread=Spread(0.74, 1.0, 1.26),
)  # fmt: skip
EXPERTS: Final = Efficiency(
    memory=0.71, prefill=0.31, decode=0.13, layer=32e-6, step=0.0, reduce=28e-6, crowd=1.9,
    idle=1.0, spread=Spread(0.84, 1.06, 1.45),
)  # fmt: skip
SPARSE: Final = replace(EXPERTS, spread=Spread(1.23, 1.58, 1.89))
"""Of sparse attention (DSA): choosing the tokens takes longer than the formula knows."""
FIRST_TOKEN: Final[Mapping[EngineName, Spread]] = {
    EngineName.VLLM: Spread(0.5, 0.9, 1.6),
    EngineName.SGLANG: Spread(1.0, 2.9, 7.3),
}
"""Of the time to the first token, which depends on how requests arrive."""

# On other cards 0.6 to 0.75 of the memory's peak are reached. BLIS's table of shares of
# arithmetic has for the A100 and the L40S 0.7 to 0.85 (prompts) and 0.25 to 0.6 (answers)
# of what it has for the H100.
_MEMORY: Final = 0.7
_WIDENED: Final = 1.17
_PREFILL: Final = 0.7
_DECODE: Final = 0.5
_CALIBRATED: Final = {
    "NVIDIA H100 80GB HBM3", "NVIDIA H200", "NVIDIA B200", "NVIDIA B300 SXM6 AC",
}  # fmt: skip
_MOST_GPUS: Final = 8


def efficiency(facts: ModelFacts, card: str) -> Efficiency:
    """Of the model's class, on a card of this name."""
    measured = SPARSE if facts.indexer else EXPERTS if facts.moe else DENSE
    if card in _CALIBRATED:
        return measured
    spread = measured.spread
    return replace(
        measured,
        memory=_MEMORY,
        prefill=measured.prefill * _PREFILL,
        decode=measured.decode * _DECODE,
        idle=_PREFILL,
        spread=Spread(spread.fast / _WIDENED, spread.typical, spread.slow * _WIDENED),
    )


def uncalibrated(
    facts: ModelFacts, card: str, engine: EngineName, parallel: Parallel
) -> Iterator[str]:
    """What no measured run had."""
    if card not in _CALIBRATED:
        yield f"on {card}"
    if engine not in FIRST_TOKEN:
        yield f"with {engine}"
    if parallel.tensor > _MOST_GPUS:
        yield f"over {parallel.tensor} GPUs"
    if parallel.pipeline > 1:
        yield "with pipeline parallelism"
    if facts.mamba:
        yield "with Mamba layers"
