"""The functions of finance against published examples, numpy-financial, and one another."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, getcontext

import numpy_financial as npf
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from freehold.cost.finance import (
    capital_recovery,
    ddb,
    irr,
    mirr,
    npv,
    pmt,
    sln,
    xirr,
    xnpv,
)

NEAR = Decimal("1e-9")
DAY = date(2008, 1, 1)


def of(*numbers: float | str) -> list[Decimal]:
    return [Decimal(str(number)) for number in numbers]


def to(places: str, value: Decimal) -> Decimal:
    return value.quantize(Decimal(places), ROUND_HALF_UP)


def dec(text: str) -> Decimal:
    return Decimal(text)


# The answers that Microsoft's page of each function shows: support.microsoft.com, Excel functions.
INVESTED = of(-70000, 12000, 15000, 18000, 21000, 26000)
BORROWED = of(-120000, 39000, 30000, 21000, 37000, 46000)
DATED = of(-10000, 2750, 4250, 3250, 2750)
DATES = [DAY, date(2008, 3, 1), date(2008, 10, 30), date(2009, 2, 15), date(2009, 4, 1)]
SHOE_SHOP = of(8000, 9200, 10000, 12000, 14500)


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        (lambda: npv(dec("0.1"), of(-10000, 3000, 4200, 6800)), "1188.44"),
        (lambda: npv(dec("0.08"), SHOE_SHOP) - 40000, "1922.06"),
        (lambda: npv(dec("0.08"), [*SHOE_SHOP, dec("-9000")]) - 40000, "-3749.47"),
        (lambda: irr(INVESTED[:5]), "-0.021"),
        (lambda: irr(INVESTED), "0.087"),
        (lambda: irr(INVESTED[:3]), "-0.444"),
        (lambda: mirr(BORROWED, dec("0.10"), dec("0.12")), "0.1261"),
        (lambda: mirr(BORROWED[:4], dec("0.10"), dec("0.12")), "-0.0480"),
        (lambda: mirr(BORROWED, dec("0.10"), dec("0.14")), "0.1348"),
        (lambda: xnpv(dec("0.09"), DATED, DATES), "2086.65"),
        (lambda: xnpv(dec("0.09"), DATED, DATES), "2086.647602"),
        (lambda: pmt(dec("0.08") / 12, 10, dec("10000")), "-1037.03"),
        (lambda: pmt(dec("0.08") / 12, 10, dec("10000"), due=1), "-1030.16"),
        (lambda: pmt(dec("0.06") / 12, 18 * 12, dec("0"), dec("50000")), "-129.08"),
        (lambda: sln(dec("30000"), dec("7500"), dec("10")), "2250.00"),
        (lambda: ddb(dec("2400"), dec("300"), 10 * 365, 1), "1.32"),
        (lambda: ddb(dec("2400"), dec("300"), 10 * 12, 1, dec("2")), "40.00"),
        (lambda: ddb(dec("2400"), dec("300"), 10, 1, dec("2")), "480.00"),
        (lambda: ddb(dec("2400"), dec("300"), 10, 2, dec("1.5")), "306.00"),
        (lambda: ddb(dec("2400"), dec("300"), 10, 10), "22.12"),
    ],
)
def test_published_answers(call: Callable[[], Decimal], shown: str) -> None:
    assert to(shown, call()) == Decimal(shown)


def test_xirr_as_published() -> None:
    """Excel iterates until it is within 0.000001 %, and shows 0.373362535."""
    assert abs(xirr(DATED, DATES) - dec("0.373362535")) < dec("1e-8")


def test_exact_to_the_last_digit() -> None:
    assert npv(dec("0.25"), of(10, 10)) == dec("14.4")
    assert irr(of(-100, 0, 144)) == dec("0.2")
    assert xirr(of(-100, 144), [DAY, DAY + timedelta(730)]) == dec("0.2")
    assert xnpv(dec("0.21"), of(5, 121), [DAY, DAY + timedelta(365)]) == 105
    assert pmt(dec("0"), 4, dec("100"), dec("20")) == -30
    assert capital_recovery(dec("0.5"), 2) == dec("0.9")  # 0.5 * 2.25 / 1.25


@pytest.mark.parametrize(
    "call",
    [
        lambda: npv(dec("0.07"), of(1)),
        lambda: mirr(of(-1, 0, 2), dec("0.1"), dec("0.1")),
        lambda: xnpv(dec("0.07"), of(0, 1), [DAY, DAY + timedelta(365)]),
        lambda: pmt(dec("0.07"), 3, dec("1")),
        lambda: sln(dec("1"), dec("0"), dec("3")),
        lambda: ddb(dec("1"), dec("0"), 3, 1),
    ],
)
def test_more_digits_than_python_gives_by_itself(call: Callable[[], Decimal]) -> None:
    assert len(call().as_tuple().digits) > getcontext().prec


def test_rates_that_are_searched_for_have_thirty_digits() -> None:
    root = dec("0.414213562373095048801688724210")  # of 2, less 1
    assert irr(of(-1, 0, 2)) == xirr(of(-1, 2), [DAY, DAY + timedelta(730)]) == root


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: npv(dec("-1"), of(1)), "NPV divides by zero at a rate of -1"),
        (lambda: irr(of(1, 2)), "IRR needs amounts whose sign changes once, not 0 times"),
        (lambda: irr([]), "IRR needs amounts whose sign changes once, not 0 times"),
        (lambda: irr(of(-1, 3, -2)), "IRR needs amounts whose sign changes once, not 2 times"),
        (lambda: mirr(of(1, 2), dec("0.1"), dec("0.1")), "MIRR needs a payment and a receipt"),
        (lambda: mirr([], dec("0.1"), dec("0.1")), "MIRR needs a payment and a receipt"),
        (lambda: mirr(of(0, 2), dec("0.1"), dec("0.1")), "MIRR needs a payment and a receipt"),
        (lambda: mirr(of(-2, 0), dec("0.1"), dec("0.1")), "MIRR needs a payment and a receipt"),
        (lambda: mirr(of(-1, 2), dec("-1"), dec("0.1")), "MIRR needs rates above -1"),
        (lambda: xnpv(dec("-1"), of(1), [DAY]), "XNPV needs a rate above -1"),
        (lambda: xnpv(dec("0.1"), of(1, 2), [DAY]), "XNPV needs a date for each amount"),
        (lambda: xnpv(dec("0.1"), [], []), "XNPV needs a date for each amount"),
        (
            lambda: xnpv(dec("0.1"), of(1, 2), [DAY, DAY - timedelta(1)]),
            "XNPV needs dates that are not before the first",
        ),
        (
            lambda: xirr(of(-1, 2), [DAY, DAY - timedelta(1)]),
            "XIRR needs dates that are not before the first",
        ),
        (
            lambda: xirr(of(-1, 3, -2), DATES[:3]),
            "XIRR needs amounts whose sign changes once, not 2 times",
        ),
        (
            lambda: xirr(of(-1, 3), [DAY, DAY]),
            "XIRR needs amounts whose sign changes once, not 0 times",
        ),
        (lambda: pmt(dec("0.1"), 0, dec("1")), "PMT needs a period at least"),
        (lambda: pmt(dec("-1"), 1, dec("1")), "PMT needs a rate above -1"),
        (lambda: sln(dec("1"), dec("0"), dec("0")), "SLN divides by a life of zero"),
        (lambda: ddb(dec("-1"), dec("0"), 5, 1), "DDB needs amounts of zero or more"),
        (lambda: ddb(dec("1"), dec("0"), 5, 1, dec("0")), "DDB needs .* a factor above zero$"),
        (lambda: ddb(dec("1"), dec("0"), 5, 6), "DDB needs a period from 1 to the end of life"),
        (lambda: ddb(dec("1"), dec("0"), 5, 0), "DDB needs a period from 1 to the end of life"),
    ],
)
def test_errors_of_a_spreadsheet(call: Callable[[], Decimal], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        call()


def test_a_running_sum_that_changes_its_sign_once_has_one_rate_above_zero() -> None:
    """(-100 + 120 x) (1 - x / 2): a rate of 20 %, and one of -50 %, which is none to earn."""
    dates = [DAY, DAY + timedelta(365), DAY + timedelta(730)]
    assert irr(of(-100, 170, -60)) == xirr(of(-100, 170, -60), dates) == dec("0.2")
    assert irr(of(100, -170, 60)) == dec("0.2")
    with pytest.raises(ValueError, match="2 times"):
        irr(of(-100, 170, -70))  # nothing is earned: 0 %, and another rate
    with pytest.raises(ValueError, match="3 times"):
        irr(of(-100, 120, -100, 120))  # the running sum changes its sign three times


def test_xirr_adds_up_what_happens_on_one_day() -> None:
    """Three changes of sign in a row of cells, one from day to day."""
    after = DAY + timedelta(365)
    assert xirr(of(-150, 50, -10, 120), [DAY, DAY, after, after]) == dec("0.1")


cents = st.decimals(-1_000_000, 1_000_000, places=2)
rates = st.decimals("0.0001", "1", places=4)
costs = st.decimals("0", "1000000", places=2)


@given(rates, st.lists(cents, min_size=1, max_size=12))
def test_npv_is_numpys(rate: Decimal, values: list[Decimal]) -> None:
    """Numpy-financial takes the first amount as of today."""
    theirs = npf.npv(float(rate), [0.0, *map(float, values)])
    assert abs(npv(rate, values) - Decimal(str(theirs))) < NEAR * (1 + sum(map(abs, values)))


@given(
    st.decimals(1, 1_000_000, places=2),
    st.lists(st.decimals(0, 1_000_000, places=2), min_size=1, max_size=10),
)
def test_irr_makes_npv_zero(paid: Decimal, received: list[Decimal]) -> None:
    assume(any(received))
    rate = irr([-paid, *received])
    assert irr([paid, *(-value for value in received)]) == rate
    assume(rate > dec("-0.99"))
    assert abs(npv(rate, received) - paid) < NEAR * (paid + 1)
    dates = [DAY + timedelta(365 * n) for n in range(len(received) + 1)]
    dated = xirr([-paid, *received], dates)
    assert abs(dated - rate) < NEAR * (1 + abs(rate))
    assert abs(xnpv(dated, [-paid, *received], dates)) < NEAR * (paid + 1)


@given(st.lists(st.decimals(1, 1000, places=2), min_size=2, max_size=10))
def test_irr_and_mirr_are_numpys(received: list[Decimal]) -> None:
    values = [-sum(received, Decimal(0)) / 2, *received]
    known = [float(value) for value in values]
    assert abs(irr(values) - Decimal(str(npf.irr(known)))) < NEAR
    later = [*values, values[0] / 3, received[0]]  # the finance rate counts from the second on
    theirs = npf.mirr([float(value) for value in later], 0.1, 0.12)
    assert abs(mirr(later, dec("0.1"), dec("0.12")) - Decimal(str(theirs))) < NEAR


@given(rates, st.integers(1, 480), cents, cents, st.sampled_from([0, 1]))
def test_pmt_is_numpys(rate: Decimal, nper: int, pv: Decimal, fv: Decimal, due: int) -> None:
    when = "begin" if due else "end"
    theirs = npf.pmt(float(rate), nper, float(pv), float(fv), when)
    assume(str(theirs) != "nan")  # their power overflows
    assert abs(pmt(rate, nper, pv, fv, due) - Decimal(str(theirs))) < NEAR * (1 + abs(pv) + abs(fv))


@given(rates, st.integers(1, 480), costs)
def test_capital_recovery_pays_back_what_was_paid(rate: Decimal, nper: int, paid: Decimal) -> None:
    yearly = capital_recovery(rate, nper) * paid
    assert abs(npv(rate, [yearly] * nper) - paid) < NEAR
    assert abs(-pmt(rate, nper, paid) - yearly) < NEAR


@given(costs, st.fractions(0, 1), st.integers(1, 120), st.decimals("0.5", "3", places=1))
def test_ddb_stops_at_the_salvage(cost: Decimal, share: object, life: int, factor: Decimal) -> None:
    salvage = (cost * Decimal(str(float(share)))).quantize(Decimal("0.01"))  # type: ignore[arg-type]
    each = [ddb(cost, min(salvage, cost), life, period, factor) for period in range(1, life + 1)]
    assert all(one >= 0 for one in each)
    assert sum(each) <= cost - min(salvage, cost) + NEAR
    if cost > 0 and factor >= life:
        assert abs(each[0] - (cost - min(salvage, cost))) < NEAR


@given(costs, costs, st.integers(1, 120))
def test_sln_writes_off_the_difference(cost: Decimal, salvage: Decimal, life: int) -> None:
    assert abs(sln(cost, salvage, Decimal(life)) * life - (cost - salvage)) < NEAR
