"""Limits: each fails by what it is about, names the line, and no hole in a total passes one."""

import argparse
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost import made
from freehold.cli.gates import add_gates, gated
from freehold.cli.opening import open_spec
from freehold.cost.gates import breaches
from freehold.cost.item import Basis
from freehold.cost.types import Breach, Result, Stage, Total, UnitCosts
from freehold.spec.cost import Gates
from freehold.units import Money, Percent

D = Decimal
GPU, SWITCH, ENERGY = made.LINES[0].id, made.LINES[1].id, made.LINES[3].id


def eur(amount: str) -> Money:
    return Money(D(amount), "EUR")


def whole() -> Result:
    """The result without holes: every line has a price."""
    lines = tuple(line for line in made.LINES if line.extended is not None)
    owning = replace(
        made.RESULT.owning, nominal=Total(made.NOMINAL), npv=Total(made.NOMINAL),
        units=replace(made.UNITS, at_least=False),
    )  # fmt: skip
    return replace(
        made.RESULT, lines=lines, capex=Total(D("76161.20")), owning=owning,
        quality=replace(made.RESULT.quality, unknown=()),
    )  # fmt: skip


def only(gates: Gates, result: Result) -> Breach:
    (found,) = breaches(gates, result)
    return found


def test_no_gate_no_breach() -> None:
    assert breaches(Gates(), made.RESULT) == ()


@pytest.mark.parametrize(
    "gates",
    [
        Gates(capex=eur("76161.20")),
        Gates(tco=eur("76149.30")),
        Gates(per_million_tokens=eur("0.9")),
        Gates(quoted=Percent("0.999")),
        Gates(stale=Percent(0)),
        Gates(unknown=False),
    ],
)
def test_a_limit_that_is_just_kept(gates: Gates) -> None:
    assert breaches(gates, whole()) == ()


def test_capital_cost() -> None:
    found = only(Gates(capex=eur("76161.19")), whole())
    assert found == Breach(
        "capex",
        "capital cost is 76,161.20 EUR: 0.01 EUR over the limit of 76,161.19 EUR",
        GPU,
    )


def test_capital_cost_that_lacks_a_line_is_known_to_keep_no_limit() -> None:
    found = only(Gates(capex=eur("900000")), made.RESULT)
    assert found == Breach(
        "capex",
        "capital cost is at least 76,161.20 EUR, 1 line without a price: "
        "not known to be within 900,000 EUR",
        SWITCH,
    )


def test_capital_cost_that_lacks_a_line_and_is_over_anyway() -> None:
    found = only(Gates(capex=eur("70000")), made.RESULT)
    assert found.message.startswith("capital cost is at least 76,161.20 EUR, 1 line")
    assert found.message.endswith(": 6,161.20 EUR over the limit of 70,000 EUR")
    assert found.line == GPU


def test_cost_of_owning_names_what_most_is_paid_for_over_the_horizon() -> None:
    flows = (*made.FLOWS, *[replace(made.FLOWS[3], amount=D(50000))] * 2)
    result = whole()
    result = replace(result, owning=replace(result.owning, flows=flows))
    found = only(Gates(tco=eur("76149.29")), result)
    assert "the cost of owning is 76,149.30 EUR: 0.01 EUR over" in found.message
    assert found.line == ENERGY


def test_cost_of_owning_with_a_hole() -> None:
    found = only(Gates(tco=eur("80000")), made.RESULT)
    assert "at least 76,149.30 EUR, 1 line without a price: not known" in found.message
    assert found.line == SWITCH


def test_tokens() -> None:
    result = whole()
    units = replace(made.UNITS, at_least=False, per_million_blended=D("0.90000001"))
    result = replace(result, owning=replace(result.owning, units=units))
    found = only(Gates(per_million_tokens=eur("0.9")), result)
    assert found.message == "a million tokens cost 0.9001 EUR: the limit is 0.9 EUR"
    assert found.line == GPU


