"""The bill as CSV: what is read back is what was written, and nothing in it runs."""

import csv
import io
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost.made import LINES, RESULT
from freehold.cost.export.as_csv import cashflows, comparison, lines, neutral, prices
from freehold.cost.export.columns import status
from freehold.cost.item import Basis
from freehold.cost.types import Result


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_lines_and_their_money() -> None:
    rows = read(lines(RESULT))
    assert [row["id"] for row in rows] == [line.id for line in RESULT.lines]
    gpu, switch, cable = rows[:3]
    assert gpu["net_unit"] == "8000"
    assert gpu["extended"] == "64000.00"
    assert gpu["discount"] == "0.2"
    assert gpu["status"] == "checked on 2026-11-01"
    assert gpu["hosts"] == "gpu-1 gpu-2"
    assert gpu["spec_path"] == "nodes.gpu"
    assert gpu["lead_time_weeks"] == "20"
    assert switch["extended"] == switch["cost"] == ""
    assert switch["status"] == "not found"
    assert cable["extended"] == "1.01"
    capital = [row for row in rows if row["kind"] == "capex" and row["cost"]]
    assert sum(Decimal(row["cost"]) for row in capital) == RESULT.capex.amount
    assert {row["currency"] for row in rows} == {"EUR"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"basis": Basis.INCLUDED}, "included"),
        ({"basis": Basis.ESTIMATE}, "to be checked"),
        ({"is_stale": True}, "to be checked"),
        ({"as_of": None}, "to be checked"),
    ],
)
def test_what_is_left_to_do(change: dict[str, object], said: str) -> None:
    line = replace(LINES[0], price=replace(LINES[0].price, **change))  # type: ignore[arg-type]
    assert status(line) == said


@pytest.mark.parametrize("result", [RESULT, replace(RESULT, lease=RESULT.owning)])
def test_flows_add_up_to_each_option(result: Result) -> None:
    rows = read(cashflows(result))
    for option in (RESULT.owning, *RESULT.alternatives):
        paid = sum(Decimal(row["amount"]) for row in rows if row["option"] == option.name)
        times = 2 if result.lease and option is RESULT.owning else 1
        assert paid == option.nominal.amount * times
    assert rows[0]["on"] == "2026-12-01"
    assert rows[-1]["stage"] == "running"
    assert read(cashflows(result))[2]["covers_months"] == "12"


def test_options_side_by_side() -> None:
    owning, other = read(comparison(RESULT))
    assert (owning["option"], owning["nominal"], owning["lines_without_a_price"]) == (
        "owning", "76149.30", "1",
    )  # fmt: skip
    assert owning["irr"] == owning["outcome"] == ""
    assert (other["irr"], other["payback_months"], other["saving"], other["currency"]) == (
        "0.712", "10", "112850.70", "EUR",
    )  # fmt: skip
    bare = replace(RESULT.owning, units=None)
    assert read(comparison(replace(RESULT, owning=bare)))[0]["user_month"] == ""
    assert owning["user_month"] == "100.5"


def test_prices_of_alternatives() -> None:
    now, later = read(prices(RESULT))
    assert (now["option"], now["unit"], now["amount"], now["currency"]) == (
        "hyperscaler", "instance hour", "11.50", "EUR",
    )  # fmt: skip
    assert (now["original"], now["original_currency"], now["rate"]) == ("12.50", "USD", "0.92")
    assert (now["as_of"], now["stale"], now["since"]) == ("2025-12-23", "yes", "")
    assert (later["vendor"], later["stale"], later["since"]) == ("Reseller", "no", "2027-01-01")


def test_negative_money_is_a_figure() -> None:
    assert "-7616.00" in {row["amount"] for row in read(cashflows(RESULT))}


@given(st.text())
def test_no_text_runs_and_none_is_lost(text: str) -> None:
    line = LINES[0]
    item = replace(line.need.item, description=text)
    named = replace(line, need=replace(line.need, item=item), vendor=text)
    (row,) = read(lines(replace(RESULT, lines=(named,))))
    for cell in (row["description"], row["vendor"]):
        assert not cell.startswith(tuple("=+-@\t\r\n"))
        assert cell in {text, f"'{text}"}
        assert cell == neutral(text)
