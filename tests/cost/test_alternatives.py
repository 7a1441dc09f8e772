"""The same demand elsewhere, worked out by hand.

1000 tokens per second in half of the hours at half of the load, with 730 hours a month:
12 * 730 * 3600 * 0.5 * 0.5 * 1000 = 7884 million a year of output, five times that of input;
657 and 3285 million a month. One USD is 0.92 EUR.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost.sites import CLINIC, ORDERED, D, assembled, bill, item, line, planned
from freehold.catalog.load import builtin
from freehold.catalog.price_book import Kind
from freehold.cost.alternatives.contract import Contract
from freehold.cost.alternatives.offers import Offers, offers
from freehold.cost.alternatives.setting import Setting, Span
from freehold.cost.calendar import Calendar, months_between
from freehold.cost.demand import demand
from freehold.cost.drivers import drivers
from freehold.cost.flows import Terms
from freehold.cost.item import Basis, Category, Range, UnitPrice
from freehold.cost.money import Rounding
from freehold.cost.pricing import Pricing
from freehold.cost.types import Costs, NamedPrice, Outcome, Stage
from freehold.cost.unit_costs import Served
from freehold.spec.quotes import Quotes

BASE = """
cost:
  currency: EUR
  horizon: 5 years
  electricity: 0.19 EUR/kWh
  date: 2026-12-01
  lead_time: 3 months
