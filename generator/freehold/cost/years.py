"""The years of the horizon in two views: when money is paid, and when it is used up.

Over the whole horizon both add up to the same: with its end capital leaves the books, and what
it is worth there, less what is got for it, is a loss of the last year. A term that is paid ahead
is used up by then.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from freehold.cost.calendar import months_between, months_later
from freehold.cost.flows import Terms
from freehold.cost.item import Category
from freehold.cost.money import EXACT
from freehold.cost.types import Flow, Stage, Writeoff, Year


def years(flows: Sequence[Flow], writeoffs: Sequence[Writeoff], terms: Terms) -> tuple[Year, ...]:
    """Each year from the day of the order on."""
    capital = {writeoff.line for writeoff in writeoffs}
    used = [_used(flow, terms) for flow in flows if not _is_capital(flow, capital)]
    disposal = _disposal(flows, writeoffs)
    found = []
    for number, (starts, ends) in enumerate(terms.calendar.years()):
        paid = [flow for flow in flows if starts <= flow.on <= ends]
        depreciation = _sum(writeoff.by_year[number] for writeoff in writeoffs)
        lost = disposal if ends == terms.calendar.last else terms.rounding(Decimal(0))
        found.append(
            Year(
                number=number + 1,
                starts=starts,
                ends=ends,
                cash=_sum(flow.amount for flow in paid),
                discounted=_sum(flow.discounted for flow in paid),
                depreciation=depreciation,
                disposal=lost,
                accrual=depreciation + lost + _sum(by_year[number] for by_year in used),
                by_category=_by_category(paid),
            )
        )
    return tuple(found)


def _disposal(flows: Iterable[Flow], writeoffs: Iterable[Writeoff]) -> Decimal:
    """Book value less proceeds, which are negative flows."""
    proceeds = _sum(flow.amount for flow in flows if flow.stage is Stage.RESIDUAL)
    return _sum(writeoff.book_value for writeoff in writeoffs) + proceeds


def _is_capital(flow: Flow, capital: set[str]) -> bool:
    """Whether it is written off, or got for what was."""
    bought = flow.stage in {Stage.PURCHASE, Stage.REFRESH} and flow.line in capital
    return bought or flow.stage is Stage.RESIDUAL


def _used(flow: Flow, terms: Terms) -> list[Decimal]:
    """What of the flow is used up in each year: all of it within the horizon."""
    ends = terms.calendar.ends
    until = min(months_later(flow.on, flow.covers), ends)
    if flow.covers == 1:
        return [flow.amount if starts <= flow.on <= end else Decimal(0) for starts, end in
                terms.calendar.years()]  # fmt: skip
    whole = months_between(flow.on, until)
    shares = (
        EXACT.divide(months_between(flow.on, min(end + timedelta(1), until)), whole)
        for _, end in terms.calendar.years()
    )
    cumulated = [Decimal(0), *(terms.rounding(flow.amount * share) for share in shares)]
    return [after - before for before, after in pairwise(cumulated)]


def _by_category(paid: Iterable[Flow]) -> Mapping[Category, Decimal]:
    found: dict[Category, Decimal] = {}
    for flow in paid:
        found[flow.category] = found.get(flow.category, Decimal(0)) + flow.amount
    return {category: found[category] for category in Category if category in found}


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
