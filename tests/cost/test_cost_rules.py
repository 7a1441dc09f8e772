"""Rules of the cost section beyond their one case each: every place, and what is no mistake."""

from pathlib import Path

import pytest

from cost.bought import bought, quote
from freehold.catalog.load import builtin
from freehold.report import Report
from freehold.rules.alternatives import check_alternatives
from freehold.rules.check import check
from freehold.rules.quotes import check_quotes
from freehold.source import Source
from freehold.spec.load import load

CASE = Path(__file__).parent.parent / "cases/cost-currency/cluster.yml"
SPEC = CASE.read_text().replace("0.21 USD", "0.21 EUR")
USE = "  use: {demand: 40 %, load: 60 %}\n"


def lines(cost: str) -> str:
    """As keys of the cost section."""
    return "".join(f"  {line}\n" for line in cost.splitlines())


def found(cost: str, spec: str = SPEC) -> list[tuple[str, str, str]]:
    """Rule, message and remedy of each finding, with these lines at the end of `cost`."""
    report = Report(Source.parse((spec + lines(cost)).encode(), "cluster.yml"))
    cluster = load(report.source, report)
    if cluster is not None:
        check(cluster, report)
    return [(one.rule, one.message, one.help) for one in report.in_order()]


@pytest.mark.parametrize(
    ("cost", "place"),
    [
        ("location: {cooling: 0.05 CHF/kWh}", "cost.location.cooling"),
        ("location: {kind: colocation, rent: 5 CHF/kW/month}", "cost.location.rent"),
        ("staff: {fte: 1, cost: 9 CHF/year}", "cost.staff.cost"),
        ("lines:\n- {item: a, price: 1 EUR}\n- {item: b, price: 1 CHF}", "cost.lines[1].price"),
        ("gates: {tco: 5 CHF}", "cost.gates.tco"),
        (
            "alternatives: {x: {api: y, staff: {fte: 1, cost: 9 CHF/year}}}",
            "cost.alternatives.x.staff.cost",
        ),
    ],
)
def test_every_amount_is_in_the_bill_s_currency(cost: str, place: str) -> None:
    message = f"`{place}` is in CHF, the bill is in EUR"
    assert found(cost) == [("cost-currency", message, "write it in EUR")]


@pytest.mark.parametrize(
    ("cost", "place", "said"),
    [
        ('lines: [{item: a, quantity: "1,5"}]', "cost.lines[0].quantity", "1,5"),
        ("location: {pue: .nan}", "cost.location.pue", ".nan"),
        ("staff: {fte: half, cost: 9 EUR/year}", "cost.staff.fte", "half"),
    ],
)
def test_what_is_no_number_is_told_how_one_is_written(cost: str, place: str, said: str) -> None:
    message = f"`{place}` must be a number, such as `1.5`, not `{said}`"
    assert found(cost) == [("wrong-type", message, "write a number, such as `1.5`")]


@pytest.mark.parametrize(
    "cost",
    [
        "location: {pue: 1.4}",
        "location: {cooling: 0.05 EUR/kWh}",
        "quotes: quotes.yml\nlocation: {kind: colocation}",
        "location: {kind: colocation, rent: 180 EUR/kW/month, power_included: true}",
        "lease: {rate: 6 %, term: 5 years}",
        "lead_time: 10 weeks",
        "whole: [gpu]\nlines:\n- {item: a, pool: gpu, every: 1 year}\n- {item: a}\n- {item: b}",
        "alternatives: {x: {api: y}, z: {cloud: w, prepaid: 1 year}, v: {cloud: w}}\n"
        "overflow: x\nbridge: z",
        "alternatives: {x: {api: {assistant: y}}}",
    ],
)
def test_no_mistake(cost: str) -> None:
    assert found(cost) == []


def test_no_cost_no_finding() -> None:
    assert found("", SPEC[: SPEC.index("cost:")]) == []


def test_use_is_asked_for_unless_it_is_stated() -> None:
    assert [rule for rule, _, _ in found("", SPEC.replace(USE, ""))] == ["use-not-stated"]
    assert found("", SPEC.replace(USE, "  use: {}\n")) == []


def test_included_power_of_a_rent_that_is_not_given() -> None:
    rules = found("location: {kind: colocation, power_included: true}")
    assert [rule for rule, _, _ in rules] == [
        "colocation-without-rent",
        "power-included-without-rent",
    ]
    assert rules[1][1] == "the rent is said to include energy, but no `rent` is given"


