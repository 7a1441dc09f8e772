"""A change of a spec as a change of cost: totals side by side, lines, and what is not known."""

from dataclasses import replace
from decimal import Decimal

import pytest

from cost import made
from freehold.cli.diff_cost import document, markdown_lines, text_lines
from freehold.cost.difference import Figure, difference
from freehold.cost.item import Basis
from freehold.cost.types import BomLine, Outcome, Result, Total

D = Decimal
OLD = made.RESULT
GPU, SWITCH, CABLE, ENERGY, SUPPORT = made.LINES


def with_lines(*lines: BomLine) -> Result:
    return replace(OLD, lines=lines)


def text(old: Result | None, new: Result | None) -> str:
    return "\n".join(text_lines(difference(old, new)))


def markdown(old: Result | None, new: Result | None) -> str:
    return "\n".join(markdown_lines(difference(old, new)))


def test_the_same_costs_the_same() -> None:
    assert difference(OLD, OLD).is_empty
    assert text(OLD, OLD) == markdown(OLD, OLD) == "cost: nothing changes"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (None, None, "cost: neither spec has a `cost` section"),
        (None, OLD, "cost: the old spec has no `cost` section: not compared"),
        (OLD, None, "cost: the new spec has no `cost` section: not compared"),
    ],
)
def test_a_spec_without_a_cost_section(old: Result | None, new: Result | None, said: str) -> None:
    assert text(old, new) == markdown(old, new) == said
    assert document(difference(old, new))["note"] == said.removeprefix("cost: ")


def test_bills_in_two_currencies() -> None:
    new = replace(OLD, conventions=replace(OLD.conventions, currency="JPY"))
    assert text(OLD, new) == "cost: the bills are in EUR and in JPY: not compared"


def test_totals_side_by_side() -> None:
    # 76161.20 -> 80000.00: 3838.80 more, by 76161.20 that is 5.0403... %.
    owning = replace(
        OLD.owning, nominal=Total(D("76000.00")), npv=Total(D("70000.00")),
        units=replace(made.UNITS, per_million_blended=D("0.850049")),
    )  # fmt: skip
    new = replace(
        OLD, capex=Total(D("80000.00")), opex_year=Total(D("4141.20")), owning=owning,
        lines=(*OLD.lines[:1], *OLD.lines[2:]),
    )  # fmt: skip
    rows = [line.split("  ") for line in text(OLD, new).splitlines()]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert cells == [
        ["EUR", "BEFORE", "AFTER", "DIFFERENCE", "SHARE"],
        ["capital cost", "at least 76,161.20", "80,000.00", "of the known +3,838.80", "+5.0 %"],
        ["running cost, a year", "4,141.20", "4,141.20", "+0.00", "+0.0 %"],
        ["cost of owning", "at least 76,149.30", "76,000.00", "of the known -149.30", "-0.2 %"],
        ["present value", "at least 76,149.30", "70,000.00", "of the known -6,149.30", "-8.1 %"],
        ["per million tokens", "at least 0.9000", "0.8500", "of the known -0.0500", "-5.6 %"],
        ["removed gpu/switch.25g: 1 each at unknown, unknown"],
        ["lines without a price: 1 before, 0 after"],
    ]


def test_lines_added_removed_and_changed() -> None:
    more = made.line(1, made.GPU, "16", "7900.5", basis=GPU.price.basis)
    later = replace(SUPPORT, id="gpu/later")
    new = with_lines(more, CABLE, later, replace(ENERGY, extended=D("200.00")))
    lines = text(replace(OLD, lines=(GPU, CABLE, ENERGY, SUPPORT)), new).splitlines()[6:]
    assert lines == [
        "added gpu/later: 1 year at 1,200.00, 1,200.00 every 12 months",
        "removed gpu/support: 1 year at 1,200.00, 1,200.00 every 12 months",
        "changed gpu/gpu.l40s-48gb: quantity 8 -> 16; price of one 8,000.00 -> 7,900.50; "
        "64,000.00 -> 126,408.00",
        "changed gpu/energy: 190.00 -> 200.00 a month",
        "lines without a price: 1 before, 1 after",
    ]


def test_what_is_included_has_no_price_of_its_own() -> None:
    part = replace(CABLE, id="gpu/part", price=replace(CABLE.price, basis=Basis.INCLUDED))
    new = with_lines(*OLD.lines, part)
    assert "added gpu/part: 3 each, included" in text(OLD, new)
    more = replace(part, need=replace(part.need, quantity=D(4)))
    assert text(new, with_lines(*OLD.lines, more)).splitlines()[6] == (
        "changed gpu/part: quantity 3 -> 4; included"
    )


def test_a_price_that_is_no_longer_known() -> None:
    unknown = made.line(3, made.CABLE, "3", None)
    assert "gpu/cable: price of one 0.335 -> unknown; 1.01 -> unknown" in text(
        OLD, with_lines(GPU, SWITCH, unknown, ENERGY, SUPPORT)
    )


