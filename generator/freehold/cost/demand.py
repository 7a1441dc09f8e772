"""The tokens that a year of service asks for, and what the machines can make.

Here, and nowhere else, figures of the plan become `Decimal`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, SupportsFloat

from freehold.cost.money import EXACT
from freehold.diagnostics import rule_text
from freehold.plan.capacity import NO_TEXT, Figures
from freehold.plan.types import Plan, Replica
from freehold.report import Report
from freehold.spec.cluster import Cluster
from freehold.spec.cost import Cost, Use
from freehold.spec.models import Model

if TYPE_CHECKING:
    from freehold.cost.types import Demand

TOO_MUCH: Final = rule_text(
    "demand-over-capacity",
    """A model is asked for more tokens than its replicas make, and nobody takes the rest.

    Both sides of a comparison must serve the same demand. Users beyond those that a replica
    works on at once wait, so the tokens that they ask for are never made; dividing the cost by
    them would flatter it. An alternative named by `cost.overflow` takes them at its price.

    Of a model in `cost.use.throughput`, the replicas make what you measured, and that is what is
    asked for, unless `users` by the workload's `speed` is more. Where no `speed` is stated, nobody
    knows whether your users want more than you measured; it is a warning when they would by the
    speed that the plan expects, and what is beyond counts for nobody.
    """,
)
_MILLI: Final = Decimal("0.001")
_NO_USE: Final = Use()


@dataclass(frozen=True, slots=True)
class Throughput:
    """Output of one model in tokens per second, in the busiest hour."""

    model: str
    asked: Decimal
    made: Decimal
    """What its replicas make at most."""
    wanted: Decimal | None
    """Users by the speed of each: stated beside a measured throughput, else as the plan expects;
    none where nobody knows it."""
    input_ratio: Decimal
    """Input tokens for each output token."""
    is_measured: bool

    @property
    def assumption(self) -> str | None:
        """What is taken for granted of a measured throughput."""
        if not self.is_measured or self.asked > self.made:
            return None
        wanted = (
            "" if self.wanted is None else f"; users by the speed of each are {self.wanted:.0f}"
        )
        return (
            f"The {self.made:f} tok/s measured for `{self.model}` are taken as what is asked for "
            f"in the busiest hour, and as what its replicas make{wanted}."
        )


@dataclass(frozen=True, slots=True)
class _Hours:
    """Hours of a year, and what is asked in them."""

    use: Use
    year: int

    @property
    def seconds(self) -> Decimal:
        """With requests."""
        return self.year * 3600 * self.use.powered * self.use.demand


def throughputs(cluster: Cluster, plan: Plan) -> tuple[tuple[Throughput, ...], tuple[str, ...]]:
    """Of each model that writes text; and a sentence for each whose speed nobody knows."""
    use = (cluster.cost and cluster.cost.use) or _NO_USE
    found, unknown = [], []
    for name, model in cluster.models.items():
        replicas = _replicas(plan, name)
        why = next((r.capacity.unknown for r in replicas if r.capacity), "no replica")
        measured = use.throughput.get(name)
        figures = [r.capacity.figures for r in replicas if r.capacity and r.capacity.figures]
        is_known = bool(figures) and len(figures) == len(replicas)
        planned = _planned(name, model, figures) if is_known else None
        if measured is not None:
            found.append(_measured(name, model, measured, planned))
        elif planned:
            found.append(planned)
        elif why != NO_TEXT:
            unknown.append(
                f"The speed of `{name}` is not known ({why}), so there is no cost per token; "
                f"`cost.use.throughput` takes what you measured."
            )
    return tuple(found), tuple(unknown)


def _replicas(plan: Plan, model: str) -> tuple[Replica, ...]:
    return tuple(r for host in plan.hosts for r in host.replicas if r.model == model)


def _measured(name: str, model: Model, made: Decimal, planned: Throughput | None) -> Throughput:
    """As measured; more is asked when the users are to get more than that."""
    speed = model.workload.speed
    stated = None if speed is None else model.workload.users * speed
    if stated is not None:
        asked = max(made, stated)
        return Throughput(name, asked, made, stated, _ratio(model), is_measured=True)
    wanted = planned.asked if planned else None
    return Throughput(name, made, made, wanted, _ratio(model), is_measured=True)


def _planned(name: str, model: Model, figures: Sequence[Figures]) -> Throughput:
    """By the plan's typical figures; at least what the users within all targets would get."""
    each = Decimal(model.workload.users) / len(figures)
    asked = sum((each * decimal(one.speed.typical) for one in figures), Decimal(0))
    made = sum((_made(one, model.workload.speed) for one in figures), Decimal(0))
    asked = EXACT.plus(asked)
    return Throughput(name, asked, made, asked, _ratio(model), is_measured=False)


def _made(figures: Figures, speed: Decimal | None) -> Decimal:
    within = decimal(figures.served.typical) * speed if speed is not None else Decimal(0)
    return max(figures.running * decimal(figures.speed.typical), within)


def _ratio(model: Model) -> Decimal:
    return EXACT.divide(Decimal(int(model.workload.prompt)), Decimal(int(model.workload.answer)))


def decimal(figure: SupportsFloat) -> Decimal:
    """A figure of the plan, to a thousandth."""
    return Decimal(str(figure)).quantize(_MILLI)


