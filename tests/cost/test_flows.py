"""What is paid for each kind of line, when, and what it is worth on the day of the order."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost.sites import ENERGY, LICENCE, MACHINE, ORDERED, SUPPORT, item, line
from freehold.cost.calendar import Calendar
from freehold.cost.finance import xnpv
from freehold.cost.flows import Residuals, Terms, drivers_of, generations, owning, proceeds, resale
from freehold.cost.item import Category, Range
from freehold.cost.money import Rounding
from freehold.cost.types import BomLine, Flow, Stage
from freehold.spec.cost import Escalation
from freehold.units import Change

D = Decimal
EURO = Rounding("EUR", 2)
TABLE = Residuals({
    12: Range(D("0.6"), D("0.6"), D("0.7")), 24: Range(D("0.3"), D("0.3"), D("0.45")),
    36: Range(D("0.2"), D("0.2"), D("0.35")), 60: Range(D("0.1"), D("0.1"), D("0.2")),
})  # fmt: skip


def terms(months: int = 60, wait: str = "2027-03-01", rate: str | None = None, **up: str) -> Terms:
    calendar = Calendar(ORDERED, date.fromisoformat(wait), months)
    escalation = Escalation(**{name: Change.parse(change) for name, change in up.items()})
    return Terms(calendar, EURO, D(rate) if rate else None, escalation)


def paid(of: BomLine, by: Terms, residuals: Residuals = TABLE) -> list[tuple[str, str, str]]:
    flows = owning([of], by, residuals)
    return [(str(flow.on), flow.stage.value, str(flow.amount)) for flow in flows]


def test_capital_is_paid_on_the_day_of_the_order_and_sold_on_the_last() -> None:
    """57 months of service: a tenth of the price and 3/24 of the way from a fifth to it."""
    assert paid(line(MACHINE, "1000.00"), terms()) == [
        ("2026-12-01", "purchase", "1000.00"),
        ("2031-11-30", "residual", "-112.50"),
    ]
    assert paid(line(item(life_months=60), "1000.00"), terms()) == [
        ("2026-12-01", "purchase", "1000.00"),
    ]


def test_what_is_sold_was_bought_without_its_tax() -> None:
    taxed = line(MACHINE, "1000.00")
    taxed = BomLine(**{**{f: getattr(taxed, f) for f in BomLine.__slots__}, "cost": D("1190.00")})
    assert [amount for _, _, amount in paid(taxed, terms())] == ["1190.00", "-112.50"]


def test_hardware_is_replaced_when_its_life_is_over() -> None:
    """Three years of life in ten: bought, and three times replaced, at 5 % more each year."""
    short = line(item(life_months=36, residual=True), "1000.00")
    assert paid(short, terms(120, "2026-12-01", hardware="5 %")) == [
        ("2026-12-01", "purchase", "1000.00"),
        ("2029-12-01", "refresh", "1157.63"),  # 1.05^3 = 1.157625
        ("2032-12-01", "refresh", "1340.10"),  # 1.05^6 = 1.340095640625
        ("2035-12-01", "refresh", "1551.33"),  # 1.05^9 = 1.551328215978515625
        ("2036-11-30", "residual", "-930.80"),  # 1551.328... x 0.6 after a year
    ]


@pytest.mark.parametrize(("months", "count"), [(36, 1), (37, 2), (72, 2), (73, 3)])
def test_life_that_ends_with_the_horizon_needs_no_successor(months: int, count: int) -> None:
    short = line(item(life_months=36), "1")
    assert len(generations(short, terms(months, "2026-12-01"))) == count
    assert len(generations(line(LICENCE, "1", every=12), terms(months))) == 1


def test_only_capital_with_a_life_is_replaced() -> None:
    worn = line(item(Category.SERVICE, life_months=12), "1.00", is_capital=False)
    assert len(generations(worn, terms())) == 1
    assert len(generations(line(item(Category.OTHER), "1.00"), terms())) == 1


def test_what_is_not_paid_ahead_covers_its_own_month() -> None:
    flows = owning([line(MACHINE, "9.00"), line(ENERGY, "9.00", every=1)], terms(), TABLE)
    assert {flow.covers for flow in flows} == {1}


def test_running_cost_is_paid_at_each_months_end() -> None:
    found = paid(line(ENERGY, "500.00", every=1), terms(6))
    assert found == [
        ("2027-03-31", "running", "500.00"),
        ("2027-04-30", "running", "500.00"),
        ("2027-05-31", "running", "500.00"),
    ]


def test_a_month_cut_short_costs_its_days() -> None:
    """15 March to 31 May are two months and 17 of the 31 days until 15 June."""
    found = paid(line(ENERGY, "310.00", every=1), terms(6, "2027-03-15"))
    assert found[-1] == ("2027-05-31", "running", "170.00")
    assert len(found) == 3


def test_longer_periods_are_paid_at_their_ends() -> None:
    yearly = line(item(Category.STAFF), "1200.00", every=12)
    assert paid(yearly, terms(24)) == [
        ("2028-02-29", "running", "1200.00"),
        ("2028-11-30", "running", "900.00"),
    ]


def test_prepaid_terms_are_paid_at_their_starts() -> None:
    """57 months of service: the second term has 21 of 36 months left; licences are whole."""
    support = line(SUPPORT, "3600.00", every=36, prepaid=True)
    licence = line(LICENCE, "3600.00", every=36, prepaid=True)
    assert paid(support, terms()) == [
        ("2027-03-01", "term", "3600.00"),
        ("2030-03-01", "term", "2100.00"),
    ]
    assert paid(licence, terms())[1] == ("2030-03-01", "term", "3600.00")
    assert [flow.covers for flow in owning([licence], terms(), TABLE)] == [36, 36]


def test_escalation_of_each_category_by_anniversaries() -> None:
    by = terms(26, "2026-12-01", electricity="10 %", licences="-5 %", support="1 %", space="2 %",
               staff="3 %", cloud="4 %", api="6 %", hardware="7 %")  # fmt: skip
    energy = [amount for _, _, amount in paid(line(ENERGY, "100.00", every=1), by)]
    assert energy == ["100.00"] * 12 + ["110.00"] * 12 + ["121.00"] * 2
    licence = [amount for _, _, amount in paid(line(LICENCE, "100", every=12, prepaid=True), by)]
    assert licence == ["100.00", "95.00", "90.25"]
    day = date(2028, 11, 30)
    grown = {category.value: by.grown(category, day) for category in Category}
    assert {name: str(up.normalize()) for name, up in grown.items()} == {
        "server": "1.07", "gpu": "1.07", "cpu": "1.07", "memory": "1.07", "storage": "1.07",
        "network": "1.07", "facility": "1.07", "service": "1", "licence": "0.95",
        "support": "1.01", "space": "1.02", "energy": "1.1", "staff": "1.03",
        "isolation": "1", "other": "1", "cloud": "1.04", "api": "1.06",
    }  # fmt: skip


def test_what_has_no_price_or_costs_nothing_has_no_flow() -> None:
    assert owning([line(MACHINE, None), line(MACHINE, "0")], terms(), TABLE) == ()


def test_what_is_paid_once_and_not_written_off_is_not_sold() -> None:
    freight = line(item(Category.SERVICE, residual=True), "50.00", is_capital=False)
    assert paid(freight, terms()) == [("2026-12-01", "purchase", "50.00")]


def test_machines_are_taken_away_on_the_last_day() -> None:
    removal = line(item(Category.SERVICE, id="decommissioning"), "70.00", is_capital=False)
    assert paid(removal, terms()) == [("2031-11-30", "purchase", "70.00")]


def test_discounting_is_xnpvs() -> None:
    by = terms(rate="0.08")
    lines = [line(MACHINE, "1000"), line(ENERGY, "12.34", every=1)]
    flows = owning(lines, by, TABLE)
    theirs = xnpv(D("0.08"), [f.amount for f in flows], [f.on for f in flows])
    ours = sum((by.discounted(f.amount, f.on) for f in flows), D(0))
    assert abs(ours - theirs) < D("1e-20")
    assert [f.discounted for f in flows] == [EURO(by.discounted(f.amount, f.on)) for f in flows]
    assert flows[0].discounted == 1000
    assert terms().discounted(D(7), date(2031, 1, 1)) == 7


@pytest.mark.parametrize(
    ("months", "low", "base", "high"),
    [
        ("0", "1", "1", "1"),
        ("6", "0.8", "0.8", "0.85"),
        ("12", "0.6", "0.6", "0.7"),
        ("30", "0.25", "0.25", "0.4"),
        ("60", "0.1", "0.1", "0.2"),
        ("90.5", "0.1", "0.1", "0.2"),
    ],
)
def test_residuals_between_known_ages(months: str, low: str, base: str, high: str) -> None:
    assert TABLE.at(D(months)) == Range(D(low), D(base), D(high))


def test_what_all_hardware_brings_is_of_the_age_of_each() -> None:
    """Seven years: what lasts five is two years old, at 2 % more for each of five years."""
    short, long = item(life_months=60, residual=True), item(life_months=120, residual=True)
    by = terms(84, "2026-12-01", hardware="2 %")
    bought, kept = line(short, "1000.00"), line(long, "500.00")
    assert resale([bought], by, TABLE) == TABLE.at(D(24))
    assert resale([kept], by, TABLE) == TABLE.at(D(84))
    sold = proceeds(bought, by, TABLE) + proceeds(kept, by, TABLE)
    whole = D("1000.00") * D("1.02") ** 5 + D("500.00")
    both = resale([bought, kept], by, TABLE)
    assert abs(both.base * whole - sold) <= D("0.01")
    assert abs(both.high * whole - (whole - 500) * D("0.45") - 500 * D("0.2")) < D("1e-20")


def test_what_is_never_sold_has_no_residual() -> None:
    lines = [line(item(), "1.00"), line(MACHINE, None), line(ENERGY, "1.00", every=1),
             line(MACHINE, "1.00", every=12, is_capital=True)]  # fmt: skip
    assert resale(lines, terms(), TABLE) == Range.exactly(D(0))


def test_a_stated_residual_counts_at_any_age() -> None:
    flat = Residuals.flat(D("0.15"))
    assert [flat.at(D(months)).base for months in (0, 7, 600)] == [D("0.15")] * 3


@given(st.decimals(0, 80, places=2), st.decimals(0, 80, places=2))
def test_hardware_never_gains_with_age(one: Decimal, other: Decimal) -> None:
    younger, older = sorted((one, other))
    assert TABLE.at(younger).base >= TABLE.at(older).base
    at = TABLE.at(older)
    assert at.low <= at.base <= at.high


def test_flows_name_what_they_are_a_product_of() -> None:
    assert drivers_of(line(ENERGY, "1")) == ("gpu/energy", "electricity")
    assert drivers_of(line(LICENCE, "1")) == ("gpu/licence",)
    flows: tuple[Flow, ...] = owning([line(MACHINE, "100")], terms(), TABLE)
    assert [flow.line for flow in flows] == ["gpu/server.made"] * 2
    assert [flow.drivers for flow in flows] == [
        ("gpu/server.made", "hardware"),
        ("gpu/server.made", "hardware", "residual"),
    ]
    assert flows[1].stage is Stage.RESIDUAL


@given(st.integers(1, 130), st.integers(0, 60), st.integers(1, 48))
def test_flows_lie_within_the_horizon_in_their_order(months: int, wait: int, every: int) -> None:
    day = date.fromordinal(ORDERED.toordinal() + 7 * wait)
    by = terms(months, day.isoformat())
    lines = [line(MACHINE, "100"), line(SUPPORT, "100", every=every, prepaid=True),
             line(ENERGY, "100", every=every)]  # fmt: skip
    flows = owning(lines, by, TABLE)
    assert [flow.on for flow in flows] == sorted(flow.on for flow in flows)
    assert all(ORDERED <= flow.on <= by.calendar.last for flow in flows)