def test_another_price_of_what_is_as_dear_in_sum_shows() -> None:
    # 0.3353 by 3 is 1.0059, rounded to 1.01 as well.
    dearer = made.line(3, made.CABLE, "3", "0.3353")
    found = difference(OLD, with_lines(GPU, SWITCH, dearer, ENERGY, SUPPORT))
    assert [change.after.id for change in found.changed] == ["gpu/cable"]


def test_figures_that_are_not_known() -> None:
    owning = replace(OLD.owning, units=None)
    row = next(line for line in text(OLD, replace(OLD, owning=owning)).splitlines()
               if line.startswith("per million tokens"))  # fmt: skip
    assert row.split() == ["per", "million", "tokens", "at", "least", "0.9000", "?", "?"]


def test_half_a_digit_per_million_is_rounded_up() -> None:
    owning = replace(OLD.owning, units=replace(made.UNITS, per_million_blended=D("0.85005")))
    (row,) = (figure for figure in difference(OLD, replace(OLD, owning=owning)).figures
              if figure.name == "per million tokens")  # fmt: skip
    assert row.after == Total(D("0.8501"), 1)


def test_there_is_no_share_of_nothing() -> None:
    assert Figure("x", Total(D(0)), Total(D(5))).share is None
    assert Figure("x", Total(D(0)), Total(D(5))).difference == 5
    assert Figure("x", Total(D(-10)), Total(D(-5))).difference == 5


def test_a_refund_that_shrinks_is_a_rise() -> None:
    assert Figure("x", Total(D(-10)), Total(D(-5))).share == D("0.5")


def test_markdown_is_a_table_and_folded_lines() -> None:
    shown = markdown(OLD, with_lines(GPU, CABLE, ENERGY, SUPPORT))
    assert shown.splitlines()[:3] == [
        "| EUR | BEFORE | AFTER | DIFFERENCE | SHARE |",
        "|---|---:|---:|---:|---:|",
        "| capital cost | at least 76,161.20 | at least 76,161.20 | of the known +0.00 | +0.0 % |",
    ]
    assert "<summary>1 line differs</summary>" in shown
    assert "- removed `gpu/switch.25g`: 1 each at unknown, unknown" in shown


def test_markdown_without_lines_folds_nothing() -> None:
    new = replace(OLD, capex=Total(D("1.00"), 1))
    assert "<details>" not in markdown(OLD, new)


def test_what_buying_earns_side_by_side() -> None:
    later = replace(
        made.BREAK_EVEN, saving=D("99000.00"), irr=D("0.3049"), payback_months=14,
        discounted_payback_months=None,
    )  # fmt: skip
    other = replace(later, alternative="another")
    new = replace(OLD, break_even=(later, other))
    said = (
        "saves 112,850.70 -> 99,000.00; rate of return 71.2 % -> 30.5 %; "
        "paid back month 10 -> month 14; discounted month 10 -> never"
    )
    assert f"buying instead of hyperscaler: {said}" in text(OLD, new).splitlines()
    assert "another" not in text(OLD, new)
    assert f"\n\n- buying instead of `hyperscaler`: {said}" in markdown(OLD, new)
    found = difference(OLD, new)
    assert not found.is_empty
    assert document(found)["returns"] == [
        {
            "alternative": "hyperscaler",
            "before": {
                "outcome": "once", "saving": "112850.70", "irr": "0.712", "payback_months": 10,
                "discounted_payback_months": 10,
            },
            "after": {
                "outcome": "once", "saving": "99000.00", "irr": "0.3049", "payback_months": 14,
                "discounted_payback_months": None,
            },
        }
    ]  # fmt: skip
    unknown = replace(
        made.BREAK_EVEN, outcome=Outcome.UNKNOWN, saving=None, irr=None, payback_months=None
    )
    assert text(OLD, replace(OLD, break_even=(unknown,))).endswith(
        "saves 112,850.70 -> not known; rate of return 71.2 % -> none; "
        "paid back month 10 -> not known; discounted month 10\nlines without a price: 1 before, "
        "1 after"
    )


def test_data() -> None:
    new = replace(OLD, capex=Total(D("80000.00")), lines=OLD.lines[:1])
    found = document(difference(OLD, new))
    assert found["currency"] == "EUR"
    assert found["figures"][0] == {
        "name": "capital cost",
        "before": {"amount": "76161.20", "unknown": 1},
        "after": {"amount": "80000.00", "unknown": 0},
        "difference": "3838.80",
        "share": "0.050",
    }
    assert [line["id"] for line in found["removed"]] == [one.id for one in OLD.lines[1:]]
    assert found["removed"][0]["extended"] is None
    assert found["removed"][1] == {
        "id": "gpu/cable", "quantity": "3", "price": "0.335", "extended": "1.01", "every": None,
    }  # fmt: skip
    changed = document(difference(OLD, with_lines(made.line(1, made.GPU, "9", "8000"))))["changed"]
    assert changed[0]["after"]["quantity"] == "9"
