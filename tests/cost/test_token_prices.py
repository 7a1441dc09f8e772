"""What an API bills by day, by hour, by length, and for cached and batched tokens."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.catalog.price_book import Entry, price_book
from freehold.cost.alternatives.token_prices import Mix, in_force, kinds, other_rates, rates
from freehold.cost.item import Category, Range

D = Decimal
DAY, NONE = date(2026, 12, 1), D(0)
PLAIN = Mix(prompt=2000, cached=D(0), batch=D(0), batch_discount=D("0.5"))
TOKENS = {"input": "2", "output": "8", "cached": "0.5"}


def entry(**more: Any) -> Entry:
    made = {
        "name": "made", "tokens": TOKENS, "currency": "USD", "per": "M tokens", "kind": "list",
        "date": "2026-11-23", "source": "made", "evidence": "two-datasets-agree",
    }  # fmt: skip
    return Entry.model_validate({key: value for key, value in (made | more).items() if value})


def mix(prompt: int = 2000, cached: Decimal = NONE, batch: Decimal = NONE) -> Mix:
    return Mix(prompt, cached, batch, D("0.5"))


def test_usual_tokens() -> None:
    assert rates(entry(), DAY, PLAIN) == (D(2), D(8))


def test_an_entry_without_prices() -> None:
    assert rates(entry(tokens=None), DAY, PLAIN) is None
    assert kinds(entry(tokens=None), DAY, PLAIN) == {}


def test_each_kind_of_tokens_has_a_price_with_its_ends() -> None:
    made = entry(other_dataset={"input": "1", "output": "9", "cached": "0.7"})
    assert kinds(made, DAY, mix(cached=D("0.1"))) == {
        "million input tokens": Range(D(1), D(2), D(2)),
        "million output tokens": Range(D(8), D(8), D(9)),
        "million cached input tokens": Range(D("0.5"), D("0.5"), D("0.7")),
    }
    # Another source says nothing of later days.
    later = entry(other_dataset={"input": "1", "output": "9"}, next=LATER)
    assert kinds(later, date(2027, 1, 1), PLAIN) == {
        "million input tokens": Range.exactly(D(3)), "million output tokens": Range.exactly(D(9)),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("day", "since"),
    [("2026-12-31", None), ("2027-01-01", "2027-01-01"), ("2028-01-02", "2028-01-01")],
)
def test_since_when_prices_hold(day: str, since: str | None) -> None:
    found = in_force(entry(next=LATER), date.fromisoformat(day))
    assert (found and found.isoformat()) == since


def test_cached_input_is_billed_as_such() -> None:
    assert rates(entry(), DAY, mix(cached=D("0.4"))) == (D("1.4"), D(8))  # 0.6 * 2 + 0.4 * 0.5


def test_cached_input_costs_no_less_where_nothing_is_said() -> None:
    made = entry(tokens={"input": "2", "output": "8"})
    assert rates(made, DAY, mix(cached=D("0.4"))) == (D(2), D(8))


def test_a_batch_is_half_off() -> None:
    assert rates(entry(), DAY, mix(batch=D("0.5"))) == (D("1.5"), D(6))


def test_batch_and_cache_together() -> None:
    found = rates(entry(), DAY, mix(batch=D(1), cached=D(1)))
    assert found == (D("0.25"), D(4))


LATER = [
    {"effective": "2027-01-01", "input": "3", "output": "9"},
    {"effective": "2028-01-01", "input": "4", "output": "10", "cached": "1"},
]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-12-31", (D(2), D(8))),
        ("2027-01-01", (D(3), D(9))),
        ("2027-12-31", (D(3), D(9))),
        ("2028-06-30", (D(4), D(10))),
    ],
)
@pytest.mark.parametrize("later", [LATER, LATER[::-1]])
def test_prices_change_on_their_day(
    day: str, expected: tuple[Decimal, Decimal], later: list[dict[str, str]]
) -> None:
    assert rates(entry(next=later), date.fromisoformat(day), PLAIN) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [(100_000, (D(2), D(8))), (100_001, (D(4), D(12))), (300_000, (D(6), D(16)))],
)
def test_long_requests_have_a_tier_of_their_own(
    prompt: int, expected: tuple[Decimal, Decimal]
) -> None:
    tiers = [
        {"above": 200_000, "input": "6", "output": "16"},
        {"above": 100_000, "input": "4", "output": "12"},
    ]
    assert rates(entry(long_context=tiers), DAY, mix(prompt=prompt)) == expected


def test_cached_input_of_long_requests_is_as_much_cheaper() -> None:
    tiers = [{"above": 1000, "input": "4", "output": "12"}]
    found = rates(entry(long_context=tiers), DAY, mix(cached=D(1)))
    assert found == (D(1), D(12))  # 4 * 0.5 / 2


def test_cached_input_of_long_requests_where_short_ones_cost_nothing() -> None:
    tiers = [{"above": 1000, "input": "4", "output": "12"}]
    free = entry(long_context=tiers, tokens={"input": "0", "output": "0"})
    assert rates(free, DAY, mix(cached=D(1))) == (D(4), D(12))


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        (["00:00-12:00"], (D(3), D(12))),  # half of the day at twice the price
        (["22:00-01:00", "06:00-09:00"], (D("2.5"), D(10))),  # a quarter
        (["01:30-04:15", "20:45-00:00"], (D("2.5"), D(10))),
    ],
)
def test_peak_hours_count_by_their_share_of_the_day(
    windows: list[str], expected: tuple[Decimal, Decimal]
) -> None:
    peak = {"utc": windows, "input": "4", "output": "16", "cached": "1"}
    assert rates(entry(peak=peak), DAY, PLAIN) == expected


def test_cached_input_has_peak_hours_too() -> None:
    peak = {"utc": ["00:00-12:00"], "input": "4", "output": "16", "cached": "1"}
    assert rates(entry(peak=peak), DAY, mix(cached=D(1))) == (D("0.75"), D(12))


def test_another_data_set_may_disagree() -> None:
    other = {"input": "3", "output": "9"}
    assert other_rates(entry(), PLAIN) is None
    assert other_rates(entry(other_dataset=other), mix(batch=D(1))) == (D("1.5"), D("4.5"))
    peak = {"utc": ["00:00-12:00"], "input": "4", "output": "16"}
    assert other_rates(entry(other_dataset=other, peak=peak), PLAIN) is None


def test_the_book_says_what_doubles_next_year() -> None:
    gemini = price_book().all_of(Category.API)["api.google.gemini-3.8-flash"]
    before, after = (rates(gemini, date(year, month, 1), PLAIN) for year, month in
                     ((2026, 12), (2027, 1)))  # fmt: skip
    assert (before, after) == ((D("0.75"), D("3.75")), (D("1.5"), D("7.5")))


def test_every_api_of_the_book_has_prices() -> None:
    for name, found in price_book().all_of(Category.API).items():
        paid = rates(found, DAY, PLAIN)
        assert paid is not None, name
        assert min(paid) > 0, name


shares = st.decimals(0, 1, places=3)


@given(shares, shares, st.integers(1, 10**6))
def test_no_discount_makes_tokens_dearer(cached: Decimal, batch: Decimal, prompt: int) -> None:
    tiers = [{"above": 1000, "input": "4", "output": "12"}]
    made = entry(long_context=tiers)
    full = rates(made, DAY, mix(prompt=prompt))
    less = rates(made, DAY, mix(prompt=prompt, cached=cached, batch=batch))
    assert full is not None
    assert less is not None
    assert all(0 < one <= other for one, other in zip(less, full, strict=True))
