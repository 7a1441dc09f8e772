"""The answer to `freehold advise` for programs, versioned."""

from collections.abc import Callable, Sequence
from typing import Final

from freehold.cost.shape_price import ShapePrice
from freehold.cost.words import number
from freehold.plan.advice import Advice
from freehold.plan.shapes import Obstacle, Shape
from freehold.render.plan_json import plain

SCHEMA: Final = 1
Json = dict[str, object]
PriceOf = Callable[[Shape], ShapePrice]


def document(level: str, found: Sequence[Advice], price_of: PriceOf | None = None) -> Json:
    """The advice as JSON's own types: sizes in bytes, power in watts, `shapes` least first.

    `gpus`, `vram` and `power` are of all that is bought, `kv_tokens` and `at_once` of all
    replicas, `capacity` of one. `power` is null where the catalog does not know it. Where `pin`
    is true, the spec must say `tensor_parallel` and `pipeline_parallel`, since the plan would
    choose others; `replicas` it must say always. `price` is null without a `cost` section; its
    `amount`, a decimal string in the bill's currency without tax, covers `machines`, or `gpus`
    alone, or `nothing`, and is then null.
    """
    models = [_model(one, price_of) for one in found]
    return {"schema": SCHEMA, "isolation": {"level": level, "excludes": []}, "models": models}


def _model(found: Advice, price_of: PriceOf | None) -> Json:
    return {
        "model": found.name,
        "source": found.model.source,
        "precision": found.model.precision.value,
        "engine": f"{found.engine.name}=={found.engine.version}",
        "users": found.model.workload.users,
        "disk": int(found.disk),
        "shapes": [_shape(shape, price_of) for shape in found.shapes],
        "infeasible": [_obstacle(obstacle) for obstacle in found.obstacles],
    }


def _shape(shape: Shape, price_of: PriceOf | None) -> Json:
    return {
        "gpu": shape.card,
        "gpus_per_host": shape.per_host,
        "hosts": shape.hosts,
        "gpus": shape.gpus,
        "vram": int(shape.vram),
        "power": None if shape.power is None else int(shape.power),
        **_replicas(shape),
        "verdict": shape.verdict.value,
        "kv_tokens": shape.kv_tokens,
        "at_once": shape.at_once,
        "capacity": plain(shape.capacity),
        "price": _price(price_of(shape)) if price_of else None,
    }


def _price(found: ShapePrice) -> Json:
    price = found.price
    return {
        "covers": found.covers,
        "amount": None if found.covers == "nothing" else number(found.amount),
        "basis": price.basis.value,
        "source": price.source,
        "as_of": price.as_of.isoformat() if price.as_of else None,
        "stale": price.is_stale,
    }


def _replicas(shape: Shape) -> Json:
    parallel = shape.fit.ask.parallel
    return {
        "replicas": shape.replicas,
        "gpus_per_replica": parallel.gpus,
        "tensor_parallel": parallel.tensor,
        "pipeline_parallel": parallel.pipeline,
        "expert_parallel": parallel.expert,
        "pin": shape.is_pinned,
    }


def _obstacle(obstacle: Obstacle) -> Json:
    return {
        "gpu": obstacle.card,
        "gpus_per_host": list(obstacle.per_host),
        "rule": obstacle.rule,
        "message": obstacle.message,
    }
