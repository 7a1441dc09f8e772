"""The standard functions of finance, with a spreadsheet's names, arguments, signs and errors.

In `Decimal` alone, to 34 digits, and rates that are searched for to 30. Formulas are those of
OASIS OpenFormula 1.2, section 6.12 (Excel and LibreOffice follow it); where a spreadsheet shows
an error, `ValueError` is raised. What is paid is negative, what is received positive.
"""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Context, Decimal, localcontext
from itertools import accumulate, pairwise
from typing import Final

from freehold.cost.money import EXACT

_ONE: Final = Decimal(1)
_YEAR: Final = 365
"""Days, as XNPV and XIRR count them."""
_FINER: Final = Context(prec=42)
"""What a day's factor is reckoned in, so that its powers over decades keep 34 digits."""
_SOLVED: Final = Context(prec=30)
"""What of a rate is kept, since the last digits of a search are noise."""


def npv(rate: Decimal, values: Sequence[Decimal]) -> Decimal:
    """Net present value of amounts at the ends of periods 1, 2, ….

    Raises:
        ValueError: the rate is -1.
    """
    if rate == -1:
        raise ValueError("NPV divides by zero at a rate of -1")
    with localcontext(EXACT):
        return _horner(_ONE / (1 + rate), [Decimal(0), *values])


def irr(values: Sequence[Decimal]) -> Decimal:
    """Internal rate of return: the rate at which the net present value is zero.

    Raises:
        ValueError: neither the amounts nor their running sum change their sign exactly once;
            there may then be no such rate, or several, and a spreadsheet would show one without
            a word. Where the running sum alone does, one rate is above zero (Norstrom 1972).
    """
    _check_sign("IRR", values)
    with localcontext(EXACT):
        sign = -_ONE.copy_sign(_first(values))
        found = 1 / _root(lambda discount: sign * _horner(discount, values)) - 1
    return _SOLVED.plus(found)


def mirr(values: Sequence[Decimal], finance_rate: Decimal, reinvest_rate: Decimal) -> Decimal:
    """Modified internal rate of return, with rates for what is owed and what is reinvested.

    Raises:
        ValueError: nothing is paid or nothing received, or a rate is -1 or less.
    """
    if min(finance_rate, reinvest_rate) <= -1:
        raise ValueError("MIRR needs rates above -1")
    if not min(values, default=0) < 0 < max(values, default=0):
        raise ValueError("MIRR needs a payment and a receipt")
    last = len(values) - 1
    with localcontext(EXACT):
        received = _horner(1 / (1 + reinvest_rate), [max(value, Decimal(0)) for value in values])
        paid = _horner(1 / (1 + finance_rate), [min(value, Decimal(0)) for value in values])
        return (-received / paid) ** (_ONE / last) * (1 + reinvest_rate) - 1


def xnpv(rate: Decimal, values: Sequence[Decimal], dates: Sequence[date]) -> Decimal:
    """Net present value, on the first date, of dated amounts; a year has 365 days.

    Raises:
        ValueError: the rate is -1 or less, there are not as many dates as amounts, or a date
            is before the first.
    """
    if rate <= -1:
        raise ValueError("XNPV needs a rate above -1")
    _check_dates("XNPV", values, dates)
    with localcontext(EXACT):
        return _dated(_ONE / (1 + rate), values, dates)


def xirr(values: Sequence[Decimal], dates: Sequence[date]) -> Decimal:
    """The rate at which `xnpv` is zero.

    Raises:
        ValueError: as for `xnpv`; or as for `irr`, of what is paid and received by day.
    """
    _check_dates("XIRR", values, dates)
    by_day: dict[date, Decimal] = {}
    for day, value in zip(dates, values, strict=True):
        by_day[day] = by_day.get(day, Decimal(0)) + value
    in_order = [by_day[day] for day in sorted(by_day)]
    _check_sign("XIRR", in_order)
    with localcontext(EXACT):
        sign = -_ONE.copy_sign(_first(in_order))
        found = 1 / _root(lambda discount: sign * _dated(discount, values, dates)) - 1
    return _SOLVED.plus(found)