"""
LONG = "prompt: 100500, answer: 20100, context: 128k"
USE = "  use: {demand: 50 %, load: 50 %, throughput: {assistant: 1000 tok/s}}\n"
SERVICE, ENDS = date(2027, 3, 1), date(2031, 12, 1)
GPT = "{api: api.groq.openai/gpt-oss-120b}"
QUOTES = Quotes.model_validate(
    {
        "version": 1,
        "quotes": [
            {"item": "cloud.sovereign", "price": "2.00 EUR", "kind": "contract"},
            {"item": "cloud_gpu.nebius_l40s", "price": "1.00 EUR", "kind": "contract"},
        ],
    }
)


@cache
def offered(alternatives: str, use: str = USE, more: str = "", site: str = CLINIC) -> Offers:
    return offers(setting(alternatives, use, more, site))


def setting(alternatives: str, use: str = USE, more: str = "", site: str = CLINIC) -> Setting:
    spec = f"{site}{BASE}{use}{more}  alternatives: {alternatives}\n"
    cluster, plan = planned(spec)
    cost = cluster.cost
    assert cost is not None
    calendar = Calendar(ORDERED, SERVICE, 60)
    terms = Terms(calendar, Rounding("EUR", 2), cost.discount_rate, cost.escalation)
    served = Served(calendar.service, demand(cluster, cost, plan), D("0.25"), D(0))
    pricing = Pricing.of(cost, QUOTES, builtin())
    return Setting(cluster.models, cost, plan, pricing, terms, served)


def one(alternative: str, use: str = USE, more: str = "", site: str = CLINIC) -> Costs:
    (found,) = offered(f"{{other: {alternative}}}", use, more, site).costs
    return found


def paid(costs: Costs, category: Category | None = None) -> list[Decimal]:
    return [f.amount for f in costs.flows if category in {None, f.category}]


def test_an_api_bills_the_tokens_of_each_month_of_service() -> None:
    found = one(GPT)
    # (3285 * 0.15 + 657 * 0.60) * 0.92 = 886.95 * 0.92
    assert paid(found) == [D("815.99")] * 57
    assert (found.flows[0].on, found.flows[-1].on) == (date(2027, 3, 31), date(2031, 11, 30))
    assert {flow.stage for flow in found.flows} == {Stage.RUNNING}
    assert (found.nominal.amount, found.nominal.unknown) == (D("46511.43"), 0)
    assert found.description == "groq openai/gpt-oss-120b, billed by tokens"


def test_the_price_of_an_api_is_named_and_dated() -> None:
    taken, given_back = one(GPT).prices
    assert (taken.item, taken.description, taken.unit, taken.since) == (
        "api.groq.openai/gpt-oss-120b", "groq openai/gpt-oss-120b", "million input tokens", None,
    )  # fmt: skip
    price = taken.price
    assert price.amount == Range.exactly(D("0.1380"))  # 0.15 * 0.92
    assert (price.original, price.currency, price.rate) == (D("0.15"), "USD", D("0.92"))
    assert (price.as_of, price.source) == (date(2026, 11, 23), "genai")
    assert (given_back.unit, given_back.price.base) == ("million output tokens", D("0.552"))


def billed(costs: Costs) -> list[tuple[str, Decimal | None, str | None]]:
    """What the prices are of, at the source, and from when on."""
    return [
        (named.unit, named.price.original, named.since.isoformat() if named.since else None)
        for named in costs.prices
    ]


def test_input_and_output_of_an_api_have_their_own_cost() -> None:
    units = one(GPT).units
    assert units is not None
    assert units.per_million_input is not None
    assert units.per_million_output is not None
    assert abs(units.per_million_input - D("0.138")) < D("0.00001")
    assert abs(units.per_million_output - D("0.552")) < D("0.00001")
    assert (units.kwh_per_million, units.per_gpu_hour) == (None, None)
    assert abs(units.input_weight - D(5) / 9) < D("0.00001")  # 492.75 of 886.95


def test_an_uplift_for_residency() -> None:
    found = one("{api: api.groq.openai/gpt-oss-120b, uplift: 10 %}")
    assert paid(found)[0] == D("897.59")
    assert found.note == "10 % is added to its prices, for where data are kept"


def test_cached_and_batched_tokens_of_an_api() -> None:
    use = USE.replace("}}", "}, cached: 40 %, batch: 20 %}")
    found = one(GPT, use)
    # input 0.15 - 0.4 * 0.075 = 0.12; all by 1 - 0.2 * 0.5: (394.2 + 394.2) * 0.9 * 0.92
    assert paid(found)[0] == D("652.80")
    assert billed(found) == [
        ("million input tokens", D("0.15"), None),
        ("million output tokens", D("0.6"), None),
        ("million cached input tokens", D("0.075"), None),
        ("million input tokens, in a batch", D("0.075"), None),
        ("million output tokens, in a batch", D("0.3"), None),
        ("million cached input tokens, in a batch", D("0.0375"), None),
    ]
    assert found.note == (
        "20 % of the tokens wait for a batch, at 50 % off; 40 % of the input is billed as cached"
    )


def test_prices_change_with_the_month_in_which_they_do() -> None:
    """Serving from the order on, bridged: December is billed at the old price."""
    found = one("{api: api.google.gemini-3.8-flash}", more="  bridge: other\n")
    # (3285 * 0.75 + 657 * 3.75) * 0.92 = 4533.30; twice that from 2027 on
    assert paid(found)[:3] == [D("4533.30"), D("9066.60"), D("9066.60")]
    assert found.flows[0].on == date(2026, 12, 31)
    assert len(found.flows) == 60
    assert found.note == "its price changes on 2027-01-01"
    assert billed(found) == [
        ("million input tokens", D("0.75"), None),
        ("million output tokens", D("3.75"), None),
        ("million input tokens", D("1.5"), "2027-01-01"),
        ("million output tokens", D("7.5"), "2027-01-01"),
    ]


def test_a_price_that_changes_within_a_month_counts_from_its_day_on() -> None:
    """From 17 December to 16 January: 15 days at the old price, 16 at the new."""
    whole = setting("{other: {api: api.google.gemini-3.8-flash}}")
    soon = replace(whole.terms, calendar=Calendar(ORDERED, date(2026, 12, 17), 60))
    (found,) = offers(replace(whole, terms=soon)).costs
    # (4533.30 * 15 + 9066.60 * 16) / 31; 14 days of the last month's 30
    assert paid(found)[:2] == [D("6873.07"), D("9066.60")]
    assert paid(found)[-1] == D("4231.08")
    assert found.note == "its price changes on 2027-01-01"


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (1, "4533.30"),  # until 31 December: none at the new price
        (2, "4679.54"),  # until 1 January: 30 days and one
        (31, "8920.36"),  # until 30 January: one day and 30
    ],
)
def test_days_of_a_month_at_either_price(day: int, first: str) -> None:
    whole = setting("{other: {api: api.google.gemini-3.8-flash}}")
    soon = replace(whole.terms, calendar=Calendar(ORDERED, date(2026, 12, day), 60))
    (found,) = offers(replace(whole, terms=soon)).costs
    assert paid(found)[0] == D(first)


def test_prices_that_change_before_the_first_day_are_those_of_then() -> None:
    found = one("{api: api.google.gemini-3.8-flash}")
    assert billed(found) == [
        ("million input tokens", D("1.5"), "2027-01-01"),
        ("million output tokens", D("7.5"), "2027-01-01"),
    ]
    assert (paid(found)[0], found.note) == (D("9066.60"), "")


def test_long_prompts_are_billed_by_their_tier() -> None:
    """(3285 * 0.50 + 657 * 2.50) * 0.92, since 100,500 is above 100,000."""
    long = CLINIC.replace("prompt: 2000, answer: 400, context: 16k", LONG)
    found = one("{api: api.anthropic.claude-haiku-5-5}", site=long)
    assert paid(found)[0] == D("3022.20")
    assert billed(found) == [
        ("million input tokens of prompts over 100,000", D("0.5"), None),
        ("million output tokens of prompts over 100,000", D("2.5"), None),
    ]
    assert found.note == (
        "prompts of more than 100,000 tokens are billed at anthropic claude-haiku-5-5's price of "
        "long ones"
    )


def test_prices_of_peak_hours_count_by_their_share_of_the_day() -> None:
    found = one("{api: api.deepseek.deepseek-v4-flash}")
    # 7 of 24 hours at twice the price: (3285 * 0.15 + 657 * 0.60) * 31 / 24 * 0.92
    assert paid(found)[0] == D("1053.99")
    assert billed(found) == [
        ("million input tokens outside peak hours", D("0.15"), None),
        ("million output tokens outside peak hours", D("0.6"), None),
        ("million input tokens at 01:00-04:00 and 06:00-10:00 UTC", D("0.3"), None),
        ("million output tokens at 01:00-04:00 and 06:00-10:00 UTC", D("1.2"), None),
    ]
    assert found.note.startswith("demand is taken to be even over the hours of the day; ")


def test_apis_become_cheaper_each_year_since_the_order() -> None:
    found = one(GPT, more="  escalation: {api: -10 %}\n")
    by_month = paid(found)
    assert by_month[8] == D("815.99")  # November 2027
    assert by_month[9] == D("734.39")  # from December on: 815.994 * 0.9
    assert by_month[-1] == D("535.37")  # 815.994 * 0.9 ** 4


def test_tax_that_is_not_got_back_is_paid_on_both_sides() -> None:
    alternatives = f"{{api: {GPT}, cloud: {{cloud: cloud.sovereign, instances: 1}}}}"
    for tax, factor in (("false", D("1.19")), ("true", D(1))):
        api, cloud = offered(
            alternatives, more=f"  tax: {{rate: 19 %, recoverable: {tax}}}\n"
        ).costs
        assert paid(api)[0] == Rounding("EUR", 2)(D("815.994") * factor)
        assert paid(cloud)[0] == 1460 * factor  # 730 hours at 2.00


TWO = CLINIC.replace("    replicas: 2\n", "    replicas: 1\n").replace(
    "isolation:",
    """  chat:
    source: Qwen/Qwen3-8B
    precision: bf16
    workload: {users: 8, prompt: 1000, answer: 1000, context: 8k}
