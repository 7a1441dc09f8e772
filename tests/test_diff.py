"""A change of the spec shows as what happens on hosts, once for all hosts it is equal on."""

import json
import shutil
from pathlib import Path

import pytest

import plans
from freehold.cli import main
from freehold.render.diff import diff
from freehold.render.diff_text import document, markdown_lines, text_lines


def changed(old: str, new: str, spec: str = plans.CLINIC) -> str:
    assert old in spec
    difference = diff(plans.planned(spec), plans.planned(spec.replace(old, new)))
    return "\n".join(text_lines(difference))


def test_nothing() -> None:
    assert changed("isolation", "isolation") == "nothing changes on any host"


def test_a_change_of_all_engines_shows_once() -> None:
    text = changed("context: 16k", "context: 8k")
    assert text.count("-  --max-model-len 16384") == 1
    assert text.count("+  --max-model-len 8192") == 1
    assert "gpu (2 hosts): changed /etc/containers/systemd/freehold-assistant-0.container" in text
    assert "and 1 like it" in text
    assert "gpu (2 hosts): freehold-assistant-0.service and 1 like it are restarted" in text
    assert "spare" not in text


def test_a_change_of_all_hosts_names_their_pools() -> None:
    text = changed("10.20.9.0/28", "10.20.9.16/28")
    assert "gpu (2 hosts), spare (1 host): changed /etc/freehold/firewall.nft" in text
    assert "gpu (2 hosts), spare (1 host): freehold-firewall.service is reloaded" in text


def test_a_new_client_reloads_the_gateway_alone() -> None:
    text = changed("[ehr, research]", "[ehr, research, radiology]")
    assert "gpu-1: freehold-gateway.service is reloaded" in text
    assert "restarted" not in text
    assert "gpu-2" not in text


def test_a_replica_less_stops_its_engine() -> None:
    text = changed("replicas: 2", "replicas: 1")
    assert "removed /etc/containers/systemd/freehold-assistant-1.container" in text
    assert "gpu-2: freehold-assistant-1.service is stopped" in text


def test_hosts_join_and_leave() -> None:
    text = changed("spare-1: 10.20.0.21", "spare-2: 10.20.0.21")
    assert "spare-2 joins" in text
    assert "spare-1 leaves; what is on it stays as it is" in text


def test_another_source_brings_weights() -> None:
    text = changed("meta-llama/Llama-3.3-70B-Instruct", "meta-llama/Llama-3.1-70B-Instruct")
    assert "gpu (2 hosts): weights of assistant are brought" in text


def test_a_hundred_equal_hosts_take_as_many_lines_as_two() -> None:
    def lines(hosts: int) -> int:
        old, new = plans.large(hosts), plans.large(hosts, context="8k")
        return len(list(text_lines(diff(old, new))))

    assert lines(100) == lines(2)


def test_formats_say_the_same() -> None:
    new = plans.planned(plans.CLINIC.replace("context: 16k", "context: 8k"))
    difference = diff(plans.clinic(), new)
    data = json.loads(json.dumps(document(difference)))
    (unit,) = (one for one in data["changes"] if one["paths"][0].endswith(".container"))
    assert unit["kind"] == "changed"
    assert unit["hosts"] == ["gpu-1", "gpu-2"]
    assert {
        "action": "restart",
        "unit": "freehold-assistant-0.service",
        "hosts": ["gpu-1"],
    } in data["services"]
    markdown = "\n".join(markdown_lines(difference))
    assert unit["diff"].rstrip("\n") in markdown
    assert markdown.count("```diff") == len(data["changes"])


CLINIC = Path(__file__).parent.parent / "examples/clinic"


def changed_files(tmp_path: Path, old: str, new: str) -> list[str]:
    """A copy of an example, and one with a change."""
    words = []
    for name, cost in (("old", ""), ("new", new)):
        folder = tmp_path / name
        shutil.copytree(CLINIC, folder, ignore=shutil.ignore_patterns("site"))
        spec = folder / "cluster.yml"
        assert old in spec.read_text()
        spec.write_text(spec.read_text().replace(old, cost or old))
        words.append(str(spec))
    return words


def test_the_cost_is_said_beside_the_hosts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = changed_files(tmp_path, "0.19 EUR/kWh", "0.29 EUR/kWh")
    assert main(["diff", *words]) == 0
    text = capsys.readouterr().out
    assert "nothing changes on any host" in text
    # 2217.5502 kWh a month.
    line = "changed site/electricity: price of one 0.19 -> 0.29; 421.33 -> 643.09 a month"
    assert line in text
    assert main(["diff", *words, "--format", "markdown"]) == 0
    markdown = capsys.readouterr().out
    assert markdown.startswith("| EUR | BEFORE | AFTER | DIFFERENCE | SHARE |\n")
    assert "\n- nothing changes on any host\n" in markdown
    assert main(["diff", *words, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["changes"] == []
    capital, yearly, *_ = document["cost"]["figures"]
    assert capital["difference"] == "0.00"
    assert capital["after"]["unknown"] == 2
    # With 19 % of tax that is not got back, 765.28 instead of 501.38 each month.
    assert yearly["difference"] == "3166.80"


def test_a_spec_that_says_nothing_about_money(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = (CLINIC / "cluster.yml").read_text()
    words = changed_files(tmp_path, spec[spec.index("cost:\n") :], "# none\n")
    assert main(["diff", *words]) == 0
    assert capsys.readouterr().out.endswith(
        "\ncost: the new spec has no `cost` section: not compared\n"
    )


def test_a_mistake_of_either_spec_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = changed_files(tmp_path, "horizon: 5 years", "horizon: 1 month")
    assert main(["diff", *words]) == 1
    assert "error[" in capsys.readouterr().err
