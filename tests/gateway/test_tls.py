"""TLS 1.2 and later, with the site's own certificate."""

import ssl

import pytest

from gateway.bed import Bed
from gateway.client import NAME, Client

pytestmark = pytest.mark.slow


def _handshake(gateway: Bed, context: ssl.SSLContext) -> str | None:
    plain = gateway.raw()
    with plain, context.wrap_socket(plain, server_hostname=NAME) as connection:
        return connection.version()


def _context(gateway: Bed, version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(gateway.authority))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_current_versions_are_spoken(gateway: Bed, version: ssl.TLSVersion) -> None:
    assert _handshake(gateway, _context(gateway, version))


@pytest.mark.filterwarnings("ignore:.*TLSv1:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_not(gateway: Bed, version: ssl.TLSVersion) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _handshake(gateway, _context(gateway, version))


@pytest.mark.parametrize("cipher", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA"])
def test_weak_ciphers_are_not(gateway: Bed, cipher: str) -> None:
    context = _context(gateway, ssl.TLSVersion.TLSv1_2)
    context.set_ciphers(f"{cipher}:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _handshake(gateway, context)


@pytest.mark.parametrize(("option", "version"), [("--http2", "2"), ("--http1.1", "1.1")])
def test_both_versions_of_http(ehr: Client, option: str, version: str) -> None:
    printed = ehr.curl(
        "/v1/models", option, "-o", "/dev/null", "-w", "%{http_code} %{http_version}"
    )
    assert printed == f"200 {version}"


def test_plain_http_is_not_spoken(gateway: Bed) -> None:
    with gateway.raw() as connection:
        connection.sendall(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"HTTP" not in connection.recv(1000)
