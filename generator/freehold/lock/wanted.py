"""What of a plan must be locked."""

from collections.abc import Mapping
from dataclasses import dataclass

from freehold.plan.types import Plan, Weights


@dataclass(frozen=True, slots=True)
class Wanted:
    """The images and models that a plan names."""

    images: Mapping[str, str]
    """The first model that runs on each image, by the image's reference."""
    models: Mapping[str, Weights]
    """By the model's name."""

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return frozenset((*self.images, *self.models))


def wanted(plan: Plan) -> Wanted:
    """What the hosts of `plan` need bytes for."""
    engines = [engine for host in plan.hosts for engine in host.engines]
    return Wanted(
        images={engine.image.reference: engine.model for engine in reversed(engines)},
        models={engine.model: engine.weights for engine in engines},
    )
