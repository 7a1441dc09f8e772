"""The whole result: what it is made of, what it says of itself, and that it is always the same."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from time import process_time

import pytest

from cost.sites import (
    CLINIC,
    COST,
    ENERGY,
    LICENCE,
    MACHINE,
    SUPPORT,
    D,
    assembled,
    bill,
    item,
    line,
    reckoned,
    result,
)
from freehold.cli.opening import open_spec, plan_of, result_of
from freehold.cost.flows import Residuals
from freehold.cost.item import Category, Range
from freehold.cost.money import EXACT
from freehold.cost.types import Result, Stage, Total

EXAMPLES = Path(__file__).parents[2] / "examples"
LINES = (
    line(MACHINE, "200000.00"), line(ENERGY, "500.00", every=1),
    line(LICENCE, "36000.00", every=36, prepaid=True),
    line(item(Category.SERVICE), "1000.00", is_capital=False),
    line(SUPPORT, None, every=12, prepaid=True),
)  # fmt: skip
FULL = (
    CLINIC
    + COST
    + """
  discount_rate: 8 %
  tax: {rate: 19 %, recoverable: true}
  residual: 10 %
  lease: {rate: 6 %, term: 4 years}
  bridge: rented
  overflow: hosted
  alternatives:
    rented: {cloud: cloud_gpu.aws_g6e_24xl}
    hosted: {api: api.groq.llama-3.3-70b-versatile}
