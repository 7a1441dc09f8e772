import os
from collections.abc import Iterator

import pytest

from gateway.bed import Bed, bed
from gateway.client import Client
from gateway.haproxy import HAPROXY


@pytest.fixture(scope="session", autouse=True)
def haproxy() -> None:
    """HAProxy itself; everywhere but in CI its absence is forgiven."""
    if HAPROXY is None:
        message = "haproxy is not installed: nothing about the gateway can be tested"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(scope="session")
def gateway() -> Iterator[Bed]:
    with bed() as one:
        yield one


@pytest.fixture
def ehr(gateway: Bed) -> Client:
    return gateway.client("ehr")
