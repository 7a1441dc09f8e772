"""Limits that a command holds its result to: those of the spec, and options that override them."""

import argparse
import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from freehold.diagnostics import rule_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from freehold.cli.opening import Opened
    from freehold.cost.types import BomLine, Breach, Result
    from freehold.source import Loc
    from freehold.spec.cost import Gates

COST_GATE: Final = rule_text(
    "cost-gate",
    """The cost, or what is known of it, fails a limit of `cost.gates` or of an option.

    The finding names the line of the bill that breaks the limit, or weighs most in it. A total
    that lacks a line's price fails every limit on it, and so does a share of the capital cost:
    nobody knows that it keeps it. Get the missing price, change what is bought, or have the
    limit changed by whoever set it. `render` only warns: a site that nobody has paid for yet can
    be reviewed.
    """,
)
_AMOUNTS: Final = {
    "--max-capex": "of capital cost, in the bill's currency",
    "--max-tco": "of the nominal cost of owning over the horizon",
    "--max-per-million-tokens": "of a million tokens, input and output blended",
}
_SHARES: Final = {
    "--min-quoted": "of capital cost that contracts and valid quotes cover, such as 60%%",
    "--max-stale": "of capital cost on prices older than their category's limit",
}


def add_gates(parser: argparse.ArgumentParser) -> None:
    """Add the options that override `cost.gates`."""
    group = parser.add_argument_group(
        "limits", "each overrides its key of `cost.gates`; exit status 1 when one is broken"
    )
    for option, about in _AMOUNTS.items():
        group.add_argument(option, type=_amount, metavar="AMOUNT", help=about)
    for option, about in _SHARES.items():
        group.add_argument(option, type=_percent, metavar="PERCENT", help=about)
    group.add_argument("--no-unknown", action="store_true", help="no line without a price")


def has_limits(arguments: argparse.Namespace) -> bool:
    """Whether an option sets a limit, which a spec without prices would not be held to."""
    words = vars(arguments)
    options = (*_AMOUNTS, *_SHARES)
    given = any(words[option[2:].replace("-", "_")] is not None for option in options)
    return given or arguments.no_unknown


def gated(arguments: argparse.Namespace, opened: "Opened", result: "Result") -> "Result":
    """The result held to the spec's limits as the options have them; breaches are reported."""
    from freehold.cost.gates import breaches  # noqa: PLC0415 - not for `--help`

    cost = opened.cluster.cost if opened.cluster else None
    if cost is None:
        return result
    gates = _overridden(cost.gates, arguments, result.conventions.currency)
    found = replace(result, breaches=breaches(gates, result))
    report_breaches(opened.report.refuse, found)
    return found


def report_breaches(say: "Callable[..., None]", result: "Result") -> None:
    """Each breach, placed where the spec causes its line, for that is what can be changed."""
    lines = {line.id: line for line in result.lines}
    for breach in result.breaches:
        _report(say, breach, lines.get(breach.line or ""), result.conventions.currency)


def _overridden(gates: "Gates", arguments: argparse.Namespace, currency: str) -> "Gates":
    from freehold.units import Money  # noqa: PLC0415 - not for `--help`

    words = vars(arguments)
    money = {key: words[f"max_{key}"] for key in ("capex", "tco", "per_million_tokens")}
    given = {key: Money(amount, currency) for key, amount in money.items() if amount is not None}
    shares = {"quoted": arguments.min_quoted, "stale": arguments.max_stale}
    given |= {key: share for key, share in shares.items() if share is not None}
    return gates.model_copy(update=given | ({"unknown": False} if arguments.no_unknown else {}))


def _report(
    say: "Callable[..., None]", breach: "Breach", line: "BomLine | None", currency: str
) -> None:
    place: Loc = ("cost", "gates", breach.gate)
    look = ""
    if line:
        place, look = line.need.path, f"look at line {line.number} `{line.id}`, "
        look += _cost(line, currency)
    say(COST_GATE, breach.message, place, help=f"{look}or have the limit changed")


def _cost(line: "BomLine", currency: str) -> str:
    from freehold.cost.words import money  # noqa: PLC0415 - not for `--help`

    if line.cost is None:
        return "no price, "
    return f"{money(line.cost, currency)} ({line.price.basis}), "


def _amount(word: str) -> Decimal:
    if re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,9})?", word) is None:
        raise argparse.ArgumentTypeError(f"`{word}` is not an amount, such as `250000.00`")
    return Decimal(word)


def _percent(word: str) -> Decimal:
    from pydantic_core import PydanticCustomError  # noqa: PLC0415 - not for `--help`

    from freehold.units import Percent  # noqa: PLC0415

    try:
        return Percent.parse(word)
    except PydanticCustomError:
        what = f"`{word}` is not a percentage from `0%` to `100%`"
        raise argparse.ArgumentTypeError(what) from None
