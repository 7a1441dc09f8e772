"""The uncertain factors of a bill, and which of them each cash flow is a product of.

A factor's base is 1: a flow is its base by the factors that it depends on. A line that is a
share of others, such as support, is a sum of such products: it follows what it is a share of.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from typing import Final, get_args

from freehold.cost.flows import drivers_of
from freehold.cost.item import Range, UnitPrice
from freehold.cost.money import EXACT
from freehold.cost.types import BomLine, Driver, Flow, Stage
from freehold.spec.cost import Bounds, Cost, Factor

Product = tuple[str, ...]
"""Ids of the factors that are multiplied, in alphabetical order."""

_LABELS: Final[Mapping[str, str]] = {
    "electricity": "price of electricity",
    "staff": "cost of staff",
    "support": "price of support",
    "space": "rent",
    "hardware": "price of hardware",
    "residual": "residual value",
    "load": "load, where tokens are billed",
}
_OF_PRICES: Final = frozenset(get_args(Factor)) - {"residual", "load"}
"""Factors of prices that have no range of their own."""
_READABLE: Final = Context(prec=5)
_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A price that may be uncertain, besides those of lines."""

    id: str
    """Of its factor, such as `price/api.groq.openai/gpt-oss-120b`."""
    label: str
    group: str
    unit: str
    price: UnitPrice


@dataclass(frozen=True, slots=True)
class Drivers:
    """All uncertain factors, and how flows depend on them."""

    by_id: Mapping[str, Driver]
    mixes: Mapping[str, Mapping[Product, Decimal]]
    """Of each line with a price: the products that it is a sum of, by how large each is."""

    def terms(self, flows: Iterable[Flow]) -> dict[Product, Decimal]:
        """The discounted flows as a sum of products: the base of each."""
        sums: dict[Product, Decimal] = {}
        for flow in flows:
            for product, amount in self._parts(flow):
                sums[product] = sums.get(product, Decimal(0)) + amount
        return dict(sorted(sums.items()))

    def mark(self, flows: Iterable[Flow]) -> tuple[Flow, ...]:
        """The flows with the ids of the uncertain factors that each depends on."""
        return tuple(replace(flow, drivers=self._ids(flow)) for flow in flows)

    def _ids(self, flow: Flow) -> Product:
        return tuple(sorted({name for product, _ in self._parts(flow) for name in product}))

    def _parts(self, flow: Flow) -> Iterator[tuple[Product, Decimal]]:
        """The products whose sum the flow is; the last is what the others leave of it."""
        residual = ("residual",) if flow.stage is Stage.RESIDUAL else ()
        mix = self.mixes.get(flow.line) or {flow.drivers: _ONE}
        whole, rest = sum(mix.values()), flow.discounted
        for number, (product, weight) in enumerate(mix.items(), 1):
            is_last = number == len(mix)
            part = rest if is_last else EXACT.divide(flow.discounted * weight, whole)
            rest -= part
            yield self._known((*product, *residual)), part

    def _known(self, names: Iterable[str]) -> Product:
        return tuple(sorted(self.by_id.keys() & set(names)))


def drivers(
    cost: Cost, lines: Iterable[BomLine], others: Iterable[Uncertain], residual: Range
) -> Drivers:
    """The factors with a range: of prices, exchange rates, and those that the spec states.

    `residual` is what the book knows of the residual value at the age at which hardware is sold,
    as a fraction of the price.
    """
    lines, others = tuple(lines), tuple(others)
    ranges = cost.uncertainty.ranges
    prices = [line.price for line in lines] + [other.price for other in others]
    found = [
        *(_of_line(line, cost.currency) for line in lines),
        *(_of_price(other, cost.currency) for other in others),
        *_of_rates(prices, cost.currency, ranges.get("fx")),
        *(_of_factor(name, bounds) for name, bounds in ranges.items() if name != "fx"),
    ]
    if "residual" not in ranges and cost.residual is None:
        found.append(_of_residual(residual))
    by_id = {driver.id: driver for driver in found if driver}
    return Drivers(by_id, _mixes(lines, by_id.keys()))