isolation:""",
)
USE_OF_TWO = USE.replace("1000 tok/s", "1000 tok/s, chat: 100 tok/s")


def test_each_model_may_have_an_api_of_its_own() -> None:
    spec = "{api: {assistant: api.groq.openai/gpt-oss-120b, chat: api.openai.gpt-5-mini}}"
    found = one(spec, USE_OF_TWO, site=TWO)
    # chat: 65.7 million of input and of output: (65.7 * 0.25 + 65.7 * 2) * 0.92 = 136.00
    assert paid(found)[:2] == [D("815.99"), D("136.00")]
    assert found.description == "groq openai/gpt-oss-120b and openai gpt-5-mini, billed by tokens"
    assert [(named.item, named.price.original) for named in found.prices] == [
        ("api.groq.openai/gpt-oss-120b", D("0.15")), ("api.groq.openai/gpt-oss-120b", D("0.6")),
        ("api.openai.gpt-5-mini", D("0.25")), ("api.openai.gpt-5-mini", D(2)),
    ]  # fmt: skip
    assert found.flows[1].drivers == ("fx/USD", "load", "price/api.openai.gpt-5-mini")


def test_models_at_one_api_are_one_bill() -> None:
    found = one(GPT, USE_OF_TWO, site=TWO)
    # 815.994 + (65.7 * 0.15 + 65.7 * 0.60) * 0.92 = 815.994 + 45.333
    assert paid(found)[0] == D("861.33")
    assert len(found.prices) == 2


def test_an_api_without_a_price_is_unknown_and_not_free() -> None:
    found = one("{api: api.nobody}")
    assert (found.nominal.amount, found.nominal.unknown, found.npv.unknown) == (D(0), 1, 1)
    assert found.prices == (
        NamedPrice("api.nobody", "api.nobody", "million tokens", UnitPrice(None, Basis.UNKNOWN)),
    )
    assert found.description == "api.nobody, billed by tokens"


def test_one_api_of_two_without_a_price() -> None:
    found = one("{api: {assistant: api.nobody, chat: api.openai.gpt-5-mini}}", USE_OF_TWO, site=TWO)
    assert (paid(found)[0], found.nominal.unknown) == (D("136.00"), 1)
    assert found.units is not None
    assert found.units.at_least


def test_an_api_that_the_book_has_no_price_of() -> None:
    known = setting(f"{{other: {GPT}}}")
    book, name = known.pricing.book, "api.groq.openai/gpt-oss-120b"
    api = book.prices[Category.API]
    priceless = api | {name: api[name].model_copy(update={"tokens": None})}
    changed = book.model_copy(update={"prices": book.prices | {Category.API: priceless}})
    lacking = replace(known, pricing=replace(known.pricing, book=changed))
    (found,) = offers(lacking).costs
    assert (found.nominal.amount, found.nominal.unknown) == (D(0), 1)
    assert [(named.description, named.unit, named.price.base) for named in found.prices] == [
        ("groq openai/gpt-oss-120b", "million tokens", None)
    ]


def test_demand_that_is_not_known_is_not_free() -> None:
    """Of a card that is written out, nobody knows the speed."""
    card = "{name: Made X1, count: 4, vram: 45 GiB, bandwidth: 864 GB/s, compute_capability: '8.9'}"
    site = CLINIC.replace("{model: l40s-48gb, count: 4}", card)
    found = one(GPT, "", site=site)
    assert (found.nominal.amount, found.nominal.unknown) == (D(0), 1)
    assert found.note == "what it costs is not known, since the demand is not"
    assert found.description == "other, billed by tokens"
    assert found.prices == ()


def test_instances_hold_the_gpus_that_replicas_are_on() -> None:
    found = one("{cloud: cloud_gpu.aws_g6e_24xl}")
    # 8 GPUs, 4 in each: 2 * 15.06559 * 0.92 * 730
    assert found.description == "2 instances of AWS g6e.24xlarge 4x L40S (on-demand), paid always"
    (named,) = found.prices
    assert (named.item, named.description, named.unit, named.price.original) == (
        "cloud_gpu.aws_g6e_24xl", "AWS g6e.24xlarge 4x L40S (on-demand)", "instance hour",
        D("15.06559"),
    )  # fmt: skip
    assert paid(found)[0] == D("20236.10")
    assert len(found.flows) == 57
    assert found.units is not None
    assert found.units.per_gpu_hour is not None
    assert abs(found.units.per_gpu_hour - D("15.06559") * D("0.92") / 4) < D("0.0001")


def test_prices_of_a_gpu_hour_are_paid_for_each_gpu() -> None:
    found = one("{cloud: cloud_gpu.lambda_h100_8}")
    # one instance of 8 H100 at 3.99 each: 8 * 3.99 * 0.92 * 730
    assert paid(found)[0] == D("21437.47")
    assert billed(found) == [("GPU hour", D("3.99"), None)]


def test_gpus_without_a_replica_are_not_rented() -> None:
    site = CLINIC.replace("    replicas: 2\n", "    replicas: 1\n")
    found = one("{cloud: cloud_gpu.aws_g6e_24xl}", site=site)
    assert found.description.startswith("1 instance of ")
    assert found.note == "4 of the plan's 8 GPUs hold no replica: not rented"
    assert one("{cloud: cloud_gpu.aws_g6e_24xl, instances: 2}", site=site).note == ""
    assert one("{cloud: cloud_gpu.aws_g6e_24xl}").note == ""


def test_instances_may_be_stated() -> None:
    found = one("{cloud: cloud_gpu.aws_g6e_24xl, instances: 1}")
    assert paid(found)[0] == D("10118.05")
    assert found.description.startswith("1 instance of ")


@pytest.mark.parametrize(
    ("paid_in", "hours", "words"),
    [
        ("demand", "292.0", "in hours with requests"),
        ("powered", "584.0", "in hours in which the machines would be powered"),
        ("always", "730", "always"),
    ],
)
def test_the_hours_that_are_paid(paid_in: str, hours: str, words: str) -> None:
    use = "  use: {powered: 80 %, demand: 50 %}\n"
    spec = f"{{cloud: cloud.sovereign, instances: 1, paid: {paid_in}}}"
    found = offered(f"{{other: {spec}}}", use)
    assert paid(found.costs[0])[0] == D(hours) * 2
    assert found.costs[0].description == f"1 instance of cloud.sovereign, paid {words}"
    assert found.paid_by_demand == ({"other"} if paid_in == "demand" else set())


def test_reserved_instances_are_paid_always() -> None:
    found = offered("{other: {cloud: cloud_gpu.azure_nd96_h100_3y, paid: demand}}")
    assert paid(found.costs[0])[0] == D("28986.26")  # 43.16 * 0.92 * 730
    assert not found.paid_by_demand


def test_spot_instances_are_said_to_be_some() -> None:
    found = one("{cloud: cloud_gpu.gcp_a3_1g_spot}")
    assert found.note.endswith("spot instances can be taken away at any time")
    assert "spot" not in one("{cloud: cloud_gpu.gcp_a3_1g}").note


def test_a_reservation_keeps_its_price_until_it_is_renewed() -> None:
    found = one("{cloud: cloud_gpu.azure_nd96_h100_3y}", more="  escalation: {cloud: 10 %}\n")
    by_month = paid(found)
    assert set(by_month[:36]) == {D("28986.26")}
    # renewed on 2030-03-01, three anniversaries after the order: 1.1 ** 3
    assert set(by_month[36:]) == {D("38580.71")}


def test_prices_on_demand_change_on_each_anniversary() -> None:
    found = one("{cloud: cloud.sovereign, instances: 1}", more="  escalation: {cloud: 10 %}\n")
    assert paid(found)[8:10] == [D("1460.00"), D("1606.00")]


def test_a_reservation_is_paid_to_its_end() -> None:
    """57 months are served; what the second term has beyond them is owed on the last day."""
    found = one("{cloud: cloud_gpu.azure_nd96_h100_3y, support: 10 %}")
    rent = [flow for flow in found.flows if flow.category is Category.CLOUD]
    assert [flow.amount for flow in rent] == [D("28986.26")] * 72
    assert [flow.on for flow in rent[55:]] == [date(2031, 10, 31), *[date(2031, 11, 30)] * 16]
    assert {(flow.stage, flow.covers) for flow in rent} == {(Stage.RUNNING, 1)}
    assert len(paid(found, Category.SUPPORT)) == 72
    assert found.note.endswith(
        "its last reservation ends on 2033-02-28 and is paid whole, by the last day of the "
        "horizon; support at 10 % of the instances' price"
    )


def test_data_leave_and_people_work_only_within_the_horizon() -> None:
    found = one(
        "{cloud: cloud_gpu.azure_nd96_h100_3y, egress: 5 TB, egress_item: cloud_egress.aws, "
        "staff: {fte: 0.5, cost: 96000 EUR/year}}"
    )
    assert (len(paid(found, Category.NETWORK)), len(paid(found, Category.STAFF))) == (57, 57)


def test_a_reservation_that_fills_the_service_owes_nothing_more() -> None:
    """With a bridge, alternatives serve for all 60 months."""
    alternatives = f"{{other: {{cloud: cloud_gpu.azure_nd96_h100_5y}}, bridge: {GPT}}}"
    found = offered(alternatives, more="  bridge: bridge\n").costs[0]
    assert (len(found.flows), len({flow.on for flow in found.flows})) == (60, 60)
    assert "reservation" not in found.note


def test_a_reservation_may_be_paid_in_terms_ahead() -> None:
    """Three years bind, and each year is paid at its beginning: six, the last on the last day."""
    found = one(
        "{cloud: cloud_gpu.azure_nd96_h100_3y, prepaid: 1 year}",
        more="  escalation: {cloud: 10 %}\n",
    )
    year = D("43.16") * D("0.92") * 730 * 12
    assert [(flow.on, flow.amount) for flow in found.flows] == [
        *((date(2027 + number, 3, 1), round(year, 2)) for number in range(3)),
        (date(2030, 3, 1), round(year * D("1.331"), 2)),
        (date(2031, 3, 1), round(year * D("1.331"), 2)),
        (date(2031, 11, 30), round(year * D("1.331"), 2)),
    ]


def test_what_the_book_calls_reserved_has_the_term_of_its_name() -> None:
    entries = builtin().prices.all_of(Category.CLOUD).values()
    assert any(entry.kind is Kind.RESERVED for entry in entries)
    for entry in entries:
        assert (entry.kind is Kind.RESERVED) == (entry.term is not None)
        if entry.term:
            assert f"{entry.term.months // 12}y" in entry.name


def test_prepaid_terms_are_paid_at_their_start_and_the_last_is_whole() -> None:
    found = one("{cloud: cloud.sovereign, instances: 1, prepaid: 3 years}")
    flows = [(flow.on, flow.amount, flow.stage, flow.covers) for flow in found.flows]
    assert flows == [
        (SERVICE, D("52560.00"), Stage.TERM, 36),  # 36 * 1460
        (date(2030, 3, 1), D("52560.00"), Stage.TERM, 36),  # 21 of them are served
    ]
    assert found.note == (
        "its last term paid ahead ends on 2033-02-28 and is paid whole, by the last day of the "
        "horizon"
    )
    assert found.description == "1 instance of cloud.sovereign, paid 36 months ahead"


def test_terms_that_fill_the_service_are_all_that_is_paid() -> None:
    found = one("{cloud: cloud.sovereign, instances: 1, prepaid: 19 months}")
    assert (paid(found), found.note) == ([D("27740.00")] * 3, "")


def test_nobody_says_how_many_gpus_a_quoted_instance_has() -> None:
    found = one("{cloud: cloud.sovereign, instances: 3}")
    assert paid(found) == [D("4380.00")] * 57  # 3 * 730 * 2.00
    assert found.units is not None
    assert found.units.per_gpu_hour is None
    assert {flow.covers for flow in found.flows} == {1}


def test_no_data_that_leave_cost_nothing() -> None:
    found = one("{cloud: cloud.sovereign, instances: 1, egress_item: cloud_egress.aws}")
    assert (paid(found, Category.NETWORK), found.note) == ([], "")


def test_support_follows_the_instances() -> None:
    found = one("{cloud: cloud.sovereign, instances: 1, support: 3 %}")
    assert paid(found, Category.SUPPORT) == [D("43.80")] * 57
    assert found.note == "support at 3 % of the instances' price"


def test_egress_is_billed_by_the_gigabyte() -> None:
    found = one(
        "{cloud: cloud.sovereign, instances: 1, egress: 5 TB, egress_item: cloud_egress.aws}"
    )
    assert paid(found, Category.NETWORK) == [D("414.00")] * 57  # 5000 * 0.09 * 0.92
    assert {f.drivers for f in found.flows if f.category is Category.NETWORK} == {
        ("price/cloud_egress.aws", "fx/USD")
    }
    assert found.note == "5 TB leave each month at 0.0828 EUR/GB (cloudpages)"
    _, egress = found.prices
    assert (egress.description, egress.unit) == (
        "AWS internet egress, first tier",
        "GB that leaves",
    )
    assert egress.price.base == D("0.0828")


def test_egress_without_a_price_is_unknown() -> None:
    found = one("{cloud: cloud.sovereign, instances: 1, egress: 5 TB, egress_item: nobodys}")
    assert found.nominal.unknown == 1
    assert paid(found, Category.NETWORK) == []
    assert [(named.description, named.price.base) for named in found.prices] == [
        ("cloud.sovereign", D("2.00")), ("nobodys", None),
    ]  # fmt: skip


def test_a_cloud_without_a_price_is_unknown() -> None:
    found = one("{cloud: cloud.nobody, instances: 3}")
    assert (found.nominal.amount, found.nominal.unknown) == (D(0), 1)


def test_people_are_needed_there_too() -> None:
    staff = "staff: {fte: 0.5, cost: 96000 EUR/year}"
    more = "  escalation: {staff: 5 %}\n"
    api = one(f"{{api: api.groq.openai/gpt-oss-120b, {staff}}}", more=more)
    assert paid(api, Category.STAFF)[8:10] == [D("4000.00"), D("4200.00")]
    cloud = one(f"{{cloud: cloud.sovereign, instances: 1, {staff}}}", more=more)
    assert paid(cloud, Category.STAFF) == paid(api, Category.STAFF)


def test_a_month_that_is_cut_short_costs_its_days() -> None:
    """From 17 March 2027 to 30 November 2031: 14 of the last month's 30 days."""
    spec = (
        "{cloud: cloud.sovereign, instances: 1, egress: 5 TB, egress_item: cloud_egress.aws, "
        "staff: {fte: 0.5, cost: 96000 EUR/year}}"
    )
    whole = setting(f"{{other: {spec}}}")
    late = replace(whole.terms, calendar=Calendar(ORDERED, date(2027, 3, 17), 60))
    (found,) = offers(replace(whole, terms=late)).costs
    share = D(14) / 30
    ends = {category: paid(found, category)[-1] for category in {f.category for f in found.flows}}
    assert ends == {
        Category.CLOUD: round(1460 * share, 2), Category.NETWORK: D("193.20"),  # of 414.00
        Category.STAFF: round(4000 * share, 2),
    }  # fmt: skip


