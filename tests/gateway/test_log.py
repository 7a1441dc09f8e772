"""The access log says who asked what for how long, and nothing of what was said."""

from gateway.bed import Bed, bed, key_of
from gateway.client import Client, chat

CANARY = "canary-7d1f"
FIELDS = {
    "time", "id", "source", "client", "model", "method", "path", "status", "bytes_in", "bytes_out",
    "queue_ms", "connect_ms", "first_byte_ms", "total_ms", "backend", "server", "end",
}  # fmt: skip


def test_a_line_for_each_request() -> None:
    with bed(replicas=1) as one:
        answer = one.client("ehr").complete(wait=0.1)
        one.client("ehr").ask("GET", "/v1/models")
        one.stranger().ask("GET", "/v1/models")
        served, listed, refused = one.proxy.log(3)
    assert served.keys() == FIELDS
    assert served["id"] == answer.headers["x-request-id"]
    assert served["client"] == "ehr"
    assert (served["model"], served["server"]) == ("tiny", "tiny-0")
    assert (served["method"], served["path"]) == ("POST", "/v1/chat/completions")
    assert (served["status"], refused["status"]) == (200, 401)
    assert 90 < int(str(served["first_byte_ms"])) <= int(str(served["total_ms"])) < 1000
    assert (listed["path"], listed["client"], refused["client"]) == ("/v1/models", "ehr", "-")


def test_nothing_of_prompts_answers_and_keys() -> None:
    with bed(replicas=1) as one:
        before = _hostile(one)
        one.proxy.log(before)
        logged = "\n".join(one.proxy.lines) + (one.proxy.root / "stderr").read_text()
    assert len(one.proxy.lines) == before
    assert CANARY not in logged
    assert key_of("ehr") not in logged


def _hostile(one: Bed) -> int:
    ehr, model = one.client("ehr"), f'","{CANARY}'
    asked = [
        ehr.complete("tiny", prompt=CANARY),
        ehr.complete(CANARY),
        ehr.complete(model),
        ehr.ask("POST", f"/v1/chat/completions?q={CANARY}", body=chat()),
        ehr.ask("GET", f"/v1/{CANARY}"),
        ehr.ask("GET", f"/v1/models/{CANARY}"),
        ehr.ask("GET", f'/v1/"{CANARY}'),
        ehr.ask(CANARY.upper(), "/v1/models"),
        ehr.ask("GET", "/v1/models", f"User-Agent: {CANARY}", f"X-Request-Id: {CANARY}"),
        one.stranger(f"{CANARY}-{CANARY}-{CANARY}").ask("GET", "/v1/models"),
        one.stranger().ask("GET", f"/{key_of('ehr')}"),
    ]
    return len(asked)


def test_a_failed_handshake_is_one_line_of_json(gateway: Bed, ehr: Client) -> None:
    before = len(gateway.proxy.lines)
    with gateway.raw() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        connection.recv(100)
    lines = gateway.proxy.log(before + 1)
    assert "error" in lines[-1]
    assert ehr.ask("GET", "/v1/models").status == 200
