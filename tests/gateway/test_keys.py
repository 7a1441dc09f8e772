"""A key on every path; stored as its SHA-256, never passed on."""

import pytest

from gateway.bed import Bed, key_of, write_keys
from gateway.client import Client, chat

PATHS = (
    "/v1/models",
    "/v1/chat/completions",
    "/models/tiny/v1/completions",
    "/health",
    "/nope",
    "/",
)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_nothing_without_a_key(gateway: Bed, method: str, path: str) -> None:
    answer = gateway.stranger().ask(method, path)
    assert (answer.status, answer.code) == (401, "invalid_api_key")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header",
    [
        "Authorization: Bearer ",
        "Authorization: Bearer",
        "Authorization:",
        "Authorization: Bearer wrong-key-wrong-key-wrong-key",
        f"Authorization: {key_of('ehr')}",
        f"Authorization: Basic {key_of('ehr')}",
        f"Authorization: Bearer {key_of('ehr')} more",
        f"Authorization: Bearer {key_of('ehr')}, Bearer {key_of('ehr')}",
        f"Authorization: Bearer {key_of('ehr')}x",
        f"Authorization: Bearer {key_of('ehr')[:-1]}",
        f"Authorization: Bearer {key_of('keyless')}",
        f"X-Api-Key: {key_of('ehr')}",
        f"Cookie: key={key_of('ehr')}",
    ],
)
def test_nothing_with_what_is_no_key(gateway: Bed, header: str) -> None:
    before = len(gateway.engines["tiny-0"].asked) + len(gateway.engines["tiny-1"].asked)
    answer = gateway.stranger().ask("POST", "/v1/chat/completions", header, body=chat())
    assert (answer.status, answer.code) == (401, "invalid_api_key")
    after = len(gateway.engines["tiny-0"].asked) + len(gateway.engines["tiny-1"].asked)
    assert after == before


def test_no_key_in_the_query(gateway: Bed) -> None:
    key = key_of("ehr")
    for query in (f"?api_key={key}", f"?key={key}", f"?Authorization=Bearer%20{key}"):
        assert gateway.stranger().ask("GET", f"/v1/models{query}").status == 401


def test_two_keys_are_refused(ehr: Client) -> None:
    header = f"Authorization: Bearer {key_of('ehr')}"
    assert ehr.ask("GET", "/v1/models", header).status == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_scheme_is_in_any_case(gateway: Bed, scheme: str) -> None:
    header = f"Authorization: {scheme} {key_of('ehr')}"
    assert gateway.stranger().ask("GET", "/v1/models", header).status == 200


def test_engines_never_see_a_key(gateway: Bed, ehr: Client) -> None:
    assert ehr.complete("big").status == 200
    seen = gateway.engines["big-0"].asked[-1]
    assert "authorization" not in {name.lower() for name, _ in seen.headers}
    assert key_of("ehr") not in repr(seen)


def test_a_client_that_the_plan_lacks_is_nobody(gateway: Bed) -> None:
    # Its line may outlive it while files are placed one after the other.
    write_keys(gateway.proxy, "ehr", "large", "small", "seldom", "alone", "stranger")
    gateway.proxy.reload()
    assert gateway.client("stranger").ask("GET", "/v1/models").status == 401
    assert gateway.client("ehr").ask("GET", "/v1/models").status == 200