def test_flows_of_people_depend_on_their_pay() -> None:
    found = one(f"{{api: {GPT[6:-1]}, staff: {{fte: 0.5, cost: 96000 EUR/year}}}}")
    wages = [f for f in found.flows if f.category is Category.STAFF]
    assert {(f.drivers, f.stage) for f in wages} == {(("staff",), Stage.RUNNING)}


def test_a_contract_overrides_the_book() -> None:
    assert paid(one("{cloud: cloud_gpu.nebius_l40s}"))[0] == 8 * 730


def test_the_bridge_serves_until_the_machines_do() -> None:
    found = offered(f"{{other: {GPT}}}", more="  bridge: other\n")
    assert [(flow.on, flow.amount, flow.stage) for flow in found.for_owning] == [
        (date(2026, 12, 31), D("815.99"), Stage.BRIDGE),
        (date(2027, 1, 31), D("815.99"), Stage.BRIDGE),
        (date(2027, 2, 28), D("815.99"), Stage.BRIDGE),
    ]
    assert len(found.costs[0].flows) == 60


def test_a_bridge_changes_no_unit_cost_of_the_alternative() -> None:
    """60 months and their tokens instead of 57 of both."""
    for other in (GPT, "{cloud: cloud_gpu.nebius_l40s}"):
        alone, bridging = one(other).units, one(other, more="  bridge: other\n").units
        assert alone is not None
        assert bridging is not None
        assert abs(
            (alone.per_million_blended or D(0)) - (bridging.per_million_blended or D(1))
        ) < D("1e-6")
        assert abs((alone.per_user_month or D(0)) - (bridging.per_user_month or D(1))) < D("1e-6")
        assert (alone.per_gpu_hour is None) is (bridging.per_gpu_hour is None)
        assert alone.per_gpu_hour in {None, bridging.per_gpu_hour}


