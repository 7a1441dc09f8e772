"""All formats come of one result: read back, they say the same, to the cent."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost.examples import NAMES, example
from cost.made import LINES, RESULT
from freehold.catalog.load import builtin
from freehold.cost.export import as_csv, as_json, as_markdown, cyclonedx, focus
from freehold.cost.export.cyclonedx import Inventory
from freehold.cost.export.xlsx import workbook
from freehold.cost.types import Result
from freehold.cost.words import total
from plans import clinic

D = Decimal


@cache
def document(name: str) -> Any:
    return json.loads(as_json.encode(example(name)[2]))


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@cache
def sheets(name: str) -> dict[str, list[dict[str, Any]]]:
    content = io.BytesIO(workbook.encode(example(name)[2]))
    book = openpyxl.load_workbook(content, data_only=True)
    return {sheet.title: list(records(sheet)) for sheet in book}


def records(sheet: Any) -> Iterator[dict[str, Any]]:
    header, *others = sheet.iter_rows(values_only=True)
    for row in others:
        yield dict(zip(header, row, strict=True))


def cents(value: Any) -> Decimal | None:
    """Money of any format; none where it is not known."""
    return None if value in {None, ""} else D(str(value)).quantize(D("0.01"))


@pytest.mark.parametrize("name", NAMES)
def test_lines(name: str) -> None:
    wanted = document(name)["lines"]
    of_csv = rows(as_csv.lines(example(name)[2]))
    of_xlsx = [row for row in sheets(name)["BOM"] if row["Line"]]
    assert len(wanted) == len(of_csv) == len(of_xlsx)
    for one, other, third in zip(wanted, of_csv, of_xlsx, strict=True):
        assert one["id"] == other["id"] == third["Id"]
        assert D(one["quantity"]) == D(other["quantity"])
        assert float(one["quantity"]) == pytest.approx(third["Quantity"])
        for key, title in (("extended", "Net"), ("tax", "Tax"), ("cost", "Cost")):
            assert cents(one[key]) == cents(other[key]) == cents(third[title])
        assert one["price"]["basis"] == other["basis"] == third["Basis"]


@pytest.mark.parametrize("name", NAMES)
def test_payments(name: str) -> None:
    wanted = [D(flow["amount"]) for flow in document(name)["cashflows"]]
    of_csv = rows(as_csv.cashflows(example(name)[2]))
    assert wanted == [D(row["amount"]) for row in of_csv if row["option"] == "owning"]
    assert wanted == [cents(row["Amount"]) for row in sheets(name)["Payments"] if row["On"]]
    billed = sum(D(row["BilledCost"]) for row in rows(focus.encode(example(name)[2])))
    assert D(document(name)["totals"]["nominal"]["amount"]) == sum(wanted) == billed


@pytest.mark.parametrize("name", NAMES)
def test_totals(name: str) -> None:
    totals, result = document(name)["totals"], example(name)[2]
    comment = as_markdown.encode(result).decode()
    shown = re.findall(r"^\| [^|]+ \| (?:at least )?([0-9,.]+) EUR", comment, re.MULTILINE)
    keys = ("capex", "opex_year", "nominal", "npv")
    assert [D(one.replace(",", "")) for one in shown] == [D(totals[key]["amount"]) for key in keys]
    for key, of in (("capex", result.capex), ("nominal", result.owning.nominal)):
        assert (totals[key]["unknown"], D(totals[key]["amount"])) == (of.unknown, of.amount)
        assert total(of, "EUR") in comment
    months = [row for row in sheets(name)["Cash flow"] if row["To"] == "Total and NPV"]
    assert cents(months[0]["Paid"]) == D(totals["nominal"]["amount"])
    assert cents(months[0]["Discounted"]) == D(totals["npv"]["amount"])


@pytest.mark.parametrize("name", NAMES)
def test_what_buying_earns(name: str) -> None:
    wanted, result = document(name)["breakeven"], example(name)[2]
    of_csv = {row["option"]: row for row in rows(as_csv.comparison(result))}
    of_xlsx = {row["Option"]: row for row in sheets(name)["Alternatives"]}
    comment = as_markdown.encode(result).decode().splitlines()
    assert wanted
    for one in wanted:
        csv_row, sheet = of_csv[one["alternative"]], of_xlsx[one["alternative"]]
        for key in ("irr", "irr_note", "payback_months", "discounted_payback_months", "saving"):
            assert csv_row[key] == ("" if one[key] is None else str(one[key]))
        rate = sheet["Rate of return"]
        assert (rate is None) == (one["irr"] is None)
        assert rate is None or float(one["irr"]) == pytest.approx(rate)
        assert sheet["Paid back in month"] == one["payback_months"]
        assert sheet["The same, discounted"] == one["discounted_payback_months"]
        assert (sheet["No rate of return, since"] or "") == one["irr_note"]
        (row,) = (line for line in comment if line.startswith(f"| {one['alternative']} | "))
        percent = None if one["irr"] is None else f"{D(one['irr']) * 100:.1f} %"
        assert (percent or f"none: {one['irr_note']}") in row


@pytest.mark.parametrize("name", NAMES)
def test_prices_of_alternatives(name: str) -> None:
    wanted = [price for option in document(name)["alternatives"] for price in option["prices"]]
    result = example(name)[2]
    of_csv, of_xlsx = rows(as_csv.prices(result)), sheets(name)["Prices elsewhere"]
    comment = as_markdown.encode(result).decode()
    assert wanted
    for one, other, third in zip(wanted, of_csv, of_xlsx, strict=True):
        assert one["item"] == other["item"] == third["Item"]
        assert one["unit"] == other["unit"] == third["Unit"]
        assert one["amount"]["base"] == other["amount"]
        assert float(one["amount"]["base"]) == pytest.approx(third["Price"])
        assert (one["original"], one["currency"]) == (other["original"], other["original_currency"])
        assert float(one["original"]) == pytest.approx(third["At the source"])
        assert one["as_of"] == other["as_of"] == third["Of"].date().isoformat()
        assert (third["State"] == "too old") == (other["stale"] == "yes") == one["stale"]
        assert f" per {one['unit']} (" in comment


@pytest.mark.parametrize("name", NAMES)
def test_devices(name: str) -> None:
    plan, catalog, result = example(name)
    found = json.loads(cyclonedx.encode(Inventory(result, plan, catalog, None)))
    devices = {
        one["bom-ref"].removeprefix("line:"): {p["name"]: p["value"] for p in one["properties"]}
        for one in found["components"]
        if one["type"] == "device"
    }
    lines = {one["id"]: one for one in document(name)["lines"]}
    assert devices
    for line, properties in devices.items():
        assert D(properties["freehold:quantity"]) == D(lines[line]["quantity"])
        assert properties["freehold:item"] == lines[line]["item"]
        assert properties["freehold:hosts"].split() == lines[line]["hosts"]


TEXTS = st.one_of(
    st.sampled_from(["=1+1", "@SUM(A1)", "<script>alert(1)</script>", 'a"b\nc', "🏥 | `x`", "-2"]),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1),
)


def saying(text: str) -> Result:
    """A result with the text of a user wherever there can be one."""
    item = replace(LINES[0].need.item, description=text, manufacturer=text)
    price = replace(LINES[0].price, vendor=text, reference=text, note=text)
    named = replace(LINES[0], need=replace(LINES[0].need, item=item, note=text), price=price,
                    vendor=text, mpn=text, sku=text)  # fmt: skip
    return replace(RESULT, lines=(named, *LINES[1:]), assumptions=(text,), sources={"it": text})


@settings(max_examples=15, deadline=None)
@given(TEXTS)
def test_the_text_of_anyone_changes_no_figure(text: str) -> None:
    said = saying(text)
    assert json.loads(as_json.encode(said))["lines"][0]["vendor"] == text
    for encode, column in ((as_csv.lines, "cost"), (focus.encode, "BilledCost")):
        assert [row[column] for row in rows(encode(said))] == [
            row[column] for row in rows(encode(RESULT))
        ]
    for row in (*rows(as_csv.lines(said)), *rows(focus.encode(said))):
        for key, cell in row.items():
            is_text = key not in {"BilledCost", "EffectiveCost", "ContractedCost", "ListCost"}
            assert not (is_text and cell.startswith(tuple("=+-@\t\r\n")))
    assert "<script>" not in as_markdown.encode(said).decode()
    device = json.loads(cyclonedx.encode(Inventory(said, clinic(), builtin(), None)))
    assert device["components"][0]["name"] == text
