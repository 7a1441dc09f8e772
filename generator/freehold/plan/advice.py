"""Which hardware of the catalog serves a model, the least first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

from freehold.catalog.facts import Catalog, Release
from freehold.catalog.lookup import find_engine, find_model
from freehold.plan.engines import engine_name
from freehold.plan.hosts import card_of
from freehold.plan.placement import tell
from freehold.plan.shapes import Obstacle, Shape, shapes_of
from freehold.plan.suitability import Match, Refusal, refusals
from freehold.plan.weights import disk_weights
from freehold.report import Report
from freehold.spec.models import Model
from freehold.units import Bytes


@dataclass(frozen=True, slots=True)
class Advice:
    """The hardware that serves a model, the least first, and what stands against the rest."""

    name: str
    model: Model
    engine: Release
    disk: Bytes
    """What the weights take on every host."""
    shapes: tuple[Shape, ...]
    obstacles: tuple[Obstacle, ...]


def advice(name: str, model: Model, catalog: Catalog, report: Report) -> Advice | None:
    """What to buy for the model; none when no card would mend what is wrong with it."""
    match = _match(name, model, catalog, report)
    if match is None:
        return None
    mistakes = _mistakes(match, catalog)
    for refusal in mistakes:
        tell(refusal, report)
    return None if mistakes else _advice(match, catalog)


def _match(name: str, model: Model, catalog: Catalog, report: Report) -> Match | None:
    """The model with an engine, free to run on any card in any division."""
    facts = find_model(catalog, model.source, ("models", name, "source"), report)
    version = model.engine.version if model.engine else None
    kind, loc = engine_name(model, on_gpus=True), ("models", name, "engine", "version")
    engine = find_engine(catalog, kind, version, loc, report)
    pins = dict.fromkeys(("on", "tensor_parallel", "pipeline_parallel"))
    free = model.model_copy(update=pins)
    return Match(name, free, facts, engine, None) if facts and engine else None


def _mistakes(match: Match, catalog: Catalog) -> Sequence[Refusal]:
    """What stands against the model in the same words on every card."""
    cards = (card_of(gpu, 1) for gpu in catalog.gpus.values())
    first, *others = (list(refusals(replace(match, card=card))) for card in cards)
    return [refusal for refusal in first if all(refusal in found for found in others)]


def _advice(match: Match, catalog: Catalog) -> Advice:
    gpus = catalog.gpus.items()
    found = [one for card, gpu in gpus for one in shapes_of(match, card, gpu)]
    shapes = [one for one in found if isinstance(one, Shape)]
    return Advice(
        name=match.name,
        model=match.model,
        engine=match.engine.release,
        disk=disk_weights(match.facts, match.model.precision),
        shapes=tuple(sorted(shapes, key=_least)),
        obstacles=tuple(one for one in found if isinstance(one, Obstacle)),
    )


def _least(shape: Shape) -> tuple[float | str, ...]:
    """Memory bought, then power, then GPUs, then hosts; names where all are equal."""
    power = inf if shape.power is None else shape.power
    return shape.vram, power, shape.gpus, shape.hosts, shape.card, shape.per_host
