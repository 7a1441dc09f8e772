"""What is uncertain in a bill, and which cash flow depends on what."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost.sites import ORDERED, D, item, line
from freehold.cost.drivers import Drivers, Uncertain, drivers
from freehold.cost.item import Basis, Category, Range, UnitPrice
from freehold.cost.types import BomLine, Driver, Flow, Stage
from freehold.spec.cost import Cost

NO_RESIDUAL = Range.exactly(D(0))
USD: dict[str, Any] = {
    "currency": "USD",
    "rate": D("0.92"),
    "rate_range": Range(D("0.95"), D(1), D("1.05")),
}


def cost(ranges: dict[str, tuple[str, str]] | None = None, **more: Any) -> Cost:
    bounds = {name: {"low": low, "high": high} for name, (low, high) in (ranges or {}).items()}
    given_ = {"currency": "EUR", "horizon": "5 years", "electricity": "0.19 EUR/kWh"}
    return Cost.model_validate(given_ | {"uncertainty": {"ranges": bounds}} | more)


def priced(
    category: Category, low: str, base: str, high: str, *, price: Any = None, **more: Any
) -> BomLine:
    made = line(item(category), base, **more)
    amount = Range(D(low), D(base), D(high))
    return replace(made, price=replace(made.price, amount=amount, **(price or {})))


def exact(category: Category, base: str, **more: Any) -> BomLine:
    return priced(category, base, base, base, **more)


def flow(of: BomLine, amount: str, stage: Stage = Stage.PURCHASE) -> Flow:
    category = of.need.item.category
    return Flow(ORDERED, of.id, category, stage, D(amount), D(amount))


def found(*lines: BomLine, **more: Any) -> Drivers:
    return drivers(cost(more.get("ranges")), lines, more.get("others", ()), NO_RESIDUAL)


def test_a_price_with_ends_is_uncertain() -> None:
    gpu = priced(Category.GPU, "90", "100", "130")
    made = found(gpu)
    assert made.by_id == {
        "gpu/gpu.made": Driver(
            "gpu/gpu.made", "made", Range(D("0.9"), D(1), D("1.3")), "gpu", "90 EUR/each",
            "130 EUR/each",
        )
    }  # fmt: skip
    assert made.terms([flow(gpu, "800")]) == {("gpu/gpu.made",): D(800)}


def test_figures_are_said_as_they_are_read() -> None:
    gpu = priced(Category.GPU, "8610.5012", "9000", "12345678.9")
    (driver,) = found(gpu).by_id.values()
    assert (driver.low_value, driver.high_value) == ("8,610.5 EUR/each", "12,346,000 EUR/each")


@pytest.mark.parametrize("unknown", [None, "0.00"])
def test_what_costs_nothing_known_has_no_range(unknown: str | None) -> None:
    gpu = line(item(Category.GPU), unknown)
    if unknown:
        gpu = replace(gpu, price=replace(gpu.price, amount=Range(D(0), D(0), D(9))))
    assert found(gpu).by_id == {}


def test_a_price_without_width_is_no_factor() -> None:
    gpu = exact(Category.GPU, "100")
    made = found(gpu)
    assert (made.by_id, made.terms([flow(gpu, "800")])) == ({}, {(): D(800)})


def test_all_prices_in_a_currency_move_with_its_rate() -> None:
    gpu = priced(Category.GPU, "90", "100", "130", price=USD)
    cpu = exact(Category.CPU, "50", price=USD)
    made = found(gpu, cpu, exact(Category.MEMORY, "10"))
    assert made.by_id["fx/USD"] == Driver(
        "fx/USD", "worth of one USD", Range(D("0.95"), D(1), D("1.05")), "fx/USD", "0.874 EUR",
        "0.966 EUR",
    )  # fmt: skip
    assert made.terms([flow(gpu, "100"), flow(cpu, "50")]) == {
        ("fx/USD",): D(50),
        ("fx/USD", "gpu/gpu.made"): D(100),
    }


def test_a_rate_of_your_own_has_the_range_that_the_spec_states() -> None:
    own = {"currency": "USD", "rate": D("0.92")}
    gpu = exact(Category.GPU, "100", price=own)
    assert found(gpu).by_id == {}
    made = found(gpu, ranges={"fx": ("-10 %", "5 %")})
    assert made.by_id["fx/USD"].range == Range(D("0.9"), D(1), D("1.05"))
    assert made.by_id["fx/USD"].low_value == "0.828 EUR"


@pytest.mark.parametrize(
    ("factor", "category"),
    [
        ("electricity", Category.ENERGY),
        ("staff", Category.STAFF),
        ("space", Category.SPACE),
        ("hardware", Category.SERVER),
        ("hardware", Category.NETWORK),
    ],
)
def test_the_spec_gives_ranges_to_what_has_none(factor: str, category: Category) -> None:
    ranges = {factor: ("-20 %", "40 %")}
    sure, unsure = exact(category, "100"), priced(category, "90", "100", "110")
    assert found(sure, ranges=ranges).terms([flow(sure, "7")]) == {(factor,): D(7)}
    assert found(unsure, ranges=ranges).terms([flow(unsure, "7")]) == {(unsure.id,): D(7)}
    driver = found(sure, ranges=ranges).by_id[factor]
    assert (driver.group, driver.range) == (factor, Range(D("0.8"), D(1), D("1.4")))
    assert (driver.low_value, driver.high_value) == ("-20 %", "+40 %")


def test_the_residual_follows_the_price_and_its_own_range() -> None:
    gpu = priced(Category.GPU, "90", "100", "130")
    sold = flow(gpu, "-10", Stage.RESIDUAL)
    known = drivers(cost(), [gpu], (), Range(D("0.1"), D("0.2"), D("0.3")))
    assert known.by_id["residual"].range == Range(D("0.5"), D(1), D("1.5"))
    assert known.by_id["residual"].group == "residual"
    assert known.by_id["residual"].high_value == "30 % of the price"
    assert known.terms([sold]) == {("gpu/gpu.made", "residual"): D(-10)}
    stated = drivers(cost(residual="20 %"), [gpu], (), Range(D("0.1"), D("0.2"), D("0.3")))
    assert stated.terms([sold]) == {("gpu/gpu.made",): D(-10)}
    ranged = drivers(cost({"residual": ("-50 %", "10 %")}, residual="20 %"), [gpu], (), NO_RESIDUAL)
    assert ranged.by_id["residual"].range == Range(D("0.5"), D(1), D("1.1"))


GPU = priced(Category.GPU, "90", "100", "130")
CPU = priced(Category.CPU, "40", "50", "60", price=USD)
RACK = exact(Category.FACILITY, "250")
SHARES = (Category.GPU, Category.CPU, Category.FACILITY)
SUPPORT = exact(Category.SUPPORT, "40", every=12, percent_of=SHARES)


def test_a_share_of_others_follows_them() -> None:
    """10 % of 100, 50 and 250: of each payment a quarter, an eighth, and the rest."""
    made = found(GPU, CPU, RACK, SUPPORT)
    assert made.terms([flow(SUPPORT, "80", Stage.TERM)]) == {
        (): D(50),
        ("fx/USD", "gpu/cpu.made"): D(10),
        ("gpu/gpu.made",): D(20),
    }


def test_shares_of_what_is_certain_add_up() -> None:
    """Half of it is of 50 and 50, the other of 100."""
    board = exact(Category.CPU, "50")
    rack = exact(Category.FACILITY, "50")
    made = found(replace(GPU, extended=D(100)), board, rack, SUPPORT)
    assert made.terms([flow(SUPPORT, "80")]) == {(): D(40), ("gpu/gpu.made",): D(40)}


def test_a_share_of_others_has_a_factor_of_its_own_too() -> None:
    made = found(GPU, SUPPORT, ranges={"support": ("-10 %", "20 %")})
    assert made.terms([flow(SUPPORT, "80")]) == {("gpu/gpu.made", "support"): D(80)}


def test_a_share_leaves_out_what_has_no_price_or_is_a_share_itself() -> None:
    unknown = replace(line(item(Category.CPU), None), id="gpu/unknown")
    running = exact(Category.FACILITY, "9", every=1)
    installed = replace(
        exact(Category.GPU, "11", percent_of=(Category.GPU,)), id="gpu/installation"
    )
    made = found(GPU, unknown, running, installed, SUPPORT)
    assert made.terms([flow(SUPPORT, "80")]) == {("gpu/gpu.made",): D(80)}


def test_parts_of_a_share_add_up_to_it() -> None:
    thirds = [
        replace(priced(Category.GPU, "1", "3", "4"), id=f"gpu/{number}") for number in range(3)
    ]
    terms = found(*thirds, SUPPORT).terms([flow(SUPPORT, "100.00")])
    assert len(terms) == 3
    assert sum(terms.values()) == 100


OTHER = Uncertain(
    "price/api.made", "made api", "api", "M tokens",
    UnitPrice(Range(D(1), D(2), D(3)), Basis.LIST, **USD),
)  # fmt: skip


def test_flows_of_alternatives_name_what_they_depend_on() -> None:
    made = found(others=(OTHER,), ranges={"load": ("-50 %", "50 %")})
    bought = Flow(ORDERED, "other", Category.API, Stage.RUNNING, D(5), D(4),
                  ("fx/USD", "load", "price/api.made", "unheard-of"))  # fmt: skip
    assert made.terms([bought]) == {("fx/USD", "load", "price/api.made"): D(4)}
    assert made.by_id["price/api.made"].high_value == "3 EUR/M tokens"
    assert made.mark([bought])[0].drivers == ("fx/USD", "load", "price/api.made")


def test_flows_are_marked_with_all_that_they_depend_on() -> None:
    made = found(GPU, CPU, RACK, SUPPORT)
    (marked,) = made.mark([flow(SUPPORT, "80")])
    assert marked == replace(
        flow(SUPPORT, "80"), drivers=("fx/USD", "gpu/cpu.made", "gpu/gpu.made")
    )


@given(st.permutations([GPU, CPU, RACK, SUPPORT]), st.permutations([0, 1, 2, 3, 4]))
def test_no_order_matters(lines: list[BomLine], order: list[int]) -> None:
    flows = [flow(GPU, "100"), flow(CPU, "50"), flow(SUPPORT, "80"), flow(SUPPORT, "90"),
             flow(GPU, "-10", Stage.RESIDUAL)]  # fmt: skip
    made = found(*lines).terms([flows[number] for number in order])
    usual = found(GPU, CPU, RACK, SUPPORT).terms(flows)
    assert list(made) == list(usual)
    assert all(abs(made[product] - usual[product]) < D("1e-25") for product in usual)


def test_a_day_is_no_matter() -> None:
    later = replace(flow(GPU, "100"), on=date(2030, 1, 1))
    assert found(GPU).terms([later, flow(GPU, "1")]) == {("gpu/gpu.made",): Decimal(101)}