def pmt(rate: Decimal, nper: int, pv: Decimal, fv: Decimal = Decimal(0), due: int = 0) -> Decimal:
    """What is paid in each of `nper` periods for a loan of `pv`, with `fv` left at the end.

    `due` is 0 when it is paid at each period's end, 1 at its beginning.

    Raises:
        ValueError: there is no period, or the rate is -1 or less.
    """
    if nper < 1:
        raise ValueError("PMT needs a period at least")
    if rate <= -1:
        raise ValueError("PMT needs a rate above -1")
    with localcontext(EXACT):
        if not rate:
            return -(pv + fv) / nper
        growth = (1 + rate) ** nper
        return -(pv * growth + fv) * rate / ((growth - 1) * (1 + rate * due))


def capital_recovery(rate: Decimal, nper: int) -> Decimal:
    """Capital recovery factor: what each period's end must bring for one paid at the beginning.

    Raises:
        ValueError: as for `pmt`.
    """
    return -pmt(rate, nper, _ONE)


def sln(cost: Decimal, salvage: Decimal, life: Decimal) -> Decimal:
    """Straight-line depreciation of each period.

    Raises:
        ValueError: the life is zero.
    """
    if not life:
        raise ValueError("SLN divides by a life of zero")
    with localcontext(EXACT):
        return (cost - salvage) / life


def ddb(
    cost: Decimal, salvage: Decimal, life: int, period: int, factor: Decimal = Decimal(2)
) -> Decimal:
    """Depreciation of one period by the declining-balance method, never below `salvage`.

    Raises:
        ValueError: an amount is negative, the factor is not positive, or the period is not
            one of `life`.
    """
    if min(cost, salvage) < 0 or factor <= 0:
        raise ValueError("DDB needs amounts of zero or more, and a factor above zero")
    if not 1 <= period <= life:
        raise ValueError("DDB needs a period from 1 to the end of life")
    with localcontext(EXACT):
        kept = max(1 - factor / life, Decimal(0))
        before = cost * kept ** (period - 1) if period > 1 else cost
        return max(before - max(before * kept, salvage), Decimal(0))


def _horner(discount: Decimal, values: Sequence[Decimal]) -> Decimal:
    """The sum of `values[n] * discount**n`."""
    found = Decimal(0)
    for value in reversed(values):
        found = found * discount + value
    return found


def _dated(discount: Decimal, values: Sequence[Decimal], dates: Sequence[date]) -> Decimal:
    # Whole powers of a day's factor take a twentieth of the time that fractions of a year do.
    daily = _FINER.power(discount, _FINER.divide(_ONE, Decimal(_YEAR)))
    days = ((day - dates[0]).days for day in dates)
    amounts = zip(values, days, strict=True)
    return sum((value * daily**count for value, count in amounts), Decimal(0))


def _root(rises: Callable[[Decimal], Decimal]) -> Decimal:
    """Where an amount that is negative near zero, and positive far from it, is zero."""
    low = high = _ONE
    while rises(low) > 0:
        low /= 2
    while rises(high) < 0:
        high *= 2
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if rises(middle) > 0 else (middle, high)
    return high


def _check_sign(name: str, values: Sequence[Decimal]) -> None:
    changes, sums = _changes(values), list(accumulate(values))
    if changes == 1 or (sums and sums[-1] and _changes(sums) == 1):
        return
    raise ValueError(f"{name} needs amounts whose sign changes once, not {changes} times")


def _changes(values: Sequence[Decimal]) -> int:
    """How often the sign changes; zeros have none."""
    signs = [value > 0 for value in values if value]
    return sum(one is not other for one, other in pairwise(signs))


def _check_dates(name: str, values: Sequence[Decimal], dates: Sequence[date]) -> None:
    if len(values) != len(dates) or not dates:
        raise ValueError(f"{name} needs a date for each amount")
    if min(dates) < dates[0]:
        raise ValueError(f"{name} needs dates that are not before the first")


def _first(values: Sequence[Decimal]) -> Decimal:
    """The first that is not zero."""
    return next(value for value in values if value)