@pytest.mark.parametrize(
    ("until", "location", "rules"),
    [
        ("2026-12-31", {"kind": "colocation"}, []),
        ("2026-11-30", {"kind": "colocation"}, ["quote-expired", "rent-not-quoted"]),
        ("2026-11-30", {"kind": "colocation", "rent": "9 EUR/kW/month"}, ["quote-expired"]),
        ("2026-11-30", {}, ["quote-expired"]),
    ],
)
def test_a_quote_may_have_the_rent(until: str, location: dict[str, str], rules: list[str]) -> None:
    own = bought(quotes=quote("rent", "170 EUR", valid_until=until), location=location)
    assert own.quotes
    report = Report(Source.parse(b"version: 1\nquotes: [{item: rent}]\n", "quotes.yml"))
    check_quotes(own.cluster, own.cost, own.quotes, builtin(), report)
    assert sorted(finding.rule for finding in report.findings) == rules


def test_a_rent_of_a_server_room_that_includes_power_is_two_mistakes() -> None:
    rules = found("location: {rent: 1 EUR/host/month, power_included: true}")
    assert [rule for rule, _, _ in rules] == [
        "rent-without-colocation",
        "power-included-without-rent",
    ]


def test_there_may_be_no_alternative_at_all() -> None:
    ((rule, message, remedy),) = found("overflow: hosted")
    assert (rule, message) == ("unknown-alternative", "no alternative is called `hosted`")
    assert remedy == "add it under `cost.alternatives`"


def test_there_may_be_no_api_to_overflow_to() -> None:
    ((rule, _, remedy),) = found("alternatives: {x: {cloud: y}}\noverflow: x")
    assert rule == "overflow-not-an-api"
    assert remedy == "add an alternative with `api`"


@pytest.mark.parametrize(
    ("alternative", "message"),
    [
        ("{cloud: cloud_gpu.nebius_l40s, prepaid: 6 months}",
         "`cloud_gpu.nebius_l40s` is prepaid for 6 months, the bridge lasts only until the "
         "machines serve"),
        ("{cloud: cloud_gpu.gcp_a4_1y, instances: 1}",
         "`cloud_gpu.gcp_a4_1y` is reserved for 1 year, the bridge lasts only until the machines "
         "serve"),
        ("{cloud: cloud_gpu.nebius_l40s}", None),
    ],
)  # fmt: skip
def test_what_binds_is_no_bridge(alternative: str, message: str | None) -> None:
    cost = f"alternatives: {{x: {alternative}, bound: {{cloud: cloud_gpu.gcp_a4_1y}}}}\nbridge: x"
    report = Report(Source.parse((SPEC + lines(cost)).encode(), "cluster.yml"))
    cluster = load(report.source, report)
    assert cluster is not None
    check_alternatives(cluster, builtin(), None, report)
    bridging = [one.message for one in report.in_order() if one.rule == "committed-bridge"]
    assert bridging == ([message] if message else [])


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("GER", "use `DEU`, or write the grams for each kWh, such as `carbon: 380`"),
        ("FRN", "use `FRA`, or write the grams for each kWh, such as `carbon: 380`"),
        ("XQJ", "write the grams for each kWh, such as `carbon: 380`"),
    ],
)
def test_a_country_is_meant_by_the_start_of_its_name_or_a_code_like_it(
    code: str, remedy: str
) -> None:
    message = f"the catalog has no grid factor of `{code}`"
    assert found(f"location: {{country: {code}}}") == [("unknown-country", message, remedy)]


def test_what_a_contract_states_needs_no_country() -> None:
    assert found("location: {country: XQJ, carbon: 25}") == []
    assert found("location: {country: DEU}") == []


@pytest.mark.parametrize("key", ["servers", "network", "facility"])
def test_a_life_is_counted_in_whole_months(key: str) -> None:
    ((rule, message, remedy),) = found(f"life: {{{key}: 1000 days}}")
    assert rule == "whole-months"
    assert message == f"`cost.life.{key}` is 1000 days, but is counted in whole months"
    assert remedy == "write `33 months`"


def test_a_country_is_a_code() -> None:
    ((rule, message, remedy),) = found("location: {country: Germany}")
    assert rule == "bad-name"
    assert message == "`Germany` is not an ISO 3166-1 alpha-3 code, such as `DEU`"
    assert remedy == "write an ISO 3166-1 alpha-3 code, such as `DEU`"


@pytest.mark.parametrize("kind", ["office", "colocation"])
def test_a_ups_is_bought_for_a_room_of_one_s_own_only(kind: str) -> None:
    assert "ups-not-bought" in [
        rule for rule, *_ in found(f"location: {{kind: {kind}, ups: 9 min}}")
    ]
    assert found("location: {ups: 9 min}") == []


def test_neither_of_two_kinds_of_value_is_said_of_the_other() -> None:
    assert [rule for rule, _, _ in found("spares: {service_level: 101 %}")] == ["out-of-range"]
    ((rule, message, remedy),) = found("spares: nun")
    assert (rule, message) == ("not-a-choice", "`cost.spares` cannot be `nun`")
    assert remedy == "use `none`"
