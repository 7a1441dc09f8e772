"""What the report says: each figure once more, by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import plans
from cost import made, markup
from freehold.cli.opening import open_spec, plan_of
from freehold.cost.flows import HARDWARE
from freehold.cost.item import Basis, Category
from freehold.cost.types import (
    BreakEven,
    Crossing,
    Flow,
    Outcome,
    Physics,
    Rack,
    Result,
    Stage,
    Total,
)
from freehold.diagnostics import Diagnostic, Span
from freehold.plan.types import Plan
from freehold.render.report import amounts, names
from freehold.render.report.amounts import Amounts
from freehold.render.report.break_even import break_even
from freehold.render.report.cash import cash
from freehold.render.report.connections import alike, table
from freehold.render.report.devices import devices, idle
from freehold.render.report.network import network
from freehold.render.report.options import options
from freehold.render.report.page import page
from freehold.render.report.purchase import purchase
from freehold.render.report.racks import racks
from freehold.render.report.scale import Scale
from freehold.render.report.service import services
from freehold.render.report.subject import Subject
from freehold.render.report.uncertainty import uncertainty
from freehold.render.report.verdict import Verdict, verdict

D = Decimal
EUR = Amounts("EUR", 2)
MIG = plans.CLINIC.replace(
    "gpus: {model: l40s-48gb, count: 4}",
    "gpus: {model: h100-sxm5-80gb, count: 1, mig: 3g.40gb}",
)
SMALL = (
    plans.CLINIC.replace("meta-llama/Llama-3.3-70B-Instruct", "Qwen/Qwen3-8B")
    .replace("precision: fp8", "precision: bf16")
    .replace("    tensor_parallel: 4\n", "")
)


# Words.


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0"), ("0.0456", "0.0456"), ("0.9", "0.900"), ("1.234", "1.23"), ("12.345", "12.3"),
        ("999.5", "1,000"), ("76149.30", "76,149"), ("999999", "999,999"),
        ("4210000", "4.21 million"), ("-7616", "-7,616"), ("12345678901", "12.3 billion"),
        ("7E+12", "7.00 trillion"),
    ],
)  # fmt: skip
def test_brief(amount: str, text: str) -> None:
    assert amounts.brief(D(amount)) == text


def test_amounts() -> None:
    assert EUR.exact(D("76149.3")) == "76,149.30"
    assert EUR.exact(None) == "not known"
    assert Amounts("JPY", 0).exact(D(1200)) == "1,200"
    assert EUR.one(D("0.19")) == "0.19"
    assert EUR.one(D("0.000135")) == "0.000135"
    assert EUR.one(D(8000)) == "8,000.00"
    assert Amounts("JPY", 0).one(D(8000)) == "8,000"
    assert EUR.one(None) == "not known"
    assert EUR.short(None) == "not known"
    assert EUR.total(Total(D(4210000))) == "4.21\xa0million\xa0EUR"
    assert EUR.total(Total(D(5), 3)) == "at least 5.00\xa0EUR, 3 lines without a price"
    assert amounts.plain(D("1200.500")) == "1,200.5"
    assert amounts.plain(D(1200)) == "1,200"
    assert amounts.percent(D("0.125"), 1) == "12.5\xa0%"
    assert amounts.percent(D("0.001")) == "under 1\xa0%"
    assert amounts.percent(D(0)) == "0\xa0%"
    assert amounts.plural(1, "line") == "1 line"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ([], ""),
        (["edge-1"], "edge-1"),
        (["gpu-1", "gpu-2"], "gpu-1, gpu-2"),
        (["gpu-1", "gpu-2", "gpu-3", "edge"], "gpu-1 to gpu-3, edge"),
        (["gpu-01", "gpu-02", "gpu-10", "gpu-11", "gpu-12"], "gpu-01, gpu-02, gpu-10 to gpu-12"),
        (["a-1", "b-2", "b-3", "b-4"], "a-1, b-2 to b-4"),
    ],
)
def test_runs_of_names(given: list[str], text: str) -> None:
    assert names.runs(given) == text


def test_long_lists_are_cut() -> None:
    assert names.shortened(["a", "b", "c"]) == "a, b, c"
    assert names.shortened(["a", "b", "c", "d"]) == "a, b, c … (4 in all)"
    assert names.shortened([f"gpu-{n}" for n in range(1, 5001)]) == "gpu-1 to gpu-5000"


@given(st.lists(st.integers(0, 50), unique=True).map(sorted))
def test_no_number_is_lost(found: list[int]) -> None:
    said = names.numbers(found)
    back: list[int] = []
    for part in filter(None, said.split(", ")):
        first, _, last = part.partition(" to ")
        back += range(int(first), int(last or first) + 1)
    assert back == found


# The verdict.


def said(result: Result | None = made.RESULT, **more: Any) -> Verdict:
    found: dict[str, Any] = {"plan": plans.clinic(), "result": result, "findings": ()} | more
    return verdict(Subject("made", **found))


def points(of: Verdict, style: str) -> list[str]:
    return [point.text for point in of.points if point.style == style]


def test_a_verdict_with_holes_says_at_least() -> None:
    found = said()
    assert found.headline == "It fits; owning is cheaper than every alternative"
    assert found.style == "good"
    assert found.sentences == [
        "3 hosts with 8 GPUs serve assistant, at isolation level restricted.",
        "Buying takes at least 76,161\xa0EUR, 1 line without a price; owning it for 2 years takes "
        "at least 76,149\xa0EUR, 1 line without a price.",
    ]
    assert [(figure.name, figure.value) for figure in found.figures] == [
        ("To buy", "at least 76,161\xa0EUR"),
        ("Total in 2 years", "at least 76,149\xa0EUR"),
        ("A million tokens", "at least 0.900\xa0EUR"),
        ("A user and month", "at least 101\xa0EUR"),
    ]
    assert points(found, "good") == [
        "Owning is cheaper from December 2027 on. Over the ranges of prices, owning is cheaper in "
        "97\xa0% of cases."
    ]
    assert "1 line without a price: totals are floors. Missing: gpu/switch.25g." in points(
        found, "note"
    )


def test_a_verdict_without_holes_has_a_present_value() -> None:
    owning = replace(
        made.RESULT.owning, nominal=Total(D("76149.30")), npv=Total(D("70000.00")), units=None
    )
    conventions = replace(made.CONVENTIONS, discount_rate=D("0.08"), horizon_months=27)
    quality = replace(made.RESULT.quality, unknown=(), stale_lines=("a", "b"), stale=D("0.25"))
    result = replace(
        made.RESULT, owning=owning, conventions=conventions, capex=Total(D("76161.20")),
        quality=quality, spread=None, break_even=(),
    )  # fmt: skip
    found = said(result)
    assert found.sentences[1] == (
        "Buying takes 76,161\xa0EUR; owning it for 2 years and 3 months takes 76,149\xa0EUR, "
        "70,000\xa0EUR in money of the day of the order."
    )
    assert [figure.name for figure in found.figures] == [
        "To buy", "Total in 2 years and 3 months", "Present value",
    ]  # fmt: skip
    assert points(found, "note")[-1] == (
        "2 prices older than the limit, 25\xa0% of the capital cost."
    )


def test_failures_are_first() -> None:
    found = said(made.BREACHED)
    assert found.style == "bad"
    assert (
        found.headline
        == "It fits, but fails 1 limit that you set; owning is cheaper than every alternative"
    )
    assert points(found, "bad") == ["Capital cost is above 70,000.00 EUR (line gpu/gpu.l40s-48gb)."]
    error = Diagnostic("does-not-fit", "it is too large", Span(7, 3), "cluster.yml", help="buy")
    found = said(None, plan=None, findings=[error])
    assert found.headline == "It cannot be built as it is: 1 finding in the way"
    assert points(found, "bad") == ["it is too large (cluster.yml, line 7). Remedy: buy."]
    assert found.sentences == []
    found = said(None, findings=[error, error])
    assert found.headline == "It fits, with 2 findings in the way"
    assert said(None).headline == "It fits"
    assert points(said(None), "note") == ["Nothing is priced: the spec has no cost section."]


def test_owning_that_does_not_win_is_bad_news() -> None:
    never = replace(
        made.BREAK_EVEN, outcome=Outcome.NEVER, crossings=(), owning_wins=False,
        verdict="owning is never cheaper than `x`: 1,234,567.80 EUR more",
        saving=D("-1234567.80"),
        threshold_hours_per_day=None, threshold_tokens_per_day=None,
    )  # fmt: skip
    unknown = replace(never, alternative="other", outcome=Outcome.UNKNOWN, owning_wins=None,
                      verdict="a price is missing", saving=None, cumulative=())  # fmt: skip
    result = replace(made.RESULT, break_even=(never, unknown), spread=None)
    found = said(result)
    assert points(found, "bad") == [
        "Owning is never cheaper than “x”: 1.23\xa0million\xa0EUR more."
    ]
    assert "A price is missing." in points(found, "note")
    section = break_even(result)
    assert section
    assert section.table.rows == [
        ("hyperscaler", "never", "-1,234,567.80", "no number", "no number"),
        ("other", "not known: a price is missing", "not known", "not known", "not known"),
    ]
    assert break_even(replace(made.RESULT, break_even=(unknown,))) is None


def test_users_who_are_not_served_as_asked_are_told_of() -> None:
    plan = plans.planned(plans.CLINIC.replace("users: 30", "users: 3000, speed: 30 tok/s"))
    (one,) = services(plan, {"assistant": 3000})
    assert (one.asked, one.typical, one.is_short) == (3000, 0, True)
    assert (one.copies, one.gpus, one.context) == (2, 4, 16384)
    found = said(plan=plan, users={"assistant": 3000})
    assert found.style == "note"
    assert found.headline.startswith("It fits, but is too slow for some users; ")
    (text,) = (
        text for text in points(found, "note")
        if "as fast as" in text
    )  # fmt: skip
    assert text.startswith("assistant: of 3,000 users at once, typically 0 (0 to 24) are served")
    assert not any(one.is_short for one in services(plans.clinic(), {"assistant": 30}))


# Money.


def test_what_is_bought_adds_up() -> None:
    found = purchase(made.RESULT)
    assert found.summary.rows == [
        ("GPUs", "8 × NVIDIA L40S 48 GB", "76,160.00", "none"),  # noqa: RUF001 - not the letter x
        ("Network", "3 × Cable, and 1 more line", "1.20", "1"),  # noqa: RUF001 - not the letter x
    ]
    assert found.summary.sums == ("At least", "", "76,161.20", "1")
    assert found.running == (
        "Of that, at least 76,161.20\xa0EUR, 1 line without a price is capital. "
        "Running it takes 4,141.20\xa0EUR a year at today's prices."
    )
    first, switch, *_, support = found.lines.rows
    assert first[:7] == (
        "1", "NVIDIA L40S 48 GB (NVIDIA, 900-2G133-0080-000)", "8", "8,000.00", "64,000.00",
        "once", "quote of Reseller, 2026-11-01",
    )  # fmt: skip
    assert first[7:] == ("13 to 30 weeks", "gpu-1, gpu-2", "nodes.gpu")
    assert switch[3:5] == ("not known", "not known")
    assert support[5] == "yearly, ahead"


def test_lines_say_what_they_are() -> None:
    line = made.LINES[0]
    need = replace(line.need, is_spare=True, parent="server.gpu", every=36, quantity=D("0.03"),
                   percent_of=(Category.GPU,))  # fmt: skip
    price = replace(line.price, is_stale=True, limit_days=20, note="the quote had expired")
    result = replace(
        made.RESULT,
        lines=(replace(line, need=need, price=price),),
        by_category={Category.SERVICE: Total(D(0))},
    )
    found = purchase(result)
    assert found.summary.rows[0][1] == ""
    assert found.summary.sums[0] == "Together"
    (row,) = found.lines.rows
    assert row[1].endswith(", spare)")
    assert row[2] == "3 %"
    assert row[5] == "every 36 months"
    assert row[6].endswith("(30 days, the limit is 20). the quote had expired")


def test_a_share_of_nothing_is_nothing() -> None:
    service = replace(made.GPU, id="installation", description="Installation",
                      category=Category.SERVICE)  # fmt: skip
    share = made.line(1, service, "0", "19454.52", percent_of=(Category.GPU,))
    freight = made.line(2, replace(service, id="freight"), "1", "0", basis=Basis.INCLUDED)
    totals = {Category.SERVICE: Total(D(0))}
    for lines in ((share,), (share, freight)):
        found = purchase(replace(made.RESULT, lines=lines, by_category=totals))
        assert found.summary.rows == [("Services", "nothing", "0.00")]


def test_what_another_line_pays_for_is_included() -> None:
    server = replace(made.GPU, id="server", description="Whole machine", category=Category.SERVER)
    whole = made.line(1, server, "2", "50000", basis=Basis.QUOTE)
    part = made.line(2, made.GPU, "16", "0", basis=Basis.INCLUDED, parent="server")
    part = replace(part, extended=D(0))
    totals = {Category.SERVER: Total(D(119000)), Category.GPU: Total(D(0))}
    found = purchase(replace(made.RESULT, lines=(whole, part), by_category=totals))
    assert found.summary.rows == [
        ("Servers", "2 × Whole machine", "119,000.00"),  # noqa: RUF001 - not the letter x
        ("GPUs", "16 × NVIDIA L40S 48 GB", "included"),  # noqa: RUF001 - not the letter x
    ]
    assert found.summary.sums == ("Together", "", "119,000.00")
    assert [row[3:5] for row in found.lines.rows] == [
        ("50,000.00", "100,000.00"), ("", "included"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "unit", "length"),
    [
        ("999", "EUR", 999), ("7000", "thousand EUR", 7), ("-7000000", "million EUR", -7),
        ("7500000000", "billion EUR", 7.5),
    ],
)  # fmt: skip
def test_scales_of_charts(amount: str, unit: str, length: float) -> None:
    scale = Scale.of("EUR", [D(amount), D(1)])
    assert scale.unit == unit
    assert scale.of_chart(D(amount)) == length


def test_a_page_shows_no_none() -> None:
    with pytest.raises(TypeError, match="a page shows no NoneType"):
        page(Subject("made", result=replace(made.RESULT, spec_digest=None)))  # type: ignore[arg-type]


def test_cash_of_the_years_is_the_cash_of_the_result() -> None:
    found = cash(made.RESULT)
    by_name = {row[0]: row[1:] for row in found.table.rows}
    assert by_name == {
        "Hardware": ("76,161.20", "0.00", "76,161.20"),
        "Licences and support": ("1,428.00", "1,428.00", "2,856.00"),
        # 9 months and 12 months of 226.10
        "Energy and space": ("2,034.90", "2,713.20", "4,748.10"),
        "Sold at the end": ("0.00", "-7,616.00", "-7,616.00"),
    }
    assert found.table.sums == ("Cash", "79,624.10", "-3,474.80", "76,149.30")
    sums = [sum(D(row[column].replace(",", "")) for row in by_name.values()) for column in (0, 1)]
    assert sums == [year.cash for year in made.YEARS]


def test_both_views_of_the_years_add_up_to_the_same() -> None:
    found = cash(made.RESULT).accrual
    assert [column.title for column in found.columns][-3:] == [
        "Depreciation",
        "Disposal",
        "Accrual",
    ]
    assert [row[-2] for row in found.rows] == ["0.00", "44,553.60"]
    assert found.sums[2] == found.sums[-1] == "76,149.30"


def test_what_is_got_on_the_day_after_the_end_is_in_the_last_year() -> None:
    late = Flow(date(2028, 12, 1), "x", Category.GPU, Stage.RESIDUAL, D(-100), D(-100))
    result = replace(made.RESULT, owning=replace(made.RESULT.owning, flows=(late,)))
    assert cash(result).table.rows == [("Sold at the end", "0.00", "-100.00", "-100.00")]


def test_options() -> None:
    found = options(made.RESULT)
    assert found.totals.rows == [
        ("owning", "at least 76,149.30", "at least 76,149.30", "0.900"),
        ("hyperscaler", "189,000.00", "189,000.00", "0.900"),
    ]
    assert found.costs.rows == [
        ("owning", "2 hosts with 8 GPUs", "", "0.500", "2.00", "101"),
        ("hyperscaler", "8 GPUs on demand", "list price", "0.500", "2.00", "101"),
    ]
    assert found.prices
    assert found.prices.rows == [
        ("hyperscaler", "8x L40S (on-demand)", "11.50", "instance hour", "12.5 USD", "now",
         "list, 2025-12-23, too old, nvidia"),
        ("hyperscaler", "8x L40S (on-demand)", "8,000.00", "instance hour", "8,000 EUR",
         "2027-01-01", "quote of Reseller, 2026-11-01"),
    ]  # fmt: skip
    assert found.energy == "A million tokens of one's own take 1.50 kWh, and emit 0.300 kg CO2e."
    assert found.chart


def test_options_without_prices() -> None:
    hour = replace(made.ALTERNATIVE.prices[0], price=made.LINES[1].price)
    unpriced = replace(made.ALTERNATIVE, units=None, prices=(hour,))
    units = replace(made.UNITS, per_million_blended=None, kgco2e_per_million=None)
    owning = replace(made.RESULT.owning, units=units)
    result = replace(made.RESULT, owning=owning, alternatives=(unpriced,), spread=None)
    found = options(result)
    assert found.chart is None
    assert found.energy == "A million tokens of one's own take 1.50 kWh."
    assert [row[-1] for row in found.totals.rows] == ["not known", "not known"]
    assert found.costs.rows[1][2:] == ("list price", *("not known",) * 3)
    assert found.prices
    assert found.prices.rows[0][2:] == ("not known", "instance hour", "", "now", "unknown")
    without = replace(result, alternatives=(replace(unpriced, prices=()),))
    assert options(without).prices is None
    assert options(replace(result, owning=replace(owning, units=None))).energy == ""


def test_a_bar_without_a_spread_has_no_whisker() -> None:
    with_one = options(made.RESULT).chart
    without = options(replace(made.RESULT, spread=None)).chart
    assert with_one
    assert without
    assert "P10" in with_one.caption
    assert "P10" not in without.caption


def crossing(month: int, *, to_owning: bool) -> Crossing:
    return Crossing(date(2027 + month // 12, month % 12 + 1, 1), month, to_owning=to_owning)


def test_hours_are_rounded_up_as_in_the_verdict() -> None:
    even = replace(made.BREAK_EVEN, threshold_hours_per_day=D("10.21"))
    found = break_even(replace(made.RESULT, break_even=(even,)))
    assert found
    assert found.table.rows[0][3] == "10.3"


def test_a_number_of_hours_up_to_which_owning_pays_is_not_said_to_be_none() -> None:
    below = replace(made.BREAK_EVEN, threshold_hours_per_day=None, threshold_tokens_per_day=None)
    no_demand = replace(made.BREAK_EVEN, threshold_tokens_per_day=None)
    found = break_even(replace(made.RESULT, break_even=(below, no_demand)))
    assert found
    assert [row[3:] for row in found.table.rows] == [
        ("only up to a number", "only up to a number"), ("7.5", "not known"),
    ]  # fmt: skip


def test_what_buying_earns() -> None:
    conventions = replace(made.CONVENTIONS, discount_rate=D("0.08"))
    none = replace(made.BREAK_EVEN, alternative="x", irr=None, irr_note="it is lost",
                   payback_months=None)  # fmt: skip
    result = replace(made.RESULT, conventions=conventions, break_even=(made.BREAK_EVEN, none))
    found = break_even(result)
    assert found
    assert found.returns.caption == (
        "What buying instead of renting earns, against 8.0\xa0% that capital costs"
    )
    assert found.returns.rows == [
        ("hyperscaler", "71.2 %", "month 10", "month 10", ""),
        ("x", "none", "never", "month 10", "no rate: it is lost"),
    ]
    undiscounted = break_even(made.RESULT)
    assert undiscounted
    assert undiscounted.returns.caption == "What buying instead of renting earns"


def test_break_even_more_than_once() -> None:
    crossings = (crossing(6, to_owning=True), crossing(15, to_owning=False))
    late = (*crossings, crossing(40, to_owning=True))
    twice = replace(made.BREAK_EVEN, outcome=Outcome.MORE_THAN_ONCE, crossings=late)
    found = break_even(replace(made.RESULT, break_even=(twice,)))
    assert found
    assert found.table.rows[0][1] == (
        "more than once: 2027-07-01 (month 6), until 2028-04-01 (month 15), 2030-05-01 (month 40)"
    )


def test_a_line_that_leaves_the_chart_says_where_it_ends() -> None:
    many = tuple((day, own, other * 100) for day, own, other in made.BREAK_EVEN.cumulative * 2)
    steep: BreakEven = replace(made.BREAK_EVEN, cumulative=many)
    found = break_even(replace(made.RESULT, break_even=(steep,)))
    assert found
    assert "hyperscaler: 18.9 million" in found.chart.image


def test_uncertainty() -> None:
    found = uncertainty(made.RESULT)
    assert found
    assert found.tornado
    assert found.quantiles
    assert found.totals.rows[1] == (
        "hyperscaler", "150,000.00", "189,000.00", "200,000.00", "97.0\xa0%",
    )  # fmt: skip
    assert made.RESULT.spread
    assert "GPUs: 7,200 … 9,600" in found.tornado.image
    wide = replace(made.RESULT.spread.tornado[0], low_value="each at its low end (down to -15 %)",
                   high_value="each at its high end (up to +15 %)")  # fmt: skip
    found = uncertainty(replace(made.RESULT, spread=replace(made.RESULT.spread, tornado=(wide,))))
    assert found
    assert found.tornado
    assert ">GPUs<" in found.tornado.image
    flat = replace(made.RESULT.spread, tornado=(), quantiles=())
    found = uncertainty(replace(made.RESULT, spread=flat))
    assert found
    assert found.tornado is None
    assert found.quantiles is None
    assert uncertainty(replace(made.RESULT, spread=None)) is None


def test_sources_have_an_age() -> None:
    undated = replace(made.LINES[2].price, source="", as_of=None)
    older = replace(made.LINES[3].price, as_of=date(2026, 9, 2), is_stale=True)
    lines = (
        *made.LINES[:2], replace(made.LINES[2], price=undated),
        replace(made.LINES[3], price=older), made.LINES[4],
    )  # fmt: skip
    physics = replace(made.RESULT.physics, carbon_factor=None)
    result = replace(made.RESULT, lines=lines, demand=None, physics=physics)
    content = markup.read(page(Subject("made", "", None, result, ())))
    assert markup.table(content, "Sources of prices")[1:] == [
        ["A street price, https://example.test/l40s", "5", "2025-12-23", "343", "2 stale"],
        ["the spec", "1", "not dated", "", "within limits"],
    ]
    assert markup.table(content, "Lines without a price") == [
        ["No.", "What", "Item", "Remarks"], ["2", "Switch with 24 ports", "switch.25g", ""],
    ]  # fmt: skip
    assert markup.table(content, "What known capital cost rests on")[1:] == [
        ["quote", "99.9 %"], ["list", "0.1 %"],
    ]  # fmt: skip
    assert "Lines without a price" not in page(
        Subject("made", "", None, replace(made.RESULT, lines=made.LINES[:1]), ())
    ).decode().replace("Lines without a price</th>", "")


# Machines.


def test_how_full_each_gpu_is() -> None:
    found = devices(plans.clinic())
    (machine,) = found.machines
    assert machine.hosts == "gpu-1, gpu-2 (2 hosts, all alike)"
    (bar,) = machine.bars
    assert (bar.devices, bar.content) == ("GPU 0 to 3", "assistant, divided over 4 GPUs")
    assert sum(segment.width for segment in bar.segments) == pytest.approx(100, abs=0.01)
    assert found.others == "spare-1"


def test_gpus_with_copies_and_spare_ones() -> None:
    found = devices(plans.planned(SMALL.replace("replicas: 2", "replicas: 3")))
    bars = [(bar.devices, bar.content) for machine in found.machines for bar in machine.bars]
    assert ("GPU 0, 1", "assistant, a copy on each") in bars or (
        "GPU 0 to 2", "assistant, a copy on each"
    ) in bars  # fmt: skip
    assert "no model" in {content for _, content in bars}


def test_parts_of_gpus() -> None:
    text = MIG.replace("meta-llama/Llama-3.3-70B-Instruct", "Qwen/Qwen3-8B")
    text = text.replace("    tensor_parallel: 4\n", "").replace("precision: fp8", "precision: bf16")
    found = devices(plans.planned(text))
    assert found.machines[0].kind.endswith("each in 2 parts")
    assert all(
        bar.devices.startswith(("1 part", "2 parts")) for m in found.machines for bar in m.bars
    )


def test_memory_of_a_host_without_gpus() -> None:
    opened = open_spec(Path(__file__).parents[2] / "examples/minimal")
    plan = plan_of(opened)
    assert plan
    (machine,) = devices(plan).machines
    assert (machine.hosts, machine.kind) == ("box-1", "2 GiB of memory, no GPU")
    (bar,) = machine.bars
    assert (bar.devices, bar.content) == ("memory", "tiny")
    assert idle(plan) == ""
    (one,) = services(plan, {"tiny": 2})
    assert not one.is_short


def test_copies_of_a_model_that_is_divided() -> None:
    text = plans.CLINIC.replace("tensor_parallel: 4", "tensor_parallel: 2")
    text = text.replace("meta-llama/Llama-3.3-70B-Instruct", "Qwen/Qwen3-32B")
    plan = plans.planned(text.replace("replicas: 2", "replicas: 4"))
    (bar,) = devices(plan).machines[0].bars
    assert bar.content == "2 copies of assistant, divided over 2 GPUs"
    assert idle(plan) == ""
    plan = plans.planned(SMALL)
    assert idle(plan) == "6 of 8 GPUs serve no model."
    note = points(said(plan=plan), "note")[0]
    assert note == "6 of 8 GPUs serve no model."


def physics(*found: Rack) -> Physics:
    return replace(made.RESULT.physics, racks=found)


def test_racks_filled_alike_are_drawn_once() -> None:
    first = made.RESULT.physics.racks[0]
    second = replace(first, number=2, hosts=(("gpu-3", 1, 4), ("gpu-4", 5, 4)))
    other = replace(first, number=3, hosts=(), others=(), maximum_power=D(8000), weight_limit=None)
    found = racks(physics(first, second, other))
    one, three = found.elevations
    assert one.title == "Racks 1, 2 (2, filled alike; hosts of the first)"
    assert [block.label for block in one.blocks] == ["gpu-1, 4U", "gpu-2, 4U", "switch.25g, 1U"]
    # From the top of 42 units of 12: gpu-1 is the lowest four.
    assert [(block.y, block.height) for block in one.blocks] == [(457, 48), (409, 48), (397, 12)]
    assert ("Power at most", "2.8 kW of 7.4 kW that a feed carries, 38\xa0%") in one.facts
    assert ("Weight", "61 of 1,000 kg") in one.facts
    assert one.meter == "within"
    assert three.meter == "over"
    assert three.load == 100
    assert ("Weight", "61 kg") in three.facts
    assert three.said.endswith("nothing")


def test_a_long_name_is_cut_and_a_rack_without_a_feed_is_drawn() -> None:
    rack = replace(
        made.RESULT.physics.racks[0], feed=D(0), hosts=(("a-host-with-a-very-long-name-1", 1, 4),)
    )
    (found,) = racks(replace(physics(rack), pue=None)).elevations
    assert found.blocks[0].label == "a-host-with-a-very-lo…, 4U"
    assert found.load == 0


def connections(plan: Plan) -> list[tuple[str, ...]]:
    return [tuple(row) for row in table(plan, alike(plan)).rows]


def test_who_talks_to_whom() -> None:
    assert connections(plans.clinic()) == [
        ("clients ehr, research at any address", "gateway on gpu-1", "tcp 443",
         "TLS; a key of each client", "requests"),
        ("administrators at 10.20.9.0/28", "every host", "tcp 22", "ssh", "installing and testing"),
        ("gateway", "assistant (vllm) on gpu-1", "Unix socket", "never leaves the host",
         "requests"),
        ("gateway on gpu-1", "relays on gpu-2", "tcp 9443", "mutual TLS", "requests"),
        ("relays", "assistant (vllm) on gpu-2", "Unix socket", "never leaves the host",
         "requests"),
        ("every host", "10.20.0.5", "tcp 443", "what answers there", "what is listed"),
    ]  # fmt: skip


def test_the_diagram_shows_them() -> None:
    found = network(plans.clinic())
    shown = [line.text for box in found.boxes for line in box.lines]
    assert "Gateway llm.clinic.internal:443" in shown
    assert "relay: port 9443, mutual TLS" in shown
    assert "10.20.0.5, tcp port 443" in shown
    for box, below in pairwise(found.boxes[2:]):
        assert box.bottom < below.y
    assert max(box.bottom for box in found.boxes) < found.height


@pytest.mark.parametrize(
    ("level", "said_of_it"),
    [("open", "every host, anywhere: isolation is open"), ("sealed", "nothing leaves the hosts")],
)
def test_the_diagram_says_what_may_leave(level: str, said_of_it: str) -> None:
    text = plans.CLINIC.replace("isolation: restricted", f"isolation: {level}")
    plan = plans.planned(text.replace(", egress: [{to: 10.20.0.5, port: 443}]", ""))
    found = network(plan)
    labels = [label.text for arrow in found.arrows for label in arrow.labels]
    assert said_of_it in labels
    assert any(row[1] == "anywhere" for row in found.table.rows) is (level == "open")


def test_ten_thousand_hosts_are_one_box() -> None:
    plan = plans.large(300)
    assert len(network(plan).boxes) == 6
    assert [machine.hosts for machine in devices(plan).machines] == [
        "g1 to g300 (300 hosts, all alike)"
    ]


@pytest.mark.parametrize("category", Category)
def test_what_is_paid_for_any_category_has_a_purpose(category: Category) -> None:
    paid = replace(made.RESULT.owning.flows[0], category=category, amount=D(4711))
    owning = replace(made.RESULT.owning, flows=(paid,))
    [(purpose, *_)] = cash(replace(made.RESULT, owning=owning)).table.rows
    assert (purpose == "Hardware") is (category in HARDWARE)
