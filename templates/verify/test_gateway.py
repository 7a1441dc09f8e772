"""Clients get in with a key, over TLS, to the listed paths; nobody gets anywhere else."""

import json
import ssl
from typing import Any

import pytest
from testinfra.host import Host

from gateway import Gateway

SHUT = ("/metrics", "/invocations", "/pause", "/update_weights", "/tokenize", "/pooling", "/score",
        "/slots", "/props", "/docs", "/openapi.json", "/health", "/")  # fmt: skip
TRICKS = ("/v1/..{}", "/v1/%2e%2e{}", "/{}", "/V1/..{}", "/v1/models/..{}", "/v1/models%2f..{}")


def test_every_model_answers(gateway: Gateway, key: str, expected: dict[str, Any]) -> None:
    for model in expected["gateway"]["models"]:
        answer = gateway.complete(model, key)
        assert answer.status == 200, answer.body
        assert answer.json()["choices"]


def test_models_are_listed(gateway: Gateway, key: str, expected: dict[str, Any]) -> None:
    answer = gateway.ask("GET", "/v1/models", headers={"Authorization": f"Bearer {key}"})
    assert sorted(one["id"] for one in answer.json()["data"]) == sorted(
        expected["gateway"]["models"]
    )


@pytest.mark.control("API-01")
def test_old_tls_is_refused(gateway: Gateway) -> None:
    context = ssl.create_default_context(cafile=gateway.authority)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        gateway.connect(context)
    gateway.connect().close()


@pytest.mark.control("API-02")
@pytest.mark.parametrize("header", [None, "", "Bearer ", "Bearer wrong", "Basic YTpi"])
def test_without_a_key_nothing_answers(gateway: Gateway, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    for method, path in (
        ("GET", "/v1/models"),
        ("POST", "/v1/chat/completions"),
        ("GET", "/metrics"),
    ):
        assert gateway.ask(method, path, headers=headers, body=b"{}").status == 401


@pytest.mark.control("API-02")
def test_a_key_in_the_query_is_no_key(gateway: Gateway, key: str) -> None:
    assert gateway.ask("GET", f"/v1/models?key={key}&api_key={key}").status == 401


@pytest.mark.control("API-03")
@pytest.mark.parametrize("path", SHUT)
def test_paths_off_the_list_are_shut(gateway: Gateway, key: str, path: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    tried = [path, *(trick.format(path) for trick in TRICKS)]
    for method in ("GET", "POST"):
        statuses = {
            one: gateway.ask(method, one, headers=headers, body=b"{}").status for one in tried
        }
        assert {
            one: status for one, status in statuses.items() if status not in (400, 403, 404, 405)
        } == {}


@pytest.mark.control("API-06")
def test_keys_are_stored_as_hashes(gateway_host: Host, key: str, expected: dict[str, Any]) -> None:
    lines = gateway_host.file("/etc/freehold/gateway/keys.map").content_string.splitlines()
    for line in lines:
        digest, client = line.split()
        assert len(digest) == 64
        int(digest, 16)
        assert client in expected["gateway"]["clients"]
    assert gateway_host.run("grep -rqF -e %s /etc /var/lib/freehold /var/log", key).rc == 1


@pytest.mark.control("API-07")
def test_a_body_over_the_limit_is_refused(
    gateway: Gateway, key: str, expected: dict[str, Any]
) -> None:
    model = expected["gateway"]["models"][0]
    too_large = max(client["body"] for client in expected["gateway"]["clients"].values()) + 1
    headers = {"Authorization": f"Bearer {key}"}
    path = f"/models/{model}/v1/chat/completions"
    assert gateway.ask("POST", path, headers=headers, body=b" " * too_large).status == 413


@pytest.mark.control("LOG-04")
def test_the_log_holds_no_prompt_and_no_key(
    gateway: Gateway, gateway_host: Host, key: str, expected: dict[str, Any]
) -> None:
    canary = "canary-of-the-verification"
    messages = [{"role": "user", "content": canary}]
    gateway.complete(expected["gateway"]["models"][0], key, messages=messages)
    gateway.ask("GET", f"/v1/models?{canary}", headers={"Authorization": f"Bearer {key}"})
    journal = gateway_host.check_output(
        "journalctl -t freehold-access --since=-5min --output=cat --no-pager"
    )
    access = [json.loads(line) for line in journal.splitlines() if line.startswith("{")]
    assert "/v1/chat/completions" in {line.get("path") for line in access}
    journal += gateway_host.check_output("journalctl --since=-5min --output=cat --no-pager")
    assert canary not in journal
    assert key not in journal


def test_metrics_are_not_on_the_network(gateway: Gateway, expected: dict[str, Any]) -> None:
    port = expected["hosts"][expected["gateway"]["host"]]["metrics_port"]
    closed = Gateway(gateway.name, gateway.address, port, gateway.authority)
    with pytest.raises((ConnectionError, TimeoutError)):
        closed.connect()
