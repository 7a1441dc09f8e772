"""The examples' plans and what they cost, reckoned once."""

from functools import cache
from pathlib import Path

from freehold.catalog.facts import Catalog
from freehold.cli.opening import open_spec, plan_of, result_of
from freehold.cost.types import Result
from freehold.plan.types import Plan

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("clinic", "bank", "workstation")


@cache
def example(name: str) -> tuple[Plan, Catalog, Result]:
    opened = open_spec(EXAMPLES / name)
    plan = plan_of(opened)
    assert plan, opened.report.findings
    result = result_of(opened, plan)
    assert result, opened.report.findings
    assert opened.catalog
    return plan, opened.catalog, result
