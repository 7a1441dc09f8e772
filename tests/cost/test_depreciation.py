"""What is written off of capital, month by month."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost.sites import LICENCE, MACHINE, ORDERED, item, line
from cost.test_flows import TABLE, terms
from freehold.cost.depreciation import Method, cumulated, writeoffs
from freehold.cost.finance import ddb, sln
from freehold.cost.flows import Residuals
from freehold.cost.item import Category

D = Decimal
STRAIGHT: Method = "straight-line"
DECLINING: Method = "declining-balance"
NOTHING = Residuals.flat(D(0))
METHODS: list[Method] = [STRAIGHT, DECLINING]
methods = st.sampled_from(METHODS)


def test_straight_line_from_the_first_day_of_service() -> None:
    """900 over 60 months, 15 a month; nine, then four times twelve months lie in the years."""
    (found,) = writeoffs([line(MACHINE, "1000.00")], terms(), Residuals.flat(D("0.1")), STRAIGHT)
    assert found.from_day == date(2027, 3, 1)
    assert found.by_year == (D("135.00"), D("180.00"), D("180.00"), D("180.00"), D("180.00"))
    assert (found.residual, found.months) == (D("100.00"), 60)
    assert found.book_value == D("145.00")


def test_a_year_that_ends_within_a_month_takes_its_days() -> None:
    """16 of the 30 days from 15 November to 14 December lie before 1 December."""
    (found,) = writeoffs(
        [line(item(life_months=31), "961.00")], terms(24, "2027-10-15"), NOTHING, STRAIGHT
    )
    month = D(31)
    assert found.by_year[0] == month + (month * 16 / 30).quantize(D("0.01"))


def test_capital_without_a_life_is_written_off_over_the_service() -> None:
    (found,) = writeoffs([line(item(Category.OTHER), "570.00")], terms(), NOTHING, STRAIGHT)
    assert found.months == 57
    assert found.by_year == (D("90.00"), *[D("120.00")] * 4)
    assert found.book_value == 0


def test_what_is_replaced_is_written_off_to_zero() -> None:
    """Two years of life in three: the second machine is sold after one."""
    short = item(life_months=24, residual=True)
    by = terms(36, "2026-12-01", hardware="10 %")
    first, second = writeoffs([line(short, "1000.00")], by, TABLE, STRAIGHT)
    assert [first.cost, first.residual, first.book_value] == [D("1000.00"), 0, 0]
    assert list(first.by_year) == [D("500.00"), D("500.00"), 0]
    assert (second.cost, second.residual) == (D("1210.00"), D("726.00"))  # 1.1^2, and its 0.6
    assert second.from_day == date(2028, 12, 1)
    assert list(second.by_year) == [0, 0, D("242.00")]
    assert second.book_value == D("968.00")


def test_only_capital_that_is_paid_once_and_has_a_price_is_written_off() -> None:
    term = line(LICENCE, "1", every=12, prepaid=True, is_capital=True)
    lines = [line(LICENCE, "1", every=12), term, line(MACHINE, None), line(MACHINE, "0")]
    assert writeoffs(lines, terms(), NOTHING, STRAIGHT) == ()


def test_hardware_that_is_sold_for_more_than_it_cost_is_not_written_up() -> None:
    (found,) = writeoffs([line(MACHINE, "10.00")], terms(), Residuals.flat(D(2)), STRAIGHT)
    assert list(found.by_year) == [0] * 5


def test_a_declining_balance_is_the_larger_in_its_first_year() -> None:
    """A twelfth of what is left each month; after half of the life a straight line is faster."""
    of = line(item(life_months=24), "2400.00")
    (found,) = writeoffs([of], terms(24, "2026-12-01"), TABLE, DECLINING)
    first = round(2400 * (1 - (D(11) / 12) ** 12), 2)
    assert (found.method, found.by_year) == (DECLINING, (first, 2400 - first))
    (even,) = writeoffs([of], terms(24, "2026-12-01"), TABLE, STRAIGHT)
    assert (even.method, even.by_year) == (STRAIGHT, (D(1200), D(1200)))


def test_declining_balance_as_a_spreadsheets_vdb() -> None:
    """2400 over ten periods to 300: 480, 384, …; the straight line would take over where it
    writes off more, and here never does, since the salvage is reached first."""
    found = cumulated(D(2400), D(300), 10, DECLINING)
    each = [after - before for before, after in pairwise(found)]
    assert each[:3] == [480, 384, D("307.2")]
    assert found[-1] == 2100
    # Without salvage the straight line takes over in the sixth of ten periods.
    plain = cumulated(D(1000), D(0), 10, DECLINING)
    steps = [after - before for before, after in pairwise(plain)]
    assert steps[:5] == [200, 160, 128, D("102.4"), D("81.92")]
    assert steps[5:] == [D("65.536")] * 5


@given(
    st.decimals(0, 1_000_000, places=2), st.decimals(0, 1, places=2), st.integers(1, 120), methods
)
def test_all_but_the_residual_is_written_off(
    cost: Decimal, share: Decimal, life: int, method: Method
) -> None:
    residual = (cost * share).quantize(D("0.01"), "ROUND_DOWN")
    found = cumulated(cost, residual, life, method)
    assert len(found) == life + 1
    assert found[0] == 0
    assert abs(found[-1] - (cost - residual)) < D("1e-18")
    assert all(before <= after for before, after in pairwise(found))


@given(st.decimals(1, 1_000_000, places=2), st.integers(1, 120))
def test_methods_are_those_of_finance(cost: Decimal, life: int) -> None:
    straight, fast = (cumulated(cost, D(0), life, method) for method in METHODS)
    assert abs(straight[1] - sln(cost, D(0), D(life))) < D("1e-18")
    assert abs(fast[1] - ddb(cost, D(0), life, 1)) < D("1e-18")
    assert all(slow <= quick + D("1e-18") for slow, quick in zip(straight, fast, strict=True))


@given(
    st.decimals("0.01", 1_000_000, places=2), st.integers(1, 130), st.integers(0, 400),
    st.integers(1, 80), methods,
)  # fmt: skip
def test_every_cent_is_written_off_or_in_the_books(
    cost: Decimal, horizon: int, wait: int, life: int, method: Method
) -> None:
    day = date.fromordinal(ORDERED.toordinal() + wait)
    of = line(item(life_months=life, residual=True), str(cost))
    for one in writeoffs([of], terms(horizon, day.isoformat()), TABLE, method):
        assert sum(one.by_year) + one.book_value == one.cost
        assert len(one.by_year) == -(-horizon // 12)
        assert min(one.by_year) >= 0
        assert one.book_value >= one.residual


@pytest.mark.parametrize("method", METHODS)
def test_after_its_life_only_the_residual_is_in_the_books(method: Method) -> None:
    (found,) = writeoffs([line(MACHINE, "999.99")], terms(60, "2026-12-01"), TABLE, method)
    assert found.book_value == found.residual == D("100.00")