def test_energy_of_the_machines_is_none_of_the_alternatives() -> None:
    spec = f"{CLINIC}{BASE}{USE}  alternatives: {{other: {GPT}}}\n"
    found = assembled(spec, bill(line(item(), "1000.00")))
    assert found.owning.units is not None
    assert found.owning.units.kwh_per_million is not None
    (units,) = (other.units for other in found.alternatives)
    assert units is not None
    assert (units.kwh_per_million, units.kgco2e_per_million) == (None, None)


def test_prepaid_instances_bridge_as_a_bridge() -> None:
    found = offered(
        "{other: {cloud: cloud.sovereign, instances: 1, prepaid: 1 year}}", more="  bridge: other\n"
    )
    assert [(flow.on, flow.amount, flow.stage) for flow in found.for_owning] == [
        (ORDERED, D("17520.00"), Stage.BRIDGE)  # the whole year
    ]


def test_a_bridge_without_a_price_leaves_a_hole_in_owning() -> None:
    found = offered("{other: {api: api.nobody}}", more="  bridge: other\n")
    assert (found.for_owning, found.unknown_for_owning) == ((), 1)


def test_nothing_overflows_below_the_capacity() -> None:
    found = offered(f"{{other: {GPT}}}", more="  overflow: other\n")
    assert (found.for_owning, found.unknown_for_owning) == ((), 0)


