"""Years in two views, which reconcile."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cost.sites import ENERGY, LICENCE, MACHINE, ORDERED, SUPPORT, item, line
from cost.test_depreciation import methods
from cost.test_flows import TABLE, terms
from freehold.cost.depreciation import Method, writeoffs
from freehold.cost.flows import REMOVAL, Residuals, Terms, owning
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
    assert found[4].accrual == found[4].depreciation + found[4].disposal + 120
    assert found[1].depreciation == D("177.50")  # 887.50 over 60 months, twelve of them


def test_what_the_books_still_have_at_the_end_is_a_loss_of_the_last_year() -> None:
    """1,000 over 10 years, and 57 months of them in service: nobody buys what has no residual."""
    found = of([line(item(life_months=120), "1000.00")], terms())
    assert [year.disposal for year in found] == [0, 0, 0, 0, D("525.00")]
    assert found[4].accrual == D("100.00") + D("525.00")


def test_what_is_got_for_it_is_taken_off() -> None:
    """Five years of life in seven: what is replaced leaves nothing."""
    short = item(life_months=60, residual=True)
    (year, *_, last) = of([line(short, "1000.00")], terms(84, "2026-12-01"))
    # The second machine has 24 of its 60 months: 1,000 less 24/60 of 700.00, and 300.00 are got.
    assert (year.depreciation, year.disposal) == (D("200.00"), D(0))
    assert (last.depreciation, last.disposal) == (D("140.00"), D("420.00"))
    assert last.accrual == D("560.00")


def test_what_is_sold_for_more_than_the_books_have_is_a_gain() -> None:
    flat = Residuals.flat(D(2))
    lines = [line(MACHINE, "10.00")]
    by = terms(12, "2026-12-01")
    (year,) = years(owning(lines, by, flat), writeoffs(lines, by, flat, "straight-line"), by)
    assert (year.depreciation, year.disposal, year.accrual) == (D(0), D("-10.00"), D("-10.00"))


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
    st.lists(st.tuples(amounts, st.integers(1, 48), st.booleans(), st.booleans()), max_size=3),
    st.tuples(st.integers(1, 130), st.integers(0, 400), methods),
)
def test_over_the_horizon_cash_is_what_is_used_up(
    capital: list[tuple[str, int, bool]],
    running: list[tuple[str, int, bool, bool]],
    course: tuple[int, int, Method],
) -> None:
    """Depreciation is not paid, yet over the horizon both views hold the same money."""
    horizon, wait, method = course
    day = date.fromordinal(ORDERED.toordinal() + wait)
    by = terms(horizon, day.isoformat(), rate="0.08", hardware="5 %", electricity="3 %")
    bought = [line(item(id=f"m{n}", life_months=life, residual=sold), cost)
              for n, (cost, life, sold) in enumerate(capital)]  # fmt: skip
    removal = line(item(Category.SERVICE, id=REMOVAL), "7.77", is_capital=False)
    paid = [line(LICENCE if whole else SUPPORT, cost, every=every, prepaid=ahead, is_capital=whole)
            for cost, every, ahead, whole in running]  # fmt: skip
    if by.calendar.in_service >= by.calendar.ends:
        return
    lines = [*bought, *paid, removal]
    flows = owning(lines, by, TABLE)
    written_off = writeoffs(lines, by, TABLE, method)
    found = years(flows, written_off, by)
    cash = sum((year.cash for year in found), D(0))
    accrual = sum((year.accrual for year in found), D(0))
    books = sum((one.book_value for one in written_off), D(0))
    proceeds = -sum((f.amount for f in flows if f.stage is Stage.RESIDUAL), D(0))
    assert found[-1].disposal == books - proceeds
    assert not any(year.disposal for year in found[:-1])
    assert cash == accrual == sum(flow.amount for flow in flows)
    assert all(year.accrual >= 0 for year in found)
