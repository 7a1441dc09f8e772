"""`freehold tco`: what owning costs beside its alternatives, in each format."""

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from cost.examples import EXAMPLES, example
from cost.made import RESULT
from freehold.cli import main
from freehold.cli.bom_text import bom_lines
from freehold.cli.tco_text import tco_lines
from freehold.cost.export.as_csv import comparison, prices
from freehold.cost.export.as_json import encode
from freehold.cost.export.focus import encode as focus

Capture = pytest.CaptureFixture[str]
BANK = str(EXAMPLES / "bank")
OF_BANK = example("bank")[2]


def test_what_people_get(capsys: Capture) -> None:
    assert main(["tco", BANK]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("bank: total cost of ownership in EUR over 60 months")
    for found in OF_BANK.break_even:
        assert f"against {found.alternative}: {found.verdict}" in out
    for option in (OF_BANK.owning, *OF_BANK.alternatives):
        assert f"{option.nominal.amount:,f}" in out
        assert f"{option.npv.amount:,f}" in out
    assert "seed 1" in out
    assert "730 hours a month" in out
    assert main(["tco", BANK]) == 0
    assert capsys.readouterr().out == out


def test_what_buying_earns_and_what_others_bill(capsys: Capture) -> None:
    assert main(["tco", BANK]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["on-demand", "5,426,322.08", "122.8", "%", "month", "16", "month", "17"] in rows
    assert ["open-models", "-910,570.58", "none", "never", "never"] in rows
    said = [" ".join(row) for row in rows]
    assert (
        "no rate of return (IRR) against open-models and frontier: less comes back than is paid"
    ) in said
    assert (
        "on-demand AWS p5en.48xlarge 8x H200 (on-demand) 58.2323 EUR per instance hour "
        "(63.296 USD, lp2368, 2025-12-23, too old)"
    ) in said


def test_a_chance_that_nobody_knows_is_not_left_out(capsys: Capture) -> None:
    assert main(["tco", str(EXAMPLES / "clinic")]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    chances = {row[0]: row[4:] for row in rows if len(row) >= 4 and "." in row[3]}
    assert chances["rented"] == ["not", "known"]
    assert chances["owning"] == []


@pytest.mark.slow
def test_formats_for_programs(capsys: Capture) -> None:
    assert main(["tco", BANK, "--format", "json"]) == 0
    assert capsys.readouterr().out.encode() == encode(OF_BANK)
    assert main(["tco", BANK, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))
    paid = sum(Decimal(row["amount"]) for row in rows if row["option"] == "owning")
    assert paid == OF_BANK.owning.nominal.amount
    for name, encoded in (("csv-options", comparison), ("csv-prices", prices)):
        assert main(["tco", BANK, "--format", name]) == 0
        assert capsys.readouterr().out.encode() == encoded(OF_BANK)
    assert main(["tco", BANK, "--format", "opencost"]) == 0
    assert json.loads(capsys.readouterr().out)["provider"] == "custom"
    assert main(["tco", BANK, "--format", "markdown"]) == 0
    assert "**Against reserved**" in capsys.readouterr().out


def test_both_views_of_the_years_add_up_to_the_same() -> None:
    said = list(tco_lines(OF_BANK))
    (head,) = (place for place, text in enumerate(said) if text.startswith("YEAR "))
    assert said[head].split()[3:] == ["CASH", "DISCOUNTED", "DEPRECIATION", "DISPOSAL", "ACCRUAL"]
    rows = [text.split() for text in said[head + 1 :][: len(OF_BANK.years)]]
    cash, accrual = (sum(Decimal(row[at].replace(",", "")) for row in rows) for at in (3, 7))
    assert cash == accrual == OF_BANK.owning.nominal.amount
    assert Decimal(rows[-1][6].replace(",", "")) == OF_BANK.years[-1].disposal > 0


def test_rows_for_finance(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["tco", BANK, "--format", "focus"]) == 0
    assert capsysbinary.readouterr() == (focus(OF_BANK), b"")
    assert main(["tco", str(EXAMPLES / "clinic"), "--format", "focus"]) == 0
    assert b"focus: 2 lines without a price" in capsysbinary.readouterr().err


def test_a_broken_limit(capsys: Capture) -> None:
    assert main(["tco", BANK, "--max-tco", "1"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("bank: total cost of ownership")
    assert "error[cost-gate]: the cost of owning is" in err


def test_what_is_left_out_where_there_is_nothing() -> None:
    bare = replace(
        RESULT,
        owning=replace(RESULT.owning, units=None),
        physics=replace(RESULT.physics, pue=None),
        demand=None, alternatives=(), break_even=(), spread=None,
        quality=replace(RESULT.quality, unknown=(), stale_lines=("gpu/cable",), oldest=None,
                        stale=Decimal("0.001"), by_basis={}),
        conventions=replace(RESULT.conventions, discount_rate=Decimal("0.08")),
    )  # fmt: skip
    said = "\n".join(tco_lines(bare))
    assert "against" not in said
    assert "draws" not in said
    assert "(no PUE)" in said
    assert "discounted at 8 %" in said
    assert "too old: gpu/cable" in said
    assert "0.1 % is older than its limit" in said
    assert "none has a price" in said


def test_no_factors_have_no_heading() -> None:
    assert OF_BANK.spread is not None
    certain = replace(OF_BANK, spread=replace(OF_BANK.spread, tornado=()))
    assert "NPV AT ITS LOW" in "\n".join(tco_lines(OF_BANK))
    assert "NPV AT ITS LOW" not in "\n".join(tco_lines(certain))


def test_text_for_people_shows_no_control_character() -> None:
    item = replace(RESULT.lines[0].need.item, id="gpu.\x1b[2J", unit="a\nb")
    line = replace(RESULT.lines[0], need=replace(RESULT.lines[0].need, item=item, parent="x"))
    part = replace(line, need=replace(line.need, is_spare=True, hosts=tuple("abcd")))
    said = "\n".join(bom_lines(replace(RESULT, lines=(line, part))))
    assert "\x1b" not in said
    assert "\\x1b[2J (spare)" in said
    assert "a … d (4)" in said
    assert "with x" in said