def test_tokens_with_a_hole() -> None:
    below = only(Gates(per_million_tokens=eur("5")), made.RESULT)
    assert below.message == (
        "a million tokens cost at least 0.9000 EUR, 1 line without a price: "
        "not known to be within 5 EUR"
    )
    assert below.line == SWITCH
    above = only(Gates(per_million_tokens=eur("0.5")), made.RESULT)
    assert above.message.endswith(": the limit is 0.5 EUR")
    assert below.gate == above.gate == "per_million_tokens"


@pytest.mark.parametrize("units", [None, replace(made.UNITS, per_million_blended=None)])
def test_tokens_that_are_not_known(units: UnitCosts | None) -> None:
    result = whole()
    result = replace(result, owning=replace(result.owning, units=units))
    found = only(Gates(per_million_tokens=eur("5")), result)
    assert found.message == "what a million tokens cost is not known: not known to be within 5 EUR"
    assert (found.gate, found.line) == ("per_million_tokens", None)


def test_quoted_share() -> None:
    lines = [line for line in whole().lines if line.need.is_capital]
    lines += [replace(lines[1], id="dearer", cost=D("1.21"))]
    result = replace(
        whole(), lines=tuple(lines), quality=replace(whole().quality, quoted=D("0.593"))
    )
    assert only(Gates(quoted=Percent("0.6")), result) == Breach(
        "quoted",
        "59.3 % of the known capital cost is quoted, at least 60 % must be",
        "dearer",
    )


def test_quoted_share_of_a_bill_with_a_hole_is_of_the_known_part_only() -> None:
    found = only(Gates(quoted=Percent("0.6")), made.RESULT)
    assert found.message == (
        "99.9 % of the known capital cost is quoted, 1 line without a price: "
        "not known to be 60 % of all"
    )
    assert (found.gate, found.line) == ("quoted", SWITCH)


def test_stale_share() -> None:
    gpu, cable, *rest = whole().lines
    old = replace(cable, price=replace(cable.price, is_stale=True))
    result = replace(
        whole(), lines=(gpu, old, *rest), quality=replace(whole().quality, stale=D("0.255"))
    )
    assert only(Gates(stale=Percent("0.25")), result) == Breach(
        "stale",
        "25.5 % of the known capital cost is of prices too old, at most 25 % may be",
        old.id,
    )


def test_stale_share_of_a_bill_with_a_hole_is_of_the_known_part_only() -> None:
    assert only(Gates(stale=Percent("0.1")), made.RESULT) == Breach(
        "stale",
        "0 % of the known capital cost is of prices too old, 1 line without a price: "
        "not known to be at most 10 % of all",
        SWITCH,
    )


@pytest.mark.parametrize("stage", [Stage.OVERFLOW, Stage.BRIDGE])
def test_an_alternative_that_most_is_paid_for_is_no_line_of_the_bill(stage: Stage) -> None:
    result = whole()
    paid = replace(made.FLOWS[0], line="hyperscaler", stage=stage, amount=D("90000.00"))
    owning = replace(result.owning, flows=(*made.FLOWS, paid))
    found = only(Gates(tco=eur("1")), replace(result, owning=owning))
    assert found.message.endswith("; most is paid for the alternative `hyperscaler`")
    assert found.line is None
    tokens = only(Gates(per_million_tokens=eur("0.01")), replace(result, owning=owning))
    assert tokens.message.endswith("; most is paid for the alternative `hyperscaler`")


def test_no_line_without_a_price() -> None:
    found = only(Gates(unknown=False), made.RESULT)
    assert found == Breach("unknown", "1 line without a price, none may be", SWITCH)


def test_all_gates_come_at_once_in_the_order_of_their_keys() -> None:
    gates = Gates(
        capex=eur("1"), tco=eur("1"), per_million_tokens=eur("0.01"), quoted=Percent(1),
        stale=Percent(0), unknown=False,
    )  # fmt: skip
    result = replace(made.RESULT, quality=replace(made.RESULT.quality, stale=D("0.001")))
    names = [breach.gate for breach in breaches(gates, result)]
    assert names == list(Gates.model_fields)


