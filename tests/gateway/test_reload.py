"""A reload reads keys and certificates again, and closes nobody's stream."""

import time

import pytest

from gateway.bed import CLIENTS, Bed, bed, write_keys
from gateway.client import Client, chat

pytestmark = pytest.mark.slow


def _read_all(connection) -> bytes:  # type: ignore[no-untyped-def]
    received = b""
    while more := connection.recv(65536):
        received += more
    return received


def _in_the_end(client: Client, status: int) -> bool:
    """Whether it is answered so within seconds: the old worker may take a last connection."""
    deadline = time.monotonic() + 10
    while client.complete().status != status:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_keys_are_read_again_while_streams_run_on() -> None:
    with bed() as one:
        assert one.client("keyless").complete().status == 401
        ehr = one.client("ehr")
        with ehr.send("POST", "/v1/chat/completions", body=chat("big", stream=20)) as connection:
            first = connection.recv(65536)
            write_keys(one.proxy, *(name for name in CLIENTS if name != "ehr"))
            one.proxy.reload()
            assert _in_the_end(one.client("keyless"), 200)
            assert ehr.complete().status == 401
            received = first + _read_all(connection)
        assert received.count(b"data: ") == 20


def test_nobody_is_refused_during_a_reload(gateway: Bed) -> None:
    ehr = gateway.client("ehr")
    answers = []
    for number in range(60):
        if number % 20 == 10:
            gateway.proxy.reload()
        answers.append(ehr.ask("GET", "/v1/models").status)
    assert set(answers) == {200}
