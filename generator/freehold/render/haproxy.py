"""Values for HAProxy's templates: names by strict patterns, numbers and addresses only."""

import json
import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from freehold.plan.types import (
    Address,
    Authority,
    Backend,
    Certificate,
    Engine,
    Gateway,
    Limits,
    Proxy,
    Relay,
    Route,
)

FOLDER: Final = "/etc/freehold/gateway"

PATHS: Final = ("/v1/chat/completions", "/v1/completions", "/v1/embeddings")
"""What a client may ask of an engine."""

CLIENT_SUBJECT: Final = "freehold-client"
"""The common name in the certificate that relays let in."""

_MIB: Final = 2**20
_LARGEST_READ: Final = _MIB
_BUFFER: Final = _MIB + 128 * 2**10
"""Headers and HAProxy's own bookkeeping lie in it beside the body."""

_HEADERS: Final = (
    "authorization", "baggage", "cookie", "expect", "forwarded", "from", "origin", "referer",
    "te", "traceparent", "tracestate", "trailer", "upgrade", "user-agent", "via",
    "accept- -m beg", "access-control- -m beg", "api- -m beg", "if- -m beg", "openai- -m beg",
    "proxy- -m beg", "sec- -m beg", "x- -m beg",
)  # fmt: skip
"""What clients send and engines have no use for."""

_CIPHERS: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)
"""Of TLS 1.2: with forward secrecy and authentication only."""

_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*")
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")
_PATH = re.compile("(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")


def view(template: str, about: object) -> Mapping[str, object]:
    """The values of one of HAProxy's files on a host.

    Raises:
        TypeError: `about` is not a host's proxy.
        ValueError: a value does not have the shape that its type promises.
    """
    if not isinstance(about, Proxy):
        raise TypeError(f"{template} prints a proxy, not {about!r}")
    return {
        **_CONSTANTS,
        **_of_host(about),
        **(_of_gateway(about.gateway) if about.gateway else {}),
        **(_of_authority(about.authority) if about.authority else {}),
    }


_CONSTANTS: Final[Mapping[str, object]] = {
    "folder": FOLDER,
    "ciphers": ":".join(_CIPHERS),
    "buffer": str(_BUFFER),
    "largest_read": str(_LARGEST_READ),
    "paths": " ".join(PATHS),
    "client_subject": CLIENT_SUBJECT,
    "headers": _HEADERS,
}


def _of_host(proxy: Proxy) -> dict[str, object]:
    connections = max_connections(proxy)
    return {
        "max_connections": str(connections),
        "open_files": str(4 * connections + 1024),
        "metrics_port": port(proxy.metrics_port),
        "credentials": [f"{name}.{end}" for name in held(proxy) for end in ("crt", "key")],
        "relays": [_relay(relay) for relay in proxy.relays],
        "engines": [_engine(engine) for engine in proxy.engines],
    }


def _of_gateway(gateway: Gateway) -> dict[str, object]:
    return {
        "listen": _listen(gateway.listen, gateway.port),
        "certificate": "own" if gateway.certificate else "gateway",
        "gateway_name": domain(gateway.name),
        "models": [_model(route) for route in gateway.routes],
        "models_json": _json({"object": "list", "data": [_facts(r) for r in gateway.routes]}),
        "clients": [_client(client, limits) for client, limits in gateway.clients.items()],
        "table_size": number(2 * len(gateway.clients) + 8),
    }


def _of_authority(authority: Authority) -> dict[str, object]:
    return {
        "site": name(authority.site),
        "issued": [_issued(certificate) for certificate in authority.certificates],
    }


def held(proxy: Proxy) -> tuple[str, ...]:
    """The certificates on the host, by file name without ending."""
    own = ("own",) if proxy.gateway and proxy.gateway.certificate else ()
    return own + tuple(name(certificate.name) for certificate in proxy.certificates)


