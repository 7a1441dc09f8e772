"""Tokens pass as they come; a client that leaves stops its request."""

import itertools
import time

import pytest

from gateway.bed import Bed, bed
from gateway.client import Client, chat

pytestmark = pytest.mark.slow


def _arrivals(client: Client, path: str) -> list[tuple[float, bytes]]:
    begin = time.monotonic()
    arrivals = []
    with client.send("POST", path, body=chat("big", stream=5)) as connection:
        while received := connection.recv(65536):
            arrivals += [(time.monotonic() - begin, line) for line in received.splitlines()]
    return [(at, line) for at, line in arrivals if line.startswith(b"data:")]


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/models/big/v1/chat/completions"])
def test_each_token_arrives_when_it_is_made(ehr: Client, path: str) -> None:
    arrivals = _arrivals(ehr, path)
    assert [line for _, line in arrivals] == [b"data: %d" % number for number in range(5)]
    assert arrivals[0][0] < 0.09
    gaps = [after[0] - before[0] for before, after in itertools.pairwise(arrivals)]
    assert all(0.05 < gap < 0.2 for gap in gaps), gaps


def test_each_token_arrives_when_it_is_made_over_http_2(ehr: Client) -> None:
    begin = time.monotonic()
    trace = ehr.curl("/v1/chat/completions", "--http2", "-N", "-d", chat("big", stream=5).decode(),
                     "--trace-time", "--trace-ascii", "-")  # fmt: skip
    assert time.monotonic() - begin < 2
    data = [line for line in trace.splitlines() if "<= Recv data" in line]
    seconds = [float(line.split()[0].rpartition(":")[2]) for line in data]
    assert len(data) >= 5
    assert (seconds[4] - seconds[0]) % 60 > 0.3


def test_a_client_that_leaves_stops_its_stream(gateway: Bed, ehr: Client) -> None:
    engine = gateway.engines["big-0"]
    engine.aborted.clear()
    with ehr.send("POST", "/v1/chat/completions", body=chat("big", stream=1000)) as connection:
        connection.recv(65536)
    assert engine.aborted.wait(3)


def test_a_client_that_leaves_early_stops_its_request(gateway: Bed, ehr: Client) -> None:
    # The engine meets a closed connection although it has sent nothing yet.
    engine = gateway.engines["big-0"]
    engine.aborted.clear()
    with ehr.send("POST", "/v1/chat/completions", body=chat("big", wait=1.0, stream=100)):
        time.sleep(0.2)
    assert engine.aborted.wait(3)


def test_a_client_that_leaves_the_queue_is_never_served() -> None:
    with bed(at_once=1, replicas=1) as one:
        ehr, engine = one.client("ehr"), one.engines["tiny-0"]
        with ehr.send("POST", "/v1/chat/completions", body=chat(wait=1.0)) as first:
            time.sleep(0.2)
            with ehr.send("POST", "/v1/chat/completions", body=chat(late=True)):
                time.sleep(0.2)
            assert first.recv(65536)
        time.sleep(0.5)
        assert len(engine.asked) == 1
