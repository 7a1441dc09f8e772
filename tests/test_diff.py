"""A change of the spec shows as what happens on hosts, once for all hosts it is equal on."""

import json

import plans
from freehold.render.diff import diff
from freehold.render.diff_text import json_lines, markdown_lines, text_lines


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
    data = json.loads("".join(json_lines(difference)))
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
