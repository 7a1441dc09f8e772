"""The quick question: one model on one card, without a spec."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from freehold.catalog.facts import Catalog, EngineVersion, Gpu, ModelFacts, Release
from freehold.catalog.lookup import find_engine, find_gpu, find_model, find_release
from freehold.diagnostics import rule_text
from freehold.plan.capacity import Capacity
from freehold.plan.fit import Fit, Verdict
from freehold.plan.hosts import card_of, cards_by_size
from freehold.plan.memory import Ask
from freehold.plan.options import arithmetic
from freehold.plan.parallel import Parallel
from freehold.plan.parallelism import uneven, whole
from freehold.plan.remedies import Remedy, Room, remedies
from freehold.plan.serving import served
from freehold.plan.silicon import silicon
from freehold.plan.suitability import STORED, Match, Refusal, refusals
from freehold.report import Report
from freehold.spec.models import EngineName, Model, Precision, Workload
from freehold.spec.question import Question
from freehold.units import Tokens

PINS: Final = rule_text(
    "contradictory-pins",
    """The pins ask for more GPUs than there are.

    A replica takes `tensor_parallel` times `pipeline_parallel` GPUs.
    """,
)
_COUNTS: Final = (1, 2, 4, 8, 16)
"""Numbers of GPUs that remedies may name."""
_ONE_HOST: Final = 8
_UNPINNED_SEQUENCES: Final = 256
"""Of SGLang, which takes as many as its cache holds."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict, and the figures that it follows from."""

    model: str
    gpu: str
    fit: Fit
    replicas: int
    """How many the GPUs hold."""
    obstacles: tuple[str, ...]
    """What stands against it whatever the memory."""
    notes: tuple[str, ...]
    remedies: tuple[Remedy, ...]
    capacity: Capacity | None
    """Of one replica; none when no prompt and answer were given."""

    @property
    def verdict(self) -> Verdict:
        """Fits, tight, or does not fit."""
        return Verdict.DOES_NOT_FIT if self.obstacles else self.fit.verdict

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the verdict is what it is."""
        fit = self.fit
        if not fit.fits:
            return (*self.obstacles, arithmetic(fit), *self.notes)
        if fit.verdict is Verdict.TIGHT:
            near = f"a margin of {fit.margin.gib}, the memory model may be off by {fit.error.gib}"
            return (*self.obstacles, near, *self.notes)
        return (*self.obstacles, *self.notes)


def answer(question: Question, catalog: Catalog, report: Report) -> Answer | None:
    """The answer; none when a finding stands in the way."""
    facts = find_model(catalog, question.model, ("model",), report)
    gpu = find_gpu(catalog, question.gpu, ("gpu",), report)
    engine = _engine(question, catalog, report)
    _check_pins(question, report)
    if facts is None or gpu is None or engine is None or not report.is_clean:
        return None
    return _Sizing(question, catalog, facts, gpu, *engine).answer()


def _engine(
    question: Question, catalog: Catalog, report: Report
) -> tuple[EngineVersion, Release] | None:
    """The release asked for, and the version in the catalog that speaks for its engine."""
    name, _, version = (question.engine or "").partition("==")
    gguf = question.precision is not None and question.precision.is_gguf
    chosen = EngineName(name) if name else EngineName.LLAMA_CPP if gguf else EngineName.VLLM
    newest = find_engine(catalog, chosen, None, ("engine",), report)
    release = find_release(catalog, chosen, version or None, ("engine",), report)
    return (newest, release) if newest and release else None


def _check_pins(question: Question, report: Report) -> None:
    tensor, stages = question.tensor_parallel or 1, question.pipeline_parallel or 1
    if question.gpus and tensor * stages > question.gpus:
        report.refuse(
            PINS,
            f"{tensor} x {stages} GPUs are pinned for a replica, there are {question.gpus}",
            ("gpus",),
            help=f"write `gpus: {tensor * stages}`, or lower `tensor_parallel`",
        )


@dataclass(frozen=True, slots=True)
class _Sizing:
    """A question whose words are all known."""

    question: Question
    catalog: Catalog
    facts: ModelFacts
    gpu: Gpu
    newest: EngineVersion
    release: Release

    def answer(self) -> Answer:
        fit = self._fit()
        refused = [r for r in refusals(self._match) if r.rule != STORED]
        obstacles = [*map(_said, refused), *self._uneven(fit.ask.parallel)]
        return Answer(
            model=self.question.model,
            gpu=next(name for name, gpu in self.catalog.gpus.items() if gpu is self.gpu),
            fit=fit,
            replicas=self._replicas(fit),
            obstacles=tuple(obstacles),
            notes=tuple(self._notes(fit.ask)),
            remedies=() if fit.fits else remedies(fit, self._room(fit)),
            capacity=self._capacity(fit),
        )

    @property
    def _precision(self) -> Precision:
        if self.question.precision is not None:
            return self.question.precision
        is_gguf = self.release.name is EngineName.LLAMA_CPP and not self.facts.stores.is_gguf
        return Precision.F16 if is_gguf else self.facts.stores

    @property
    def _context(self) -> int:
        return int(self.question.context or self.facts.max_position_embeddings)

    @property
    def _typical(self) -> int:
        if self.question.prompt and self.question.answer:
            return int(self.question.prompt) + int(self.question.answer)
        return self._context

    @property
    def _match(self) -> Match:
        """The question in the words of a spec, for the checks that specs go through."""
        workload = Workload(
            users=self.question.users, context=Tokens(self._context),
            prompt=self.question.prompt or Tokens(1), answer=self.question.answer or Tokens(1),
            first_token=self.question.first_token, speed=self.question.speed,
        )  # fmt: skip
        model = Model(
            source=self.question.model, precision=self._precision,
            kv_cache=self.question.kv_dtype, workload=workload,
        )  # fmt: skip
        return Match("model", model, self.facts, self.newest, card_of(self.gpu, _ONE_HOST))

    def _fit(self) -> Fit:
        stages = self.question.pipeline_parallel or 1
        tensor = self.question.tensor_parallel or max(1, (self.question.gpus or 1) // stages)
        return Fit(self._ask(self._division(tensor, stages)), self._typical)

    def _ask(self, way: Parallel) -> Ask:
        question, rules = self.question, self.release.memory
        ask = Ask(
            facts=self.facts,
            precision=self._precision,
            engine=self.release,
            parallel=way,
            on_gpus=True,
            device=self.gpu.vram,
            compute_capability=self.gpu.compute_capability,
            nvlink=self.gpu.link == "nvlink",
            utilization=question.gpu_memory_utilization or rules.utilization,
            context=self._context,
            max_num_seqs=1,
            kv_cache=question.kv_dtype,
        )
        return replace(ask, max_num_seqs=question.max_num_seqs or self._sequences(ask))

    def _sequences(self, ask: Ask) -> int:
        """As many as the engine takes when it is not told."""
        own = {EngineName.LLAMA_CPP: 1, EngineName.SGLANG: _UNPINNED_SEQUENCES}
        return own.get(self.release.name, ask.batches[1])

    def _division(self, tensor: int, stages: int) -> Parallel:
        if self.release.name is EngineName.LLAMA_CPP:
            return Parallel(1, tensor * stages)
        pinned = self.question.expert_parallel
        way = Parallel(tensor, stages, bool(pinned and self.facts.moe))
        return way if pinned is not None else whole(self.facts, self._precision, way)

    def _uneven(self, way: Parallel) -> list[str]:
        found = uneven(self.facts, self._precision, way)
        return [found.message] if found else []

    def _notes(self, ask: Ask) -> Iterator[str]:
        if ask.parallel.expert and self.question.expert_parallel is None:
            yield "needs expert parallelism: experts do not divide over so many GPUs"
        if not self.release.memory.calibrated:
            yield f"uncalibrated: no figures that {self.release} reported were compared"
        if any(refusal.rule == STORED for refusal in refusals(self._match)):
            yield (
                f"`{self.question.model}` stores {self.facts.stores}: the figures are for a "
                f"checkpoint of the same architecture in {self._precision}"
            )

    def _room(self, fit: Fit) -> Room:
        wider = (self._division(count, 1) for count in _COUNTS if count > fit.ask.parallel.tensor)
        even = [way for way in wider if fit.ask.parallel.pipeline == 1 and not self._uneven(way)]
        return Room(even, cards_by_size(self.catalog))

    def _capacity(self, fit: Fit) -> Capacity | None:
        if not (self.question.prompt and self.question.answer):
            return None
        workload = self._match.model.workload
        return served(fit, silicon(self.gpu), workload, self._replicas(fit))

    def _replicas(self, fit: Fit) -> int:
        """Replicas that the GPUs hold."""
        return (self.question.gpus or fit.ask.gpus) // fit.ask.gpus


def _said(refusal: Refusal) -> str:
    return f"{refusal.message}; {refusal.help}"
