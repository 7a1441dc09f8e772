"""Who has paid less, day by day, and at which use that turns."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost.sites import ORDERED, PHYSICS
from freehold.cost.break_even import Comparison, Paying, break_even, comparison
from freehold.cost.calendar import Calendar, months_later
from freehold.cost.item import Category
from freehold.cost.types import BreakEven, Costs, Demand, Flow, Outcome, Stage, Total
from freehold.spec.cost import Cost
from freehold.units import Percent

D = Decimal
CALENDAR = Calendar(ORDERED, ORDERED, 24)
LAST = CALENDAR.last


def month_end(month: int) -> date:
    return months_later(ORDERED, month) - timedelta(1)


def flow(on: date, amount: str | Decimal, category: Category = Category.SERVER) -> Flow:
    return Flow(on, "made", category, Stage.RUNNING, D(amount), D(amount))


def option(name: str, flows: Iterable[Flow], unknown: int = 0) -> Costs:
    made = tuple(flows)
    total = Total(sum((flow.amount for flow in made), D(0)), unknown)
    return Costs(name, "", made, total, total, None)


def monthly(amount: str | Decimal, category: Category = Category.SERVER) -> tuple[Flow, ...]:
    return tuple(flow(month_end(month), amount, category) for month in range(1, 25))


def by(paid_by_demand: Iterable[str] = (), demand: Demand | None = None, **more: Any) -> Comparison:
    cost = Cost.model_validate(
        {"currency": "EUR", "horizon": "2 years", "electricity": "0.19 EUR/kWh"} | more
    )
    return comparison(cost, CALENDAR, demand, PHYSICS, frozenset(paid_by_demand))


def compare(own: Iterable[Flow], other: Iterable[Flow], **more: int) -> BreakEven:
    return break_even(
        option("owning", own, more.get("own_unknown", 0)),
        option("cloud", other, more.get("other_unknown", 0)),
        by(),
    )


def test_the_purchase_is_earned_back_once() -> None:
    found = compare([flow(ORDERED, "1000")], monthly("100"))
    assert found.outcome is Outcome.ONCE
    (crossing,) = found.crossings  # after ten payments both have cost 1000
    assert (crossing.on, crossing.month, crossing.to_owning) == (date(2027, 9, 30), 10, True)
    assert (found.owning_wins, found.saving) == (True, D(1400))
    assert found.verdict == (
        "Owning is cheaper than `cloud` from month 10; over 24 months owning costs 1,400 EUR less "
        "(undiscounted)."
    )


def test_the_purchase_is_never_earned_back() -> None:
    found = compare([flow(ORDERED, "2500")], monthly("100"))
    assert (found.outcome, found.crossings) == (Outcome.NEVER, ())
    assert (found.owning_wins, found.saving) == (False, D(-100))
    assert found.threshold_hours_per_day is None
    assert found.verdict == (
        "Owning never becomes cheaper than `cloud`; over 24 months owning costs 100 EUR more "
        "(undiscounted), and no use within the powered hours changes that."
    )


def test_owning_is_cheaper_from_the_first_day_on() -> None:
    found = compare(monthly("10"), [flow(ORDERED, "500")])
    assert (found.outcome, found.crossings) == (Outcome.ALWAYS, ())
    assert found.verdict == (
        "Owning is cheaper than `cloud` from the first day on; over 24 months owning costs 260 EUR "
        "less (undiscounted)."
    )


def test_a_replacement_turns_it_back() -> None:
    own = [flow(ORDERED, "1000"), flow(month_end(12), "1500")]
    found = compare(own, monthly("100"))
    assert found.outcome is Outcome.MORE_THAN_ONCE
    crossings = [(crossing.month, crossing.to_owning) for crossing in found.crossings]
    assert crossings == [(10, True), (12, False)]
    assert found.verdict == (
        "Owning and `cloud` change places 2 times, and `cloud` is cheaper from month 12 on; over "
        "24 months owning costs 100 EUR more (undiscounted), and no use within the powered hours "
        "changes that."
    )


def test_what_buying_earns_a_year() -> None:
    """1000 at once save 1200 after 365 days: 20 % a year, paid back in the 13th month."""
    found = compare([flow(ORDERED, "1000")], [flow(months_later(ORDERED, 12), "1200")])
    assert (found.irr, found.irr_note) == (D("0.2"), "")
    assert (found.payback_months, found.discounted_payback_months) == (13, 13)


def test_a_rate_is_of_the_differences_of_each_day() -> None:
    """What both pay on one day does not count, and 500 of 1000 come back."""
    day = months_later(ORDERED, 12)
    own = [flow(ORDERED, "1000"), flow(day, "300")]
    found = compare([*own, flow(LAST, "7")], [flow(day, "800"), flow(LAST, "7")])
    assert (found.irr, found.payback_months) == (D("-0.5"), None)


def test_discounted_it_takes_longer_to_be_paid_back() -> None:
    months = [replace(one, discounted=D(80)) for one in monthly("100")]
    found = compare([flow(ORDERED, "1000")], months)
    assert (found.payback_months, found.discounted_payback_months) == (10, 13)
    late = [replace(one, discounted=D(40)) for one in months]
    found = compare([flow(ORDERED, "1000")], late)
    assert (found.payback_months, found.discounted_payback_months) == (10, None)


@pytest.mark.parametrize(
    ("own", "other", "months", "note"),
    [
        ([("0", "2500")], "monthly", None, ""),  # 2400 come back: a rate below zero
        ([("0", "2500"), ("12", "150"), ("24", "150")], "monthly", None,
         "less comes back than is paid"),
        ([("0", "500")], "nothing", None, "nothing of what is paid comes back"),
        ([], "monthly", 0, "nothing is paid at first that could earn anything"),
        ([], "nothing", 0, "nothing is paid at first that could earn anything"),
        ([("0", "1000"), ("12", "1150"), ("24", "0")], "monthly", 22,
         "what is paid and saved changes its sign more than once, so no rate is the one"),
        ([("0", "1000"), ("12", "150")], "monthly", 10, ""),
    ],
)  # fmt: skip
def test_when_there_is_a_rate_of_return(
    own: list[tuple[str, str]], other: str, months: int | None, note: str
) -> None:
    flows = [
        flow(month_end(int(month)) if int(month) else ORDERED, amount) for month, amount in own
    ]
    found = compare(flows, monthly("100") if other == "monthly" else ())
    assert (found.payback_months, found.irr_note) == (months, note)
    assert (found.irr is None) == bool(note)


def test_missing_prices_leave_no_rate_and_no_payback() -> None:
    for side in ("own_unknown", "other_unknown"):
        found = compare([flow(ORDERED, "1000")], monthly("100"), **{side: 1})
        assert (found.irr, found.irr_note) == (None, "prices are missing")
        assert found.payback_months is found.discounted_payback_months is None
    always = compare([flow(ORDERED, "1")], [flow(ORDERED, "5")], other_unknown=1)
    assert (always.payback_months, always.discounted_payback_months) == (0, 0)


def test_owning_that_is_cheaper_only_at_first_is_not_paid_back() -> None:
    assert compare(monthly("100"), [flow(ORDERED, "1000")]).payback_months is None


def test_the_residual_on_the_last_day_counts() -> None:
    own = [flow(ORDERED, "2500"), flow(LAST, "-200")]
    found = compare(own, monthly("100"))
    assert [crossing.on for crossing in found.crossings] == [LAST]
    assert found.crossings[0].month == 24


def test_owning_may_be_cheaper_only_at_first() -> None:
    found = compare(monthly("100"), [flow(ORDERED, "1000")])
    assert (found.outcome, found.owning_wins) == (Outcome.ONCE, False)
    assert found.verdict.startswith("Owning is cheaper than `cloud` only until month 11; ")


def test_changing_places_to_owning_at_last() -> None:
    own = [flow(ORDERED, "1000"), flow(month_end(12), "700"), flow(LAST, "-100")]
    found = compare(own, monthly("100"))
    assert [crossing.to_owning for crossing in found.crossings] == [True, False, True]
    assert "change places 3 times, and owning is cheaper from month 17 on" in found.verdict


def test_the_same_on_the_same_day() -> None:
    found = compare([flow(ORDERED, "5")], [flow(ORDERED, "5")])
    assert (found.outcome, found.owning_wins, found.saving) == (Outcome.ALWAYS, False, D(0))
    assert "over 24 months owning costs 0 EUR more" in found.verdict
    assert compare([flow(ORDERED, "5")], []).outcome is Outcome.NEVER


def test_a_saving_of_less_than_one_is_one() -> None:
    found = compare([flow(ORDERED, "5")], [flow(ORDERED, "5.40")])
    assert found.owning_wins
    assert "over 24 months owning costs 0.40 EUR less" in found.verdict


def test_a_month_is_counted_from_the_day_that_it_begins_on() -> None:
    own = [flow(ORDERED, "1000"), flow(months_later(ORDERED, 12), "1500")]
    found = compare(own, monthly("100"))
    assert [crossing.month for crossing in found.crossings] == [10, 13]


def test_nothing_against_nothing_is_no_win() -> None:
    found = compare([], [])
    assert (found.outcome, found.owning_wins, found.saving) == (Outcome.ALWAYS, False, D(0))


HOLES = [
    ("2500", {"own_unknown": 2}, Outcome.NEVER, False,
     "Owning costs at least 100 EUR more than `cloud` over 24 months (undiscounted), whatever the "
     "2 prices that owning lacks come to."),
    ("1000", {"own_unknown": 2}, Outcome.UNKNOWN, None,
     "Owning is cheaper than `cloud` as long as the 2 prices that owning lacks come to less than "
     "1,400 EUR over 24 months (undiscounted)."),
    ("1000", {"other_unknown": 1}, Outcome.UNKNOWN, True,
     "Owning costs at least 1,400 EUR less than `cloud` over 24 months (undiscounted), whatever "
     "the price that `cloud` lacks comes to."),
    ("2500", {"other_unknown": 1}, Outcome.UNKNOWN, None,
     "Owning is dearer than `cloud` unless the price that `cloud` lacks comes to more than 100 EUR "
     "over 24 months (undiscounted)."),
    ("2400", {"own_unknown": 1}, Outcome.UNKNOWN, False,
     "Owning costs at least 0 EUR more than `cloud` over 24 months (undiscounted), whatever the "
     "price that owning lacks comes to."),
    ("2399.50", {"own_unknown": 1}, Outcome.UNKNOWN, None,
     "Owning is cheaper than `cloud` as long as the price that owning lacks comes to less than "
     "0.50 EUR over 24 months (undiscounted)."),
    ("2399.50", {"other_unknown": 1}, Outcome.UNKNOWN, True,
     "Owning costs at least 0.50 EUR less than `cloud` over 24 months (undiscounted), whatever "
     "the price that `cloud` lacks comes to."),
    ("2400", {"other_unknown": 1}, Outcome.UNKNOWN, None,
     "Owning is dearer than `cloud` unless the price that `cloud` lacks comes to more than 0 EUR "
     "over 24 months (undiscounted)."),
    ("1000", {"own_unknown": 1, "other_unknown": 1}, Outcome.UNKNOWN, None,
     "Both sides lack prices, so whether owning is cheaper than `cloud` is not known."),
]  # fmt: skip


@pytest.mark.parametrize(("own", "missing", "outcome", "wins", "verdict"), HOLES)
def test_a_missing_price_makes_its_own_side_dearer(
    own: str, missing: dict[str, int], outcome: Outcome, wins: object, verdict: str
) -> None:
    found = compare([flow(ORDERED, own)], monthly("100"), **missing)
    assert (found.outcome, found.owning_wins) == (outcome, wins)
    assert found.saving is found.threshold_hours_per_day is None
    assert found.verdict == verdict


def test_owning_with_a_hole_that_is_always_cheaper_is_not_sure_to_be() -> None:
    found = compare(monthly("10"), [flow(ORDERED, "500")], own_unknown=1)
    assert found.outcome is Outcome.UNKNOWN
    sure = compare(monthly("10"), [flow(ORDERED, "500")], other_unknown=1)
    assert sure.outcome is Outcome.ALWAYS


def test_the_curve_has_the_end_of_each_month() -> None:
    found = compare([flow(ORDERED, "1000"), flow(LAST, "-50")], monthly("100"))
    assert len(found.cumulative) == 24
    assert found.cumulative[0] == (date(2026, 12, 31), D(1000), D(100))
    assert found.cumulative[-1] == (date(2028, 11, 30), D(950), D(2400))


DEMAND = Demand(
    input_tokens=D(300), output_tokens=D(65), capacity_output_tokens=D(0),
    overflow_input_tokens=D(0), overflow_output_tokens=D(0), peak_output_speed=D(1),
    utilisation=D(0), users=1, by_model={}, source="", formula="",
)  # fmt: skip


def test_tokens_are_worth_buying_machines_for_from_some_hours_on() -> None:
    """2400 once against 200 a month at 6 busy hours a day: 4800, so half of them are enough."""
    by_use = by(demand=DEMAND, use={"powered": "100 %", "demand": "50 %", "load": "50 %"})
    own = option("owning", [flow(ORDERED, "2400")])
    found = break_even(own, option("api", monthly("200", Category.API)), by_use)
    assert found.threshold_hours_per_day == 3
    assert found.threshold_tokens_per_day == D("0.5")  # of 365 in 365 days
    assert found.verdict.endswith(
        "; it pays from 3.0 hours of the busiest load a day on (6.0 are planned)."
    )


def test_hours_to_pay_from_are_rounded_up() -> None:
    """2401 of 4800 are 3.00125 of 6 hours: 3.0 would be too few."""
    by_use = by(use={"demand": "50 %", "load": "50 %"})
    own = option("owning", [flow(ORDERED, "2401")])
    found = break_even(own, option("api", monthly("200", Category.API)), by_use)
    assert "from 3.1 hours" in found.verdict


def test_all_powered_hours_may_not_be_enough() -> None:
    """Twice the 4800 at most, since demand comes in half of the hours already."""
    by_use = by(use={"demand": "50 %"})
    api = option("api", monthly("200", Category.API))
    assert break_even(option("owning", [flow(ORDERED, "9600")]), api, by_use) \
        .threshold_hours_per_day == 24  # fmt: skip
    more = break_even(option("owning", [flow(ORDERED, "9601")]), api, by_use)
    assert more.threshold_hours_per_day is None


@pytest.mark.parametrize(
    ("bought", "wins", "verdict"),
    [
        ("4200", True, "; it pays only up to 13.6 hours of the busiest load a day "
         "(12.0 are planned)."),
        ("28400", False, "; it pays only up to 2.6 hours of the busiest load a day "
         "(12.0 are planned)."),
        ("-19000", True, " less (undiscounted)."),  # 24.2 hours: more than a day has
        ("34200", False, ", and no use within the powered hours changes that."),
        ("35000", False, ", and no use within the powered hours changes that."),
    ],
)  # fmt: skip
def test_owning_may_pay_only_up_to_some_use(bought: str, wins: object, verdict: str) -> None:
    """1900 a month of energy: 800 fixed, 1100 by demand in half of the hours; 2225 elsewhere.

    So 24 * (2225 - 800) = 34200 less the purchase are left for 24 * 1100 = 26400 by 12 hours:
    30000 for 13.64 hours, 5800 for 2.64, and 53200 for 24.18.
    """
    frame = by(use={"demand": "50 %"})
    own = option("owning", [flow(ORDERED, bought), *monthly("1900", Category.ENERGY)])
    found = break_even(own, option("cloud", monthly("2225")), frame)
    assert (found.owning_wins, found.verdict.endswith(verdict)) == (wins, True), found.verdict
    pays_at_any = bought == "-19000"
    assert found.threshold_hours_per_day == (0 if pays_at_any else None)


def test_energy_has_an_idle_part_that_does_not_follow_demand() -> None:
    """Idle 800 W, typical 3000 W, demand in half of the hours: 1100 of 1900 follow it.

    1900 a month: 800 fixed, 1100 by demand; 22000 once. 24 * 2750 at the API. Then
    22000 + 24 * 800 = 24 * (2750 - 1100) * times, so times = 41200 / 39600.
    """
    own = option("owning", [flow(ORDERED, "22000"), *monthly("1900", Category.ENERGY)])
    api = option("api", monthly("2750", Category.API))
    found = break_even(own, api, by(use={"demand": "50 %"}))
    assert found.threshold_hours_per_day is not None
    assert abs(found.threshold_hours_per_day - 12 * D(412) / D(396)) < D("1e-20")


def test_energy_of_nothing_does_not_vary() -> None:
    nothing = replace(PHYSICS, typical_power=D(0), idle_power=D(0))
    cost = Cost.model_validate(
        {"currency": "EUR", "horizon": "2 years", "electricity": "0.19 EUR/kWh"}
    )
    usage = comparison(cost, CALENDAR, None, nothing, ()).usage
    assert usage.variable(flow(ORDERED, "1", Category.ENERGY)) == 0


def test_without_demand_nothing_can_grow() -> None:
    usage = by(use={"demand": "0 %"}).usage
    assert (usage.hours_per_day, usage.most) == (D(0), D(0))


@pytest.mark.parametrize(
    ("category", "line", "expected"),
    [
        (Category.API, "anything", 1),
        (Category.CLOUD, "hourly", 1),
        (Category.SUPPORT, "hourly", 1),
        (Category.STAFF, "hourly", 0),
        (Category.NETWORK, "hourly", 1),
        (Category.CLOUD, "reserved", 0),
        (Category.SUPPORT, "reserved", 0),
        (Category.NETWORK, "reserved", 1),
        (Category.NETWORK, "gpu/switch", 0),
        (Category.SERVER, "gpu/server", 0),
    ],
)
def test_what_grows_with_hours(category: Category, line: str, expected: int) -> None:
    clouds = {"hourly": {"cloud": "made"}, "reserved": {"cloud": "made"}}
    usage = by(["hourly"], alternatives=clouds).usage
    assert usage.variable(replace(flow(ORDERED, "1", category), line=line)) == expected


def test_present_value_is_named_where_it_is_one() -> None:
    own, other = option("owning", [flow(ORDERED, "1")]), option("cloud", monthly("1"))
    assert "(in present value)" in break_even(own, other, by(discount_rate="8 %")).verdict
    assert "(undiscounted)" in break_even(own, other, by(discount_rate="0 %")).verdict


amounts = st.decimals("0.01", 10**6, places=2)
series = st.lists(st.tuples(st.integers(1, 24), amounts), min_size=1, max_size=8)


def made(purchase: Decimal, paid: list[tuple[int, Decimal]]) -> tuple[Flow, ...]:
    return (flow(ORDERED, purchase), *(flow(month_end(month), one) for month, one in paid))


@settings(max_examples=30)
@given(amounts, series, series, st.decimals(0, 1, places=3))
def test_a_cheaper_alternative_never_makes_owning_win_more(
    purchase: Decimal, own: list[tuple[int, Decimal]], other: list[tuple[int, Decimal]],
    less: Decimal,
) -> None:  # fmt: skip
    dear = made(D(0), other)
    cheap = tuple(replace(f, amount=f.amount * less, discounted=f.discounted * less) for f in dear)
    before, after = (compare(made(purchase, own), flows) for flows in (dear, cheap))
    assert before.saving is not None
    assert after.saving is not None
    assert after.saving <= before.saving
    assert not (after.owning_wins and not before.owning_wins)
    for one, two in zip(before.cumulative, after.cumulative, strict=True):
        assert two[2] - two[1] <= one[2] - one[1]


@settings(max_examples=30)
@given(amounts, series, series, st.sampled_from([D("0.01"), D(3), D(1000)]))
def test_another_currency_changes_nothing(
    purchase: Decimal, own: list[tuple[int, Decimal]], other: list[tuple[int, Decimal]],
    rate: Decimal,
) -> None:  # fmt: skip
    def worth(flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
        return tuple(replace(f, amount=f.amount * rate, discounted=f.discounted * rate)
                     for f in flows)  # fmt: skip

    mine, theirs = made(purchase, own), made(D(0), other)
    one, two = compare(mine, theirs), compare(worth(mine), worth(theirs))
    assert (one.outcome, one.crossings, one.owning_wins) == (
        two.outcome, two.crossings, two.owning_wins,
    )  # fmt: skip
    assert one.threshold_hours_per_day == two.threshold_hours_per_day


@given(amounts, series)
def test_what_costs_nothing_is_never_undercut(
    purchase: Decimal, own: list[tuple[int, Decimal]]
) -> None:
    found = compare(made(purchase, own), ())
    assert (found.outcome, found.owning_wins) == (Outcome.NEVER, False)


@settings(max_examples=40)
@given(amounts, amounts, amounts, st.decimals("0.05", 1, places=2))
def test_owning_wins_exactly_from_the_threshold_on(
    purchase: Decimal, running: Decimal, api: Decimal, demand: Decimal
) -> None:
    own = option("owning", [flow(ORDERED, purchase), *monthly(running, Category.ENERGY)])
    other = option("api", monthly(api, Category.API))
    frame = by(use={"demand": Percent(demand)})
    found = break_even(own, other, frame)
    hours, planned = found.threshold_hours_per_day, frame.usage.hours_per_day
    slope = api - running * frame.usage.variable(flow(ORDERED, "1", Category.ENERGY))
    if slope > 0 and found.saving:
        assert found.owning_wins == (hours is not None and hours < planned)


@settings(max_examples=60)
@given(
    st.decimals(-(10**5), 10**5, places=2),
    st.tuples(amounts, amounts, amounts),
    st.decimals("0.05", 1, places=2),
    st.decimals(0, 1, places=3),
)
def test_where_owning_pays_it_costs_no_more(
    purchase: Decimal, each: tuple[Decimal, Decimal, Decimal], demand: Decimal, share: Decimal
) -> None:
    """At every use from none to all powered hours, on either side of what is planned."""
    running, rent, api = each
    own = option("owning", [flow(ORDERED, purchase), *monthly(running, Category.ENERGY)])
    other = option("made", [*monthly(rent), *monthly(api, Category.API)])
    usage = by(use={"demand": Percent(demand)}).usage
    paying, times = Paying.of(own, other, usage), usage.most * share

    def cost(of: Costs) -> Decimal:
        return sum((f.amount * (1 + usage.variable(f) * (times - 1)) for f in of.flows), D(0))

    more = cost(own) - cost(other)
    pays = (paying.since is not None and times >= paying.since) or (
        paying.until is not None and times <= paying.until
    )
    assert pays == (more <= 0) or abs(more) < D("1e-9")
