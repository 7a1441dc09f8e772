"""Exactly the listed paths reach an engine, with a valid key too."""

import json

import pytest

from gateway.bed import Bed
from gateway.client import NAME, Client, chat
from gateway.engine import DANGEROUS

ALLOWED = ("/v1/chat/completions", "/v1/completions", "/v1/embeddings")


def _asked(gateway: Bed) -> int:
    return sum(len(engine.asked) for engine in gateway.engines.values())


def _variants(path: str) -> tuple[str, ...]:
    name = path.removeprefix("/")
    return (
        path, f"/v1/..{path}", f"/v1/%2e%2e{path}", f"/v1/%2E%2E{path}", f"/v1/chat/../..{path}",
        f"//{name}", f"/./{name}", f"/%2f{name}", f"/v1//..{path}", f"/V1/..{path}",
        f"/v1/chat/completions/..{path}", f"/v1/chat/completions/%2e%2e/%2e%2e/%2e%2e{path}",
        f"/v1/chat/completions;{path}", f"/v1/chat/completions{path}",
        f"/models/tiny{path}", f"/models/tiny/v1/..{path}", f"/models/../{name}",
        path.upper(), f"{path}/", f"{path}%00", f"{path}%20", f"\\{name}", f"/%5c{name}",
        f"http://llm.mercy.internal{path}", f"{path}?x=/v1/chat/completions",
    )  # fmt: skip


@pytest.mark.parametrize("path", DANGEROUS)
def test_dangerous_paths_stay_out_of_reach(gateway: Bed, ehr: Client, path: str) -> None:
    before = _asked(gateway)
    for target in _variants(path):
        for method in ("GET", "POST"):
            answer = ehr.ask(method, target, body=chat() if method == "POST" else b"")
            assert answer.status in {400, 404}, (method, target)
    assert _asked(gateway) == before


@pytest.mark.parametrize("path", ALLOWED)
def test_variants_of_allowed_paths_are_refused(gateway: Bed, ehr: Client, path: str) -> None:
    before = _asked(gateway)
    name = path.removeprefix("/v1/")
    for target in (
        f"{path}/", f"/{path}", f"/v1//{name}", f"/v1/./{name}", f"/v1/%2e/{name}", path.upper(),
        f"/%76%31/{name}", f"{path}%2f", f"{path};x=1", f"{path}%3fx", f"/x/..{path}",
        f"/models/nope{path}", f"/models/tiny/{path}", f"/models//tiny{path}",
        f"/models/TINY{path}", f"/models/tiny%2f..{path}", f"/models/tiny/../tiny{path}", "*",
    ):  # fmt: skip
        assert ehr.ask("POST", target, body=chat()).status in {400, 404}, target
    assert _asked(gateway) == before


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"]
)
def test_only_post_reaches_an_engine(gateway: Bed, ehr: Client, method: str) -> None:
    before = _asked(gateway)
    for path in (*ALLOWED, "/models/tiny/v1/completions"):
        assert ehr.ask(method, path).status == 404
    assert _asked(gateway) == before


@pytest.mark.parametrize("path", ALLOWED)
def test_allowed_paths_arrive_as_listed(gateway: Bed, ehr: Client, path: str) -> None:
    engine = gateway.engines["big-0"]
    for target in (path, f"{path}?api-version=1", f"https://{NAME}{path}", f"/models/big{path}"):
        assert ehr.ask("POST", target, body=chat("big")).status == 200, target
        assert (engine.asked[-1].method, engine.asked[-1].target) == ("POST", path)


def test_only_needed_headers_arrive(gateway: Bed, ehr: Client) -> None:
    answer = ehr.ask(
        "POST", "/v1/chat/completions", "Content-Type: application/json", "Accept: */*",
        "X-Forwarded-For: 10.0.0.9", "X-Forwarded-Host: evil", "Forwarded: for=1", "Cookie: a=b",
        "X-Real-IP: 1", "X-Request-Id: mine", "X-Api-Key: secret", "Origin: https://evil.example",
        "X-HTTP-Method-Override: DELETE", "Upgrade: h2c", "Expect: 100-continue",
        body=chat("big"),
    )  # fmt: skip
    assert answer.status == 200
    headers = dict(gateway.engines["big-0"].asked[-1].headers)
    names = {name.lower() for name in headers}
    assert names <= {
        "host",
        "content-type",
        "content-length",
        "accept",
        "x-request-id",
        "connection",
    }
    lower = {name.lower(): value for name, value in headers.items()}
    assert lower["host"] == "llm.mercy.internal"
    assert lower["x-request-id"] == answer.headers["x-request-id"] != "mine"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        ("Transfer-Encoding: chunked",),
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Transfer-Encoding: xchunked", "Content-Length: 5"),
        ("Transfer-Encoding : chunked", "Content-Length: 5"),
        ("Transfer-Encoding:\tchunked", "Content-Length: 5"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: +5",),
        ("Content-Length: 0x5",),
        ("Content-Length: -1",),
        ("Content-Length: 5, 6",),
    ],
)
def test_lengths_that_disagree_are_refused(
    gateway: Bed, ehr: Client, headers: tuple[str, ...]
) -> None:
    before = _asked(gateway)
    smuggled = b"0\r\n\r\nPOST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    answer = ehr.ask("POST", "/models/big/v1/completions", *headers, body=smuggled)
    assert answer.status in {400, 411, 413}
    assert _asked(gateway) == before


def test_models_are_listed(ehr: Client) -> None:
    answer = ehr.ask("GET", "/v1/models")
    assert answer.headers["content-type"] == "application/json"
    assert [one["id"] for one in answer.json()["data"]] == ["tiny", "big"]
    assert answer.json()["data"][0]["max_model_len"] == 4096
    assert ehr.ask("GET", "/v1/models/big").json() == answer.json()["data"][1]
    assert ehr.ask("GET", "/v1/models/none").status == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "model_missing"),
        (b"{}", 400, "model_missing"),
        (b"not json", 400, "model_missing"),
        (b'{"model":null}', 400, "model_missing"),
        (b'{"model":{"a":1}}', 400, "model_missing"),
        (b'{"nested":{"model":"tiny"}}', 400, "model_missing"),
        (b'["model","tiny"]', 400, "model_missing"),
        (b'{"model":"none"}', 404, "model_not_found"),
        (b'{"model":"TINY"}', 404, "model_not_found"),
        (b'{"model":""}', 404, "model_not_found"),
        (b'{"model":5}', 404, "model_not_found"),
        (b'{"model":"tiny;x"}', 404, "model_not_found"),
    ],
)
def test_the_body_names_the_model(
    gateway: Bed, ehr: Client, body: bytes, status: int, code: str
) -> None:
    before = _asked(gateway)
    answer = ehr.ask("POST", "/v1/chat/completions", body=body)
    assert (answer.status, answer.code) == (status, code)
    assert "tiny" not in answer.body.decode()
    assert _asked(gateway) == before


@pytest.mark.parametrize("model", ["tiny", "big"])
def test_each_model_has_its_engines(ehr: Client, model: str) -> None:
    assert ehr.complete(model).json()["engine"].startswith(model)
    spaced = json.dumps({"messages": [], "model": model}, indent=4).encode()
    answer = ehr.ask("POST", "/v1/completions", body=spaced)
    assert answer.json()["engine"].startswith(model)
