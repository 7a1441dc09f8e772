"""Spare parts, by how often parts fail and how long new ones take."""

from decimal import Decimal

from freehold.cost.money import EXACT


def quantile(mean: Decimal, level: Decimal) -> int:
    """The fewest spares that suffice with this probability while new ones are on their way.

    Failures are taken to be independent of each other, so that their number follows a Poisson
    distribution: the least k with exp(-mean) * sum(mean^i / i!, i = 0..k) >= level. A level of 1
    would take spares without end; it is reckoned as all but one in 10^12.
    """
    wanted = min(level, 1 - Decimal("1e-12"))
    term = reached = EXACT.exp(-mean)
    count = 0
    while reached < wanted:
        count += 1
        term = EXACT.divide(EXACT.multiply(term, mean), Decimal(count))
        reached = EXACT.add(reached, term)
    return count


def expected(fleet: Decimal, annual_failure_rate: Decimal, weeks: Decimal) -> Decimal:
    """Parts that fail while new ones are on their way: fleet x failures a year x years."""
    return EXACT.divide(fleet * annual_failure_rate * weeks, Decimal("52.1775"))
