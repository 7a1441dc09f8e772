"""Rows for finance: cash and accrual both add up to what the result says."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cost.examples import NAMES, example
from cost.made import ALTERNATIVE, CONVENTIONS, LINES, ORDERED, RESULT, line
from freehold.cost.export.focus import COLUMNS, encode
from freehold.cost.item import Basis, Category
from freehold.cost.types import Flow, Result, Stage, Total

D = Decimal
RESULTS = ("made", *NAMES)


def result(name: str) -> Result:
    return RESULT if name == "made" else example(name)[2]


def read(of: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(encode(of).decode(), newline="")))


def total(rows: list[dict[str, str]], column: str) -> Decimal:
    return sum((D(row[column]) for row in rows), D(0))


def last_day(row: dict[str, str]) -> date:
    return date.fromisoformat(row["ChargePeriodEnd"][:10]) - timedelta(1)


@pytest.mark.parametrize("name", RESULTS)
def test_cash_is_what_is_paid(name: str) -> None:
    rows, of = read(result(name)), result(name)
    assert total(rows, "BilledCost") == of.owning.nominal.amount
    for one in of.lines:
        mine = [row for row in rows if row["x_BomLine"] == one.id]
        paid = sum((flow.amount for flow in of.owning.flows if flow.line == one.id), D(0))
        assert total(mine, "BilledCost") == paid


@pytest.mark.parametrize("name", RESULTS)
def test_effective_cost_is_what_is_used_up_each_year(name: str) -> None:
    rows, of = read(result(name)), result(name)
    for year in of.years:
        mine = [row for row in rows if year.starts <= last_day(row) <= year.ends]
        assert total(mine, "EffectiveCost") == year.accrual
        assert total(mine, "BilledCost") == year.cash
    assert total(rows, "EffectiveCost") == total(rows, "BilledCost") == of.owning.nominal.amount
    for one in of.lines:
        mine = [row for row in rows if row["x_BomLine"] == one.id]
        assert total(mine, "EffectiveCost") == total(mine, "BilledCost")


@pytest.mark.parametrize("name", RESULTS)
def test_each_row_is_as_the_standard_says(name: str) -> None:
    for row in read(result(name)):
        assert tuple(row) == COLUMNS
        assert row["ChargeCategory"] in {
            "Purchase", "Usage", "Tax", "Credit", "Adjustment",
        }  # fmt: skip
        assert row["ChargeFrequency"] in {"One-Time", "Recurring", "Usage-Based"}
        assert (row["ChargeCategory"], row["ChargeFrequency"]) != ("Purchase", "Usage-Based")
        assert bool(row["PricingQuantity"]) == (row["ChargeCategory"] != "Tax")
        assert row["ChargePeriodStart"] < row["ChargePeriodEnd"]
        assert row["BillingPeriodStart"] <= f"{last_day(row)}T00:00:00Z" < row["BillingPeriodEnd"]
        assert row["InvoiceIssuerName"]
        assert row["ProviderName"]
        assert row["PublisherName"]
        for column in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"):
            assert not {"e", "E", ","} & set(row[column])
            assert D(row[column]).is_finite()


def of_line(rows: list[dict[str, str]], name: str, **wanted: str) -> Iterator[dict[str, str]]:
    for row in rows:
        if row["x_BomLine"] == name and wanted.items() <= row.items():
            yield row


def test_a_purchase_is_used_up_month_by_month() -> None:
    rows = read(RESULT)
    gpu = LINES[0].id
    (bought,) = of_line(rows, gpu, ChargeCategory="Purchase")
    assert bought["BilledCost"] == bought["ContractedCost"] == "64000.00"
    assert bought["ListCost"] == "80000.00"
    assert bought["EffectiveCost"] == "0.00"
    tax = next(of_line(rows, gpu, ChargeCategory="Tax"))
    assert (tax["BilledCost"], tax["EffectiveCost"]) == ("12160.00", "0.00")
    usage = list(of_line(rows, gpu, ChargeCategory="Usage"))
    assert len(usage) == 21  # months of service
    assert {row["BilledCost"] for row in usage} == {"0.00"}
    # 64000.00 of 76160.00 are no tax: 960.00 of 1142.40 each month.
    assert {row["EffectiveCost"] for row in usage} == {"960.00"}
    assert usage[0]["ChargePeriodStart"] == "2027-03-01T00:00:00Z"
    (sold,) = of_line(rows, gpu, ChargeCategory="Credit")
    # 52169.60 are still in the books.
    assert (sold["BilledCost"], sold["EffectiveCost"]) == ("-7616.00", "44553.60")


def test_what_nobody_buys_is_written_off_at_the_end() -> None:
    """Of 1.20 for cables, 1.01 of it no tax, 0.60 are left in the books."""
    left = replace(RESULT.writeoffs[1], by_year=(D("0.30"), D("0.30")), book_value=D("0.60"))
    rows = read(replace(RESULT, writeoffs=(RESULT.writeoffs[0], left)))
    net, tax = of_line(rows, LINES[2].id, x_Stage="disposal")
    assert (net["ChargeCategory"], tax["ChargeCategory"]) == ("Adjustment", "Tax")
    assert (D(net["EffectiveCost"]), D(tax["EffectiveCost"])) == (D("0.51"), D("0.09"))
    assert (D(net["BilledCost"]), D(tax["BilledCost"])) == (D(0), D(0))
    assert last_day(net) == date(2028, 11, 30)
    assert total(rows, "EffectiveCost") == total(rows, "BilledCost")


def test_a_term_is_a_purchase_and_then_used_up() -> None:
    rows = read(RESULT)
    first, _ = of_line(rows, LINES[4].id, ChargeCategory="Purchase")
    assert first["ChargeFrequency"] == "Recurring"
    assert (first["BilledCost"], first["EffectiveCost"]) == ("1200.00", "0.00")
    usage = list(of_line(rows, LINES[4].id, ChargeCategory="Usage"))
    assert total(usage, "EffectiveCost") == D("2400.00")
    assert len(usage) == 21


def test_energy_is_paid_by_use() -> None:
    rows = read(RESULT)
    usage = list(of_line(rows, LINES[3].id, ChargeCategory="Usage"))
    assert {row["ChargeFrequency"] for row in usage} == {"Usage-Based"}
    assert usage[0]["ChargePeriodStart"] == "2027-03-01T00:00:00Z"
    assert usage[0]["ChargePeriodEnd"] == "2027-04-01T00:00:00Z"
    assert usage[0]["BilledCost"] == usage[0]["EffectiveCost"] == "190.00"
    assert usage[0]["PricingUnit"] == "kWh"


def test_a_line_without_a_price_has_no_row() -> None:
    assert not list(of_line(read(RESULT), LINES[1].id))


def paying(*flows: Flow, **more: Any) -> Result:
    paid = sum((flow.amount for flow in flows), D(0))
    owning = replace(RESULT.owning, flows=flows, nominal=Total(paid), npv=Total(paid))
    return replace(RESULT, owning=owning, writeoffs=(), **more)


def test_whoever_serves_before_the_machines_do() -> None:
    bridge = replace(ALTERNATIVE.flows[0], on=date(2026, 12, 31), stage=Stage.BRIDGE)
    ahead = replace(bridge, on=ORDERED, covers=3)
    first, tax, second, _, *used = read(paying(ahead, bridge))
    assert first["SkuId"] == first["ProviderName"] == "hyperscaler"
    # 9000.00 / 1.19 = 7563.03 without tax.
    assert (first["BilledCost"], first["EffectiveCost"]) == ("7563.03", "0.00")
    assert (tax["ChargeCategory"], tax["BilledCost"]) == ("Tax", "1436.97")
    assert tax["EffectiveCost"] == "0.00"
    assert second["ChargePeriodStart"] == "2026-12-01T00:00:00Z"
    assert total(used, "EffectiveCost") == D("9000.00")
    taxed = [row for row in used if row["ChargeCategory"] == "Tax"]
    assert total(taxed, "EffectiveCost") == D("1436.97")


def test_tax_of_what_others_serve_has_rows_of_its_own() -> None:
    api = replace(ALTERNATIVE.flows[0], stage=Stage.OVERFLOW, category=Category.API)
    api = replace(api, amount=D("119.00"), discounted=D("119.00"))
    wages = replace(api, category=Category.STAFF)
    net, tax, people = read(paying(api, wages))
    assert (net["ChargeCategory"], tax["ChargeCategory"]) == ("Usage", "Tax")
    assert (net["BilledCost"], tax["BilledCost"]) == ("100.00", "19.00")
    assert (net["EffectiveCost"], tax["EffectiveCost"]) == ("100.00", "19.00")
    assert net["ListCost"] == net["ContractedCost"] == "100.00"
    assert (people["ChargeCategory"], people["BilledCost"]) == ("Usage", "119.00")


@pytest.mark.parametrize("more", [{"tax_recoverable": True}, {"tax_rate": None}])
def test_tax_that_is_got_back_has_no_row(more: dict[str, Any]) -> None:
    api = replace(ALTERNATIVE.flows[0], stage=Stage.OVERFLOW, category=Category.API)
    (row,) = read(paying(api, conventions=replace(CONVENTIONS, **more)))
    assert row["BilledCost"] == "9000.00"


def test_money_with_nothing_of_it_tax() -> None:
    paid = replace(LINES[3], cost=D("190.00"), need=replace(LINES[3].need, item=replace(
        LINES[3].need.item, category=Category.STAFF)))  # fmt: skip
    monthly = replace(RESULT.owning.flows[3], line=paid.id, category=Category.STAFF)
    (row,) = read(paying(monthly, lines=(paid,)))
    assert row["InvoiceIssuerName"] == "made"  # people of its own
    assert row["ChargeFrequency"] == "Recurring"


def test_a_one_time_service_is_used_up_when_it_is_paid() -> None:
    service = line(1, LINES[4].need.item, "1", "100", is_capital=False, basis=Basis.STATED)
    bought = replace(RESULT.owning.flows[0], line=service.id, amount=D("119.00"))
    net, tax = read(paying(bought, lines=(service,)))
    assert net["BilledCost"] == net["EffectiveCost"] == "100.00"
    assert tax["BilledCost"] == tax["EffectiveCost"] == "19.00"


def test_a_written_off_line_has_no_rows_afterwards() -> None:
    short = replace(RESULT.writeoffs[1], months=9, by_year=(D("1.20"), D(0)))
    rows = read(replace(RESULT, writeoffs=(short,), conventions=CONVENTIONS))
    used = [row for row in rows if row["x_Stage"] == "depreciation"]
    assert max(map(last_day, used)) == date(2027, 11, 30)
    assert total(used, "EffectiveCost") == D("1.20")
