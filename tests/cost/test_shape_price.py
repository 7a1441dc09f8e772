"""`advise` says what hardware costs, and ranks by it: whole machines, or GPUs as a lower bound."""

import json
from pathlib import Path
from typing import Any

import pytest

from freehold.cli import main

Capture = pytest.CaptureFixture[str]
SPEC = """
plugin: freehold.llm.cluster
version: 1
name: mercy
system: debian-13
nodes:
  gpu:
    hosts: 1
    gpus: {model: h200-sxm5-141gb, count: 8}
    cpu: {cores: 64}
    memory: 512 GiB
    storage: {models: {size: 8 TB, kind: nvme}}
models:
  m:
    source: Qwen/Qwen3-32B
    precision: bf16
    workload: {users: 400, prompt: 1500, answer: 400, context: 16k, first_token: 1 s,
               speed: 30 tok/s}
isolation: open
gateway: {name: llm.mercy.internal, clients: [ehr]}
"""
COST = """
cost:
  currency: EUR
  horizon: 5 years
  electricity: 0.19 EUR/kWh
  date: 2026-11-23
  quotes: quotes.yml
  use: {demand: 40 %}
"""
QUOTES = """
version: 1
quotes:
  - {item: server.h100-nvl-94gb-x4, price: 100000.00 EUR, valid_until: 2026-12-31}
  - {item: gpu.l40-48gb, price: 7000.00 EUR, valid_until: 2026-12-31}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "quotes.yml").write_text(QUOTES)
    path = tmp_path / "cluster.yml"
    path.write_text(SPEC + COST)
    return path


def shapes(capsys: Capture, *words: str | Path) -> list[dict[str, Any]]:
    assert main(["advise", *map(str, words), "--format", "json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["models"][0]["shapes"]
    return found


def of(found: list[dict[str, Any]], gpu: str, per_host: int) -> dict[str, Any]:
    (one,) = (x for x in found if x["gpu"] == gpu and x["gpus_per_host"] == per_host)
    return one


def test_whole_machines_of_the_price_book(spec: Path, capsys: Capture) -> None:
    found = of(shapes(capsys, spec), "h200-sxm5-141gb", 8)
    # 277,897.75 USD by 0.92 is 255,665.93 EUR, two of them 511,331.86 EUR.
    assert found["hosts"] == 2
    assert found["price"] == {
        "covers": "machines", "amount": "511331.86", "basis": "list", "source": "lp2368",
        "as_of": "2026-01-15", "stale": True,
    }  # fmt: skip


def test_a_quote_of_a_machine_counts(spec: Path, capsys: Capture) -> None:
    found = of(shapes(capsys, spec), "h100-nvl-94gb", 4)
    assert found["price"]["covers"] == "machines"
    assert found["price"]["amount"] == f"{found['hosts'] * 100_000}.00"
    assert found["price"]["basis"] == "quote"


def test_gpus_alone_are_a_lower_bound(spec: Path, capsys: Capture) -> None:
    found = of(shapes(capsys, spec), "l40-48gb", 8)
    assert found["price"]["covers"] == "gpus"
    assert found["price"]["amount"] == f"{found['gpus'] * 7000}.00"
    assert not found["price"]["stale"]


def test_what_has_no_price_is_not_free(spec: Path, capsys: Capture) -> None:
    found = of(shapes(capsys, spec), "h20-96gb", 8)
    assert found["price"]["covers"] == "nothing"
    assert found["price"]["amount"] is None


def test_ranks_by_cost(spec: Path, capsys: Capture) -> None:
    by_memory, by_cost = shapes(capsys, spec), shapes(capsys, spec, "--by", "cost")
    covers = ["machines", "gpus", "nothing"]
    order = [(covers.index(x["price"]["covers"]), float(x["price"]["amount"] or 0))
             for x in by_cost]  # fmt: skip
    assert order == sorted(order)
    assert {rank for rank, _ in order} == {0, 1, 2}
    assert by_memory != by_cost

    def unknown(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [x for x in found if x["price"]["covers"] == "nothing"]

    assert unknown(by_cost) == unknown(by_memory)


def test_people_see_what_a_price_covers(spec: Path, capsys: Capture) -> None:
    assert main(["advise", str(spec), "--by", "cost"]) == 0
    text = capsys.readouterr().out
    rows = {line[: line.index("  ")]: line for line in text.splitlines() if " x " in line}
    assert rows["2 of 8 x h200-sxm5-141gb"].endswith("511,331.86 (stale)")
    assert " at least " in next(line for line in rows.values() if "l40-48gb" in line)
    assert next(line for line in rows.values() if "h20-96gb" in line).endswith("unknown")
    assert "at least: the GPUs alone" in text
    assert "stale: older" in text


def test_without_a_cost_section_there_is_no_price(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "cluster.yml"
    path.write_text(SPEC)
    assert {one["price"] for one in shapes(capsys, path)} == {None}
    assert main(["advise", str(path)]) == 0
    assert "PRICE" not in capsys.readouterr().out
    assert main(["advise", str(path), "--by", "cost"]) == 2
    assert "add `cost`" in capsys.readouterr().err
