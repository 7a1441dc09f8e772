"""Sites with a cost section, bills made by hand, and what comes of both."""

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from freehold.catalog.load import builtin
from freehold.cost.flows import Residuals
from freehold.cost.item import Basis, Category, Item, Range, UnitPrice
from freehold.cost.pricing import Pricing
from freehold.cost.result import Assembly, Bill, Given, reckon
from freehold.cost.types import BomLine, Need, Physics, Result
from freehold.plan.site import decide
from freehold.plan.types import Plan
from freehold.report import Report
from freehold.source import Source
from freehold.spec.cluster import Cluster
from freehold.spec.cost import Cost
from freehold.spec.load import load

D = Decimal
ORDERED = date(2026, 12, 1)

CLINIC = """
plugin: freehold.llm.cluster
version: 1
name: clinic
system: debian-13
nodes:
  gpu:
    hosts: {gpu-1: 10.20.0.11, gpu-2: 10.20.0.12}
    gpus: {model: l40s-48gb, count: 4}
    cpu: {cores: 64}
    memory: 512 GiB
    storage: {models: {size: 4 TB, kind: nvme, encrypted: true}}
models:
  assistant:
    source: meta-llama/Llama-3.3-70B-Instruct
    precision: fp8
    replicas: 2
    workload:
      {users: 24, prompt: 2000, answer: 400, context: 16k, first_token: 2 s, speed: 20 tok/s}
isolation: restricted
gateway: {name: llm.clinic.internal, clients: [ehr, research]}
network: {admin: [10.20.9.0/28], egress: [{to: 10.20.0.5, port: 443}]}
"""
COST = """
cost:
  currency: EUR
  horizon: 5 years
  electricity: 0.19 EUR/kWh
  date: 2026-12-01
  lead_time: 3 months
  use: {demand: 50 %, load: 60 %}
"""

PHYSICS = Physics(
    maximum_power=D(4000), typical_power=D(3000), idle_power=D(800), it_energy=D(16644),
    facility_energy=D(24966), pue=D("1.5"), rack_units=4, weight=D(60), racks=(),
    carbon_factor=D("380.95"), carbon_source="made", formulas={},
)  # fmt: skip


def item(category: Category = Category.SERVER, **more: Any) -> Item:
    """A thing to buy."""
    given = {"id": f"{category}.made", "description": "made", "unit": "each", **more}
    return Item(category=category, **given)


def line(of: Item, cost: str | None, **more: Any) -> BomLine:
    """One of the item, at what it costs the buyer; capital unless it is paid every so often."""
    known = None if cost is None else D(cost)
    price = UnitPrice(
        amount=None if known is None else Range.exactly(known),
        basis=Basis.UNKNOWN if known is None else Basis.QUOTE,
    )
    need = Need(
        item=of, quantity=D(1), path=("nodes", "gpu"), hosts=("gpu-1",),
        is_capital=more.pop("is_capital", "every" not in more), **more,
    )  # fmt: skip
    return BomLine(
        number=1, id=f"gpu/{of.id}", need=need, price=price, extended=known, discount=None,
        tax=None, cost=known, group=of.category, lead_time=of.lead_time,
    )  # fmt: skip


PRICING = Pricing.of(
    Cost.model_validate(
        {"currency": "EUR", "horizon": "5 years", "electricity": "0.19 EUR/kWh", "date": ORDERED}
    ),
    None,
    builtin(),
)
MACHINE = item(life_months=60, residual=True, lead_time=Range(D(10), D(20), D(30)))
ENERGY = item(Category.ENERGY, id="energy", unit="kWh")
LICENCE = item(Category.LICENCE, id="licence", unit="year")
SUPPORT = item(Category.SUPPORT, id="support", unit="year")


def bill(*lines: BomLine, **more: Any) -> Bill:
    """Of the lines, in EUR."""
    given: dict[str, Any] = {
        "lines": lines, "physics": PHYSICS, "pricing": PRICING, "residuals": Residuals({}),
        "spec_digest": "1" * 64, "price_book_digest": "0" * 64,
    }  # fmt: skip
    return Bill(**(given | more))


@cache
def planned(spec: str) -> tuple[Cluster, Plan]:
    """The spec and its plan."""
    report = Report(Source.parse(spec.encode(), "cluster.yml"))
    cluster = load(report.source, report)
    assert cluster is not None, report.findings
    plan = decide(cluster, builtin(), report)
    assert plan is not None, report.findings
    return cluster, plan


def assembled(spec: str, made: Bill) -> Result:
    """What comes of a spec and a bill made by hand."""
    found, report = assembling(spec, made)
    assert found is not None, report.findings
    return found


def assembling(spec: str, made: Bill) -> tuple[Result | None, Report]:
    """The same, with what is found wrong."""
    cluster, plan = planned(spec)
    report = Report(Source.parse(spec.encode(), "cluster.yml"))
    assert cluster.cost
    return Assembly(cluster, cluster.cost, plan, made, report).result(), report


@cache
def result(spec: str) -> Result:
    """What comes of a spec by the catalog and its price book."""
    found, report = reckoned(spec)
    assert found is not None, report.findings
    return found


def reckoned(spec: str) -> tuple[Result | None, Report]:
    """The same, with what is found wrong."""
    cluster, plan = planned(spec)
    report = Report(Source.parse(spec.encode(), "cluster.yml"))
    assert cluster.cost
    given = Given(cluster, cluster.cost, plan, builtin(), None, "1" * 64)
    return reckon(given, report), report
