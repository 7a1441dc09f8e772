"""Metrics on loopback: HAProxy's own, and each engine's."""

import urllib.error
import urllib.request

import pytest

from gateway.bed import Bed

pytestmark = pytest.mark.slow


def _get(one: Bed, path: str, method: str = "GET") -> tuple[int, str]:
    url = f"http://127.0.0.1:{one.metrics_port}{path}"
    request = urllib.request.Request(url, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_haproxys_own(gateway: Bed) -> None:
    status, text = _get(gateway, "/metrics")
    assert status == 200
    assert 'haproxy_server_status{proxy="model-tiny",server="tiny-0",state="UP"} 1' in text


def test_each_engines(gateway: Bed) -> None:
    for name, engine in gateway.engines.items():
        assert _get(gateway, f"/engines/{name}/metrics") == (200, f'{{"engine": "{name}"}}')
        assert (engine.asked[-1].method, engine.asked[-1].target) == ("GET", "/metrics")


@pytest.mark.parametrize(
    "path",
    ["/", "/engines/tiny-0/health", "/engines/tiny-0/metrics/../invocations", "/metrics/",
     "/engines/none/metrics", "/engines/tiny-0/metrics/", "/v1/models", "//metrics"],
)  # fmt: skip
def test_nothing_else(gateway: Bed, path: str) -> None:
    assert _get(gateway, path)[0] == 404
    assert _get(gateway, "/engines/tiny-0/metrics", "POST")[0] == 405


def test_on_loopback_alone(gateway: Bed) -> None:
    configuration = gateway.proxy.files["/etc/freehold/gateway/telemetry.cfg"]
    binds = [line.split() for line in configuration.splitlines() if line.strip().startswith("bind")]
    assert binds == [["bind", "127.0.0.1:9490"]]
