"""Tokens of a year: what is asked for, what can be made, and where both come from."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost.sites import CLINIC, COST, planned
from freehold.cost.demand import check_demand, decimal, demand, input_weight, throughputs
from freehold.cost.types import Demand
from freehold.plan.capacity import Capacity, Estimate, Figures
from freehold.plan.types import Plan
from freehold.report import Report
from freehold.source import Source
from freehold.spec.cluster import Cluster
from freehold.spec.cost import Use

D = Decimal


def site(use: Use | None = None, cost: str = COST) -> tuple[Cluster, Plan]:
    cluster, plan = planned(CLINIC + cost)
    if use is None:
        return cluster, plan
    assert cluster.cost
    return cluster.model_copy(update={"cost": cluster.cost.model_copy(update={"use": use})}), plan


def figures(users: int, speed: float, served: float = 0, share: float = 0) -> Figures:
    """Of one replica whose users get so many tokens per second each."""
    flat = Estimate(1, 1, 1)
    return Figures(
        first_token=flat, speed=Estimate(0, speed, 0), alone=flat,
        throughput=Estimate(0, users * speed, 0), running=users,
        served=Estimate(0, served, 0), limit="kv", utilisation=None, prefill_share=share,
    )  # fmt: skip


def with_figures(plan: Plan, *found: Figures | None, unknown: str = "") -> Plan:
    """The plan with other figures of its two replicas, in their order."""
    hosts = []
    for host, one in zip(plan.hosts, found, strict=True):
        given = Capacity(one, (), unknown)
        hosts.append(replace(host, replicas=(replace(host.replicas[0], capacity=given),)))
    return replace(plan, hosts=tuple(hosts))


def asked(cluster: Cluster, plan: Plan) -> tuple[Demand | None, Report]:
    report = Report(Source.parse((CLINIC + COST).encode(), "cluster.yml"))
    assert cluster.cost
    check_demand(cluster, cluster.cost, plan, report)
    return demand(cluster, cluster.cost, plan), report


def use(**shares: str) -> Use:
    return Use.model_validate(shares)


def test_a_year_of_the_busiest_hour() -> None:
    """24 users at 20 tok/s: 480 tok/s, 8760 hours of 3600 s; 2000 tokens in for 400 out."""
    cluster, plan = site(use())
    found, _ = asked(cluster, with_figures(plan, figures(12, 20), figures(12, 20)))
    assert found
    assert found.output_tokens == 480 * 8760 * 3600
    assert found.input_tokens == 5 * 480 * 8760 * 3600
    assert found.capacity_output_tokens == found.output_tokens
    assert found.peak_output_speed == 480
    assert found.utilisation == 1
    assert found.overflow_output_tokens == found.overflow_input_tokens == 0
    assert found.by_model == {"assistant": (found.input_tokens, found.output_tokens)}
    assert (found.users, found.source) == (24, "the plan's typical figures")


def test_each_share_counts_once() -> None:
    """480 tok/s x 0.9 x 0.5 x 0.6 x 0.95 of 8760 hours; capacity in the hours with demand."""
    cluster, plan = site(use(powered="90 %", demand="50 %", load="60 %", goodput="95 %"))
    found, _ = asked(cluster, with_figures(plan, figures(12, 20), figures(12, 20)))
    assert found
    year = D(480 * 8760 * 3600)
    assert found.output_tokens == (year * D("0.2565")).quantize(D(1))
    assert found.capacity_output_tokens == year * D("0.45")
    assert found.utilisation == D("0.27")  # goodput is no use of the machines


def test_hours_of_a_month_are_the_specs() -> None:
    cluster, plan = site(None, COST + "  hours_per_month: 720\n")
    found, _ = asked(cluster, with_figures(plan, figures(12, 20), figures(12, 20)))
    assert found
    assert found.output_tokens == D(480 * 8640 * 3600) * D("0.3")


def test_users_within_the_targets_raise_the_capacity() -> None:
    """20 users of each replica would get the 20 tok/s that are asked for."""
    cluster, plan = site(use())
    found, _ = asked(cluster, with_figures(plan, *[figures(12, 25, served=20)] * 2))
    assert found
    assert found.peak_output_speed == 600
    assert found.capacity_output_tokens == 800 * 8760 * 3600
    assert found.utilisation == D("0.75")


def test_demand_above_the_capacity_is_refused() -> None:
    """Ten users of each replica are served, twelve ask."""
    cluster, plan = site(use())
    _, report = asked(cluster, with_figures(plan, *[figures(10, 20)] * 2))
    (finding,) = report.findings
    assert finding.rule == "demand-over-capacity"
    assert finding.message == "`assistant` is asked for 480 tok/s, its replicas make 400"
    assert finding.span
    assert "users: 24" in report.source.line(finding.span.line)


def test_a_lower_load_is_within_the_capacity() -> None:
    cluster, plan = site(use(load="80 %"))
    found, report = asked(cluster, with_figures(plan, *[figures(10, 20)] * 2))
    assert report.is_clean
    assert found
    assert found.overflow_output_tokens == 0
    assert found.utilisation == D("0.96")


def test_an_overflow_takes_what_is_above() -> None:
    overflow = "  alternatives: {groq: {api: a.b}}\n  overflow: groq\n"
    cluster, plan = site(None, COST.replace("load: 60 %", "goodput: 50 %") + overflow)
    found, report = asked(cluster, with_figures(plan, *[figures(10, 20)] * 2))
    assert report.is_clean
    assert found
    hours = 8760 * 3600 // 2
    assert found.output_tokens == 480 * hours // 2
    assert found.overflow_output_tokens == 80 * hours // 2
    assert found.overflow_input_tokens == 5 * 80 * hours // 2
    assert found.utilisation == D("0.5")  # 400 of 400 tok/s in half of all hours


def test_a_measured_throughput_counts_instead_of_the_plans() -> None:
    cluster, plan = site(Use.model_validate({"throughput": {"assistant": "1000.5 tok/s"}}))
    found, _ = asked(cluster, with_figures(plan, None, None, unknown="no GPU"))
    assert found
    assert found.peak_output_speed == D("1000.5")
    assert found.output_tokens == D("1000.5") * 8760 * 3600
    assert found.source == "measured by you"
    assert found.formula.startswith("(tokens per second measured, or users x stated speed")


def measured(throughput: str, speed: str, cost: str = COST) -> tuple[Cluster, Plan]:
    """24 users, with or without a stated speed; the plan expects 20 tok/s for each."""
    text = CLINIC.replace(", speed: 20 tok/s", speed) + cost.replace(
        "load: 60 %", f"throughput: {{assistant: {throughput} tok/s}}"
    )
    cluster, plan = planned(text)
    return cluster, with_figures(plan, *[figures(12, 20)] * 2)


def assumed(cluster: Cluster, plan: Plan) -> list[str | None]:
    return [one.assumption for one in throughputs(cluster, plan)[0]]


def test_a_measured_throughput_is_what_is_asked_for() -> None:
    """24 users at 20 tok/s would be 480; half of all hours have requests."""
    cluster, plan = measured("600", "")
    found, report = asked(cluster, plan)
    assert report.is_clean
    assert not report.findings
    assert found
    assert found.output_tokens == 600 * 8760 * 3600 // 2
    assert found.capacity_output_tokens == found.output_tokens
    assert assumed(cluster, plan) == [
        "The 600 tok/s measured for `assistant` are taken as what is asked for in the busiest "
        "hour, and as what its replicas make; users by the speed of each are 480."
    ]
    blind = with_figures(plan, None, None, unknown="no GPU")
    assert assumed(cluster, blind) == [
        "The 600 tok/s measured for `assistant` are taken as what is asked for in the busiest "
        "hour, and as what its replicas make."
    ]


def test_users_who_are_to_get_more_than_was_measured_are_refused() -> None:
    """24 users at 25 tok/s ask for 600, and 400 were measured, whatever the plan expects."""
    cluster, plan = measured("400", ", speed: 25 tok/s")
    _, report = asked(cluster, plan)
    (finding,) = report.findings
    assert finding.rule == "demand-over-capacity"
    assert finding.message == "`assistant` is asked for 600 tok/s, its replicas make 400"
    assert assumed(cluster, plan) == [None]
    blind = with_figures(plan, None, None, unknown="no GPU")
    assert asked(cluster, blind)[1].findings == report.findings


def test_an_overflow_takes_what_is_above_the_measured() -> None:
    overflow = "  alternatives: {groq: {api: a.b}}\n  overflow: groq\n"
    cluster, plan = measured("400", ", speed: 25 tok/s", COST + overflow)
    found, report = asked(cluster, plan)
    assert not report.findings
    assert found
    assert found.output_tokens == 600 * 8760 * 3600 // 2
    assert found.overflow_output_tokens == 200 * 8760 * 3600 // 2
    assert found.utilisation == D("0.5")


def test_a_plan_that_expects_more_than_was_measured_is_a_warning() -> None:
    """No speed is stated; the plan's 480 tok/s are no reason to doubt the measured 400."""
    overflow = "  alternatives: {groq: {api: a.b}}\n  overflow: groq\n"
    for cost in (COST, COST + overflow):
        cluster, plan = measured("400", "", cost)
        found, report = asked(cluster, plan)
        assert report.is_clean
        (finding,) = report.findings
        assert (finding.rule, finding.severity) == ("demand-over-capacity", "warning")
        assert finding.message == (
            "`assistant` would be asked for 480 tok/s at the speed that the plan expects, you "
            "measured 400"
        )
        assert found
        assert found.output_tokens == 400 * 8760 * 3600 // 2
        assert found.overflow_output_tokens == 0


