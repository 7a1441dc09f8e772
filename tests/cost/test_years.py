"""Years in two views, which reconcile."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cost.sites import ENERGY, LICENCE, MACHINE, ORDERED, SUPPORT, item, line
from cost.test_depreciation import methods
from cost.test_flows import TABLE, terms
from freehold.cost.depreciation import Method, writeoffs
from freehold.cost.flows import Terms, owning
from freehold.cost.item import Category
from freehold.cost.types import BomLine, Stage, Year
from freehold.cost.years import years

D = Decimal


def of(lines: list[BomLine], by: Terms, method: Method = "straight-line") -> tuple[Year, ...]:
    return years(owning(lines, by, TABLE), writeoffs(lines, by, TABLE, method), by)


def test_a_licence_is_used_up_over_its_term() -> None:
    """36 months from March 2027 on: nine in the first year, and three in the fourth."""
    found = of([line(LICENCE, "3600.00", every=36, prepaid=True)], terms(39))
    assert [year.cash for year in found] == [D("3600.00"), 0, 0, 0]
    assert [year.accrual for year in found] == [D("900.00"), D("1200.00"), D("1200.00"), D("300")]


def test_a_term_of_two_months_lies_in_both() -> None:
    """From 1 November on: a month in the first year, and one in the second."""
    found = of([line(SUPPORT, "60.00", every=2, prepaid=True)], terms(14, "2027-11-01"))
    assert [year.cash for year in found] == [D("60.00"), D("30.00")]
    assert [year.accrual for year in found] == [D("30.00"), D("60.00")]


def test_a_term_that_outlasts_the_horizon_is_used_up_with_it() -> None:
    found = of([line(LICENCE, "3600.00", every=36, prepaid=True)], terms(24))
    assert sum(year.accrual for year in found) == 3600
    assert [year.accrual for year in found] == [D("1542.86"), D("2057.14")]  # 9 and 12 of 21


def test_each_year_has_its_own_cash() -> None:
    found = of([line(MACHINE, "1000.00"), line(ENERGY, "10.00", every=1)], terms())
    assert [year.number for year in found] == [1, 2, 3, 4, 5]
    assert [year.cash for year in found] == [D("1090.00"), 120, 120, 120, D("7.50")]
    assert found[0].by_category == {Category.SERVER: D("1000.00"), Category.ENERGY: D("90.00")}
    assert found[4].by_category == {Category.SERVER: D("-112.50"), Category.ENERGY: 120}
    assert found[0].starts == ORDERED
    assert found[0].ends == date(2027, 11, 30)
    assert all(sum(year.by_category.values()) == year.cash for year in found)
    assert found[1].accrual == found[1].depreciation + 120
    assert found[1].depreciation == D("177.50")  # 887.50 over 60 months, twelve of them


def test_what_is_not_capital_is_used_up_when_it_is_paid() -> None:
    freight = line(item(Category.SERVICE), "50.00", is_capital=False)
    found = of([freight], terms(24))
    assert [(year.cash, year.accrual) for year in found] == [(D(50), D(50)), (D(0), D(0))]


def test_discounted_years_add_up() -> None:
    by = terms(rate="0.08")
    flows = owning([line(MACHINE, "1000.00"), line(ENERGY, "10.00", every=1)], by, TABLE)
    found = years(flows, (), by)
    assert sum(year.discounted for year in found) == sum(flow.discounted for flow in flows)
    assert found[0].discounted < found[0].cash


amounts = st.decimals("0.01", 100_000, places=2).map(str)


@given(
    st.lists(st.tuples(amounts, st.integers(1, 80), st.booleans()), max_size=3),
    st.lists(st.tuples(amounts, st.integers(1, 48), st.booleans()), max_size=3),
    st.tuples(st.integers(1, 130), st.integers(0, 400), methods),
)
def test_cash_is_what_is_used_up_less_what_the_books_still_have(
    capital: list[tuple[str, int, bool]],
    running: list[tuple[str, int, bool]],
    course: tuple[int, int, Method],
) -> None:
    """Depreciation is not paid, yet over the horizon both views hold the same money."""
    horizon, wait, method = course
    day = date.fromordinal(ORDERED.toordinal() + wait)
    by = terms(horizon, day.isoformat(), rate="0.08", hardware="5 %", electricity="3 %")
    bought = [line(item(id=f"m{n}", life_months=life, residual=sold), cost)
              for n, (cost, life, sold) in enumerate(capital)]  # fmt: skip
    paid = [line(SUPPORT, cost, every=every, prepaid=ahead) for cost, every, ahead in running]
    if by.calendar.in_service >= by.calendar.ends:
        return
    flows = owning([*bought, *paid], by, TABLE)
    written_off = writeoffs(bought, by, TABLE, method)
    found = years(flows, written_off, by)
    cash = sum((year.cash for year in found), D(0))
    accrual = sum((year.accrual for year in found), D(0))
    books = sum((one.book_value for one in written_off), D(0))
    proceeds = -sum((f.amount for f in flows if f.stage is Stage.RESIDUAL), D(0))
    assert cash == accrual + books - proceeds
    assert cash == sum(flow.amount for flow in flows)
    assert all(year.accrual >= 0 for year in found)
