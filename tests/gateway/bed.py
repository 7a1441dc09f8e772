"""A gateway on loopback with stand-in engines behind it, as freehold renders it."""

import contextlib
import hashlib
import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway import certificates
from gateway.client import NAME, Client
from gateway.engine import Engine
from gateway.haproxy import Proxy, free_port
from gateway.site import engine, host, plan, rendered, replica

CLIENTS: Mapping[str, Mapping[str, object]] = {
    "ehr": {"requests": "100000/min"},
    "large": {"requests": "100000000/min", "body": "16 MiB"},
    "small": {"requests": "100000/min", "body": "500 B"},
    "seldom": {"requests": "5/min"},
    "alone": {"requests": "100000/min", "concurrency": 2},
    "keyless": {},
}


@dataclass(frozen=True)
class Bed:
    """A running gateway, its clients and its engines."""

    proxy: Proxy
    port: int
    metrics_port: int
    engines: Mapping[str, Engine]

    @property
    def authority(self) -> Path:
        return self.proxy.folder / "authority/ca.crt"

    def raw(self) -> socket.socket:
        """A connection without TLS."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=5)

    def client(self, name: str) -> Client:
        return Client(self.port, self.authority, key_of(name))

    def stranger(self, key: str | None = None) -> Client:
        return Client(self.port, self.authority, key)


def key_of(client: str) -> str:
    return "fh-" + hashlib.sha256(client.encode()).hexdigest()


@contextlib.contextmanager
def bed(
    *, at_once: int = 64, replicas: int = 2, replacements: Mapping[str, str] | None = None
) -> Iterator[Bed]:
    """A gateway with two models: `tiny` on some replicas, `big` on one."""
    with tempfile.TemporaryDirectory(prefix="fh-") as name:
        root = Path(name)
        models = [("tiny", number) for number in range(replicas)] + [("big", 0)]
        planned = [replica(model, n, "gpu-1", at_once=at_once) for model, n in models]
        port, metrics_port = free_port(), free_port()
        entry = {"name": NAME, "port": port, "clients": CLIENTS}
        site = plan([host("gpu-1", "127.0.0.1")], {one: engine(one) for one in planned}, entry)
        here = site.proxies["gpu-1"]
        moves = {"127.0.0.1:9490": f"127.0.0.1:{metrics_port}", **(replacements or {})}
        proxy = Proxy(root, rendered(here), moves)
        proxy.place()
        write_keys(proxy, *(name for name in CLIENTS if name != "keyless"))
        certificates.make_authority(proxy.folder / "authority")
        for certificate in here.certificates:
            certificates.issue(proxy.folder / "authority", certificate, proxy.tls)
        with engines_at(root, [one.name for one in planned]) as engines, proxy.running():
            yield Bed(proxy, port, metrics_port, engines)


def write_keys(proxy: Proxy, *names: str) -> None:
    """The clients' keys as the role stores them."""
    hashes = ((hashlib.sha256(key_of(name).encode()).hexdigest(), name) for name in names)
    lines = "".join(f"{digest} {name}\n" for digest, name in hashes)
    (proxy.folder / "keys.map").write_text(lines)


@contextlib.contextmanager
def engines_at(root: Path, names: Sequence[str]) -> Iterator[Mapping[str, Engine]]:
    """Stand-in engines at the sockets of one host."""
    for name in names:
        (root / name).mkdir()
    engines = {name: Engine(root / name / "engine.sock").start() for name in names}
    try:
        yield engines
    finally:
        for one in engines.values():
            one.stop()
