"""Owning against one alternative: who has paid less, day by day, and at which use that turns."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from itertools import pairwise
from typing import Final, Self

from freehold.cost.calendar import Calendar, begun, months_between, months_later
from freehold.cost.item import Category
from freehold.cost.money import EXACT
from freehold.cost.returns import rate_of_return
from freehold.cost.types import BreakEven, Costs, Crossing, Demand, Flow, Outcome, Physics
from freehold.cost.words import months
from freehold.spec.cost import Cost, Use

Series = tuple[tuple[date, Decimal, Decimal], ...]
"""Day, and what owning and the alternative have cost until its end."""

_OF_INSTANCES: Final = frozenset({Category.CLOUD, Category.SUPPORT})
_DAY: Final = Decimal(24)
_HOUR: Final = Decimal("0.1")
"""What hours of a day are said to."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How much the machines are used, and which cost depends on it."""

    hours_per_day: Decimal
    """Hours of the workload's busiest load, as planned."""
    tokens_per_day: Decimal | None
    most: Decimal
    """All powered hours by those with demand."""
    variable: Callable[[Flow], Decimal]
    """The part of a flow that grows with the hours with demand, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Paying:
    """The use at which owning costs no more, discounted, in times the planned hours with demand."""

    since: Decimal | None = None
    """From this on, to all powered hours; none where there is no such use."""
    until: Decimal | None = None
    """Only up to this; none where more use does not make owning the dearer one."""

    @classmethod
    def of(cls, owning: Costs, alternative: Costs, usage: Usage) -> Self:
        """All flows are fixed or grow with those hours: the difference is a straight line."""
        fixed, each = (
            other - own
            for own, other in zip(_line(owning, usage), _line(alternative, usage), strict=True)
        )
        if fixed + usage.most * each >= 0:
            return cls(since=EXACT.divide(-fixed, each) if fixed < 0 else Decimal(0))
        return cls(until=EXACT.divide(fixed, -each)) if fixed > 0 else cls()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two options are compared by."""

    calendar: Calendar
    currency: str
    is_discounted: bool
    usage: Usage

    @property
    def worth(self) -> str:
        """What amounts are compared at."""
        return "in present value" if self.is_discounted else "undiscounted"

    def amount(self, difference: Decimal) -> str:
        """Such as `1,234.50 EUR`, without its sign."""
        return f"{abs(difference):,f} {self.currency}"


@dataclass(frozen=True, slots=True)
class Course:
    """How two options' running costs go on."""

    outcome: Outcome
    crossings: tuple[Crossing, ...]

    @classmethod
    def of(cls, owning: Costs, alternative: Costs, calendar: Calendar) -> Self:
        """By what has been paid until the end of each day."""
        days = _cumulative(owning, alternative, _days(owning, alternative))
        crossings = _crossings(days, calendar)
        return cls(_outcome(owning, alternative, days, crossings), crossings)

    @property
    def payback(self) -> int | None:
        """The month from which on owning stays cheaper; none when it does not, or who knows."""
        if self.outcome is Outcome.ALWAYS:
            return 0
        if self.outcome in {Outcome.NEVER, Outcome.UNKNOWN}:
            return None
        last = self.crossings[-1]
        return last.month if last.to_owning else None


def comparison(
    cost: Cost,
    calendar: Calendar,
    demand: Demand | None,
    physics: Physics,
    paid_by_demand: Collection[str],
) -> Comparison:
    """How the spec compares; `paid_by_demand` names the clouds paid by hours with demand."""
    usage = _usage(cost, demand, physics, paid_by_demand)
    return Comparison(calendar, cost.currency, bool(cost.discount_rate), usage)


