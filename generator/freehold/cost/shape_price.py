"""What the hardware of a shape costs, as far as the price of its machines or its GPUs is known."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from freehold.catalog.hardware import slug
from freehold.cost.item import Category, UnitPrice
from freehold.cost.money import EXACT
from freehold.cost.pricing import Pricing
from freehold.plan.shapes import Shape


@dataclass(frozen=True, slots=True)
class ShapePrice:
    """The capital cost of a shape's hosts, or of their GPUs alone, without tax."""

    covers: Literal["machines", "gpus", "nothing"]
    amount: Decimal
    """Rounded; at least so much unless it covers whole machines."""
    price: UnitPrice
    """Of one machine, or of one GPU."""

    @property
    def order(self) -> tuple[int, Decimal]:
        """Known totals come before lower bounds, those before what is unknown; then the least."""
        return ("machines", "gpus", "nothing").index(self.covers), self.amount


def shape_price(shape: Shape, pricing: Pricing) -> ShapePrice:
    """By the price of its whole machines, else of its cards; not known when there is neither."""
    card = slug(shape.card)
    machine = f"server.{card}-x{shape.per_host}"
    whole = pricing.price(machine, Category.SERVER, Decimal(shape.hosts)).price
    if whole.base is not None:
        amount = EXACT.multiply(whole.base, Decimal(shape.hosts))
        return ShapePrice("machines", pricing.rounding(amount), whole)
    gpu = pricing.price(f"gpu.{card}", Category.GPU, Decimal(shape.gpus)).price
    if gpu.base is not None:
        amount = EXACT.multiply(gpu.base, Decimal(shape.gpus))
        return ShapePrice("gpus", pricing.rounding(amount), gpu)
    return ShapePrice("nothing", Decimal(0), gpu)