"""
)


def example(name: str) -> Result:
    opened = open_spec(EXAMPLES / name)
    plan = plan_of(opened)
    assert plan, opened.report.findings
    found = result_of(opened, plan)
    assert found, opened.report.findings
    return found


def test_totals_are_the_sums_of_what_is_printed() -> None:
    found = assembled(CLINIC + COST, bill(*LINES))
    assert found.capex == Total(D("200000.00"))
    assert found.opex_year == Total(D("18000.00"), 1)  # 6,000 and a third of 36,000; one unknown
    assert found.by_category == {
        Category.SERVER: Total(D("200000.00")), Category.SERVICE: Total(D("1000.00")),
    }  # fmt: skip
    assert found.owning.nominal.unknown == found.owning.npv.unknown == 1
    assert found.owning.units
    assert found.owning.units.at_least
    assert found.quality.unknown == ("gpu/support",)


@pytest.mark.parametrize("name", ["clinic", "bank", "workstation"])
def test_an_example_adds_up(name: str) -> None:
    found = example(name)
    nominal = sum(flow.amount for flow in found.owning.flows)
    assert found.owning.nominal.amount == nominal == sum(year.cash for year in found.years)
    worth = sum(flow.discounted for flow in found.owning.flows)
    assert found.owning.npv.amount == worth == sum(year.discounted for year in found.years)
    books = sum(one.book_value for one in found.writeoffs)
    sold = sum(flow.amount for flow in found.owning.flows if flow.stage is Stage.RESIDUAL)
    assert found.years[-1].disposal == books + sold > 0
    assert nominal == sum(year.accrual for year in found.years)
    capital = sum(
        one.cost for one in found.writeoffs if one.from_day == found.writeoffs[0].from_day
    )
    assert capital == found.capex.amount
    assert found.years[-1].ends < found.conventions.ends
    exponent = -found.conventions.minor_units
    assert {flow.amount.as_tuple().exponent for flow in found.owning.flows} == {exponent}


def test_the_residual_is_as_uncertain_as_hardware_of_its_age() -> None:
    """Replaced after five of seven years: 24 months less three of lead time, at 21 of them."""
    by_age = {12: Range(D("0.5"), D("0.5"), D("0.6")), 24: Range(D("0.3"), D("0.3"), D("0.48")),
              84: Range(D("0.1"), D("0.1"), D("0.3"))}  # fmt: skip
    spec = CLINIC + COST.replace("5 years", "7 years")
    found = assembled(spec, bill(line(MACHINE, "1000.00"), residuals=Residuals(by_age)))
    assert found.spread
    (factor,) = (one for one in found.spread.drivers if one.id == "residual")
    # 0.5 and 0.6 at 12 months, three quarters of the way to 0.3 and 0.48: 0.35 and 0.51.
    assert factor.high_value == "51 % of the price"
    assert factor.range == Range(D(1), D(1), EXACT.divide(D("0.51"), D("0.35")))


def test_the_same_input_gives_the_same_result() -> None:
    assert example("clinic") == example("clinic")


def test_a_result_is_quick() -> None:
    example("bank")  # reads the catalog
    began = process_time()
    example("bank")
    assert process_time() - began < 2


def test_conventions_say_how_it_was_reckoned() -> None:
    said = result(FULL).conventions
    assert (said.currency, said.minor_units, said.rounding) == ("EUR", 2, "half-up")
    assert str(said.ordered) == "2026-12-01"
    assert str(said.in_service) == "2027-03-01"
    assert str(said.ends) == "2031-12-01"
    assert (said.horizon_months, said.service_months, said.hours_per_month) == (60, 57, 730)
    assert (said.discount_rate, said.day_count) == (D("0.08"), "actual/365")
    assert (said.tax_rate, said.tax_recoverable) == (D("0.19"), True)
    assert said.tax == "19 % on each line, got back, so it is shown and costs nothing"
    lost = result(FULL.replace("recoverable: true", "recoverable: false")).conventions
    assert lost.tax == "19 % on each line, not got back"
    none = result(CLINIC + COST).conventions
    assert (none.tax, none.tax_rate, none.tax_recoverable) == ("none", None, False)


def test_what_the_spec_leaves_out_is_said() -> None:
    bare = CLINIC + "\ncost: {currency: EUR, horizon: 5 years, electricity: 0.19 EUR/kWh}\n"
    said = " ".join(result(bare).assumptions)
    assert "the day of the price book" in said
    assert "longest lead time" in said
    assert "Nothing is discounted" in said
    assert "The busiest hour lasts all day" in said
    assert "low end of what dated sources say" in said
    assert result(FULL).assumptions == ()


def test_a_currency_without_a_rate_is_named() -> None:
    dollars = COST.replace("EUR", "GBP")
    said = [one for one in result(CLINIC + dollars).assumptions if "no rate" in one]
    assert len(said) == 2  # of EUR and of USD
    assert said[0].startswith("Prices of the price book in EUR are not known in GBP")
    assert "`rates: {EUR: …}`" in said[0]


def test_hardware_that_is_replaced_is_said_to_bring_nothing() -> None:
    short = bill(line(item(life_months=24), "1000.00"))
    assert any("replaced" in one for one in assembled(CLINIC + COST, short).assumptions)


def test_an_unknown_speed_is_said_and_has_no_cost_of_tokens() -> None:
    cpu = CLINIC.replace("    gpus: {model: l40s-48gb, count: 4}\n", "")
    cpu = cpu.replace("meta-llama/Llama-3.3-70B-Instruct", "Qwen/Qwen3-8B").replace(
        "precision: fp8", "precision: q4_k_m\n    file: m.gguf"
    )
    cpu = cpu.replace(", first_token: 2 s, speed: 20 tok/s", "").replace("replicas: 2\n", "\n")
    found = result(cpu + COST)
    assert found.demand is None
    assert found.owning.units
    assert found.owning.units.per_million_blended is None
    assert found.owning.units.per_gpu_hour is None
    assert any("speed of `assistant` is not known" in one for one in found.assumptions)


def test_sources_are_those_that_prices_come_from() -> None:
    found = result(FULL)
    used = {name for one in found.lines for name in (one.price.source, one.price.rate_source)}
    used |= {name for one in found.alternatives for named in one.prices
             for name in (named.price.source, named.price.rate_source)}  # fmt: skip
    assert found.sources.keys() <= used
    assert "lp2368" in found.sources
    assert "https://lenovopress.lenovo.com/lp2368" in found.sources["lp2368"]
    assert found.price_book_digest == result(CLINIC + COST).price_book_digest


def test_owning_pays_for_its_bridge_but_its_tokens_do_not() -> None:
    found = result(FULL)
    bridge = [flow for flow in found.owning.flows if flow.stage is Stage.BRIDGE]
    assert bridge
    assert all(flow.on < found.conventions.in_service for flow in bridge)
    without = result(FULL.replace("  bridge: rented\n", ""))
    assert found.owning.nominal.amount > without.owning.nominal.amount
    assert found.owning.units == without.owning.units


def test_a_lease_is_compared_at_the_same_rate() -> None:
    found = result(FULL)
    assert found.lease
    assert found.lease.npv.amount != found.owning.npv.amount
    assert sum(flow.discounted for flow in found.lease.flows) == found.lease.npv.amount


def test_demand_above_the_capacity_has_no_result() -> None:
    few = CLINIC.replace("replicas: 2\n", "replicas: 2\n    max_num_seqs: 8\n")
    few = few.replace(", first_token: 2 s, speed: 20 tok/s", "")
    found, report = reckoned(few + COST.replace("load: 60 %", "load: 100 %"))
    assert found is None
    assert [one.rule for one in report.findings] == ["demand-over-capacity"]


def test_digests_are_of_the_files(tmp_path: Path) -> None:
    spec, quotes = tmp_path / "cluster.yml", tmp_path / "quotes.yml"
    spec.write_text(CLINIC + COST)
    alone = opened_result(spec)
    assert alone.spec_digest == sha256(spec.read_bytes()).hexdigest()
    spec.write_text(CLINIC + COST + "  quotes: quotes.yml\n")
    quotes.write_text("version: 1\nquotes: [{item: gpu.l40s-48gb, price: 7000 EUR}]\n")
    both = opened_result(spec)
    assert both.spec_digest == sha256(spec.read_bytes() + quotes.read_bytes()).hexdigest()
    assert both.capex.amount != alone.capex.amount


def opened_result(spec: Path) -> Result:
    opened = open_spec(spec)
    plan = plan_of(opened)
    assert plan, opened.report.findings
    found = result_of(opened, plan)
    assert found, opened.report.findings
    return found


def test_a_spec_without_a_cost_section_is_told_what_to_write(tmp_path: Path) -> None:
    spec = tmp_path / "cluster.yml"
    spec.write_text(CLINIC)
    opened = open_spec(spec)
    plan = plan_of(opened)
    assert plan
    assert result_of(opened, plan) is None
    (finding,) = opened.report.findings
    assert finding.rule == "cost-missing"
    assert "currency: EUR, horizon: 5 years, electricity: 0.19 EUR/kWh" in finding.help
    assert result_of(replace(opened, cluster=None), plan) is None


@pytest.mark.parametrize(
    ("lead_time", "quoted", "remedy"),
    [("", "70 weeks", "or `lead_time: 4 weeks`"), ("13 months", "1 week", "a shorter `lead_time`")],
)
def test_check_sees_lead_times_of_quotes(
    tmp_path: Path, lead_time: str, quoted: str, remedy: str
) -> None:
    cost = COST.replace("5 years", "12 months").replace("  lead_time: 3 months\n", "")
    stated = f"  lead_time: {lead_time}\n" if lead_time else ""
    spec = tmp_path / "cluster.yml"
    spec.write_text(CLINIC + cost + stated + "  quotes: quotes.yml\n")
    slow = f"{{item: gpu.l40s-48gb, price: 7000 EUR, lead_time: {quoted}}}"
    spec.with_name("quotes.yml").write_text(f"version: 1\nquotes: [{slow}]\n")
    opened = open_spec(spec)
    assert plan_of(opened) is None
    (finding,) = [one for one in opened.report.findings if one.severity == "error"]
    assert finding.rule == "horizon-too-short"
    assert remedy in finding.help