def test_an_overflow_without_a_price_leaves_no_hole_where_nothing_overflows() -> None:
    found = offered("{other: {api: api.nobody}}", more="  overflow: other\n")
    assert found.unknown_for_owning == 0
    card = "{name: Made X1, count: 4, vram: 45 GiB, bandwidth: 864 GB/s, compute_capability: '8.9'}"
    site = CLINIC.replace("{model: l40s-48gb, count: 4}", card)
    who_knows = offered("{other: {api: api.nobody}}", "", "  overflow: other\n", site)
    assert who_knows.unknown_for_owning == 1


CROWDED = CLINIC.replace("users: 24", "users: 3000")


@pytest.mark.parametrize(
    ("more", "lacking"),
    [
        ("  overflow: one\n", 1),
        ("  overflow: one\n  bridge: one\n", 1),
        ("  overflow: one\n  bridge: two\n", 2),
        ("  overflow: known\n  bridge: two\n", 1),
    ],
)
def test_each_price_that_owning_lacks_counts_once(more: str, lacking: int) -> None:
    alternatives = f"{{one: {{api: api.nobody}}, two: {{api: api.no-one}}, known: {GPT}}}"
    found = offered(alternatives, "  use: {demand: 50 %}\n", more, CROWDED)
    assert found.unknown_for_owning == lacking


