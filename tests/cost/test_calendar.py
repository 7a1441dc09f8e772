"""Days on which money changes hands."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost.bought import bought, quote
from cost.sites import CLINIC, COST, ENERGY, MACHINE, ORDERED, assembling, bill, item, line
from freehold.cost.calendar import (
    Calendar,
    in_service,
    later,
    may_be_short,
    months,
    months_between,
    months_later,
)
from freehold.cost.item import Range
from freehold.cost.money import EXACT
from freehold.spec.cost import Cost
from freehold.spec.quotes import Quotes
from freehold.units import Duration

D = Decimal
FIVE_YEARS = Calendar(ORDERED, date(2027, 3, 1), 60)
days = st.dates(date(2020, 1, 1), date(2060, 12, 31))


def spec(**more: str) -> Cost:
    given = {"currency": "EUR", "horizon": "5 years", "electricity": "0.19 EUR/kWh"}
    return Cost.model_validate(given | more)


@pytest.mark.parametrize(
    ("day", "months", "found"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2027, 1, 31), 2, date(2027, 3, 31)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 12, 31), 60, date(2031, 12, 31)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
    ],
)
def test_months_are_the_calendars(day: date, months: int, found: date) -> None:
    assert months_later(day, months) == found


def test_a_month_end_is_not_lost_in_a_short_month() -> None:
    """Months are counted from the first day, not one from the other."""
    starts = [month.starts for month in months(date(2027, 1, 31), date(2027, 4, 30))]
    assert starts == [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31)]


def test_the_day_of_service_by_lead_times() -> None:
    assert later(ORDERED, Duration.parse("3 months")) == date(2027, 3, 1)
    assert later(ORDERED, Duration.parse("12 weeks")) == date(2027, 2, 23)
    assert later(ORDERED, Duration.parse("36 h")) == date(2026, 12, 2)
    assert later(ORDERED, Duration.parse("23 h")) == ORDERED
    machine, slow = line(MACHINE, "1"), item(lead_time=Range(D(1), D("20.5"), D(90)))
    assert in_service(spec(), ORDERED, [machine]) == date(2027, 4, 20)  # 20 weeks
    longest = [machine, line(slow, "1")]
    assert in_service(spec(), ORDERED, longest) == ORDERED + timedelta(143)  # and a half
    assert in_service(spec(lead_time="1 month"), ORDERED, longest) == date(2027, 1, 1)


def test_spares_and_what_runs_are_not_waited_for() -> None:
    late = item(lead_time=Range(D(50), D(50), D(50)))
    lines = [line(late, "1", is_spare=True), line(late, "1", every=1), line(ENERGY, "1", every=1)]
    assert in_service(spec(), ORDERED, lines) == ORDERED
    assert in_service(spec(), ORDERED, []) == ORDERED


def test_what_comes_with_a_machine_or_is_owned_is_not_waited_for() -> None:
    """A machine quoted at 14 weeks comes with its GPUs, which alone would take 21."""
    slow = quote("switch.tor-48x25g", "9000 EUR", lead_time="30 weeks")
    quotes = quote("server.l40s-48gb-x4", "61000 EUR", lead_time="14 weeks") + slow
    found = bought(quotes=quotes, whole=["gpu"])
    gpus = found.lines["gpu/gpu.l40s-48gb"].lead_time
    assert gpus
    assert gpus.base == 21
    assert in_service(found.cost, ORDERED, found.lines.values()) == ORDERED + timedelta(30 * 7)
    owned = bought(quotes=quotes, whole=["gpu"], without=["switch.tor-48x25g"])
    assert in_service(owned.cost, ORDERED, owned.lines.values()) == ORDERED + timedelta(14 * 7)
    assert may_be_short(spec(horizon="6 months"), owned.quotes)


def test_only_near_horizons_need_every_lead_time() -> None:
    def quoted(lead_time: str) -> Quotes:
        quote = {"item": "x", "price": "1 EUR"} | ({"lead_time": lead_time} if lead_time else {})
        return Quotes.model_validate({"version": 1, "quotes": (quote,)})

    assert not may_be_short(spec(), None)
    assert may_be_short(spec(horizon="2 years"), None)
    assert not may_be_short(spec(), quoted(""))
    assert not may_be_short(spec(), quoted("59 months"))
    assert may_be_short(spec(), quoted("5 years"))
    assert not may_be_short(spec(horizon="1 year", lead_time="11 months"), quoted("5 years"))
    assert may_be_short(spec(horizon="1 year", lead_time="1 year"), None)


def test_the_years_end_with_the_horizon() -> None:
    assert FIVE_YEARS.ends == date(2031, 12, 1)
    assert FIVE_YEARS.last == date(2031, 11, 30)
    assert FIVE_YEARS.years()[0] == (date(2026, 12, 1), date(2027, 11, 30))
    assert FIVE_YEARS.years()[-1] == (date(2030, 12, 1), date(2031, 11, 30))
    short = Calendar(ORDERED, ORDERED, 18).years()
    assert short[1] == (date(2027, 12, 1), date(2028, 5, 31))


def test_the_last_month_is_cut_by_its_days() -> None:
    """From 15 February: ten days of the 29 of a leap year's February-March are left."""
    calendar = Calendar(date(2027, 2, 25), date(2027, 3, 15), 12)
    found = months(calendar.in_service, calendar.ends)
    assert len(found) == 12
    assert found[0].ends == date(2027, 4, 14)
    assert found[0].share == 1
    assert found[-1].ends == date(2028, 2, 24)
    assert found[-1].share == EXACT.divide(D(10), D(29))
    assert calendar.service == 11 + found[-1].share


