"""How instances are paid for: by the month, in terms ahead, and for as long as they bind."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from freehold.cost.alternatives.setting import Span
from freehold.cost.calendar import begun, months, months_between, months_later
from freehold.cost.money import EXACT


class Payment(NamedTuple):
    """What is paid at once."""

    on: date
    priced: date
    """The day whose price counts."""
    months: Decimal
    """That are paid for; less than one where the last is cut short."""
    covers: int
    """Whole months from `on` on that it pays for, where it is paid ahead; else one."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What was agreed; by default everything may end on any day."""

    reserved: int | None = None
    """Months that a reservation binds for, at the price of its first day."""
    ahead: int | None = None
    """Months that are paid at their beginning."""

    @property
    def is_committed(self) -> bool:
        """Whether all of a term is paid, used or not."""
        return self.reserved is not None or self.ahead is not None

    def ends(self, span: Span) -> date:
        """The first day that is not paid for: a term that has begun is paid whole."""
        term = self.reserved or self.ahead
        if term is None:
            return span.until
        served = months_between(span.since, span.until)
        return months_later(span.since, begun(EXACT.divide(served, Decimal(term))) * term)

    def payments(self, span: Span) -> Iterator[Payment]:
        """All that `span` takes; what is owed for days after it is paid on its last day."""
        last = span.until - timedelta(1)
        for due, starts, share, covers in self._due(span):
            yield Payment(min(due, last), self._priced(starts, span.since), share, covers)

    def _due(self, span: Span) -> Iterator[tuple[date, date, Decimal, int]]:
        ends, number = self.ends(span), 0
        if self.ahead is None:
            for month in months(span.since, ends):
                yield month.ends, month.starts, month.share, 1
            return
        while (starts := months_later(span.since, number * self.ahead)) < ends:
            yield starts, starts, Decimal(self.ahead), self.ahead
            number += 1

    def _priced(self, day: date, since: date) -> date:
        """A reservation's price changes only when it is renewed."""
        if self.reserved is None:
            return day
        renewals = int(months_between(since, day) // self.reserved)
        return months_later(since, renewals * self.reserved)
