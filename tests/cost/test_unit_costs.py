"""What a million tokens, a month of a user and an hour of a GPU cost."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cost.sites import PHYSICS
from freehold.cost.item import Category
from freehold.cost.money import EXACT
from freehold.cost.types import Demand, Flow, Stage
from freehold.cost.unit_costs import Served, unit_costs

D = Decimal
DEMAND = Demand(
    input_tokens=D(8_000_000_000), output_tokens=D(2_000_000_000), capacity_output_tokens=D(0),
    overflow_input_tokens=D(0), overflow_output_tokens=D(0), peak_output_speed=D(0),
    utilisation=D(0), users=10, by_model={}, source="", formula="",
)  # fmt: skip
SERVED = Served(D(30), DEMAND, D("0.25"), D(100_000), PHYSICS)


def flow(amount: str, stage: Stage = Stage.RUNNING) -> Flow:
    return Flow(date(2027, 1, 1), "x", Category.OTHER, stage, D(amount), D(0))


FLOWS = [flow("90000.00"), flow("12000.00"), flow("-2000.00", Stage.RESIDUAL)]


def test_by_hand() -> None:
    """100,000 over two and a half years: 20,000 M tokens in and 5,000 M out."""
    found = unit_costs(FLOWS, SERVED, at_least=False)
    assert found.per_million_input == D("1.25")  # 25,000 / 20,000
    assert found.per_million_output == 15  # 75,000 / 5,000
    assert found.per_million_blended == 4
    assert found.per_user_month == EXACT.divide(D(100_000), D(300))
    assert found.per_gpu_hour == 1
    assert found.kwh_per_million == D("2.4966")  # 24,966 x 2.5 / 25,000
    assert found.kgco2e_per_million == D("2.4966") * D("0.38095")
    assert not found.at_least


def test_nothing_is_rounded() -> None:
    found = unit_costs([flow("0.01")], replace(SERVED, months=D(12)), at_least=True)
    assert found.per_million_blended == D("0.000001")
    assert found.at_least


def test_a_bridge_pays_for_other_tokens() -> None:
    bridged = [*FLOWS, flow("5000.00", Stage.BRIDGE)]
    assert unit_costs(bridged, SERVED, at_least=False) == unit_costs(FLOWS, SERVED, at_least=False)


def test_an_overflow_takes_no_energy_and_no_gpu() -> None:
    """30 % overflow: 24,966 kWh a year make 7,000 M tokens of the 10,000 M; 20,000 go elsewhere."""
    over = replace(
        DEMAND, overflow_input_tokens=D(2_400_000_000), overflow_output_tokens=D(600_000_000)
    )
    flows = [*FLOWS, flow("20000.00", Stage.OVERFLOW), flow("5000.00", Stage.BRIDGE)]
    found = unit_costs(flows, replace(SERVED, demand=over), at_least=False)
    assert found.kwh_per_million == EXACT.divide(D(24966), D(7000))
    assert found.kgco2e_per_million
    assert found.kgco2e_per_million.quantize(D("0.000001")) == D("1.358685")  # x 0.38095
    assert found.per_gpu_hour == 1  # 100,000 in 100,000 hours
    assert found.per_million_blended == D("4.8")  # 120,000 / 25,000
    assert found.per_user_month == 400


def test_without_tokens_there_is_no_cost_of_tokens() -> None:
    for demand in (None, replace(DEMAND, input_tokens=D(0), output_tokens=D(0))):
        found = unit_costs(FLOWS, replace(SERVED, demand=demand), at_least=False)
        assert found.per_million_input is found.per_million_output is None
        assert found.per_million_blended is None
        assert found.kwh_per_million is found.kgco2e_per_million is None
        assert found.per_gpu_hour == 1
        assert (found.per_user_month is None) == (demand is None)


def test_an_unknown_weight_splits_no_cost() -> None:
    found = unit_costs(FLOWS, replace(SERVED, input_weight=D(0)), at_least=False)
    assert found.per_million_input is found.per_million_output is None
    assert found.per_million_blended == 4


def test_somebody_elses_machines_have_no_energy_of_ours() -> None:
    found = unit_costs(FLOWS, replace(SERVED, physics=None, gpu_hours=D(0)), at_least=False)
    assert found.kwh_per_million is found.kgco2e_per_million is found.per_gpu_hour is None


def test_an_unknown_grid_has_no_carbon() -> None:
    dark = replace(SERVED, physics=replace(PHYSICS, carbon_factor=None))
    found = unit_costs(FLOWS, dark, at_least=False)
    assert found.kwh_per_million == D("2.4966")
    assert found.kgco2e_per_million is None


@given(
    st.decimals(1, 10_000_000, places=2), st.decimals("0.001", "0.999", places=3),
    st.integers(1, 10**13), st.integers(1, 10**13),
)  # fmt: skip
def test_input_and_output_share_the_whole(
    cost: Decimal, weight: Decimal, taken: int, given_out: int
) -> None:
    asked = replace(DEMAND, input_tokens=D(taken), output_tokens=D(given_out))
    served = replace(SERVED, months=D(12), demand=asked, input_weight=weight)
    found = unit_costs([flow(str(cost))], served, at_least=False)
    assert found.per_million_input
    assert found.per_million_output
    assert found.per_million_blended
    parts = found.per_million_input * taken + found.per_million_output * given_out
    assert abs(parts / 1_000_000 - cost) < D("1e-9")
    ends = sorted([found.per_million_input, found.per_million_output])
    assert ends[0] - D("1e-9") <= found.per_million_blended <= ends[1] + D("1e-9")
