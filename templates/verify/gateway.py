"""A client of the gateway that sends what it is told to, byte for byte."""

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """A response's status and body."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Gateway:
    """Where the gateway is, and the authority that must have signed its certificate."""

    name: str
    address: str
    port: int
    authority: str | None

    def connect(self, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
        """A TLS connection; the certificate must be the gateway's."""
        context = context or ssl.create_default_context(cafile=self.authority)
        plain = socket.create_connection((self.address, self.port), timeout=30)
        return context.wrap_socket(plain, server_hostname=self.name)

    def ask(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """The answer to one request; `path` is sent as it is."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.name}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if method == "POST":
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        request = "\r\n".join([*lines, "", ""]).encode() + body
        with self.connect() as connection:
            connection.settimeout(300)
            connection.sendall(request)
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
            return Answer(response.status, response.read())

    def complete(self, model: str, key: str | None, **more: Any) -> Answer:
        """The answer to a chat completion of a few tokens."""
        asked = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
        body = json.dumps(asked | {"max_tokens": 4} | more).encode()
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        return self.ask("POST", "/v1/chat/completions", headers=headers, body=body)
