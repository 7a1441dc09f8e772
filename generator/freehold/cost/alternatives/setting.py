"""What alternatives are reckoned from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from freehold.cost.calendar import months
from freehold.cost.flows import Terms
from freehold.cost.item import Category
from freehold.cost.money import EXACT
from freehold.cost.pricing import Pricing
from freehold.cost.types import Demand, Flow, Stage
from freehold.cost.unit_costs import Served
from freehold.plan.types import Plan
from freehold.spec.cost import Cost, Staff, Use
from freehold.spec.models import Model

Tokens = Mapping[str, tuple[Decimal, Decimal]]
"""Input and output of each model in a year."""


@dataclass(frozen=True, slots=True)
class Span:
    """The days that are served, and what for."""

    since: date
    until: date
    """The first day after."""
    stage: Stage = Stage.RUNNING


@dataclass(frozen=True, slots=True)
class Setting:
    """The demand, the plan that serves it, and how money is reckoned."""

    models: Mapping[str, Model]
    cost: Cost
    plan: Plan
    pricing: Pricing
    terms: Terms
    served: Served

    @property
    def use(self) -> Use:
        """How much is asked of the machines."""
        return self.cost.use or Use()

    @property
    def demand(self) -> Demand | None:
        """None where the speed of a model is not known."""
        return self.served.demand

    @property
    def since(self) -> date:
        """The first day on which alternatives serve: with a bridge, that of the order."""
        days = self.terms.calendar
        return days.ordered if self.cost.bridge else days.in_service

    @property
    def gross(self) -> Decimal:
        """What a price is multiplied by, for tax that is not got back."""
        tax = self.cost.tax
        return Decimal(1) if tax is None or tax.recoverable else 1 + tax.rate

    def staff(self, name: str, staff: Staff | None, span: Span) -> Iterator[Flow]:
        """What people cost each month; nothing is taxed."""
        if staff is None:
            return
        monthly = EXACT.divide(staff.fte * staff.cost.amount, Decimal(12))
        for month in months(span.since, span.until):
            amount = monthly * month.share * self.terms.grown(Category.STAFF, month.starts)
            yield self.terms.flow(
                month.ends, name, Category.STAFF, span.stage, amount, drivers=("staff",)
            )