def max_connections(proxy: Proxy) -> int:
    """Connections at once: every client at its limit, and half as many again that idle."""
    clients = proxy.gateway.clients.values() if proxy.gateway else ()
    in_flight = sum(limits.concurrency for limits in clients)
    return max(1024, in_flight + in_flight // 2)


def _model(route: Route) -> Mapping[str, object]:
    return {
        "name": name(route.model),
        "paths": " ".join(f"/models/{name(route.model)}{path}" for path in PATHS),
        "json": _json(_facts(route)),
        "servers": [_server(backend) for backend in route.backends],
    }


def _facts(route: Route) -> Mapping[str, object]:
    return {
        "id": name(route.model),
        "object": "model",
        "created": 0,
        "owned_by": "freehold",
        "max_model_len": int(number(route.context)),
    }


def _json(value: object) -> str:
    # Names, numbers and constants: nothing that could end HAProxy's quotes.
    return json.dumps(value, separators=(",", ":"))


def _client(client: str, limits: Limits) -> str:
    figures = (limits.requests_per_minute, limits.concurrency, limits.body)
    return " ".join([name(client), *map(number, figures)])


def _server(backend: Backend) -> str:
    limit = f"maxconn {number(backend.concurrency)}"
    if not backend.relay:
        return f"{name(backend.replica)} {_engine_at(backend)} {limit} {_UNSHARED}"
    host = domain(backend.host)
    at = endpoint(backend.address, backend.port)
    tls = (
        f"ssl verify required ca-file {FOLDER}/ca.crt verifyhost {host} "
        f'sni str({host}) check-sni {host} crt "${{FREEHOLD_TLS}}/client.crt"'
    )
    return f"{name(backend.replica)} {at} {limit} {tls}"


_UNSHARED: Final = "pool-max-conn 0"
"""Engines close idle connections at will: a request must not meet one just closed."""


def _relay(relay: Relay) -> Mapping[str, str]:
    at = _at(relay.socket, relay.engine_address, relay.engine_port)
    return {
        "replica": name(relay.replica),
        "listen": endpoint(relay.address, relay.port),
        "server": f"{name(relay.replica)} {at} {_UNSHARED}",
    }


def _engine(engine: Engine) -> Mapping[str, str]:
    at = _at(engine.socket, engine.address, engine.port)
    return {"name": name(engine.name), "server": f"{name(engine.name)} {at} {_UNSHARED}"}


def _engine_at(backend: Backend) -> str:
    return _at(backend.socket, backend.address, backend.port)


def _at(socket: str | None, address: Address | None, number: int | None) -> str:
    return f"unix@{path(socket)}" if socket is not None else endpoint(address, number)


def _issued(certificate: Certificate) -> Mapping[str, str]:
    names = [f"DNS:{domain(certificate.domain)}"]
    if certificate.address is not None:
        names.append(f"IP:{address(certificate.address)}")
    return {
        "section": domain(certificate.section),
        "purpose": certificate.purpose.value,
        "subject_alternatives": ", ".join(names),
    }


def _listen(at: Address, number: int) -> str:
    both = " v4v6" if isinstance(at, IPv6Address) else ""
    return endpoint(at, number) + both


def endpoint(at: Address | None, number: int | None) -> str:
    """An address and a port, as HAProxy writes them."""
    text = address(at)
    return f"{f'[{text}]' if isinstance(at, IPv6Address) else text}:{port(number)}"


def address(value: object) -> str:
    """An address without a scope."""
    if not isinstance(value, IPv4Address | IPv6Address) or getattr(value, "scope_id", None):
        raise ValueError(f"not an address: {value!r}")
    return str(value)


def port(value: object) -> str:
    """A port's number."""
    if not isinstance(value, int) or not 1 <= value < 2**16:
        raise ValueError(f"not a port: {value!r}")
    return number(value)


def number(value: object) -> str:
    """A whole number that is not negative, in digits."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ValueError(f"not a number: {value!r}")
    return f"{int(value):d}"


def name(value: object) -> str:
    """Lower-case words joined by `-`."""
    return _matching(_NAME, value)


def domain(value: object) -> str:
    """A host's or a domain's name."""
    return _matching(_DOMAIN, value)


def path(value: object) -> str:
    """An absolute path without `..`, blanks or quotes."""
    return _matching(_PATH, value)


def _matching(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"not of the form {pattern.pattern}: {value!r}")
    return value
