"""A lease of the hardware instead of its purchase, with the same running cost."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from freehold.cost.calendar import months_later
from freehold.cost.finance import irr, pmt
from freehold.cost.flows import HARDWARE, Terms
from freehold.cost.item import Category
from freehold.cost.money import EXACT
from freehold.cost.types import BomLine, Costs, Flow, Stage, Total
from freehold.spec.cost import LEASE, Lease


def lease(terms: Terms, agreed: Lease, owning: Costs, lines: Sequence[BomLine]) -> Costs | None:
    """The cost of leasing the hardware; none when none of it has a price.

    The lease begins with the first day of service. What is still owed at the end of the horizon
    is paid on its last day, since a lease binds. The hardware is the buyer's after its term, so
    it is sold at the end as if it had been bought.
    """
    leased = {line.id for line in lines if _is_leased(line)}
    bought = [flow for flow in owning.flows if _is_bought(flow, leased)]
    price = sum((flow.amount for flow in bought), Decimal(0))
    if not price:
        return None
    kept = [flow for flow in owning.flows if not _is_bought(flow, leased)]
    flows = tuple(sorted([*kept, *rent(terms, agreed, price)], key=lambda flow: flow.on))
    return replace(
        owning,
        name=LEASE,
        description=f"The hardware leased over {agreed.term} at {agreed.rate.written} a year",
        flows=flows,
        nominal=Total(sum((f.amount for f in flows), Decimal(0)), owning.nominal.unknown),
        npv=Total(sum((f.discounted for f in flows), Decimal(0)), owning.npv.unknown),
        units=None,
        note=_note(terms, agreed, price),
    )


def _is_leased(line: BomLine) -> bool:
    return line.need.is_capital and line.need.item.category in HARDWARE


def _is_bought(flow: Flow, leased: set[str]) -> bool:
    return flow.stage is Stage.PURCHASE and flow.line in leased


def rent(terms: Terms, agreed: Lease, price: Decimal) -> tuple[Flow, ...]:
    """Each month's payment, and the buy-out."""
    last = terms.calendar.last
    return tuple(
        terms.flow(min(day, last), LEASE, Category.OTHER, Stage.LEASE, amount)
        for day, amount in _due(terms, agreed, price)
    )


def _due(terms: Terms, agreed: Lease, price: Decimal) -> list[tuple[date, Decimal]]:
    months, since = agreed.term.months, terms.calendar.in_service
    payment, left = payments(terms, agreed, price)
    end = months_later(since, months) - timedelta(1)
    if agreed.advance:
        days = [months_later(since, month) for month in range(months)]
    else:
        days = [months_later(since, month + 1) - timedelta(1) for month in range(months)]
    return [*((day, payment) for day in days), *([(end, left)] if left else [])]


def payments(terms: Terms, agreed: Lease, price: Decimal) -> tuple[Decimal, Decimal]:
    """What is paid each month, and to buy the hardware at the end; both rounded."""
    left = terms.rounding(price * agreed.buyout)
    monthly = EXACT.divide(agreed.rate, Decimal(12))
    payment = pmt(monthly, agreed.term.months, -price, left, int(agreed.advance))
    return terms.rounding(payment), left


def implicit_rate(terms: Terms, agreed: Lease, price: Decimal) -> Decimal:
    """The nominal interest of a year that the rounded payments amount to."""
    payment, left = payments(terms, agreed, price)
    due = [payment] * agreed.term.months
    ends = [*due, Decimal(0)] if agreed.advance else [Decimal(0), *due]
    ends[0] -= price
    ends[-1] += left
    return irr(ends) * 12


def _note(terms: Terms, agreed: Lease, price: Decimal) -> str:
    payment, left = payments(terms, agreed, price)
    paid, buyout = (f"{amount:,f} {terms.rounding.currency}" for amount in (payment, left))
    when = "beginning" if agreed.advance else "end"
    try:
        rate = f"{implicit_rate(terms, agreed, price) * 100:.2f} %"
    except ValueError:
        rate = "not defined"
    return (
        f"{agreed.term.months} payments of {paid} at each month's {when}, {buyout} at the end of "
        f"the term; implicit rate {rate} a year"
    )
