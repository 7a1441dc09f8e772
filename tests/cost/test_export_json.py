"""The result for programs: exact, complete, and as its published schema says."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cost.examples import NAMES, example
from cost.made import BREACHED, RESULT
from freehold.cost.export.as_json import document, encode, schema
from freehold.cost.item import Basis, UnitPrice
from freehold.cost.types import NamedPrice, Result

D = Decimal


def parsed(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode(result))
    return found


def objects(value: Any) -> list[dict[str, Any]]:
    nested = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict) and "properties" in value else []
    return own + [found for item in nested for found in objects(item)]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    """Of the schema, closed: a key that it does not tell of is one that we forgot."""
    closed: Any = schema()
    Draft202012Validator.check_schema(closed)
    for found in objects(closed):
        found["additionalProperties"] = False
    return Draft202012Validator(closed)


@pytest.mark.parametrize("result", [RESULT, BREACHED], ids=["made", "breached"])
def test_it_is_as_the_schema_says(result: Result, validator: Draft202012Validator) -> None:
    validator.validate(parsed(result))


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_are_as_the_schema_says(name: str, validator: Draft202012Validator) -> None:
    result = example(name)[2]
    found = parsed(result)
    validator.validate(found)
    capital = [line["cost"] for line in found["lines"] if line["kind"] == "capex"]
    known = sum(D(cost) for cost in capital if cost is not None)
    assert D(found["totals"]["capex"]["amount"]) == known == result.capex.amount
    assert found["totals"]["capex"]["unknown"] == capital.count(None)
    for option, of in zip(found["alternatives"], result.alternatives, strict=True):
        paid = sum(D(flow["amount"]) for flow in option["cashflows"])
        assert D(option["nominal"]["amount"]) == paid == of.nominal.amount


def test_the_schema_takes_no_number_for_money(validator: Draft202012Validator) -> None:
    found = parsed(RESULT)
    found["totals"]["capex"]["amount"] = 76161.2
    assert not validator.is_valid(found)


def test_the_schema_asks_for_every_key_and_lets_others_be() -> None:
    assert objects(schema())
    for found in objects(schema()):
        assert found["required"] == list(found["properties"])
    Draft202012Validator(schema()).validate(parsed(RESULT) | {"later": "a key of tomorrow"})


def test_money_is_text_with_all_its_digits() -> None:
    found = parsed(RESULT)
    assert found["schema_version"] == 1
    assert found["lines"][0]["cost"] == "76160.00"
    assert found["lines"][1]["extended"] is None
    assert found["lines"][2]["price"]["amount"]["base"] == "0.335"
    assert found["totals"]["capex"] == {"amount": "76161.20", "unknown": 1}
    assert found["uncertainty"]["seed"] == "9223372036854775807"
    assert sum(D(flow["amount"]) for flow in found["cashflows"]) == RESULT.owning.nominal.amount


def test_nothing_is_a_binary_fraction() -> None:
    def check(value: object) -> None:
        assert not isinstance(value, float)
        for item in value.values() if isinstance(value, dict) else ():
            check(item)
        for item in value if isinstance(value, list) else ():
            check(item)

    check(document(RESULT))


def test_a_lease_and_a_result_without_draws(validator: Draft202012Validator) -> None:
    bare = replace(RESULT, lease=RESULT.owning, spread=None, demand=None)
    found = parsed(bare)
    validator.validate(found)
    assert found["lease"]["nominal"] == found["totals"]["nominal"]
    assert found["uncertainty"] is found["demand"] is None


def test_prices_of_alternatives_have_a_unit(validator: Draft202012Validator) -> None:
    now, later = parsed(RESULT)["alternatives"][0]["prices"]
    assert (now["item"], now["unit"], now["since"]) == ("cloud_gpu.made", "instance hour", None)
    assert (now["amount"]["base"], now["original"], now["currency"]) == ("11.50", "12.50", "USD")
    assert (now["as_of"], now["stale"], later["since"]) == ("2025-12-23", True, "2027-01-01")
    nobodys = NamedPrice("x", "x", "GB", UnitPrice(None, Basis.UNKNOWN))
    lacking = replace(RESULT.alternatives[0], prices=(nobodys,))
    found = parsed(replace(RESULT, alternatives=(lacking,)))
    validator.validate(found)
    assert found["alternatives"][0]["prices"][0]["amount"] is None


def test_the_same_bytes_each_time() -> None:
    assert encode(RESULT) == encode(RESULT)
