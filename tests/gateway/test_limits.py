"""Each client's limits: bodies, requests per minute, requests at once."""

import threading
import time

import pytest

from gateway.bed import Bed, bed
from gateway.client import Answer, Client, chat

pytestmark = pytest.mark.slow

MIB = 2**20


def _of_size(size: int, model: str = "tiny") -> bytes:
    empty = len(chat(model, padding=""))
    return chat(model, padding="x" * (size - empty))


def _together(client: Client, count: int, **more: object) -> list[Answer]:
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda: answers.append(client.complete(**more)))  # type: ignore[arg-type]
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
        time.sleep(0.02)
    for thread in threads:
        thread.join()
    return answers


def test_a_body_of_one_mebibyte_names_its_model_last(gateway: Bed) -> None:
    body = _of_size(MIB)
    answer = gateway.client("ehr").ask("POST", "/v1/chat/completions", body=body)
    assert answer.status == 200
    engines = (gateway.engines["tiny-0"], gateway.engines["tiny-1"])
    assert body in [seen.body for engine in engines for seen in engine.asked]


def test_a_larger_body_goes_to_the_models_own_path(gateway: Bed) -> None:
    body = _of_size(8 * MIB, "big")
    large = gateway.client("large")
    refused = large.ask("POST", "/v1/chat/completions", body=body)
    assert (refused.status, refused.code) == (413, "body_too_large")
    assert "/models/MODEL" in refused.json()["error"]["message"]
    answer = large.ask("POST", "/models/big/v1/chat/completions", body=body)
    assert answer.status == 200
    assert gateway.engines["big-0"].asked[-1].body == body


def test_no_body_over_the_clients_own_limit(gateway: Bed) -> None:
    small = gateway.client("small")
    for path in ("/v1/chat/completions", "/models/tiny/v1/chat/completions"):
        assert small.ask("POST", path, body=_of_size(500)).status == 200
        answer = small.ask("POST", path, body=_of_size(501))
        assert (answer.status, answer.code) == (413, "body_too_large")
    late = gateway.client("large").ask(
        "POST", "/models/big/v1/completions", f"Content-Length: {16 * MIB + 1}", body=b"{}"
    )
    assert late.status == 413


def test_a_body_without_a_length_is_refused(ehr: Client) -> None:
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(chat()), chat())
    with ehr.connect() as connection:
        head = (
            "POST /v1/chat/completions HTTP/1.1\r\nHost: llm.mercy.internal\r\n"
            f"Authorization: Bearer {ehr.key}\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        connection.sendall(head.encode() + chunked)
        assert connection.recv(65536).startswith(b"HTTP/1.1 411 ")


def test_requests_per_minute() -> None:
    with bed() as one:
        seldom = one.client("seldom")
        answers = [seldom.complete() for _ in range(8)]
        assert [answer.status for answer in answers] == [200] * 5 + [429] * 3
        assert answers[-1].code == "rate_limit"
        assert int(answers[-1].headers["retry-after"]) > 0
        assert one.client("ehr").complete().status == 200
        assert seldom.ask("GET", "/v1/models").status == 200


def test_requests_at_once(gateway: Bed) -> None:
    alone = gateway.client("alone")
    answers = _together(alone, 5, wait=0.5)
    assert sorted(answer.status for answer in answers) == [200, 200, 429, 429, 429]
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.code == "concurrency_limit"
    assert refused.headers["retry-after"]
    assert alone.complete().status == 200


def test_streams_over_one_connection_count_each(gateway: Bed) -> None:
    alone = gateway.client("alone")
    target = f"https://llm.mercy.internal:{gateway.port}/v1/chat/completions"
    before = sum(len(engine.asked) for engine in gateway.engines.values())
    # HAProxy before 3.0 resets a stream that it refuses before its body is there.
    printed = alone.curl(
        "/v1/chat/completions", "--http2", "-Z", "-d", chat(wait=0.5).decode(), *[target] * 3,
        check=False,
    )  # fmt: skip
    assert printed.count("tiny-") == 2
    assert sum(len(engine.asked) for engine in gateway.engines.values()) == before + 2


def test_a_full_replica_lets_requests_wait() -> None:
    with bed(at_once=2, replicas=1) as one:
        answers = _together(one.client("ehr"), 6, wait=0.2)
        assert [answer.status for answer in answers] == [200] * 6
        assert one.engines["tiny-0"].most_at_once == 2


def test_waiting_ends() -> None:
    with bed(
        at_once=1, replicas=1, replacements={"timeout queue 60s": "timeout queue 300ms"}
    ) as one:
        answers = _together(one.client("ehr"), 2, wait=1)
        assert sorted(answer.status for answer in answers) == [200, 503]
        refused = next(answer for answer in answers if answer.status == 503)
        assert refused.code == "unavailable"
        assert refused.headers["retry-after"]
