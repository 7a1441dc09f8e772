"""What a report is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from freehold.cost.types import Result
from freehold.diagnostics import Diagnostic
from freehold.plan.types import Plan


@dataclass(frozen=True, slots=True)
class Subject:
    """A spec, as far as it could be planned and reckoned."""

    name: str
    description: str = ""
    plan: Plan | None = None
    result: Result | None = None
    findings: Sequence[Diagnostic] = ()
    users: Mapping[str, int] = field(default_factory=dict)
    """Who ask at once, of each model."""
