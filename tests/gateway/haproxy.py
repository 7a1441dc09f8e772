"""The rendered files of one host in a folder of their own, and the real HAProxy on them."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

HAPROXY = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/local/sbin:/usr/sbin")
FOLDER = "/etc/freehold/gateway"
FAST = {
    "inter 3s fastinter 500ms fall 3 rise 2 slowstart 20s": "inter 100ms fall 2 rise 1",
    "inter 2s fall 3": "inter 100ms fall 2",
}
"""Waiting for health checks, cut short."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Proxy:
    """One host's HAProxy."""

    root: Path
    files: Mapping[str, str]
    replacements: Mapping[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    """The access log."""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        return self.root / "etc"

    @property
    def tls(self) -> Path:
        return self.root / "tls"

    def place(self) -> None:
        """Write the files where this machine may: nothing else in them is changed."""
        for folder in (self.folder / "authority", self.tls):
            folder.mkdir(parents=True, exist_ok=True)
        for path, text in self.files.items():
            if path.startswith(FOLDER):
                (self.folder / path.removeprefix(f"{FOLDER}/")).write_text(self._moved(text))

    def _moved(self, text: str) -> str:
        moves = {
            FOLDER: str(self.folder),
            "/run/freehold-gateway": str(self.tls),
            "/dev/log": str(self.root / "log"),
            "/run/freehold/": f"{self.root}/",
        }
        for before, after in {**moves, **FAST, **self.replacements}.items():
            text = text.replace(before, after)
        return text

    def check(self) -> str:
        """What HAProxy says of the configuration; empty when it is content."""
        command = [str(HAPROXY), "-c", "-f", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 and "WARNING" not in done.stderr else done.stderr

    @contextlib.contextmanager
    def running(self) -> Iterator["Proxy"]:
        """HAProxy at work, until the block ends."""
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        log.bind(str(self.root / "log"))
        threading.Thread(target=self._collect, args=(log,), daemon=True).start()
        command = [str(HAPROXY), "-W", "-f", str(self.folder)]
        with (self.root / "stderr").open("wb") as stderr:
            self._process = subprocess.Popen(command, stderr=stderr, stdout=stderr)
        try:
            self._await()
            yield self
        finally:
            self._process.terminate()
            self._process.wait(10)
            log.close()

    def reload(self) -> None:
        """Have the files read again; the old worker ends when its last connection does."""
        assert self._process is not None
        before = self._said("Loading success")
        self._process.send_signal(signal.SIGUSR2)
        deadline = time.monotonic() + 10
        while self._said("Loading success") == before and time.monotonic() < deadline:
            time.sleep(0.02)

    def _said(self, words: str) -> int:
        return (self.root / "stderr").read_text().count(words)

    def log(self, count: int) -> list[dict[str, object]]:
        """The access log's last lines, at least `count` of them."""
        deadline = time.monotonic() + 5
        while len(self.lines) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        return [json.loads(line) for line in self.lines]

    def _collect(self, log: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                head, _, line = log.recv(65536).decode().partition("]: ")
                if "freehold-access" in head and line.startswith('{"time'):
                    self.lines.append(line.rstrip("\n"))

    def _await(self) -> None:
        deadline = time.monotonic() + 10
        while not all(_answers(host, port) for host, port in self._binds()):
            if self._process is None or self._process.poll() or time.monotonic() > deadline:
                raise AssertionError((self.root / "stderr").read_text())
            time.sleep(0.05)

    def _binds(self) -> list[tuple[str, int]]:
        configured = "\n".join(file.read_text() for file in self.folder.glob("*.cfg"))
        binds = [line.split()[1] for line in configured.splitlines() if " bind " in line]
        return [(host, int(port)) for host, _, port in (bind.rpartition(":") for bind in binds)]


def _answers(host: str, port: int) -> bool:
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex((host, port)) == 0
