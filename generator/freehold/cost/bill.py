"""The bill of materials: every need with its price, in an order and with ids that stay."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from freehold.cost.item import Basis, Category, Confidence, Range, UnitPrice
from freehold.cost.money import EXACT
from freehold.cost.needs.running import running
from freehold.cost.pricing import Priced, Pricing
from freehold.cost.types import BomLine, Need, Physics
from freehold.spec.cost import Cost
from freehold.units import Money, Price

_STEP: Final = Decimal("0.000001")
"""Of a discount."""
_UNTAXED: Final = (Category.STAFF,)
"""Wages bear no value added tax."""


def bill(
    cost: Cost, needs: Sequence[Need], physics: Physics, pricing: Pricing
) -> tuple[BomLine, ...]:
    """All lines, each rounded, so that a total is the sum of what is printed.

    Lines that are a fraction of others' prices come from those that have one.
    """
    every = (*needs, *running(cost, needs, physics))
    names = list(_ids(cost, every))
    counts = _ordered(every)
    clerk = _Clerk(cost, pricing, counts)
    priced = [None if need.percent_of else clerk.priced(need) for need in every]
    known = [clerk.line(0, "", need, found) for need, found in zip(every, priced, strict=True)
             if found]  # fmt: skip
    return tuple(
        clerk.line(number, name, need, found or clerk.share(need, known))
        for number, (name, need, found) in enumerate(zip(names, every, priced, strict=True), 1)
    )


def _ordered(needs: Sequence[Need]) -> dict[str, Decimal]:
    """How many of each item are bought together: price breaks count for the order."""
    counts: dict[str, Decimal] = {}
    for need in needs:
        if need.parent is None:
            counts[need.item.id] = counts.get(need.item.id, Decimal(0)) + need.quantity
    return counts


def _ids(cost: Cost, needs: Sequence[Need]) -> Iterator[str]:
    """`POOL/ITEM`, `site/ITEM`, `site/ITEM/spare`; what the spec repeats is numbered."""
    seen: dict[str, int] = {}
    for need in needs:
        name = f"{_pool(cost, need)}/{need.item.id}{'/spare' if need.is_spare else ''}"
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}/{seen[name]}"


def _pool(cost: Cost, need: Need) -> str:
    place, *rest = need.path
    if place == "nodes" and rest:
        return str(rest[0])
    if rest and rest[0] == "lines":
        return cost.lines[int(rest[1])].pool or "site"
    return "site"


@dataclass(frozen=True, slots=True)
class _Clerk:
    """Writes prices beside needs."""

    cost: Cost
    pricing: Pricing
    counts: dict[str, Decimal]

    def priced(self, need: Need) -> Priced:
        """What one of it costs, and what its quote says."""
        item = need.item
        group = self.pricing.group(item.category)
        if need.parent:
            return Priced(_included(f"part of {need.parent}"), group)
        if item.id in self.cost.without or item.category in self.cost.without:
            return Priced(_included("not bought: `cost.without`"), group)
        if item.id == "rent" and not self.cost.location.rent:
            return self.pricing.own(item.id, item.category, self.counts[item.id])
        return self.pricing.price(
            item.id, item.category, self.counts[item.id], self._said(need)
        )  # fmt: skip

    def _said(self, need: Need) -> Money | Price | None:
        """What the spec itself says that one of it costs."""
        location = self.cost.location
        if need.path[:2] == ("cost", "lines"):
            return self.cost.lines[int(need.path[2])].price
        if need.item.id == "staff" and self.cost.staff:
            yearly = self.cost.staff.cost
            return Money(EXACT.divide(yearly.amount, Decimal(12)), yearly.currency)
        return {
            "electricity": self.cost.electricity,
            "cooling": location.cooling,
            "rent": location.rent,
        }.get(need.item.id)

    def share(self, need: Need, lines: Sequence[BomLine]) -> Priced:
        """The price of all lines of some categories, of which a fraction is paid."""
        item = need.item
        group = self.pricing.group(item.category)
        if item.id in self.cost.without or item.category in self.cost.without:
            return Priced(_included("not bought: `cost.without`"), group)
        of = [line for line in lines if line.need.is_capital
              and line.need.item.category in need.percent_of]  # fmt: skip
        whole = sum((line.extended or Decimal(0) for line in of), Decimal(0))
        missing = sum(line.is_unknown for line in of)
        rate = self._rate(need)
        price = replace(
            rate,
            amount=None if missing and not whole else _of(whole, rate.amount, need.quantity),
            note=_but(missing, rate.note),
        )
        return Priced(price, group)

    def _rate(self, need: Need) -> UnitPrice:
        """Who says what the fraction is."""
        stated = {"support.hardware": self.cost.support, "installation": self.cost.installation}
        if stated[need.item.id] is not None:
            said = Money(Decimal(0), self.cost.currency)
            return replace(self.pricing.stated(said).price, original=None, amount=None)
        return self.pricing.price(need.item.id, need.item.category).price

    def line(self, number: int, name: str, need: Need, priced: Priced) -> BomLine:
        """The need with its price, rounded, with tax."""
        price, rounding = priced.price, self.pricing.rounding
        base = price.base
        extended = None if base is None else rounding(EXACT.multiply(need.quantity, base))
        tax = self._tax(need, extended)
        return BomLine(
            number=number,
            id=name,
            need=need,
            price=price,
            extended=extended,
            discount=_discount(price),
            tax=tax,
            cost=self._cost(extended, tax),
            group=priced.group,
            vendor=priced.vendor,
            mpn=priced.mpn or need.item.mpn,
            sku=priced.sku,
            lead_time=priced.lead_time or need.item.lead_time,
            warranty_months=priced.warranty_months or need.item.warranty_months,
        )

    def _tax(self, need: Need, extended: Decimal | None) -> Decimal | None:
        if self.cost.tax is None or extended is None or need.item.category in _UNTAXED:
            return None if extended is None else Decimal(0)
        return self.pricing.rounding(EXACT.multiply(extended, self.cost.tax.rate))

    def _cost(self, extended: Decimal | None, tax: Decimal | None) -> Decimal | None:
        if extended is None or tax is None:
            return None
        is_lost = self.cost.tax is not None and not self.cost.tax.recoverable
        return extended + tax if is_lost else extended


def _included(note: str) -> UnitPrice:
    return UnitPrice(
        Range.exactly(Decimal(0)), Basis.INCLUDED, confidence=Confidence.HIGH, note=note
    )


def _of(whole: Decimal, rate: Range | None, fraction: Decimal) -> Range:
    """The whole; its ends are as far away as those of the rate that is taken of it."""
    if rate is None:
        return Range.exactly(whole)
    percents = fraction.scaleb(2)
    low, high = (
        EXACT.multiply(whole, EXACT.divide(end, percents)) for end in (rate.low, rate.high)
    )
    return Range(low, whole, high)


def _but(missing: int, note: str) -> str:
    lines = "lines have" if missing > 1 else "line has"
    lacks = f"{missing} {lines} no price, which it would be a share of" if missing else ""
    return "; ".join(part for part in (note, lacks) if part)


def _discount(price: UnitPrice) -> Decimal | None:
    if price.base is None or not price.list_amount:
        return None
    return (1 - EXACT.divide(price.base, price.list_amount)).quantize(_STEP)