def break_even(owning: Costs, alternative: Costs, by: Comparison) -> BreakEven:
    """Whether and when owning has cost less than the alternative, and from which use on."""
    course = Course.of(owning, alternative, by.calendar)
    is_known = not owning.npv.unknown and not alternative.npv.unknown
    saving = alternative.npv.amount - owning.npv.amount
    paying = Paying.of(owning, alternative, by.usage) if is_known else Paying()
    discounted = Course.of(_discounted(owning), _discounted(alternative), by.calendar)
    irr, irr_note = rate_of_return(owning, alternative)
    found = BreakEven(
        alternative=alternative.name,
        outcome=course.outcome,
        crossings=course.crossings,
        owning_wins=_wins(owning, alternative, saving),
        saving=saving if is_known else None,
        threshold_hours_per_day=_by(paying.since, by.usage.hours_per_day),
        threshold_tokens_per_day=_by(paying.since, by.usage.tokens_per_day),
        verdict="" if is_known else _with_holes(owning, alternative, by),
        cumulative=_cumulative(owning, alternative, _month_ends(by.calendar)),
        irr=irr,
        irr_note=irr_note,
        payback_months=course.payback,
        discounted_payback_months=discounted.payback,
    )
    return replace(found, verdict=_verdict(found, paying, by)) if is_known else found


def _usage(
    cost: Cost, demand: Demand | None, physics: Physics, paid_by_demand: Collection[str]
) -> Usage:
    use = cost.use or Use()
    days = EXACT.divide(Decimal(12 * cost.hours_per_month), _DAY)
    asked = demand.input_tokens + demand.output_tokens if demand else None
    energy = _energy_by_demand(use, physics)

    def variable(flow: Flow) -> Decimal:
        if flow.category is Category.ENERGY:
            return energy
        is_cloud = flow.line in paid_by_demand and flow.category in _OF_INSTANCES
        is_egress = flow.line in cost.alternatives and flow.category is Category.NETWORK
        return Decimal(is_cloud or is_egress or flow.category is Category.API)

    most = EXACT.divide(Decimal(1), use.demand) if use.demand else Decimal(0)
    tokens = None if asked is None else EXACT.divide(asked, days)
    return Usage(_DAY * use.powered * use.demand * use.load, tokens, most, variable)


def _energy_by_demand(use: Use, physics: Physics) -> Decimal:
    """The part of the energy that is used because requests come: without them it idles."""
    more = (physics.typical_power - physics.idle_power) * use.demand
    whole = physics.idle_power + more
    return EXACT.divide(more, whole) if whole else Decimal(0)


def _discounted(option: Costs) -> Costs:
    """The option with what its payments are worth on the day of the order."""
    return replace(
        option, flows=tuple(replace(flow, amount=flow.discounted) for flow in option.flows)
    )


def _days(*options: Costs) -> tuple[date, ...]:
    return tuple(sorted({flow.on for option in options for flow in option.flows if flow.amount}))


def _month_ends(calendar: Calendar) -> tuple[date, ...]:
    months = range(1, calendar.horizon_months + 1)
    return tuple(months_later(calendar.ordered, month) - timedelta(1) for month in months)


def _cumulative(owning: Costs, alternative: Costs, days: Iterable[date]) -> Series:
    paid, other = _running(owning.flows), _running(alternative.flows)
    return tuple((day, paid(day), other(day)) for day in days)


def _running(flows: Iterable[Flow]) -> Callable[[date], Decimal]:
    """What has been paid until the end of a day, asked for day after day."""
    left = sorted(flows, key=lambda flow: flow.on, reverse=True)
    paid = Decimal(0)

    def until(day: date) -> Decimal:
        nonlocal paid
        while left and left[-1].on <= day:
            paid += left.pop().amount
        return paid

    return until


def _crossings(days: Series, calendar: Calendar) -> tuple[Crossing, ...]:
    """Days on which the cheaper side changes; on equal terms it is owning."""
    sides = [(day, owning <= other) for day, owning, other in days]
    return tuple(
        Crossing(day, _month(day, calendar), is_owning)
        for (_, was_owning), (day, is_owning) in pairwise(sides)
        if was_owning != is_owning
    )


def _month(day: date, calendar: Calendar) -> int:
    """The month since the order that a day lies in, from 1 on."""
    return begun(months_between(calendar.ordered, day + timedelta(1)))


def _outcome(
    owning: Costs, alternative: Costs, days: Series, crossings: tuple[Crossing, ...]
) -> Outcome:
    """What is missing could only make its own side dearer, so some outcomes stand without it."""
    starts_cheaper = not days or days[0][1] <= days[0][2]
    if crossings:
        is_known = not owning.npv.unknown and not alternative.npv.unknown
        known = Outcome.ONCE if len(crossings) == 1 else Outcome.MORE_THAN_ONCE
    else:
        is_known = not (owning if starts_cheaper else alternative).npv.unknown
        known = Outcome.ALWAYS if starts_cheaper else Outcome.NEVER
    return known if is_known else Outcome.UNKNOWN


