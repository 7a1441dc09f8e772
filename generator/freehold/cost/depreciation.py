"""What is written off of capital, month by month from the first day of service on.

Depreciation is not paid, so no net present value has it.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final, Literal

from freehold.cost.calendar import begun, months_between
from freehold.cost.flows import Residuals, Terms, generations, proceeds
from freehold.cost.money import EXACT
from freehold.cost.types import BomLine, Writeoff

Method = Literal["straight-line", "declining-balance"]
_FACTOR: Final = 2
"""Of the straight line's rate: the double-declining balance."""


def writeoffs(
    lines: Iterable[BomLine], terms: Terms, residuals: Residuals, method: Method
) -> tuple[Writeoff, ...]:
    """One for each line's capital, and one for each time that it is replaced.

    What is sold at the end is written off to its proceeds, what is replaced or never sold to
    zero. Capital without a life of its own is written off over the months of service; what is
    paid every so often is used up within its term instead.
    """
    capital = (line for line in lines if line.need.is_capital and line.need.every is None)
    known = (line for line in capital if line.cost)
    return tuple(one for line in known for one in _of(line, terms, residuals, method))


def _of(line: BomLine, terms: Terms, residuals: Residuals, method: Method) -> Iterator[Writeoff]:
    service = begun(terms.calendar.service)
    life = line.need.item.life_months or service
    days = generations(line, terms)
    for day in days:
        cost = line.cost or Decimal(0)
        if day != days[0]:
            cost = terms.rounding(cost * terms.grown(line.need.item.category, day))
        residual = min(proceeds(line, terms, residuals), cost) if day == days[-1] else Decimal(0)
        schedule = cumulated(cost, residual, life, method)
        by_age = [_at(schedule, months_between(day, end + timedelta(1))) for _, end in
                  terms.calendar.years()]  # fmt: skip
        until = [Decimal(0), *(terms.rounding(amount) for amount in by_age)]
        by_year = tuple(after - before for before, after in pairwise(until))
        yield Writeoff(
            line.id, cost, residual, method, day, life, by_year, cost - sum(by_year, Decimal(0))
        )


def cumulated(cost: Decimal, residual: Decimal, life: int, method: Method) -> tuple[Decimal, ...]:
    """What is written off until the end of month 0, 1, … `life`.

    The declining balance goes over to a straight line of what is left as soon as that writes
    off more, as a spreadsheet's VDB does.
    """
    book, found = cost, [Decimal(0)]
    for month in range(life):
        level = EXACT.divide(book - residual, Decimal(life - month))
        declining = EXACT.divide(book * _FACTOR, Decimal(life))
        faster = method == "declining-balance" and declining > level
        book -= min(declining, book - residual) if faster else level
        found.append(cost - book)
    return tuple(found)


def _at(schedule: tuple[Decimal, ...], months: Decimal) -> Decimal:
    """What is written off at an age; in a month, in proportion to its days."""
    whole = min(int(months), len(schedule) - 1)
    following = min(whole + 1, len(schedule) - 1)
    part = months - int(months)
    return EXACT.plus(schedule[whole] + (schedule[following] - schedule[whole]) * part)
