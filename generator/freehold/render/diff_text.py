"""Prints a difference between two plans: for a terminal, for a review, for a program."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from freehold.diagnostics import visible
from freehold.render.diff import Change, Difference, Effect

SCHEMA: Final = 1
_SHOWN: Final = 4


def text_lines(found: Difference) -> Iterator[str]:
    """Each change once, with the hosts that it is on; then what it does to services."""
    for change in found.changes:
        yield _title(found, change)
        yield from (f"  {visible(line)}" for line in change.lines)
        yield ""
    yield from summary(found)


def markdown_lines(found: Difference) -> Iterator[str]:
    """The same as a comment on a change under review."""
    for line in summary(found):
        yield f"- {line}"
    for change in found.changes:
        fence = "`" * max(3, 1 + max(map(_ticks, change.lines)))
        yield from ("", f"#### {_title(found, change)}", "", f"{fence}diff", *change.lines, fence)


def document(found: Difference) -> dict[str, object]:
    """The same as data."""
    return {
        "schema": SCHEMA,
        "joined": found.joined,
        "left": found.left,
        "changes": [
            {"kind": one.kind, "hosts": one.hosts, "paths": sorted(one.paths),
             "diff": "\n".join(one.lines) + "\n"}
            for one in found.changes
        ],
        "services": [
            {"action": effect.action, "unit": effect.unit, "hosts": hosts}
            for effect, hosts in found.effects.items()
        ],
        "weights": [{"model": model, "hosts": hosts} for model, hosts in found.weights.items()],
    }  # fmt: skip


def summary(found: Difference) -> Iterator[str]:
    """One line for all that happens beside the files."""
    for name in found.joined:
        yield f"{name} joins"
    for name in found.left:
        yield f"{name} leaves; what is on it stays as it is"
    for model, hosts in found.weights.items():
        yield f"{where(found, hosts)}: weights of {model} are brought"
    yield from _services(found)
    if not (found.changes or found.joined or found.left or found.weights):
        yield "nothing changes on any host"


def _services(found: Difference) -> Iterator[str]:
    """A line for all replicas of a model."""
    alike: dict[tuple[str, str], list[Effect]] = {}
    for effect in found.effects:
        alike.setdefault((effect.action, _REPLICA.sub("", effect.unit)), []).append(effect)
    for (action, _), effects in alike.items():
        hosts = [host for effect in effects for host in found.effects[effect]]
        first, others = effects[0].unit, len(effects) - 1
        are = f"and {others} like it are" if others else "is"
        yield f"{where(found, hosts)}: {first} {are} {_DONE[action]}"


def where(found: Difference, hosts: Sequence[str]) -> str:
    """The hosts in few words: whole pools by their name."""
    named = set(hosts)
    return ", ".join(
        _part(pool, [host for host in members if host in named], members)
        for pool, members in found.pools.items()
        if not named.isdisjoint(members)
    )


_REPLICA: Final = re.compile(r"-[0-9]+\.service$")
_DONE: Final = {
    "start": "started", "stop": "stopped", "restart": "restarted", "reload": "reloaded"
}  # fmt: skip


def _title(found: Difference, change: Change) -> str:
    others = len(change.paths) - 1
    like_it = f" and {others} like it" if others else ""
    return f"{where(found, change.hosts)}: {change.kind} {change.path}{like_it}"


def _part(pool: str, here: Sequence[str], members: Sequence[str]) -> str:
    if len(here) == len(members):
        return f"{pool} ({len(here)} host{'' if len(here) == 1 else 's'})"
    shown = ", ".join(here[:_SHOWN])
    return f"{shown} and {len(here) - _SHOWN} more of {pool}" if len(here) > _SHOWN else shown


def _ticks(line: str) -> int:
    return max(map(len, re.findall("`+", line)), default=0)