def demand(cluster: Cluster, cost: Cost, plan: Plan) -> "Demand | None":
    """What is asked for in a year; none where the speed of a model is not known."""
    found, unknown = throughputs(cluster, plan)
    if unknown or not found:
        return None
    return _demand(cluster, found, _Hours(cost.use or _NO_USE, 12 * cost.hours_per_month))


def check_demand(cluster: Cluster, cost: Cost, plan: Plan, report: Report) -> None:
    """Report models that are asked for more than they can make, unless an overflow takes it."""
    load = (cost.use or _NO_USE).load
    for one in throughputs(cluster, plan)[0]:
        _check(one, load, report, is_taken=cost.overflow is not None)


def _check(one: Throughput, load: Decimal, report: Report, *, is_taken: bool) -> None:
    asked = EXACT.multiply(one.asked, load)
    wanted = EXACT.multiply(one.wanted or Decimal(0), load)
    if asked > one.made and not is_taken:
        report.refuse(
            TOO_MUCH,
            f"`{one.model}` is asked for {asked:.0f} tok/s, its replicas make {one.made:.0f}",
            ("models", one.model, "workload", "users"),
            help="add replicas, or write `overflow: NAME` in `cost`, with an alternative that "
            "takes the rest",
        )
    elif wanted > one.made >= asked:
        report.warn(
            TOO_MUCH,
            f"`{one.model}` would be asked for {wanted:.0f} tok/s at the speed that the plan "
            f"expects, you measured {one.made:.0f}",
            ("models", one.model, "workload", "users"),
            help="write the `speed` that each is to get in `workload`, so that what is beyond is "
            "refused or goes to `overflow`; or fewer `users`",
        )


def _demand(cluster: Cluster, found: Sequence[Throughput], hours: _Hours) -> "Demand":
    from freehold.cost.types import Demand  # noqa: PLC0415 - check asks only whether it is served

    use, seconds = hours.use, hours.seconds
    made = sum((one.made for one in found), Decimal(0))
    output = {one.model: one.asked * use.load * seconds * use.goodput for one in found}
    over = {
        one.model: max(one.asked * use.load - one.made, Decimal(0)) * seconds * use.goodput
        for one in found
    }
    by_model = {one.model: _both(output[one.model], one.input_ratio) for one in found}
    beyond = {one.model: _both(over[one.model], one.input_ratio) for one in found}
    served = sum((min(one.asked * use.load, one.made) for one in found), Decimal(0))
    return Demand(
        input_tokens=sum((tokens for tokens, _ in by_model.values()), Decimal(0)),
        output_tokens=sum((tokens for _, tokens in by_model.values()), Decimal(0)),
        capacity_output_tokens=whole(made * seconds),
        overflow_input_tokens=sum((tokens for tokens, _ in beyond.values()), Decimal(0)),
        overflow_output_tokens=sum((tokens for _, tokens in beyond.values()), Decimal(0)),
        peak_output_speed=EXACT.plus(sum((one.asked for one in found), Decimal(0))),
        utilisation=EXACT.divide(served * use.powered * use.demand, made),
        users=sum(cluster.models[one.model].workload.users for one in found),
        by_model=by_model,
        source=_source(found),
        formula=f"{_formula(found)} x load x hours a year x powered x demand x goodput; "
        "input = output x prompt / answer",
        overflow_by_model=beyond,
    )


def _both(output: Decimal, ratio: Decimal) -> tuple[Decimal, Decimal]:
    """Input and output, in whole tokens."""
    return whole(output * ratio), whole(output)


def whole(tokens: Decimal) -> Decimal:
    """To a whole number of tokens."""
    return tokens.quantize(Decimal(1), context=EXACT)


def _source(found: Sequence[Throughput]) -> str:
    measured = [one.model for one in found if one.is_measured]
    if not measured:
        return "the plan's typical figures"
    if len(measured) == len(found):
        return "measured by you"
    return f"measured by you for {', '.join(measured)}; the plan's typical figures for the rest"


def _formula(found: Sequence[Throughput]) -> str:
    """Of what is asked for in the busiest hour."""
    planned = "users x tokens per second of each at the busiest hour"
    measured = "tokens per second measured, or users x stated speed of each where that is more"
    names = [one.model for one in found if one.is_measured]
    if not names:
        return planned
    if len(names) == len(found):
        return f"({measured})"
    return f"({planned}; for {', '.join(names)} {measured})"


def input_weight(plan: Plan, models: Mapping[str, Model]) -> Decimal:
    """The share of the machines' time, while they work, that goes into prompts.

    Each replica's share counts as often as it has GPUs; zero where no speed is known.
    """
    shares = [
        (_prompts(replica.capacity.figures, models[replica.model]), len(replica.gpus))
        for host in plan.hosts
        for replica in host.replicas
        if replica.capacity and replica.capacity.figures
    ]
    gpus = sum(count for _, count in shares)
    if not gpus:
        return Decimal(0)
    whole_time = sum((share * count for share, count in shares), Decimal(0))
    return EXACT.divide(whole_time, Decimal(gpus)).quantize(_MILLI)


def _prompts(figures: Figures, model: Model) -> Decimal:
    """Of n users, the prompts of n - 1 fall into one's answer, and his own before it."""
    users, share = figures.running, decimal(figures.prefill_share)
    if users == 1:
        before = decimal(figures.first_token.typical)
        answer = EXACT.divide(Decimal(int(model.workload.answer)), decimal(figures.speed.typical))
        return EXACT.divide(before, before + answer)
    return EXACT.divide(share * users, users - 1 + share)
