"""Prices for charging back: what is charged for all of it is what it costs."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from cost.examples import NAMES, example
from cost.made import LINES, RESULT, flow, line
from freehold.cost.calendar import months_between
from freehold.cost.export.opencost import encode, quantities, rates
from freehold.cost.item import Category, Item
from freehold.cost.types import BomLine, Result, Stage
from freehold.plan.types import Plan
from plans import clinic

D = Decimal
PARTS = {
    Category.GPU: "60000", Category.CPU: "10000", Category.MEMORY: "20000",
    Category.STORAGE: "10000",
}  # fmt: skip


def charged(result: Result, plan: Plan) -> Decimal:
    """All that an owner of everything pays in the months of service."""
    amounts, found = quantities(plan), rates(result, plan)
    hourly = sum((found[kind] * amount for kind, amount in amounts.items()), D(0))
    of = result.conventions
    return hourly * months_between(of.in_service, of.ends) * of.hours_per_month


@pytest.mark.parametrize("name", NAMES)
def test_all_of_it_costs_what_owning_costs(name: str) -> None:
    plan, _, result = example(name)
    others = {Stage.OVERFLOW, Stage.BRIDGE}
    machines = sum(one.amount for one in result.owning.flows if one.stage not in others)
    assert abs(charged(result, plan) - machines) < 1


def parts() -> tuple[BomLine, ...]:
    items = (Item(f"{kind}.made", "", kind, "each") for kind in PARTS)
    return tuple(
        line(number, item, "1", PARTS[item.category]) for number, item in enumerate(items, 1)
    )


def test_kinds_cost_by_their_share_of_capital() -> None:
    # Of 100,000.00, GPUs are 60 %: 76149.30 * 0.6 / (21 * 730 hours * 8 GPUs) = 0.37255...
    found = rates(replace(RESULT, lines=parts()), clinic())
    assert found[Category.GPU] == D("0.3725503914")
    assert quantities(clinic())[Category.CPU] == 136
    # CPUs are a tenth, of 136 cores: a tenth of 76149.30 by 21 months, 730 hours and 136.
    assert found[Category.CPU] == D("0.0036524548")


def test_kinds_without_a_price_cost_as_opencost_has_it() -> None:
    whole = rates(replace(RESULT, lines=(LINES[0],)), clinic())
    assert whole[Category.GPU] / whole[Category.CPU] == pytest.approx(D("0.95") / D("0.031611"))
    unknown = replace(parts()[0], extended=None, cost=None)
    assert rates(replace(RESULT, lines=(unknown, *parts())), clinic()) == whole


def test_what_others_serve_is_charged_to_nobody() -> None:
    bridge = flow(RESULT.conventions.ordered, LINES[0], Stage.BRIDGE, "1000000.00")
    more = replace(RESULT, owning=replace(RESULT.owning, flows=(*RESULT.owning.flows, bridge)))
    assert rates(more, clinic()) == rates(RESULT, clinic())


def test_the_file_is_as_opencost_reads_it() -> None:
    found = json.loads(encode(RESULT, clinic()))
    assert found["provider"] == "custom"
    assert all(isinstance(value, str) for value in found.values())
    assert D(found["GPU"]) > D(found["CPU"]) > D(found["RAM"]) > D(found["storage"]) > 0
    assert found["spotGPU"] == found["GPU"]
    assert found["internetNetworkEgress"] == "0.0"
    assert "at least 76,149.30 EUR" in found["description"]
    assert "in EUR for an hour" in found["description"]
    assert encode(RESULT, clinic()) == encode(RESULT, clinic())


def test_a_site_without_gpus_has_no_rate_of_one() -> None:
    plan = clinic()
    without = replace(plan, hosts=tuple(one for one in plan.hosts if one.host.card is None))
    found = json.loads(encode(RESULT, without))
    assert found["GPU"] == "0"
    assert abs(charged(RESULT, without) - RESULT.owning.nominal.amount) < 1


def test_a_service_of_less_than_a_month_has_rates() -> None:
    of = replace(RESULT.conventions, ends=RESULT.conventions.in_service + timedelta(21))
    short = replace(RESULT, conventions=replace(of, service_months=0))
    assert abs(charged(short, clinic()) - RESULT.owning.nominal.amount) < 1