def _wins(owning: Costs, alternative: Costs, saving: Decimal) -> bool | None:
    """Whether owning costs less; missing prices only make the side that lacks them dearer."""
    lacking = owning if saving > 0 else alternative
    return None if lacking.npv.unknown else saving > 0


def _line(option: Costs, usage: Usage) -> tuple[Decimal, Decimal]:
    """Discounted cost without demand, and what the planned hours with demand add."""
    varying = sum(
        (flow.discounted * usage.variable(flow) for flow in option.flows), start=Decimal(0)
    )
    return sum((flow.discounted for flow in option.flows), start=Decimal(0)) - varying, varying


def _by(times: Decimal | None, planned: Decimal | None) -> Decimal | None:
    return None if times is None or planned is None else (times * planned or Decimal(0))


def _verdict(found: BreakEven, paying: Paying, by: Comparison) -> str:
    saving = found.saving or Decimal(0)
    more = "less" if saving > 0 else "more"
    return (
        f"{_course(found)}; over {months(by.calendar.horizon_months)} owning costs "
        f"{by.amount(saving)} {more} ({by.worth}){_at_which_use(paying, by.usage)}."
    )


def _with_holes(owning: Costs, alternative: Costs, by: Comparison) -> str:
    """What the prices that are missing may come to before the verdict turns."""
    gap, other = alternative.npv.amount - owning.npv.amount, f"`{alternative.name}`"
    over = f"over {months(by.calendar.horizon_months)} ({by.worth})"
    if owning.npv.unknown and alternative.npv.unknown:
        return f"Both sides lack prices, so whether owning is cheaper than {other} is not known."
    lacking, who = (owning, "owning") if owning.npv.unknown else (alternative, other)
    count, amount = lacking.npv.unknown, by.amount(gap)
    lacked = f"the price that {who} lacks comes" if count == 1 else (
        f"the {count} prices that {who} lacks come"
    )  # fmt: skip
    if (gap > 0) == (lacking is owning):
        is_cheaper = "cheaper" if gap > 0 else "dearer"
        until = "as long as" if gap > 0 else "unless"
        bound = "less" if gap > 0 else "more"
        return (
            f"Owning is {is_cheaper} than {other} {until} {lacked} to {bound} than {amount} {over}."
        )
    more = "less" if gap > 0 else "more"
    return f"Owning costs at least {amount} {more} than {other} {over}, whatever {lacked} to."


def _course(found: BreakEven) -> str:
    than = f"than `{found.alternative}`"
    if not found.crossings:
        always = found.outcome is Outcome.ALWAYS
        since = "is cheaper {} from the first day on" if always else "never becomes cheaper {}"
        return f"Owning {since.format(than)}"
    last = found.crossings[-1]
    if len(found.crossings) == 1:
        since = "from month" if last.to_owning else "only until month"
        return f"Owning is cheaper {than} {since} {last.month}"
    cheaper = "owning" if last.to_owning else f"`{found.alternative}`"
    return (
        f"Owning and `{found.alternative}` change places {len(found.crossings)} times, and "
        f"{cheaper} is cheaper from month {last.month} on"
    )


def _at_which_use(paying: Paying, usage: Usage) -> str:
    planned = usage.hours_per_day
    if paying.until is not None:
        most, now = _hours(paying.until * planned, planned, ROUND_DOWN)
        return f"; it pays only up to {most} hours of the busiest load a day ({now} are planned)"
    if paying.since is None:
        return ", and no use within the powered hours changes that"
    least, now = _hours(paying.since * planned, planned, ROUND_UP)
    since = f"; it pays from {least} hours of the busiest load a day on ({now} are planned)"
    return since if paying.since * planned else ""


def _hours(limit: Decimal, planned: Decimal, rounding: str) -> tuple[Decimal, Decimal]:
    """Rounded to the side on which owning still pays."""
    return limit.quantize(_HOUR, rounding), planned.quantize(_HOUR, rounding)
