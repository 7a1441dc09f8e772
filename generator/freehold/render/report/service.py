"""What the users of each model get of all its copies together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from freehold.plan.capacity import Estimate, Figures
from freehold.plan.types import Plan, Replica
from freehold.render.report.table import Table, columns


@dataclass(frozen=True, slots=True)
class Service:
    """One model's copies, and how many users at once they serve as asked for."""

    model: str
    source: str
    copies: int
    gpus: int
    """Of each copy."""
    context: int
    figures: Figures | None
    """Of one copy; none when its speed is not known."""
    low: int
    typical: int
    high: int
    asked: int | None

    @property
    def is_short(self) -> bool:
        """Whether typically fewer users are served than ask."""
        return self.figures is not None and self.typical < (self.asked or 0)


def services(plan: Plan, users: Mapping[str, int]) -> Sequence[Service]:
    """In the order of the plan; `users` are those who ask at once, of each model."""
    by_model: dict[str, list[Replica]] = {}
    for host in plan.hosts:
        for replica in host.replicas:
            by_model.setdefault(replica.model, []).append(replica)
    sources = {engine.model: engine.weights.source for of in plan.hosts for engine in of.engines}
    return [
        _service(model, sources[model], found, users.get(model))
        for model, found in by_model.items()
    ]


def _service(model: str, source: str, replicas: Sequence[Replica], asked: int | None) -> Service:
    first = replicas[0]
    known = [one.capacity.figures for one in replicas if one.capacity and one.capacity.figures]
    return Service(
        model=model,
        source=source,
        copies=len(replicas),
        gpus=len(first.gpus),
        context=first.context,
        figures=known[0] if known else None,
        low=round(sum(one.served.low for one in known)),
        typical=round(sum(one.served.typical for one in known)),
        high=round(sum(one.served.high for one in known)),
        asked=asked,
    )


def table(found: Sequence[Service]) -> Table:
    """Ranges, since no run is like another."""
    return Table(
        "What users get: four in five measured runs lie within these ranges",
        columns("Model", "Source", "Copies#", "GPUs of each#", "Tokens of context#",
                "First token after!", "Speed for each user!", "Users at once served"),
        [_row(one) for one in found],
    )  # fmt: skip


def _row(one: Service) -> Sequence[str]:
    start = one.model, one.source, str(one.copies), str(one.gpus or "none"), f"{one.context:,}"
    if one.figures is None:
        return (*start, "not known", "not known", "not known")
    asked = f", of {one.asked:,} asked for" if one.asked is not None else ""
    return (
        *start,
        f"{_range(one.figures.first_token, 1)} s",
        f"{_range(one.figures.speed, 0)} tokens/s",
        f"typically {one.typical:,} ({one.low:,} to {one.high:,}){asked}",
    )


def _range(found: Estimate, digits: int) -> str:
    return f"{found.low:.{digits}f} to {found.high:.{digits}f}"
