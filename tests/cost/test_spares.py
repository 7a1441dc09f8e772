"""Spares by the Poisson distribution."""

from decimal import Decimal
from math import exp, factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.cost.spares import expected, quantile

D = Decimal


@pytest.mark.parametrize(
    ("mean", "level", "spares"),
    [
        # exp(-0.05) = 0.9512; exp(-0.0513) = 0.94999; P(0)+P(1) of 1 = 0.7358, +P(2) = 0.9197,
        # +P(3) = 0.9810; from tables of the Poisson distribution.
        ("0", "0.95", 0), ("0.05", "0.95", 0), ("0.0513", "0.95", 1), ("1", "0.7", 1),
        ("1", "0.9", 2), ("1", "0.95", 3), ("10", "0.95", 15), ("10", "0.99", 18),
    ],
)  # fmt: skip
def test_quantiles_of_the_tables(mean: str, level: str, spares: int) -> None:
    assert quantile(D(mean), D(level)) == spares


@given(st.decimals(D("0.001"), D(30), places=3), st.decimals(D("0.5"), D("0.999"), places=3))
def test_the_fewest_that_suffice(mean: Decimal, level: Decimal) -> None:
    def reached(count: int) -> float:
        m = float(mean)
        return sum(exp(-m) * m**k / factorial(k) for k in range(count + 1))

    found = quantile(mean, level)
    assert reached(found) >= float(level) - 1e-9
    assert found == 0 or reached(found - 1) < float(level) + 1e-9


def test_certainty_takes_an_end() -> None:
    assert 0 < quantile(D("0.1"), D(1)) < 20


def test_large_fleets_are_quick_and_never_underflow() -> None:
    mean = D(3000)
    assert 3080 < quantile(mean, D("0.95")) < 3100


def test_expected_failures() -> None:
    """Of 100 with one failure in 25 years each, 4 in a year and 2 in half of it."""
    assert expected(D(100), D("0.04"), D("52.1775")) == D(4)
    assert expected(D(100), D("0.04"), D("26.08875")) == D(2)
