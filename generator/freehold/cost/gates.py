"""Limits that a result is held to, and the line that breaks each.

A figure is held to its limit as it is printed. A total that lacks a line's price is not known
to keep any limit, so it fails: a price left out must not be a way through a gate.
"""

from collections.abc import Iterable, Iterator
from decimal import ROUND_UP, Decimal

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
    if _is_within(total, limit) and not total.unknown:
        return
    currency = result.conventions.currency
    amount, most = _money(total.amount, currency), _money(limit, currency)
    message = f"{_CALLED[gate]} is {'at least ' if total.unknown else ''}{amount}"
    if _is_within(total, limit):
        holes = _lines(total.unknown)
        message += f" with {holes} without a price: not known to be within {most}"
    else:
        over = _money(total.amount - limit, currency)
        message += f", {over} over the limit of {most}"
    yield Breach(gate, message, culprit)


def _per_million_tokens(gates: Gates, result: Result) -> Iterator[Breach]:
    if gates.per_million_tokens is None:
        return
    gate, limit = "per_million_tokens", gates.per_million_tokens.amount
    currency, units = result.conventions.currency, result.owning.units
    most = _money(limit, currency)
    if units is None or units.per_million_blended is None:
        message = f"the cost per million tokens is not known: not known to be within {most}"
        yield Breach(gate, message, _first(result.quality.unknown))
        return
    cost = units.per_million_blended
    shown = _money(_upwards(cost, result), currency)
    if cost > limit:
        at_least = "at least " if units.at_least else ""
        message = f"a million tokens cost {at_least}{shown}, the limit is {most}"
        yield Breach(gate, message, _dearest(result))
    elif units.at_least:
        holes = _lines(len(result.quality.unknown))
        message = f"a million tokens cost at least {shown} with {holes} without a price: "
        yield Breach(gate, f"{message}not known to be within {most}", result.quality.unknown[0])


def _quoted(gates: Gates, result: Result) -> Iterator[Breach]:
    if gates.quoted is None:
        return
    capital = _capital(result)
    unknown = [line.id for line in capital if line.is_unknown]
    share, least = _percent(result.quality.quoted), gates.quoted.written
    if result.quality.quoted < gates.quoted:
        others = [line for line in capital if line.price.basis not in QUOTED]
        message = f"{share} of the capital cost is quoted, {least} must be"
        yield Breach("quoted", message, _heaviest(others))
    elif unknown:
        message = (
            f"{share} of the known capital cost is quoted, but {_lines(len(unknown))} have no "
            f"price: not known to be {least} of all"
        )
        yield Breach("quoted", message, unknown[0])


def _stale(gates: Gates, result: Result) -> Iterator[Breach]:
    if gates.stale is not None and result.quality.stale > gates.stale:
        share, most = _percent(result.quality.stale), gates.stale.written
        message = f"{share} of the capital cost rests on prices too old, {most} may"
        yield Breach(
            "stale", message, _heaviest(line for line in _capital(result) if line.price.is_stale)
        )


def _unknown(gates: Gates, result: Result) -> Iterator[Breach]:
    unknown = result.quality.unknown
    if not gates.unknown and unknown:
        message = f"{_lines(len(unknown))} without a price, none may be"
        yield Breach("unknown", message, unknown[0])


def _capital(result: Result) -> list[BomLine]:
    return [line for line in result.lines if line.need.is_capital]


def _heaviest(lines: Iterable[BomLine]) -> str | None:
    found = max(lines, key=lambda line: line.cost or Decimal(0), default=None)
    return found.id if found else None


def _dearest(result: Result) -> str | None:
    """The line that most is paid for over the horizon."""
    paid: dict[str, Decimal] = {}
    for flow in result.owning.flows:
        paid[flow.line] = paid.get(flow.line, Decimal(0)) + flow.amount
    return max(paid, key=paid.__getitem__, default=None)


def _first(ids: tuple[str, ...]) -> str | None:
    return ids[0] if ids else None


def _is_within(total: Total, limit: Decimal) -> bool:
    return total.amount <= limit


def _upwards(amount: Decimal, result: Result) -> Decimal:
    """With two digits more than the currency has, never less than it is."""
    step = Decimal(1).scaleb(-result.conventions.minor_units - 2)
    return amount.quantize(step, ROUND_UP, EXACT)


def _money(amount: Decimal, currency: str) -> str:
    return f"{amount:,f} {currency}"


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"


def _lines(count: int) -> str:
    return f"{count} line{'' if count == 1 else 's'}"