def test_load_counts_before_demand_is_too_much() -> None:
    cluster, plan = measured("400", "")
    assert cluster.cost
    low = Use.model_validate({"load": "80 %", "throughput": {"assistant": "400 tok/s"}})
    eased = cluster.model_copy(update={"cost": cluster.cost.model_copy(update={"use": low})})
    assert not asked(eased, plan)[1].findings


def test_an_unknown_speed_is_no_speed_of_zero() -> None:
    cluster, plan = site()
    blind = with_figures(plan, None, figures(12, 20), unknown="nobody measured it")
    assert asked(cluster, blind)[0] is None
    known, sentences = throughputs(cluster, blind)
    assert known == ()
    assert sentences == (
        "The speed of `assistant` is not known (nobody measured it), so there is no cost per "
        "token; `cost.use.throughput` takes what you measured.",
    )


def test_a_model_that_writes_no_text_asks_for_no_tokens() -> None:
    cluster, plan = site()
    silent = with_figures(plan, None, None, unknown="the model writes no text")
    assert throughputs(cluster, silent) == ((), ())
    assert asked(cluster, silent)[0] is None


def test_no_replica_says_that_it_has_no_speed() -> None:
    cluster, plan = site()
    (sentence,) = throughputs(cluster, replace(plan, hosts=()))[1]
    assert "(no replica)" in sentence


