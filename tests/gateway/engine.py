"""A stand-in engine on a Unix socket, with vLLM's paths, the unauthenticated ones included."""

import json
import socketserver
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

ANSWERED = frozenset(
    {"/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/models", "/health"}
)
DANGEROUS = (
    "/metrics", "/invocations", "/pause", "/resume", "/update_weights", "/tokenize",
    "/detokenize", "/pooling", "/classify", "/score", "/v1/score", "/rerank", "/v1/rerank",
    "/slots", "/props", "/docs", "/openapi.json", "/scale_elastic_ep", "/load", "/version",
    "/ping", "/v1/audio/transcriptions", "/v1/load_lora_adapter", "/collective_rpc", "/sleep",
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """A request as the engine received it."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass
class Engine:
    """Answers whatever it is asked, and remembers it."""

    socket: Path
    seen: list[Seen] = field(default_factory=list)
    healthy: bool = True
    breaks: bool = False
    """Whether it closes connections instead of answering."""
    at_once: int = 0
    most_at_once: int = 0
    aborted: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _server: "_Server | None" = None

    def start(self) -> "Engine":
        self.socket.unlink(missing_ok=True)
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self.socket.unlink(missing_ok=True)

    @property
    def asked(self) -> list[Seen]:
        """What was received, health checks aside."""
        return [seen for seen in self.seen if seen.target != "/health"]


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        super().__init__(str(engine.socket), _Handler)

    def handle_error(self, *_: Any) -> None:
        self.engine.aborted.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_: Any) -> None:
        pass

    def address_string(self) -> str:
        return "unix"

    def _answer(self, body: bytes) -> None:
        engine = self.server.engine
        seen = Seen(self.command, self.path, tuple(self.headers.items()), body)
        if self.path == "/health":
            self._send(200 if engine.healthy else 503, {})
            return
        with engine.lock:
            engine.seen.append(seen)
        self._work(body)

    def _wait(self, seconds: float) -> None:
        """Be at work, until just before the answer: once it is sent, the next may come."""
        engine = self.server.engine
        with engine.lock:
            engine.at_once += 1
            engine.most_at_once = max(engine.most_at_once, engine.at_once)
        time.sleep(seconds)
        with engine.lock:
            engine.at_once -= 1

    def _work(self, body: bytes) -> None:
        if self.server.engine.breaks:
            self.close_connection = True
            return
        asked = json.loads(body) if body[:1] == b"{" else {}
        self._wait(asked.get("wait", 0))
        if asked.get("stream"):
            self._stream(asked["stream"])
        else:
            known = self.path in ANSWERED or self.path in DANGEROUS
            self._send(200 if known else 404, {"engine": self.server.engine.socket.parent.name})

    def _send(self, status: int, about: object) -> None:
        body = json.dumps(about).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, chunks: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(chunks):
            event = f"data: {number}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            self.wfile.flush()
            time.sleep(0.1)
        self.wfile.write(b"0\r\n\r\n")