def test_a_bill_that_is_unknown_throughout() -> None:
    lines = (made.LINES[1],)
    quality = replace(made.RESULT.quality, by_basis={Basis.UNKNOWN: D(0)}, quoted=D(0))
    result = replace(made.RESULT, lines=lines, capex=Total(D(0), 1), quality=quality)
    assert only(Gates(quoted=Percent("0.1")), result).line == SWITCH
    owning = replace(made.RESULT.owning, flows=(), nominal=Total(D(5)))
    result = replace(result, lines=(), owning=owning)
    assert only(Gates(tco=eur("1")), result).line is None
    assert only(Gates(quoted=Percent("0.1")), result).line is None


AMOUNTS = st.decimals(0, 10**9, places=2)


@given(AMOUNTS, AMOUNTS, st.integers(0, 3))
def test_a_total_passes_only_when_it_is_whole_and_within(
    amount: Decimal, limit: Decimal, unknown: int
) -> None:
    result = replace(whole(), capex=Total(amount, unknown))
    passes = not breaches(Gates(capex=Money(limit, "EUR")), result)
    assert passes == (amount <= limit and not unknown)


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_shares_are_held_to_their_limits(share: int, limit: int) -> None:
    fraction, bound = D(share) / 1000, Percent(D(limit) / 1000)
    result = replace(whole(), quality=replace(whole().quality, quoted=fraction, stale=fraction))
    assert bool(breaches(Gates(quoted=bound), result)) == (share < limit)
    assert bool(breaches(Gates(stale=bound), result)) == (share > limit)


SPEC = (Path(__file__).parent.parent / "cases/cost-currency/cluster.yml").read_text()


def held(tmp_path: Path, *words: str, gates: str = "{}") -> tuple[Result, str]:
    """The result held to a spec's gates and to options, and what was said."""
    path = tmp_path / "cluster.yml"
    path.write_text(SPEC.replace("0.21 USD", "0.21 EUR") + f"  gates: {gates}\n")
    opened = open_spec(path)
    parser = argparse.ArgumentParser()
    add_gates(parser)
    result = gated(parser.parse_args(words), opened, made.RESULT)
    return result, "\n".join(
        f"{found.span.line if found.span else 0}: {found.message} = {found.help}"
        for found in opened.report.in_order()
    )


def test_the_spec_s_gates_are_held_to_without_options(tmp_path: Path) -> None:
    result, said = held(tmp_path, gates="{capex: 70000.00 EUR}")
    assert [breach.gate for breach in result.breaches] == ["capex"]
    # The place is what the bill's line comes from: `nodes: gpu:`.
    assert said.startswith("6: capital cost is at least 76,161.20 EUR")
    assert f"line 1 `{GPU}`, 76,160.00 EUR (quote)" in said


@pytest.mark.parametrize(
    ("words", "gate"),
    [
        (["--max-capex", "1"], "capex"),
        (["--max-tco", "76149.29"], "tco"),
        (["--max-per-million-tokens", "0.10"], "per_million_tokens"),
        (["--min-quoted", "100%"], "quoted"),
        (["--no-unknown"], "unknown"),
    ],
)
def test_options_add_gates(tmp_path: Path, words: list[str], gate: str) -> None:
    result, said = held(tmp_path, *words)
    assert [breach.gate for breach in result.breaches] == [gate]
    assert said


def test_an_option_overrides_its_key_and_no_other(tmp_path: Path) -> None:
    gates = "{stale: 0 %, unknown: false, tco: 1.00 EUR}"
    result, said = held(tmp_path, "--max-tco", "70000", "--max-stale", "50%", gates=gates)
    assert [breach.gate for breach in result.breaches] == ["tco", "stale", "unknown"]
    assert "over the limit of 70,000 EUR" in said
    assert "not known to be at most 50 % of all" in said


def test_a_line_without_a_price_is_said_to_have_none(tmp_path: Path) -> None:
    _, said = held(tmp_path, "--no-unknown")
    assert f"line 2 `{SWITCH}`, no price" in said


@pytest.mark.parametrize(
    "words",
    [["--max-capex", "x"], ["--max-capex", "-1"], ["--max-tco", "NaN"], ["--max-tco", "1e999999"],
     ["--max-tco", "250,000"], ["--min-quoted", "60"], ["--max-stale", "120%"]],
)  # fmt: skip
def test_limits_that_are_none(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_gates(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(words)
    assert f"`{words[1]}` is not a" in capsys.readouterr().err