def test_a_bridge_over_no_days_leaves_no_hole() -> None:
    late = setting("{other: {api: api.nobody}}", more="  bridge: other\n")
    at_once = replace(late.terms, calendar=Calendar(ORDERED, ORDERED, 60))
    found = offers(replace(late, terms=at_once))
    assert (found.for_owning, found.unknown_for_owning) == ((), 0)


def test_demand_above_the_capacity_is_billed_to_owning() -> None:
    use = "  use: {demand: 50 %}\n"
    found = offered(f"{{other: {GPT}}}", use, "  overflow: other\n", CROWDED)
    spec = f"{CROWDED}{BASE}{use}  overflow: other\n  alternatives: {{other: {GPT}}}\n"
    cluster, plan = planned(spec)
    assert cluster.cost is not None
    asked = demand(cluster, cluster.cost, plan)
    assert asked is not None
    assert asked.overflow_output_tokens > 0
    over = asked.overflow_input_tokens * D("0.15") + asked.overflow_output_tokens * D("0.60")
    expected = Rounding("EUR", 2)(over / 12 * D("0.92") / 10**6)
    assert [flow.amount for flow in found.for_owning] == [expected] * 57
    assert {flow.stage for flow in found.for_owning} == {Stage.OVERFLOW}
    whole = paid(found.costs[0])[0]
    assert whole > expected


