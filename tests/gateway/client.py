"""A client that sends what it is told to, byte for byte."""

import contextlib
import http.client
import json
import socket
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "llm.mercy.internal"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """What the error says to a program."""
        return str(self.json()["error"]["code"])


@dataclass(frozen=True)
class Client:
    """One client of the gateway, with its key or without."""

    port: int
    authority: Path
    key: str | None

    def connect(self, timeout: float = 10) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        context = ssl.create_default_context(cafile=str(self.authority))
        return context.wrap_socket(plain, server_hostname=NAME)

    def send(self, method: str, target: str, *headers: str, body: bytes = b"") -> ssl.SSLSocket:
        """The connection after one request; `target` and `headers` go out as they are."""
        if self.key is not None:
            headers = (f"Authorization: Bearer {self.key}", *headers)
        if method == "POST" and not any(h.lower().startswith("content-length") for h in headers):
            headers = (*headers, f"Content-Length: {len(body)}")
        lines = [f"{method} {target} HTTP/1.1", f"Host: {NAME}", "Connection: close", *headers]
        connection = self.connect()
        # Whoever is refused early may not get rid of the rest.
        with contextlib.suppress(OSError):
            connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        return connection

    def ask(self, method: str, target: str, *headers: str, body: bytes = b"") -> Answer:
        with self.send(method, target, *headers, body=body) as connection:
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())

    def complete(self, model: str = "tiny", **more: Any) -> Answer:
        """The answer to a chat completion."""
        return self.ask("POST", "/v1/chat/completions", body=chat(model, **more))

    def curl(self, path: str, *options: str, check: bool = True) -> str:
        """What curl prints, over whatever protocol it agrees on."""
        command = ["curl", "-sS", "-m", "10", "--cacert", str(self.authority), "--resolve",
                   f"{NAME}:{self.port}:127.0.0.1", "-H", f"Authorization: Bearer {self.key}",
                   *options, f"https://{NAME}:{self.port}{path}"]  # fmt: skip
        return subprocess.run(command, capture_output=True, text=True, check=check).stdout


def chat(model: str = "tiny", **more: Any) -> bytes:
    """The body of a chat completion."""
    messages = [{"role": "user", "content": "hello"}]
    return json.dumps({"messages": messages, **more, "model": model}).encode()
