"""Draws follow their distributions, and are the same on any machine."""

from decimal import Decimal, localcontext
from math import comb, exp, lgamma, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freehold.cost.draws import Distribution, positions, values
from freehold.cost.item import Range

D = Decimal
BOTH: tuple[Distribution, ...] = ("pert", "triangular")
UNIT = [D(n) / 200 for n in range(1, 200)]
modes = st.decimals(0, 1, places=4)
seeds = st.integers(0, 2**63 - 1)


def ranges() -> st.SearchStrategy[Range]:
    three = st.lists(st.decimals(-1000, 1000, places=3), min_size=3, max_size=3)
    return three.map(sorted).map(lambda ends: Range(*ends))


def test_each_part_of_a_range_is_drawn_from_once() -> None:
    drawn = sorted(positions(7, "memory", 250))
    assert [int(position * 250) for position in drawn] == list(range(250))


def test_positions_are_the_same_everywhere() -> None:
    assert [str(position) for position in positions(1, "gpu", 8)] == [
        "0.102897762051157349", "0.845249052388785441", "0.573226341877146954",
        "0.653737694009018363", "0.922112071160123165", "0.144235641873085329",
        "0.265244874026063180", "0.406475001059746676",
    ]  # fmt: skip


def test_seeds_and_groups_are_drawn_apart() -> None:
    first = positions(1, "gpu", 100)
    assert first == positions(1, "gpu", 100)
    assert first != positions(2, "gpu", 100)
    assert first != positions(1, "cpu", 100)


def test_the_surrounding_precision_changes_nothing() -> None:
    of, usual = Range(D("0.7"), D(1), D("1.9")), positions(3, "fx", 50)
    with localcontext() as context:
        context.prec = 5
        assert positions(3, "fx", 50) == usual
        rough = [values(of, distribution, usual) for distribution in BOTH]
    assert rough == [values(of, distribution, usual) for distribution in BOTH]


@given(ranges(), seeds)
@pytest.mark.parametrize("distribution", BOTH)
def test_values_rise_with_their_position_within_the_range(
    distribution: Distribution, of: Range, seed: int
) -> None:
    drawn = values(of, distribution, sorted(positions(seed, "any", 40)))
    assert drawn == sorted(drawn)
    assert of.low <= drawn[0]
    assert drawn[-1] <= of.high


@pytest.mark.parametrize("distribution", BOTH)
def test_a_range_without_width_is_its_base(distribution: Distribution) -> None:
    assert values(Range.exactly(D("1.10")), distribution, UNIT[:2]) == [D("1.10"), D("1.10")]


@pytest.mark.parametrize("distribution", BOTH)
@pytest.mark.parametrize("base", ["0", "1"])
def test_the_ends_of_probability_are_the_ends_of_the_range(
    distribution: Distribution, base: str
) -> None:
    lowest, highest = values(Range(D(0), D(base), D(1)), distribution, [D(0), D(1)])
    assert lowest == 0
    assert D("0.9998") < highest <= 1


def test_triangular_by_hand() -> None:
    # Up to the mode probability is x^2 / mode; from there on 1 - (1 - x)^2 / (1 - mode).
    of = Range(D(0), D("0.5"), D(1))
    drawn = values(of, "triangular", [D("0.125"), D("0.5"), D("0.875")])
    assert drawn == [D("0.25"), D("0.5"), D("0.75")]


@pytest.mark.parametrize("quarters", range(5))
def test_pert_is_a_beta_distribution(quarters: int) -> None:
    """For modes in quarters its probability is a polynomial, known exactly."""
    drawn = values(Range(D(0), D(quarters) / 4, D(1)), "pert", UNIT)
    for position, value in zip(UNIT, drawn, strict=True):
        below, above = (max(D(0), min(D(1), value + off)) for off in (D("-1e-4"), D("1e-4")))
        assert _binomial(below, 1 + quarters) <= position <= _binomial(above, 1 + quarters)


def _binomial(x: Decimal, first: int) -> Decimal:
    return sum((comb(5, k) * x**k * (1 - x) ** (5 - k) for k in range(first, 6)), D(0))


@settings(max_examples=30)
@given(modes)
def test_pert_is_a_beta_distribution_for_any_mode(mode: Decimal) -> None:
    some = UNIT[::9]
    drawn = values(Range(D(0), mode, D(1)), "pert", some)
    alpha, beta = 1 + 4 * float(mode), 5 - 4 * float(mode)
    for position, value in zip(some, drawn, strict=True):
        assert _beta(float(value) - 1e-4, alpha, beta) <= float(position)
        assert _beta(float(value) + 1e-4, alpha, beta) >= float(position)


def _beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by its power series (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > 0.6:
        return 1 - _beta(1 - x, b, a)
    front = exp(a * log(x) + b * log(1 - x) + lgamma(a + b) - lgamma(a) - lgamma(b)) / a
    term, whole = 1.0, 1.0
    for n in range(400):
        term *= x * (a + b + n) / (a + 1 + n)
        whole += term
    return front * whole


@given(ranges().filter(lambda of: of.high - of.low >= 1), seeds)
@pytest.mark.parametrize("distribution", BOTH)
def test_mean_and_variance_are_those_of_theory(
    distribution: Distribution, of: Range, seed: int
) -> None:
    drawn = values(of, distribution, positions(seed, "any", 500))
    width, mode = of.high - of.low, (of.base - of.low) / (of.high - of.low)
    if distribution == "pert":  # beta: a / (a + b) and a b / (36 * 7), a + b being 6
        mean, variance = (1 + 4 * mode) / 6, (1 + 4 * mode) * (5 - 4 * mode) / 252
    else:
        mean, variance = (1 + mode) / 3, (1 - mode + mode * mode) / 18
    found = [(value - of.low) / width for value in drawn]
    average = sum(found, D(0)) / 500
    spread = sum(((one - average) ** 2 for one in found), D(0)) / 500
    assert abs(average - mean) < D("0.001")
    assert abs(spread - variance) < D("0.001")