def test_owning_pays_for_what_it_buys_elsewhere() -> None:
    spec = f"{CLINIC}{BASE}{USE}  bridge: other\n  alternatives: {{other: {GPT}}}\n"
    found = assembled(spec, bill(line(item(), "1000.00")))
    assert found.owning.nominal.amount == D("3447.97")  # 1000.00 + 3 * 815.99
    (compared,) = found.break_even
    assert compared.outcome is Outcome.ONCE
    assert compared.crossings[0].on == date(2027, 4, 30)


def test_uncertain_prices_are_named_once() -> None:
    found = offered(f"{{one: {GPT}, two: {GPT}, three: {{cloud: cloud.sovereign, instances: 1}}}}")
    assert [(other.id, other.label, other.group, other.unit) for other in found.uncertain] == [
        ("price/api.groq.openai/gpt-oss-120b", "groq openai/gpt-oss-120b", "api", "M tokens"),
        ("price/cloud.sovereign", "cloud.sovereign", "cloud", "instance hour"),
    ]


def test_the_price_of_data_that_leave_may_become_another() -> None:
    spec = "{cloud: cloud.sovereign, instances: 1, egress: 5 TB, egress_item: made.egress}"
    whole = setting(f"{{other: {spec}}}")
    quotes = Quotes.model_validate(
        {"version": 1, "quotes": [
            {"item": "cloud.sovereign", "price": "2.00 EUR", "kind": "contract"},
            {"item": "made.egress", "price": "0.08 EUR", "low": "0.04 EUR", "high": "0.10 EUR",
             "kind": "estimate"},
        ]}
    )  # fmt: skip
    found = offers(replace(whole, pricing=Pricing.of(whole.cost, quotes, builtin())))
    _, egress = found.uncertain
    assert (egress.id, egress.label, egress.group, egress.unit) == (
        "price/made.egress", "made.egress", "cloud", "GB",
    )  # fmt: skip
    by = drivers(whole.cost, (), found.uncertain, Range.exactly(D(0)))
    assert by.by_id["price/made.egress"].range == Range(D("0.5"), D(1), D("1.25"))
    terms = by.terms(found.costs[0].flows)
    assert terms["price/made.egress",] == 57 * 400  # 5000 GB at 0.08


def test_data_sets_that_disagree_are_ends_of_a_range() -> None:
    found = offered("{other: {api: api.mistral.mistral-large-4}}")
    (blend,) = (other.price.amount for other in found.uncertain)
    assert blend
    low, high = D("5.6") / 6 * D("0.92"), D("10.98") / 6 * D("0.92")
    assert blend.low == blend.base
    assert abs(blend.low - low) < D("1e-20")
    assert abs(blend.high - high) < D("1e-20")
    assert [named.price.amount for named in found.costs[0].prices] == [
        Range(D("0.644"), D("0.644"), D("1.2512")),  # 0.70 and 1.36 USD
        Range(D("1.932"), D("1.932"), D("3.8456")),  # 2.10 and 4.18 USD
    ]


months_of_term = st.none() | st.integers(1, 60)


@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.integers(1, 2200),
    months_of_term,
    months_of_term,
)
def test_a_term_that_has_begun_is_paid_whole_and_none_after_it(
    since: date, days: int, reserved: int | None, ahead: int | None
) -> None:
    span = Span(since, since + timedelta(days))
    contract = Contract(reserved, ahead)
    payments = list(contract.payments(span))
    whole = sum(payment.months for payment in payments)
    served, term = months_between(span.since, span.until), reserved or ahead
    if term is None:
        assert abs(whole - served) < D("1e-20")
    else:
        assert served <= whole
        assert whole < served + term + (ahead or 0 if reserved else 0)
        assert whole % (ahead or term) == 0
    assert all(since <= payment.on < span.until for payment in payments)
    assert all(since <= payment.priced < span.until for payment in payments)


@settings(max_examples=20)
@given(st.integers(0, 100), st.integers(0, 100))
def test_more_demand_never_costs_less(one_share: int, other_share: int) -> None:
    def costs(share: int) -> Mapping[str, Decimal]:
        use = f"  use: {{demand: {share} %, throughput: {{assistant: 1000 tok/s}}}}\n"
        spec = f"{{api: {GPT}, cloud: {{cloud: cloud_gpu.aws_g6e_24xl, paid: demand}}}}"
        return {found.name: found.nominal.amount for found in offered(spec, use).costs}

    less, more = sorted((one_share, other_share))
    assert all(costs(less)[name] <= costs(more)[name] for name in ("api", "cloud"))
