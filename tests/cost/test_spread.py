"""What ranges make of totals: the same bytes for the same seed, and nothing where there is none."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost.sites import CLINIC, COST, ENERGY, MACHINE, ORDERED, D, assembled, bill, line
from freehold.cost.draws import positions, values
from freehold.cost.drivers import Drivers
from freehold.cost.item import Category, Range
from freehold.cost.money import Rounding
from freehold.cost.spread import Options, spread
from freehold.cost.types import Costs, Driver, Flow, Quantiles, Spread, Stage, Total
from freehold.spec.cost import Uncertainty

EUR = Rounding("EUR", 2)
GPU = Driver("gpu", "GPUs", Range(D("0.8"), D(1), D("1.4")), "machines", "80 EUR", "140 EUR")
SERVER = Driver("server", "servers", Range(D("0.9"), D(1), D("1.1")), "machines", "9", "11")
FX = Driver("fx/USD", "dollar", Range(D("0.95"), D(1), D("1.05")), "fx/USD", "0.87", "0.97")
LOAD = Driver("load", "load", Range(D("0.5"), D(1), D("1.3")), "load", "-50 %", "+30 %")
ALL = (GPU, SERVER, FX, LOAD)


def flow(amount: str | Decimal, *drivers: str, on: date = ORDERED) -> Flow:
    return Flow(on, "made", Category.OTHER, Stage.RUNNING, D(amount), D(amount), drivers)


def option(name: str, *flows: Flow, unknown: int = 0) -> Costs:
    total = Total(sum((flow.discounted for flow in flows), D(0)), unknown)
    return Costs(name, "", flows, total, total, None)


def spread_of(
    owning: Costs, *others: Costs, drivers: tuple[Driver, ...] = ALL, seed: int = 1,
    draws: int = 400, distribution: str = "pert",
) -> Spread:  # fmt: skip
    how = Uncertainty.model_validate({"seed": seed, "draws": draws, "distribution": distribution})
    known = Drivers({driver.id: driver for driver in drivers}, {})
    return spread(Options(owning, others), known, how, EUR)


def test_without_ranges_everything_is_its_base() -> None:
    owning = option("owning", flow("1234.56"), flow("-0.03"))
    cheaper, dearer = option("cheaper", flow("1234.52")), option("dearer", flow("1234.54"))
    found = spread_of(owning, cheaper, dearer, drivers=())
    assert (found.drivers, found.tornado) == ((), ())
    assert (found.seed, found.draws, found.distribution) == (1, 400, "pert")
    assert found.quantiles == (
        Quantiles("owning", D("1234.53"), D("1234.53"), D("1234.53"), None),
        Quantiles("cheaper", D("1234.52"), D("1234.52"), D("1234.52"), D(0)),
        Quantiles("dearer", D("1234.54"), D("1234.54"), D("1234.54"), D(1)),
    )


def test_a_result_without_ranges_is_sure() -> None:
    spec = f"{CLINIC}{COST}  discount_rate: 7 %\n  residual: 10 %\n"
    lines = (line(MACHINE, "80000.01"), line(ENERGY, "612.34", every=1))
    found = assembled(spec, bill(*lines))
    assert found.spread is not None
    (owning,) = found.spread.quantiles
    assert owning.p10 == owning.p50 == owning.p90 == found.owning.npv.amount


def test_equal_costs_are_no_win() -> None:
    found = spread_of(option("owning", flow("1")), option("other", flow("1")))
    assert found.quantiles[1].probability_owning_wins == 0


def test_the_tornado_has_each_group_at_its_ends_alone() -> None:
    owning = option(
        "owning",
        flow("100", "gpu", "fx/USD"),
        flow("50", "server"),
        flow("1000"),
        flow("10", "load"),
    )
    found = spread_of(owning)
    # machines: 80 + 45 + 1010 and 140 + 55 + 1010; the dollar: 95 and 105 of 100; load: 5 and 13
    assert [
        (s.group, s.label, s.low, s.high, s.low_value, s.high_value) for s in found.tornado
    ] == [
        (
            "machines",
            "prices: machines",
            D(1135),
            D(1205),
            "each at its low end (down to -20 %)",
            "each at its high end (up to +40 %)",
        ),
        ("fx/USD", "dollar", D(1155), D(1165), "0.87", "0.97"),
        ("load", "load", D(1155), D(1163), "-50 %", "+30 %"),
    ]


def test_the_widest_is_first() -> None:
    up = Driver("a", "a", Range(D(1), D(1), D("1.2")), "a", "", "")
    around = Driver("b", "b", Range(D("0.7"), D(1), D("1.1")), "b", "", "")
    found = spread_of(option("owning", flow("10", "a"), flow("10", "b")), drivers=(up, around))
    assert [swing.group for swing in found.tornado] == ["b", "a"]


def test_a_quantile_is_the_smallest_value_that_enough_draws_do_not_exceed() -> None:
    found = spread_of(option("owning", flow("1000", "fx/USD")), draws=105).quantiles[0]
    drawn = sorted(values(FX.range, "pert", positions(1, "fx/USD", 105)))
    ranks = (10, 52, 94)  # 10.5, 52.5 and 94.5 draws, rounded up, counted from 0
    assert (found.p10, found.p50, found.p90) == tuple(EUR(1000 * drawn[rank]) for rank in ranks)


def test_a_group_of_equal_ranges_has_one_change() -> None:
    twin = replace(GPU, id="twin")
    found = spread_of(option("owning", flow("1", "gpu"), flow("1", "twin")), drivers=(GPU, twin))
    assert (found.tornado[0].low_value, found.tornado[0].high_value) == (
        "each at its low end (-20 %)", "each at its high end (+40 %)",
    )  # fmt: skip


def test_what_has_no_effect_on_owning_is_not_in_its_tornado() -> None:
    owning = option("owning", flow("5", "gpu"), flow("3", "fx/USD"), flow("-3", "fx/USD"))
    found = spread_of(owning, option("api", flow("9", "load")))
    assert [swing.group for swing in found.tornado] == ["machines"]
    assert [driver.id for driver in found.drivers] == ["fx/USD", "gpu", "load"]


def test_one_group_is_drawn_at_one_quantile() -> None:
    """Two prices of one group that are equally uncertain are as good as one."""
    twin, apart = replace(GPU, id="twin"), replace(GPU, id="apart", group="apart")
    one = spread_of(option("owning", flow("200", "gpu"))).quantiles[0]
    two = option("owning", flow("100", "gpu"), flow("100", "twin"))
    assert spread_of(two, drivers=(GPU, twin)).quantiles[0] == one
    other = option("owning", flow("100", "gpu"), flow("100", "apart"))
    spread_apart = spread_of(other, drivers=(GPU, apart)).quantiles[0]
    assert spread_apart.p90 - spread_apart.p10 < one.p90 - one.p10


def test_both_sides_share_what_moves_both() -> None:
    """Owning is a cent cheaper at every rate of the dollar, so it always wins."""
    found = spread_of(option("owning", flow("99.99", "fx/USD")), option("x", flow("100", "fx/USD")))
    assert found.quantiles[1].probability_owning_wins == 1


def test_missing_prices_leave_the_odds_open() -> None:
    known, lacking = option("x", flow("9", "gpu")), option("x", flow("9", "gpu"), unknown=1)
    assert spread_of(lacking, known).quantiles[1].probability_owning_wins is None
    assert spread_of(known, lacking).quantiles[1].probability_owning_wins is None
    assert spread_of(lacking).quantiles[0].p50 > 0


@pytest.mark.parametrize("distribution", ["pert", "triangular"])
def test_quantiles_of_one_factor_are_those_of_its_distribution(distribution: str) -> None:
    owning = option("owning", flow("1000", "fx/USD"))
    found = spread_of(owning, draws=10_000, distribution=distribution).quantiles[0]
    # Triangular: 950 + 100 * sqrt(0.1 / 2); PERT is beta(3, 3), whose tenth is 0.2466 of its width.
    tenth = {"triangular": D("972.36"), "pert": D("974.66")}[distribution]
    assert abs(found.p10 - tenth) < D("0.05")
    assert abs(found.p50 - 1000) < D("0.05")
    assert abs(found.p90 - (2000 - tenth)) < D("0.05")


MANY = (
    option("owning", flow("100.10", "gpu", "fx/USD"), flow("50.05", "server"), flow("7.77")),
    option("api", flow("80.20", "fx/USD", "load")),
    option("cloud", flow("160.40", "fx/USD")),
)


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert repr(spread_of(*MANY)) == repr(spread_of(*MANY))
    assert spread_of(*MANY).quantiles != spread_of(*MANY, seed=2).quantiles


@settings(max_examples=15)
@given(st.permutations(range(3)), st.permutations(ALL))
def test_no_order_matters(order: list[int], drivers: list[Driver]) -> None:
    owning = replace(MANY[0], flows=tuple(MANY[0].flows[number] for number in order))
    assert spread_of(owning, *MANY[1:], drivers=tuple(drivers)) == spread_of(*MANY)


def test_totals_are_in_the_minor_unit() -> None:
    for found in spread_of(*MANY).quantiles:
        assert all(EUR(total) == total for total in (found.p10, found.p50, found.p90))


shares = st.decimals(0, "0.9", places=2)


@given(shares, shares, shares, st.integers(0, 2**63 - 1))
def test_a_wider_range_never_makes_a_total_surer(
    low: Decimal, high: Decimal, more: Decimal, seed: int
) -> None:
    """The ends go apart in proportion, so that the most likely value stays where it was."""
    narrow = replace(FX, range=Range(1 - low, D(1), 1 + high))
    wide = replace(FX, range=Range(1 - low * (1 + more), D(1), 1 + high * (1 + more)))
    owning = option("owning", flow("1000", "fx/USD"))
    before, after = (
        spread_of(owning, drivers=(driver,), seed=seed, draws=100).quantiles[0]
        for driver in (narrow, wide)
    )
    assert after.p90 - after.p10 >= before.p90 - before.p10 - D("0.01")


@given(st.lists(st.decimals("-1e6", "1e6", places=2), min_size=1, max_size=5), st.integers(1, 99))
def test_quantiles_are_in_order_and_within_the_tornado(amounts: list[Decimal], seed: int) -> None:
    owning = option("owning", *(flow(amount, "gpu") for amount in amounts))
    found = spread_of(owning, seed=seed, draws=100)
    (quantiles,) = found.quantiles
    assert all(
        one <= other for one, other in pairwise((quantiles.p10, quantiles.p50, quantiles.p90))
    )
    for swing in found.tornado:
        ends = sorted((swing.low, swing.high))
        assert ends[0] <= quantiles.p10
        assert quantiles.p90 <= ends[1]