def _mixes(
    lines: tuple[BomLine, ...], known: Iterable[str]
) -> dict[str, Mapping[Product, Decimal]]:
    return {line.id: _mix(line, lines, frozenset(known)) for line in lines if line.extended}


def _mix(
    line: BomLine, lines: tuple[BomLine, ...], known: frozenset[str]
) -> Mapping[Product, Decimal]:
    own = _factors(line, known)
    mix: dict[Product, Decimal] = {}
    for part in _shared(line, lines):
        product = tuple(sorted({*own, *_factors(part, known)}))
        mix[product] = mix.get(product, Decimal(0)) + (part.extended or 0)
    return mix


def _shared(line: BomLine, lines: tuple[BomLine, ...]) -> Iterator[BomLine]:
    """The lines that a line is a share of; itself when it has a price of its own."""
    of = line.need.percent_of
    if not of:
        yield line
    for other in lines:
        need = other.need
        if need.item.category in of and need.is_capital and not need.percent_of and other.extended:
            yield other


def _factors(line: BomLine, known: frozenset[str]) -> Product:
    """The known factors of a line's own price: its range, or a factor of many."""
    found = known & set(drivers_of(line))
    return tuple(sorted(found - _OF_PRICES if line.id in found else found))


def _of_line(line: BomLine, currency: str) -> Driver | None:
    if line.need.percent_of:
        return None
    item = line.need.item
    return _of_price(
        Uncertain(line.id, item.description, line.group, item.unit, line.price), currency
    )


def _of_price(of: Uncertain, currency: str) -> Driver | None:
    amount = of.price.amount
    if amount is None or not amount.base:
        return None
    return _driver(
        of.id, of.label, of.group, _by_base(amount),
        tuple(f"{_said(end)} {currency}/{of.unit}" for end in (amount.low, amount.high)),
    )  # fmt: skip


def _of_rates(
    prices: Iterable[UnitPrice], currency: str, bounds: Bounds | None
) -> Iterator[Driver | None]:
    """One factor for each other currency: all prices in it become dearer and cheaper together."""
    foreign = {price.currency: price for price in prices if price.currency not in {"", currency}}
    for code, price in sorted(foreign.items()):
        by_rate = price.rate_range or (_within(bounds) if bounds else None)
        if by_rate:
            ends = (price.rate * end for end in (by_rate.low, by_rate.high))
            said = tuple(f"{_said(end)} {currency}" for end in ends)
            yield _driver(f"fx/{code}", f"worth of one {code}", f"fx/{code}", by_rate, said)


def _of_factor(name: Factor, bounds: Bounds) -> Driver | None:
    said = tuple(f"{(end * 100).normalize():+f} %" for end in (bounds.low, bounds.high))
    return _driver(name, _LABELS[name], name, _within(bounds), said)


def _of_residual(residual: Range) -> Driver | None:
    if not residual.base:
        return None
    said = tuple(f"{_said(end * 100)} % of the price" for end in (residual.low, residual.high))
    return _driver("residual", _LABELS["residual"], "residual", _by_base(residual), said)


def _within(bounds: Bounds) -> Range:
    return Range(_ONE + bounds.low, _ONE, _ONE + bounds.high)


def _by_base(of: Range) -> Range:
    return Range(EXACT.divide(of.low, of.base), _ONE, EXACT.divide(of.high, of.base))


def _driver(
    id_: str, label: str, group: str, by_base: Range, said: tuple[str, ...]
) -> Driver | None:
    """None for a range without width."""
    return None if by_base.low == by_base.high else Driver(id_, label, by_base, group, *said)


def _said(figure: Decimal) -> str:
    return f"{_READABLE.plus(figure).normalize():,f}"
