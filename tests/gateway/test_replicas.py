"""A model's replicas share its requests, and stand in for one another."""

import threading
import time

import pytest

from gateway.bed import Bed, bed
from gateway.client import Client

pytestmark = pytest.mark.slow


@pytest.fixture
def own() -> Bed:  # type: ignore[misc]
    with bed() as one:
        yield one


def _answering(client: Client, count: int = 10) -> set[str]:
    answers = [client.complete() for _ in range(count)]
    assert [answer.status for answer in answers] == [200] * count
    return {answer.json()["engine"] for answer in answers}


def _until(client: Client, status: int) -> None:
    deadline = time.monotonic() + 5
    while client.complete().status != status:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_requests_go_where_least_is_done(ehr: Client) -> None:
    assert _answering(ehr) == {"tiny-0", "tiny-1"}
    busy = threading.Thread(target=ehr.complete, kwargs={"wait": 0.6})
    busy.start()
    time.sleep(0.15)
    assert len(_answering(ehr, 4)) == 1
    busy.join()


def test_another_replica_answers_for_one_that_is_gone(own: Bed) -> None:
    ehr = own.client("ehr")
    own.engines["tiny-0"].stop()
    assert _answering(ehr) == {"tiny-1"}


def test_another_replica_answers_for_one_that_is_ill(own: Bed) -> None:
    ehr = own.client("ehr")
    own.engines["tiny-0"].healthy = False
    time.sleep(1)
    assert _answering(ehr) == {"tiny-1"}
    own.engines["tiny-0"].healthy = True
    time.sleep(1)
    assert _answering(ehr) == {"tiny-0", "tiny-1"}


def test_without_any_replica_the_model_is_unavailable(own: Bed) -> None:
    ehr = own.client("ehr")
    for name in ("tiny-0", "tiny-1"):
        own.engines[name].stop()
    _until(ehr, 503)
    time.sleep(0.5)
    begin = time.monotonic()
    answer = ehr.complete()
    assert (answer.status, answer.code) == (503, "unavailable")
    assert time.monotonic() - begin < 1
    assert ehr.complete("big").status == 200
    own.engines["tiny-1"].start()
    _until(ehr, 200)


def test_a_request_that_reached_an_engine_is_not_sent_again(own: Bed) -> None:
    for name in ("tiny-0", "tiny-1"):
        own.engines[name].breaks = True
    answer = own.client("ehr").complete()
    assert answer.status == 502
    assert sum(len(own.engines[name].asked) for name in ("tiny-0", "tiny-1")) == 1
