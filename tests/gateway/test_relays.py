"""An engine on another host answers through its relay, to the gateway alone."""

import socket
import ssl
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from freehold.plan.types import Certificate, Purpose
from gateway import certificates
from gateway.bed import engines_at, key_of, write_keys
from gateway.client import NAME, Client
from gateway.engine import DANGEROUS, Engine
from gateway.haproxy import Proxy, free_port
from gateway.site import Site, engine, host, plan, rendered, replica

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Two:
    """A gateway on one host, an engine on it and one on another."""

    root: Path
    site: Site
    entry: Proxy
    relay: Proxy
    port: int
    relay_port: int
    engines: dict[str, Engine]

    @property
    def authority(self) -> Path:
        return self.entry.folder / "authority"

    @property
    def client(self) -> Client:
        return Client(self.port, self.authority / "ca.crt", key_of("ehr"))

    def issue(self, certificate: Certificate, folder: Path) -> None:
        certificates.issue(self.authority, certificate, folder)


@pytest.fixture
def two() -> Iterator[Two]:
    with tempfile.TemporaryDirectory(prefix="fh-") as name:
        root, port, relay_port = Path(name), free_port(), free_port()
        planned = {
            one: engine(one) for one in (replica("tiny", 0, "gpu-1"), replica("tiny", 1, "gpu-2"))
        }
        hosts = [host("gpu-1", "127.0.0.1"), host("gpu-2", "127.0.0.2")]
        site = plan(hosts, planned, {"name": NAME, "port": port, "clients": ["ehr"]})
        proxies = {}
        for one, at in (("gpu-1", free_port()), ("gpu-2", free_port())):
            moves = {
                "127.0.0.1:9490": f"127.0.0.1:{at}",
                "127.0.0.2:9443": f"127.0.0.2:{relay_port}",
            }
            proxies[one] = Proxy(root / one, rendered(site.proxies[one]), moves)
            proxies[one].place()
        entry, relay = proxies["gpu-1"], proxies["gpu-2"]
        certificates.make_authority(entry.folder / "authority")
        for certificate in site.proxies["gpu-1"].authority.certificates:  # type: ignore[union-attr]
            folder = proxies[certificate.host].tls
            certificates.issue(entry.folder / "authority", certificate, folder)
        for proxy in proxies.values():
            text = (entry.folder / "authority/ca.crt").read_text()
            (proxy.folder / "ca.crt").write_text(text)
        write_keys(entry, "ehr")
        with (
            engines_at(root / "gpu-1", ["tiny-0"]) as here,
            engines_at(root / "gpu-2", ["tiny-1"]) as there,
            relay.running(),
            entry.running(),
        ):
            yield Two(root, site, entry, relay, port, relay_port, {**here, **there})


def _answering(client: Client) -> set[str]:
    answers = [client.complete() for _ in range(6)]
    return {answer.json().get("engine", answer.status) for answer in answers}


def test_engines_on_both_hosts_answer(two: Two) -> None:
    assert _answering(two.client) == {"tiny-0", "tiny-1"}
    seen = two.engines["tiny-1"].asked[-1]
    assert seen.target == "/v1/chat/completions"
    assert key_of("ehr") not in repr(seen)
    two.engines["tiny-1"].stop()
    time.sleep(1)
    assert _answering(two.client) == {"tiny-0"}
    two.engines["tiny-1"].start()
    time.sleep(1)
    assert _answering(two.client) == {"tiny-0", "tiny-1"}


def test_a_relay_whose_engine_is_gone_is_passed_over(two: Two) -> None:
    # Before any health check notices: only the first request may meet it.
    two.engines["tiny-1"].stop()
    statuses = [two.client.complete().status for _ in range(10)]
    assert statuses.count(503) <= 1
    assert set(statuses) <= {200, 503}


def _ask_relay(two: Two, files: Path | None, target: str = "/health", method: str = "GET") -> bytes:
    context = ssl.create_default_context(cafile=str(two.authority / "ca.crt"))
    if files:
        context.load_cert_chain(files.with_suffix(".crt"), files.with_suffix(".key"))
    plain = socket.create_connection(("127.0.0.2", two.relay_port), timeout=5)
    with plain, context.wrap_socket(plain, server_hostname="gpu-2") as connection:
        request = f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
        connection.sendall(f"{request}Connection: close\r\n\r\n".encode())
        return connection.recv(65536)


def _is_refused(two: Two, files: Path | None) -> bool:
    try:
        return _ask_relay(two, files) == b""
    except (ssl.SSLError, ConnectionError):
        return True


def test_a_relay_lets_the_gateway_in(two: Two) -> None:
    assert b" 200 " in _ask_relay(two, two.entry.tls / "client")


def test_a_relay_lets_nobody_in_without_a_certificate(two: Two) -> None:
    assert _is_refused(two, None)


def test_a_relay_lets_no_other_host_in(two: Two) -> None:
    assert _is_refused(two, two.relay.tls / "relay")
    assert _is_refused(two, two.entry.tls / "gateway")


def test_a_relay_lets_no_other_client_of_the_authority_in(two: Two) -> None:
    client = next(
        one for one in two.site.proxies["gpu-1"].certificates if one.purpose is Purpose.CLIENT
    )
    text = (two.authority / "authority.cnf").read_text()
    (two.authority / "authority.cnf").write_text(text.replace("[client-gpu-1]", "[other-gpu-1]"))
    two.issue(replace(client, name="other"), two.root)
    assert _is_refused(two, two.root / "other")


def test_a_relay_lets_no_client_of_another_authority_in(two: Two) -> None:
    other = two.root / "other"
    other.mkdir()
    (other / "authority.cnf").write_text((two.authority / "authority.cnf").read_text())
    certificates.make_authority(other)
    client = next(
        one for one in two.site.proxies["gpu-1"].certificates if one.purpose is Purpose.CLIENT
    )
    certificates.issue(other, client, other)
    assert _is_refused(two, other / "client")


def test_a_relay_has_the_same_few_paths(two: Two) -> None:
    for path in (*DANGEROUS, "/v1/../invocations", "/v1/models", "//health"):
        for method in ("GET", "POST"):
            assert b" 404 " in _ask_relay(two, two.entry.tls / "client", path, method)
    assert two.engines["tiny-1"].asked == []


def test_the_gateway_speaks_to_no_other_host(two: Two) -> None:
    # A host of the site, with a certificate of the site, at another one's address.
    relay = two.site.proxies["gpu-2"].certificates[0]
    text = (two.authority / "authority.cnf").read_text()
    (two.authority / "authority.cnf").write_text(
        text.replace("DNS:gpu-2, IP:127.0.0.2", "DNS:gpu-3, IP:127.0.0.2")
    )
    two.issue(relay, two.relay.tls)
    two.relay.reload()
    two.entry.reload()
    assert "tiny-1" not in _answering(two.client)
    time.sleep(1)
    assert _answering(two.client) == {"tiny-0"}
