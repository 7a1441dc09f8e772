"""Figures as people read them: nothing is lost, and nothing looks known that is not."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from cost.made import CONVENTIONS, LINES, RESULT
from freehold.cost.item import Basis, Range
from freehold.cost.types import Outcome, Total
from freehold.cost.words import (
    day,
    grouped,
    holes,
    money,
    months,
    named_price,
    number,
    paid_back,
    percent,
    provenance,
    quantity,
    rate_of_return,
    ratio,
    rests_on,
    rounded,
    rounding_of,
    total,
    unit_price,
    weeks,
)

D = Decimal


@pytest.mark.parametrize(
    ("value", "said"),
    [("1E+3", "1000"), ("0.000000135", "0.000000135"), ("-0.00", "0.00"), ("-12.5", "-12.5")],
)
def test_numbers_for_programs(value: str, said: str) -> None:
    assert number(D(value)) == said


def test_money_and_totals() -> None:
    assert money(D("-1234567.80"), "EUR") == "-1,234,567.80 EUR"
    assert grouped(D("-0.00")) == "0.00"
    assert total(Total(D("12.00")), "EUR") == "12.00 EUR"
    assert total(Total(D("12.00"), 1), "EUR") == "at least 12.00 EUR, 1 line without a price"
    assert holes(3) == "3 lines without a price"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("8000", "8,000.00"),
        ("0.335", "0.335"),
        ("7333.333333333333", "7,333.3333"),
        ("0.000000135", "0.000000135"),
        ("2.5", "2.50"),
        (None, "unknown"),
    ],
)
def test_prices_of_one(value: str | None, said: str) -> None:
    assert unit_price(None if value is None else D(value), CONVENTIONS) == said


def test_figures() -> None:
    assert ratio(D("1.234567"), CONVENTIONS) == "1.2346"
    assert ratio(None, CONVENTIONS) == rounded(None) == "?"
    assert rounded(D("1234.56")) == "1,234.6"
    assert percent(D("0.625")) == "62.5 %"
    assert quantity(D("8.00")) == "8"
    assert quantity(D(100)) == "100"
    assert weeks(None) == ""
    assert weeks(Range.exactly(D("12.4"))) == "12 weeks"
    assert weeks(Range(D(4), D(5), D(8))) == "4 to 8 weeks"
    assert day(None) == ""


def test_who_says_what_it_costs() -> None:
    price = LINES[0].price
    assert provenance(price) == "quote of Reseller, 2026-11-01"
    quoted = replace(price, reference="Q-17", valid_until=date(2026, 12, 31), is_stale=True)
    assert provenance(quoted) == ("quote of Reseller Q-17, 2026-11-01, until 2026-12-31, too old")
    assert provenance(LINES[2].price) == "list, 2026-11-01, nvidia"
    assert provenance(LINES[1].price) == "unknown"
    part = replace(price, basis=Basis.INCLUDED, note="part of server")
    assert provenance(part) == "part of server"


def test_the_prices_of_alternatives() -> None:
    now, later = RESULT.alternatives[0].prices
    assert named_price(now, CONVENTIONS) == (
        "11.50 EUR per instance hour (12.5 USD, nvidia, 2025-12-23, too old)"
    )
    assert named_price(later, CONVENTIONS) == (
        "8,000.00 EUR per instance hour from 2027-01-01 on (quote of Reseller, 2026-11-01)"
    )
    unknown = replace(now, price=LINES[1].price)
    assert named_price(unknown, CONVENTIONS) == "not known per instance hour (unknown)"
    offered = replace(now, price=replace(now.price, valid_until=date(2026, 12, 31)))
    assert ", until 2026-12-31, too old)" in named_price(offered, CONVENTIONS)


def test_what_is_earned_and_when() -> None:
    found = RESULT.break_even[0]
    assert rate_of_return(found) == "71.2 %"
    assert rate_of_return(replace(found, irr=None)) == "none"
    assert paid_back(16, found.outcome) == "month 16"
    assert paid_back(0, Outcome.ALWAYS) == "at once"
    assert paid_back(None, Outcome.ONCE) == "never"
    assert paid_back(None, Outcome.UNKNOWN) == "not known"


def test_what_prices_rest_on() -> None:
    said = rests_on(RESULT.quality)
    assert said == "99.9 % of the capital cost is quoted (99.9 % quoted, 0.1 % listed)"
    worse = replace(RESULT.quality, by_basis={}, quoted=D(0), stale=D("0.25"))
    assert rests_on(worse) == (
        "0 % of the capital cost is quoted (none has a price); 25 % is older than its limit"
    )


def test_rounding_is_the_bills() -> None:
    assert rounding_of(CONVENTIONS)(D("0.125")) == D("0.13")
    assert rounding_of(replace(CONVENTIONS, rounding="half-even"))(D("0.125")) == D("0.12")


def test_one_month_is_one() -> None:
    assert (months(1), months(60)) == ("1 month", "60 months")
