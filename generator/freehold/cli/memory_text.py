"""The memory of one device term by term, and what users get, as lines for people."""

from collections.abc import Iterator, Sequence

from freehold.cli.table import table
from freehold.plan.capacity import Capacity, Estimate, Figures
from freehold.plan.types import Memory

_LIMITS = {
    "kv": "KV cache",
    "sequences": "sequences",
    "speed": "speed",
    "first-token": "the first token",
    "prefill": "prompts of others; more replicas help, more sequences do not",
}


def memory_lines(memory: Memory) -> Iterator[str]:
    """Every term with its formula, what is left, and what that holds."""
    yield from table(_terms(memory))
    yield (
        f"{memory.kv_tokens} tokens of KV cache at {memory.kv_bytes_per_token} bytes each: "
        f"{memory.max_concurrency:.1f} requests of full context at once"
    )


def _terms(memory: Memory) -> Iterator[Sequence[str]]:
    yield "budget", memory.budget.gib, ""
    for term in memory.terms:
        yield f"- {term.name}", term.size.gib, term.formula
    yield "= KV cache", memory.kv_cache.gib, ""


def capacity_lines(capacity: Capacity) -> Iterator[str]:
    """What the users of one replica get, as ranges."""
    figures = capacity.figures
    if figures is None:
        yield f"speed: not known, {capacity.unknown}"
        return
    yield from table(_figures(figures))
    if capacity.is_calibrated:
        yield "four in five measured runs lie within these ranges"
    else:
        yield f"uncalibrated: no run was measured {', '.join(capacity.uncalibrated)}"


def _figures(figures: Figures) -> Iterator[Sequence[str]]:
    yield "first token", _range(figures.first_token, "s", 1), ""
    yield "speed of each", _range(figures.speed, "tok/s", 0), f"alone {_ends(figures.alone, 0)}"
    yield "all together", _range(figures.throughput, "tok/s", 0), ""
    used = "" if figures.utilisation is None else f"{figures.utilisation:.0%} used; "
    served = _range(figures.served, "users", 0)
    yield "serves", served, f"{used}the limit: {_LIMITS[figures.limit]}"


def _range(found: Estimate, unit: str, digits: int) -> str:
    return f"{_ends(found, digits)} {unit}, typically {found.typical:.{digits}f}"


def _ends(found: Estimate, digits: int) -> str:
    return f"{found.low:.{digits}f} to {found.high:.{digits}f}"