def test_measured_and_planned_models_side_by_side() -> None:
    cluster, plan = planned(TWO)
    (first, second), _ = throughputs(cluster, plan)
    assert (first.is_measured, second.is_measured) == (True, False)
    found, _ = asked(cluster, plan)
    assert found
    assert found.source == "measured by you for one; the plan's typical figures for the rest"
    assert found.formula.startswith(
        "(users x tokens per second of each at the busiest hour; for one tokens per second measured"
    )
    assert found.by_model.keys() == {"one", "two"}
    assert sum(output for _, output in found.by_model.values()) == found.output_tokens
    assert found.users == 12


def test_the_real_plan_is_turned_to_decimal_once() -> None:
    cluster, plan = site()
    found, _ = asked(cluster, plan)
    speeds = [r.capacity.figures.speed.typical for h in plan.hosts for r in h.replicas
              if r.capacity and r.capacity.figures]  # fmt: skip
    assert found
    assert found.peak_output_speed == sum(12 * decimal(speed) for speed in speeds)
    assert decimal(1 / 3) == D("0.333")


@pytest.mark.parametrize(
    ("users", "share", "weight"),
    [(10, 0.18, "0.196"), (2, 1.0, "1.000"), (10, 0.0, "0.000"), (1, 0.0, "0.048")],
)
def test_prompts_and_answers_share_the_time(users: int, share: float, weight: str) -> None:
    """0.18 x 10 / (9 + 0.18); alone, 1 s to the first token beside 400 tokens at 20 tok/s."""
    cluster, plan = site()
    found = with_figures(plan, *[figures(users, 20, share=share)] * 2)
    assert str(input_weight(found, cluster.models)) == weight


def test_replicas_weigh_as_much_as_they_have_gpus() -> None:
    cluster, plan = site()
    found = with_figures(plan, figures(10, 20, share=0.18), figures(10, 20))
    small = replace(found.hosts[1].replicas[0], gpus=(0,))
    hosts = (found.hosts[0], replace(found.hosts[1], replicas=(small,)))
    assert input_weight(replace(found, hosts=hosts), cluster.models) == D("0.157")  # 4/5 of it
    assert input_weight(with_figures(plan, None, None), cluster.models) == 0


@given(st.integers(1, 500), st.floats(0, 1))
def test_the_weight_is_a_share(users: int, share: float) -> None:
    cluster, plan = site()
    found = input_weight(with_figures(plan, *[figures(users, 20, share=share)] * 2), cluster.models)
    assert 0 <= found <= 1


TWO = """
plugin: freehold.llm.cluster
version: 1
name: two
system: debian-13
nodes:
  gpu:
    hosts: {gpu-1: 10.20.0.11}
    gpus: {model: l40s-48gb, count: 4}
    cpu: {cores: 64}
    memory: 512 GiB
    storage: {models: {size: 4 TB, kind: nvme}}
models:
  one:
    source: Qwen/Qwen3-8B
    precision: bf16
    workload: {users: 4, prompt: 500, answer: 250, context: 8k}
  two:
    source: Qwen/Qwen3-32B
    precision: bf16
    workload: {users: 8, prompt: 500, answer: 250, context: 8k}
isolation: open
gateway: {name: llm.two.internal, clients: [ehr]}
cost:
  currency: EUR
  horizon: 5 years
  electricity: 0.19 EUR/kWh
  use: {throughput: {one: 300 tok/s}}
"""


@given(st.integers(1, 300), st.floats(0.01, 500))
def test_rounding_makes_no_demand_above_the_capacity(users: int, speed: float) -> None:
    """All users of a replica run, so they get what they ask for."""
    cluster, plan = site()
    model = cluster.models["assistant"]
    workload = model.workload.model_copy(update={"users": 2 * users})
    models = {"assistant": model.model_copy(update={"workload": workload})}
    cluster = cluster.model_copy(update={"models": models})
    (found,), _ = throughputs(cluster, with_figures(plan, *[figures(users, speed)] * 2))
    assert found.asked <= found.made