def test_prices_change_on_anniversaries() -> None:
    assert FIVE_YEARS.years_since(date(2027, 11, 30)) == 0
    assert FIVE_YEARS.years_since(date(2027, 12, 1)) == 1
    assert FIVE_YEARS.years_since(ORDERED) == 0


@given(days, st.integers(0, 400))
def test_months_later_and_between_are_inverse(day: date, months: int) -> None:
    there = months_later(day, months)
    assert there.day <= day.day
    # A clipped end is reached before its month is over.
    assert months_between(day, there) == months
    assert months_between(there, day) == 0


@given(days, st.integers(0, 3000), st.integers(0, 3000))
def test_months_grow_with_days(day: date, some: int, more: int) -> None:
    near, far = day + timedelta(some), day + timedelta(some + more)
    assert months_between(day, near) <= months_between(day, far)
    assert (months_between(day, near) == months_between(day, far)) is (more == 0)


@given(days, st.integers(0, 40), st.integers(1, 90))
def test_the_months_of_service_are_the_horizon(day: date, wait: int, horizon: int) -> None:
    calendar = Calendar(day, day + timedelta(wait * 7), horizon)
    found = months(calendar.in_service, calendar.ends)
    assert sum((month.share for month in found), D(0)) == calendar.service
    served = sum((month.ends - month.starts).days + 1 for month in found)
    assert served == max(0, (calendar.ends - calendar.in_service).days)
    years = calendar.years()
    assert sum((last - first).days + 1 for first, last in years) == (calendar.ends - day).days


def test_a_horizon_within_the_lead_time_is_refused() -> None:
    text = CLINIC + COST.replace("5 years", "3 months")
    found, report = assembling(text, bill(line(MACHINE, "1")))
    assert report.findings[0].help == "write a longer horizon, or a shorter `lead_time`"
    assert found is None
    assert [one.rule for one in report.findings] == ["horizon-too-short"]
    assert "2027-03-01" in report.findings[0].message
    assert report.findings[0].span
    assert "3 months" in report.source.line(report.findings[0].span.line)


def test_without_a_lead_time_those_of_the_machines_count() -> None:
    text = CLINIC + COST.replace("5 years", "4 months").replace("  lead_time: 3 months\n", "")
    found, report = assembling(text, bill(line(MACHINE, "1")))  # 20 weeks
    assert found is None
    assert "serve from 2027-04-20 on" in report.findings[0].message
    assert report.findings[0].help == (
        "write a longer horizon, or `lead_time: 4 weeks` when you know that they come sooner"
    )
