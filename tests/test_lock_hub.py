"""Locking models of a hub, whose answers have the shape of the real one's."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from freehold.lock.errors import CannotLockError
from freehold.lock.file import File, Hub
from freehold.lock.formats import Refused
from freehold.lock.hub import HubClient, hub_url
from freehold.lock.progress import Progress
from freehold.lock.web import Web
from freehold.plan.types import Weights

COMMIT = "5f0b02c75b57c5855da9ae460ce51323ea669d8a"
WEIGHTS = Weights("tiny", "test/tiny", None, None, "/models/tiny", 1)


@dataclass
class StandIn:
    """A hub on loopback, with one repository in the shape of the real hub's answers."""

    files: dict[str, bytes]
    lfs: frozenset[str] = frozenset({"model.safetensors", "pytorch_model.bin"})
    token: str | None = None
    changed: dict[str, bytes] = field(default_factory=dict)
    """What is given out in the place of what the list says."""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""

    def siblings(self) -> list[dict[str, object]]:
        return [self._sibling(name, content) for name, content in self.files.items()]

    def _sibling(self, name: str, content: bytes) -> dict[str, object]:
        blob = hashlib.sha1(b"blob %d\0%s" % (len(content), content)).hexdigest()
        found: dict[str, object] = {"rfilename": name, "size": len(content), "blobId": blob}
        if name in self.lfs:
            sha256 = hashlib.sha256(content).hexdigest()
            found["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 134}
        return found

    def answer(self, path: str) -> tuple[int, Mapping[str, str], bytes]:
        if path in {f"/api/models/test/tiny/revision/{r}?blobs=true" for r in ("main", COMMIT)}:
            answer = {"id": "test/tiny", "sha": COMMIT, "gated": False, "siblings": self.siblings()}
            return 200, {}, json.dumps(answer).encode()
        resolve = f"/test/tiny/resolve/{COMMIT}/"
        if path.startswith(resolve):
            # The real hub, too, sends small files through a redirect to itself.
            return 307, {"Location": f"/api/resolve-cache/{path.removeprefix(resolve)}"}, b""
        name = path.removeprefix("/api/resolve-cache/")
        if name in self.files:
            return 200, {}, self.changed.get(name, self.files[name])
        return 404, {}, b""


Start = Callable[[StandIn], StandIn]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts stand-ins, and stops them in the end."""
    servers: list[ThreadingHTTPServer] = []

    def _start(hub: StandIn) -> StandIn:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                token = self.headers.get("Authorization")
                hub.asked.append((self.path, token))
                status, headers, body = hub.answer(self.path)
                if hub.token and token != f"Bearer {hub.token}":
                    status, headers, body = 401, {}, b""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        return hub

    yield _start
    for server in servers:
        server.shutdown()
        server.server_close()


FILES = {
    "model.safetensors": b"weights",
    "config.json": b'{"model_type": "llama"}',
    "tokenizer.json": b"{}",
    "README.md": b"words",
    ".gitattributes": b"*.safetensors filter=lfs",
    "pytorch_model.bin": b"pickle",
    "original/model.safetensors": b"again",
}


def client(hub: StandIn, token: str | None = None) -> HubClient:
    return HubClient(hub_url(hub.url), Web(token), Progress())


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_locks_the_commit_and_every_file_of_data(start: Start) -> None:
    hub = start(StandIn(FILES))
    locked = client(hub).model(WEIGHTS)
    assert locked == Hub(
        origin="hub",
        source="test/tiny",
        revision=COMMIT,
        url=hub.url,
        files={
            name: File(sha256=sha256(FILES[name]), size=len(FILES[name]))
            for name in ("config.json", "model.safetensors", "tokenizer.json")
        },
    )
    assert not any("model.safetensors" in path for path, _ in hub.asked)


def test_a_pinned_revision_is_the_one_that_is_asked_for(start: Start) -> None:
    hub = start(StandIn(FILES))
    pinned = Weights("tiny", "test/tiny", COMMIT, None, "/models/tiny", 1)
    assert isinstance(client(hub).model(pinned), Hub)
    assert hub.asked[0][0] == f"/api/models/test/tiny/revision/{COMMIT}?blobs=true"
    other = Weights("tiny", "test/tiny", "0" * 40, None, "/models/tiny", 1)
    with pytest.raises(CannotLockError, match="it is not there"):
        client(hub).model(other)


def test_another_commit_than_the_pinned_one_is_not_taken(start: Start) -> None:
    class Moving(StandIn):
        def answer(self, path: str) -> tuple[int, Mapping[str, str], bytes]:
            return super().answer(path.replace("0" * 40, "main"))

    pinned = Weights("tiny", "test/tiny", "0" * 40, None, "/models/tiny", 1)
    with pytest.raises(CannotLockError, match=f"gives commit {COMMIT}"):
        client(start(Moving(FILES))).model(pinned)


def test_refuses_a_model_that_brings_code(start: Start) -> None:
    hub = start(StandIn(FILES | {"config.json": b'{"auto_map": {"AutoModel": "m.Tiny"}}'}))
    found = client(hub).model(WEIGHTS)
    assert isinstance(found, tuple)
    assert [one.rule for one in found] == ["weights-code"]


def test_refuses_a_model_of_pickles_alone(start: Start) -> None:
    hub = start(StandIn({"pytorch_model.bin": b"pickle", "config.json": b"{}"}))
    assert client(hub).model(WEIGHTS) == (
        Refused(
            "weights-format",
            "`tiny` lacks a safetensors or GGUF file",
            "name a source that holds the weights as safetensors or GGUF",
        ),
    )


def test_refuses_other_bytes_than_the_list_says(start: Start) -> None:
    hub = start(StandIn(FILES, changed={"tokenizer.json": b"[]"}))
    with pytest.raises(CannotLockError, match="gives other bytes than the list of files says"):
        client(hub).model(WEIGHTS)


def test_the_token_goes_to_the_hub(start: Start) -> None:
    hub = start(StandIn(FILES, token="hf_secret"))
    assert isinstance(client(hub, "hf_secret").model(WEIGHTS), Hub)
    with pytest.raises(CannotLockError, match="set `HF_TOKEN`") as caught:
        client(hub).model(WEIGHTS)
    assert "hf_secret" not in str(caught.value)


def test_the_token_goes_nowhere_else(start: Start) -> None:
    elsewhere = start(StandIn(FILES))

    class Redirecting(StandIn):
        def answer(self, path: str) -> tuple[int, Mapping[str, str], bytes]:
            if path.startswith("/test/tiny/resolve/"):
                name = path.rpartition("/")[2]
                return 302, {"Location": f"{elsewhere.url}/api/resolve-cache/{name}"}, b""
            return super().answer(path)

    hub = start(Redirecting(FILES, token="hf_secret"))
    assert isinstance(client(hub, "hf_secret").model(WEIGHTS), Hub)
    assert elsewhere.asked == [
        ("/api/resolve-cache/config.json", None),
        ("/api/resolve-cache/tokenizer.json", None),
    ]


def test_never_leaves_https(start: Start) -> None:
    class Redirecting(StandIn):
        def answer(self, path: str) -> tuple[int, Mapping[str, str], bytes]:
            return 302, {"Location": f"http://hub.test{path}"}, b""

    with pytest.raises(CannotLockError, match="which is not HTTPS"):
        client(start(Redirecting(FILES))).model(WEIGHTS)


@pytest.mark.parametrize("url", ["http://hub.test", "http://127.0.0.1.evil.test"])
def test_a_hub_is_asked_over_https(url: str) -> None:
    with pytest.raises(CannotLockError, match="is not HTTPS"):
        hub_url(url)


@pytest.mark.parametrize(
    "url", ["hub.test", "file:///etc/passwd", "https://a@hub.test", "https://hub.test/?a"]
)
def test_what_is_no_url_of_a_hub(url: str) -> None:
    with pytest.raises(CannotLockError, match="is no URL of a hub"):
        hub_url(url)


def test_an_answer_of_another_shape(start: Start) -> None:
    class Other(StandIn):
        def siblings(self) -> list[dict[str, object]]:
            return [{"rfilename": "config.json"}]

    with pytest.raises(CannotLockError, match=r"gives no list of files: `siblings\.0\.size`"):
        client(start(Other(FILES))).model(WEIGHTS)
