"""Limits that a result is held to, and the line that breaks each.

A figure is held to its limit as it is printed. A total that lacks a line's price is not known
to keep any limit, so it fails, as does a share: a price left out is no way through a gate.
"""

from collections.abc import Iterable, Iterator
from decimal import ROUND_UP, Decimal

from freehold.cost import words
from freehold.cost.money import EXACT
from freehold.cost.quality import QUOTED
from freehold.cost.types import BomLine, Breach, Result, Total
from freehold.spec.cost import Gates


def breaches(gates: Gates, result: Result) -> tuple[Breach, ...]:
    """The gates that the result fails, in the order of the spec's keys."""
    checks = (_capex, _tco, _per_million_tokens, _quoted, _stale, _unknown)
    return tuple(breach for check in checks for breach in check(gates, result))


def _capex(gates: Gates, result: Result) -> Iterator[Breach]:
    if gates.capex:
        capital = _capital(result)
        unknown = next((line.id for line in capital if line.is_unknown), None)
        culprit = unknown if _is_within(result.capex, gates.capex.amount) else _heaviest(capital)
        yield from _limited("capex", result, result.capex, gates.capex.amount, culprit)


def _tco(gates: Gates, result: Result) -> Iterator[Breach]:
    if gates.tco:
        total = result.owning.nominal
        within = _is_within(total, gates.tco.amount)
        culprit = _first(result.quality.unknown) if within else _dearest(result)
        yield from _limited("tco", result, total, gates.tco.amount, culprit)


_CALLED = {"capex": "capital cost", "tco": "the cost of owning"}


def _limited(
    gate: str, result: Result, total: Total, limit: Decimal, culprit: str | None
) -> Iterator[Breach]:
    currency = result.conventions.currency
    message = f"{_CALLED[gate]} is {words.total(total, currency)}"
    most = words.money(limit, currency)
    if not _is_within(total, limit):
        over = words.money(total.amount - limit, currency)
        yield _broken(gate, f"{message}: {over} over the limit of {most}", culprit, result)
    elif total.unknown:
        yield Breach(gate, f"{message}: not known to be within {most}", culprit)


def _per_million_tokens(gates: Gates, result: Result) -> Iterator[Breach]:
    if gates.per_million_tokens is None:
        return
    gate, limit = "per_million_tokens", gates.per_million_tokens.amount
    currency, units = result.conventions.currency, result.owning.units
    most, unknown = words.money(limit, currency), result.quality.unknown
    cost = units.per_million_blended if units else None
    if units is None or cost is None:
        message = f"what a million tokens cost is not known: not known to be within {most}"
        yield Breach(gate, message, _first(unknown))
        return
    amount = words.money(_upwards(cost, result), currency)
    lacks = f", {words.holes(len(unknown))}" if units.at_least else ""
    message = f"a million tokens cost {'at least ' if units.at_least else ''}{amount}{lacks}"
    if cost > limit:
        yield _broken(gate, f"{message}: the limit is {most}", _dearest(result), result)
    elif units.at_least:
        yield Breach(gate, f"{message}: not known to be within {most}", _first(unknown))


def _quoted(gates: Gates, result: Result) -> Iterator[Breach]:
    if gates.quoted is None:
        return
    capital, least = _capital(result), gates.quoted.written
    unknown = [line for line in capital if line.is_unknown]
    share = words.percent(result.quality.quoted)
    if result.quality.quoted < gates.quoted:
        others = [line for line in capital if line.price.basis not in QUOTED]
        message = f"{share} of the known capital cost is quoted, at least {least} must be"
        yield Breach("quoted", message, _heaviest(others))
    elif unknown:
        message = f"{share} of the known capital cost is quoted, {words.holes(len(unknown))}"
        yield Breach("quoted", f"{message}: not known to be {least} of all", unknown[0].id)


def _stale(gates: Gates, result: Result) -> Iterator[Breach]:
    if gates.stale is None:
        return
    capital, most = _capital(result), gates.stale.written
    unknown = [line for line in capital if line.is_unknown]
    share = words.percent(result.quality.stale)
    message = f"{share} of the known capital cost is of prices too old"
    if result.quality.stale > gates.stale:
        stale = [line for line in capital if line.price.is_stale]
        yield Breach("stale", f"{message}, at most {most} may be", _heaviest(stale))
    elif unknown:
        message = f"{message}, {words.holes(len(unknown))}"
        yield Breach("stale", f"{message}: not known to be at most {most} of all", unknown[0].id)


def _unknown(gates: Gates, result: Result) -> Iterator[Breach]:
    unknown = result.quality.unknown
    if not gates.unknown and unknown:
        yield Breach("unknown", f"{words.holes(len(unknown))}, none may be", unknown[0])


def _capital(result: Result) -> list[BomLine]:
    return [line for line in result.lines if line.need.is_capital]


def _heaviest(lines: Iterable[BomLine]) -> str | None:
    found = max(lines, key=lambda line: line.cost or Decimal(0), default=None)
    return found.id if found else None


def _dearest(result: Result) -> str | None:
    """The line, or the alternative, that most is paid for over the horizon."""
    paid: dict[str, Decimal] = {}
    for flow in result.owning.flows:
        paid[flow.line] = paid.get(flow.line, Decimal(0)) + flow.amount
    return max(paid, key=paid.__getitem__, default=None)


def _broken(gate: str, message: str, culprit: str | None, result: Result) -> Breach:
    """What overflow or a bridge bills is in no line, and is named as what it is."""
    if culprit is None or any(line.id == culprit for line in result.lines):
        return Breach(gate, message, culprit)
    return Breach(gate, f"{message}; most is paid for the alternative `{culprit}`", None)


def _first(ids: tuple[str, ...]) -> str | None:
    return ids[0] if ids else None


def _is_within(total: Total, limit: Decimal) -> bool:
    return total.amount <= limit


def _upwards(amount: Decimal, result: Result) -> Decimal:
    """With two digits more than the currency has, never less than it is."""
    step = Decimal(1).scaleb(-result.conventions.minor_units - 2)
    return amount.quantize(step, ROUND_UP, EXACT)
