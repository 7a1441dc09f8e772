"""The comment in a review: what a reviewer reads, and text that stays text."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cost.made import BREACHED, LINES, ORDERED, RESULT, flow, line
from freehold.cost.export.as_markdown import encode
from freehold.cost.types import Result, Stage


def text(result: Result) -> str:
    return encode(result).decode()


def rows(result: Result) -> list[list[str]]:
    return [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in text(result).splitlines()
        if row.startswith("| ")
    ]


def test_totals_verdict_and_lines() -> None:
    said = text(RESULT)
    assert "### made: what it costs\n" in said
    assert "| Capital cost | at least 76,161.20 EUR, 1 line without a price |" in said
    assert "| Cost of owning over 24 months | at least 76,149.30 EUR" in said
    assert "| A million tokens, blended | at least 0.9000 |" in said
    assert "- **Against hyperscaler**: Owning is cheaper from December 2027 on." in said
    assert "- 99.9 % of the capital cost is quoted" in said
    assert "- Without a price: gpu/switch.25g" in said
    assert "Limits that are broken" not in said
    assert "`freehold diff OLD NEW --format markdown`" in said


def test_what_buying_earns_and_what_is_billed() -> None:
    said = text(RESULT)
    assert "| hyperscaler | 112,850.70 | 71.2 % | month 10 | month 10 |" in said
    assert (
        "- hyperscaler, 8x L40S (on-demand): 11.50 EUR per instance hour (12.5 USD, nvidia, "
        "2025-12-23, too old)\n"
    ) in said
    free = replace(RESULT.alternatives[0], prices=())
    assert "<details>" not in text(replace(RESULT, alternatives=(free,)))
    unknown = replace(RESULT.break_even[0], saving=None, irr=None, irr_note="prices are *missing*")
    assert "| hyperscaler | not known | none: prices are \\*missing\\* | month 10 |" in text(
        replace(RESULT, break_even=(unknown,))
    )
    alone = text(replace(RESULT, alternatives=(), break_even=()))
    assert "instead of renting" not in alone


def test_what_nobody_knows_comes_first_then_what_weighs_most() -> None:
    assert [row[0] for row in rows(RESULT)][-5:] == ["2", "1", "4", "5", "3"]
    assert "| 4 | Electricity | 1000 kWh | 0.19 | 4,748.10 |" in text(RESULT)  # 21 * 226.10
    assert "| 68,544.00 |" in text(RESULT)  # 76160.00 less 7616.00 at the end
    assert "**unknown**" in text(RESULT)


def test_names_in_a_verdict_are_code_and_all_else_is_text() -> None:
    said = "Cheaper than `hyper-scaler`, <b>*in*\n`a|b`"
    (one, *others) = RESULT.break_even
    shown = text(replace(RESULT, break_even=(replace(one, verdict=said), *others)))
    assert "Cheaper than `hyper-scaler`, \\<b\\>\\*in\\* \\`a\\|b\\`\n" in shown


def test_limits_that_are_broken() -> None:
    said = text(BREACHED)
    assert "#### Limits that are broken\n\n- **capex**: capital cost is above" in said
    assert "(gpu/gpu.l40s-48gb)" in said
    nowhere = replace(BREACHED, breaches=(replace(BREACHED.breaches[0], line=None),))
    assert "above 70,000.00 EUR\n" in text(nowhere)


def test_old_prices_and_no_tokens() -> None:
    quality = replace(RESULT.quality, stale_lines=("gpu/cable",), unknown=())
    bare = replace(RESULT, quality=quality, owning=replace(RESULT.owning, units=None))
    assert "- Older than the limit: gpu/cable" in text(bare)
    assert "A million tokens" not in text(bare)


def test_many_lines_are_summed_up() -> None:
    cable = LINES[2].need.item
    many = tuple(
        line(n, replace(cable, id=f"cable-{n}"), "1", "5" if n > 2 else None) for n in range(14)
    )
    flows = tuple(flow(ORDERED, one, Stage.PURCHASE, "1.20") for one in many if one.cost)
    assert rows(replace(RESULT, lines=many, owning=replace(RESULT.owning, flows=flows)))[-1][
        1:
    ] == ["4 others", "", "", "4.80", ""]
    none = tuple(line(n, LINES[1].need.item, "1", None) for n in range(12))
    assert "| 2 others |  |  | 0 | 2 lines without a price |" in text(replace(RESULT, lines=none))


@given(st.text())
def test_text_stays_text_on_one_line(said: str) -> None:
    item = replace(LINES[0].need.item, description=said, id="item")
    one = replace(RESULT, lines=(replace(LINES[0], need=replace(LINES[0].need, item=item)),))
    count = len(text(RESULT).splitlines()) - len(RESULT.lines) + 1
    assert len(text(one).split("\n")) - 1 == count
    for sign in "|<`*[":
        assert text(one).count(sign) - text(one).count(f"\\{sign}") <= text(RESULT).count(sign)
