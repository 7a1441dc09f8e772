"""Versions of engines: their order, and what holds for one."""

from collections.abc import Sequence

from freehold.catalog.facts import MemoryRules


def order(version: str) -> tuple[int, ...]:
    """What sorts versions: `0.9.2` before `0.11.0`, `b9445` before `b11669`."""
    return tuple(int(part) for part in version.lstrip("bv").split(".") if part.isdigit())


def rules_of(known: Sequence[MemoryRules], version: str) -> MemoryRules | None:
    """The last entry that is not later than `version`; none for versions before them all."""
    reached = [rules for rules in known if order(rules.since) <= order(version)]
    return reached[-1] if reached else None
