"""The workbook: the same figures as the JSON has, live, and nothing of anyone's that runs."""

import csv
import io
import json
import subprocess
import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from cost.examples import NAMES as EXAMPLES
from cost.examples import example
from cost.made import BREACHED, CONVENTIONS, LINES, RESULT, line
from freehold.cli import main
from freehold.cost.export.as_json import document
from freehold.cost.export.xlsx.quotation import is_offered
from freehold.cost.export.xlsx.workbook import NAMES, encode
from freehold.cost.item import Basis, Category
from freehold.cost.types import Result, Total

D = Decimal


def opened(result: Result, *, cached: bool = False) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(encode(result)), data_only=cached)


def amount(value: object) -> Decimal:
    """A spreadsheet's number to the cent."""
    return D(str(value)).quantize(D("0.01"))


def table(sheet: Any) -> list[dict[str, Any]]:
    rows = list(sheet.iter_rows(values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def labelled(sheet: Any, label: str) -> Any:
    """The figure in the row of a label, two cells after it."""
    for row in sheet.iter_rows(values_only=True):
        if row[0] == label:
            return row[2]
    raise AssertionError(label)


def check_all(book: Workbook, result: Result) -> None:
    """Every figure of a workbook that has values is that of the result, every total of the JSON."""
    check_totals(book, result)
    check_lines(book, result)
    check_payments(book, result)
    check_comparison(book, result)


def check_totals(book: Workbook, result: Result) -> None:
    totals: Any = json.loads(json.dumps(document(result)["totals"]))
    names = {
        "Capital cost": "capex", "What recurs, a year at today's prices": "opex_year",
        "Cost of owning over the horizon": "nominal", "The same, discounted (NPV)": "npv",
    }  # fmt: skip
    for label, name in names.items():
        assert amount(labelled(book["Summary"], label)) == D(totals[name]["amount"])
    for category, total in totals["by_category"].items():
        assert amount(labelled(book["Summary"], category)) == D(total["amount"])


def check_lines(book: Workbook, result: Result) -> None:
    rows = [row for row in table(book["BOM"]) if row["Line"]]
    for row, of in zip(rows, result.lines, strict=True):
        for title, expected in (("Net", of.extended), ("Tax", of.tax), ("Cost", of.cost)):
            assert (None if row[title] in {None, ""} else amount(row[title])) == expected
    for row, one in zip(table(book["Depreciation"]), result.writeoffs, strict=False):
        assert amount(row["Book value at the end"]) == one.book_value


def check_payments(book: Workbook, result: Result) -> None:
    paid = [row for row in table(book["Payments"]) if row["On"]]
    for row, flow in zip(paid, result.owning.flows, strict=True):
        assert amount(row["Amount"]) == flow.amount
        assert amount(row["Discounted"]) == flow.discounted
    for row, year in zip(table(book["Years"]), result.years, strict=True):
        assert amount(row["Paid"]) == year.cash
        assert amount(row["Discounted"]) == year.discounted
        assert amount(row["Depreciation"]) == year.depreciation
        assert amount(row["Disposal"]) == year.disposal
        assert amount(row["Used up"]) == year.accrual


def check_comparison(book: Workbook, result: Result) -> None:
    rows = {row["Option"]: row for row in table(book["Alternatives"])}
    for option in result.alternatives:
        above = option.npv.amount - result.owning.npv.amount
        assert amount(rows[option.name]["NPV above owning"]) == above
    curve = result.break_even[0].cumulative if result.break_even else ()
    for row, (_, owning, _) in zip(table(book["Break-even"]), curve, strict=True):
        assert amount(row["Owning"]) == owning


EVEN = replace(
    RESULT,
    conventions=replace(CONVENTIONS, rounding="half-even", tax_rate=None, tax="none"),
    lines=(
        replace(line(1, LINES[2].need.item, "1", "0.125"), extended=D("0.12"), tax=None,
                cost=D("0.12")),
        replace(line(2, LINES[1].need.item, "1", "0.135"), extended=D("0.14"), tax=None,
                cost=D("0.14")),
    ),
    capex=Total(D("0.26")), opex_year=Total(D(0)),
    by_category={Category.NETWORK: Total(D("0.26"))},
    owning=replace(RESULT.owning, flows=(), nominal=Total(D(0)), npv=Total(D(0))),
    years=(), writeoffs=(), alternatives=(), break_even=(),
)  # fmt: skip


BARE = replace(
    RESULT, demand=None, owning=replace(RESULT.owning, units=None),
    lease=replace(RESULT.owning, name="lease"),
)  # fmt: skip
MADE = {"bare": BARE, "made": RESULT, "breached": BREACHED, "half-even": EVEN}


def result_of(name: str) -> Result:
    return MADE[name] if name in MADE else example(name)[2]


@pytest.mark.parametrize("name", [*MADE, *EXAMPLES])
def test_cached_figures_are_those_of_the_json(name: str) -> None:
    check_all(opened(result_of(name), cached=True), result_of(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["made", "half-even", *EXAMPLES])
def test_libreoffice_computes_the_same(name: str, tmp_path: Path) -> None:
    computed = recomputed(opened(result_of(name)), tmp_path)
    check_all(computed, result_of(name))
    check_cells(computed, opened(result_of(name), cached=True))


@pytest.mark.slow
def test_a_changed_price_changes_the_whole(tmp_path: Path) -> None:
    book = opened(RESULT)
    book["BOM"]["K2"] = 9000  # a GPU, instead of 8000
    book["BOM"]["K3"] = 100  # the switch that had no price
    summary = recomputed(book, tmp_path)["Summary"]
    # 8 * 9000 * 1.19 + 100 * 1.19 + 1.20
    assert amount(labelled(summary, "Capital cost")) == D("85800.20")
    # Without the switch, and a tenth of the GPUs back: 85681.20 + 2856.00 + 4748.10 - 8568.00
    assert amount(labelled(summary, "Cost of owning over the horizon")) == D("84717.30")
    assert {row[0]: row[1] for row in summary.iter_rows(values_only=True)}["Capital cost"] is None


def recomputed(book: Workbook, folder: Path) -> Workbook:
    """What LibreOffice makes of it, without the figures that stand beside the formulas."""
    bare = folder / "bare.xlsx"
    book.save(bare)
    assert labelled(openpyxl.load_workbook(bare, data_only=True)["Summary"], "Capital cost") is None
    subprocess.run(
        ["soffice", f"-env:UserInstallation={folder.as_uri()}/profile", "--headless",
         "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", folder / "out", bare],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return openpyxl.load_workbook(folder / "out/bare.xlsx", data_only=True)


def check_cells(computed: Workbook, cached: Workbook) -> None:
    """Every cell, not the totals alone, is what was written beside its formula."""
    for sheet in cached:
        for row in sheet.iter_rows():
            for cell in row:
                found = computed[sheet.title][cell.coordinate].value
                assert same(found, cell.value), (sheet.title, cell.coordinate)


def same(one: object, other: object) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= 1e-9 * max(1, abs(one))
    return (one or "") == (other or "")


def test_totals_are_formulas() -> None:
    book = opened(RESULT)
    for sheet, title in (("BOM", "Net"), ("BOM", "Tax"), ("BOM", "Cost"), ("BOM", "Discount"),
                         ("Payments", "Discounted"), ("Cash flow", "Paid")):  # fmt: skip
        assert str(table(book[sheet])[0][title]).startswith("=")
    recurring = table(book["BOM"])[3]
    assert str(recurring["Cost a year"]).startswith("=")


def test_an_unknown_price_is_an_empty_cell() -> None:
    row = table(opened(RESULT, cached=True)["BOM"])[1]
    assert row["Net, each"] is None
    assert row["Net"] in {None, ""}
    assert row["Basis"] == "unknown"
    assert row["Status"] == "not found"
    summary = list(opened(RESULT, cached=True)["Summary"].iter_rows(values_only=True))
    assert ("Capital cost", "at least", 76161.2, "1 line without a price") in summary


def test_the_sheet_to_send_out_has_no_price() -> None:
    sheet = opened(RESULT)["Request for quotation"]
    rows = table(sheet)
    assert [row["Item"] for row in rows] == ["gpu.l40s-48gb", "switch.25g", "cable", "support"]
    assert rows[0]["Quantity"] == 8
    assert rows[0]["MPN"] == "900-2G133-0080-000"
    for row in rows:
        assert row["Unit price"] is row["Currency"] is row["Valid until"] is None
    shown = {str(cell) for row in sheet.iter_rows(values_only=True) for cell in row}
    assert not shown & {"8000", "64000", "64000.00", "0.335", "1200"}


def test_what_is_not_bought_is_not_asked_for() -> None:
    owned = replace(LINES[0], price=replace(LINES[0].price, basis=Basis.INCLUDED))
    assert not is_offered(owned)
    part = replace(owned, need=replace(owned.need, parent="server.gpu"))
    assert is_offered(part)
    row = table(opened(replace(RESULT, lines=(part,)))["Request for quotation"])[0]
    assert row["Part of"] == "server.gpu"


def test_an_item_is_asked_for_once() -> None:
    again = replace(LINES[2], number=6, id="edge/cable")
    rows = table(opened(replace(RESULT, lines=(*LINES, again)))["Request for quotation"])
    (cable,) = (row for row in rows if row["Item"] == "cable")
    assert (cable["Lines"], cable["Quantity"]) == ("3 6", 6)


def test_what_a_vendor_fills_in_can_be_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = {"Unit price": "7500.00", "Currency": "EUR", "Valid until": "2027-01-31",
              "Lead time (weeks)": "12", "Warranty (months)": "36", "Reference": "Q-1",
              "SKU": "X-1"}  # fmt: skip
    row = table(opened(RESULT)["Request for quotation"])[0] | filled
    path = tmp_path / "offer.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, row, delimiter=";")
        writer.writeheader()
        writer.writerow(row)
    assert main(["prices", "import", str(path), "--vendor", "Example"]) == 0
    out = capsys.readouterr().out
    for said in ("gpu.l40s-48gb", "7500.00 EUR", "12 weeks", "36 months", "2027-01-31", "Q-1"):
        assert said in out


def test_a_percentage_is_of_the_cells_above() -> None:
    parts = (Category.GPU, Category.NETWORK)
    percent = line(6, LINES[4].need.item, "0.05", "64001.01", percent_of=parts)
    row = table(opened(replace(RESULT, lines=(*LINES, percent)))["BOM"])[5]
    assert row["Net, each"] == "=SUM('BOM'!$L$2:$L$4)"
    gpus = replace(percent, need=replace(percent.need, percent_of=(Category.GPU, Category.ENERGY)))
    row = table(opened(replace(RESULT, lines=(*LINES, gpus)))["BOM"])[5]
    assert row["Net, each"] == 64001.01  # not the sum of what it is of
    asked = table(opened(replace(RESULT, lines=(percent,)))["Request for quotation"])[0]
    assert (asked["Quantity"], asked["Unit"]) == (1, "all")


def test_a_percentage_of_lines_that_lie_apart() -> None:
    apart = (LINES[0], replace(LINES[3], number=2), replace(LINES[2], number=3))
    percent = line(
        4, LINES[4].need.item, "1", "64001.01", percent_of=(Category.GPU, Category.NETWORK)
    )
    row = table(opened(replace(RESULT, lines=(*apart, percent)))["BOM"])[3]
    assert row["Net, each"] == "=SUM('BOM'!$L$2:$L$2,'BOM'!$L$4:$L$4)"


def test_the_same_bytes_each_time_and_no_clock() -> None:
    content = encode(RESULT)
    assert content == encode(RESULT)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"2026-12-01T00:00:00Z" in archive.read("docProps/core.xml")
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_it_can_be_printed() -> None:
    book = opened(RESULT)
    assert tuple(book.sheetnames) == NAMES
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.fitToHeight == 0
    assert book["BOM"].freeze_panes == "A2"
    assert book["BOM"].print_title_rows == "$1:$1"
    assert book["BOM"].print_area == "'BOM'!$A$1:$P$9"


def test_decimals_follow_the_currency() -> None:
    whole = replace(RESULT, conventions=replace(CONVENTIONS, currency="JPY", minor_units=0))
    cells = {cell.value: cell for cell in opened(whole)["Alternatives"][2]}
    assert cells["owning"].number_format == "General"
    assert opened(whole)["Depreciation"]["B2"].number_format == "#,##0"
    assert opened(RESULT)["Depreciation"]["B2"].number_format == "#,##0.00"


TEXTS = st.one_of(
    st.sampled_from(["=1+1", "+1", "-1", "@SUM(A1)", '=cmd|"/c calc"!A0', "http://x", "{=1}"]),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1),
)


@settings(max_examples=8, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=50))
def test_no_text_runs_and_none_is_lost(texts: list[str]) -> None:
    text = texts[0]
    item = replace(LINES[0].need.item, description=text)
    named = replace(LINES[0], need=replace(LINES[0].need, item=item), vendor=text)
    sources = {str(number): one for number, one in enumerate(texts)}
    result = replace(RESULT, lines=(named,), sources=sources, assumptions=tuple(texts))
    book = opened(replace(result, owning=replace(RESULT.owning, flows=())))
    cells = [book["BOM"]["C2"], book["BOM"]["S2"], book["Request for quotation"]["C2"],
             *list(book["Sources"]["B"])[1:]]  # fmt: skip
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in cells] == [text, text, text, *texts]
    assert set(texts) <= {row[2] for row in book["Assumptions"].iter_rows(values_only=True)}
