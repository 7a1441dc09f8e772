"""A site on its way from a spec to the lab's hosts, by the commands that its users type."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.engine import engine
from lab.model import write_tiny_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.host import Host
    from lab.lab import Lab
    from lab.program import Completed, Running

IMAGE = "ghcr.io/ggml-org/llama.cpp:server-b11669"
_RECAP = re.compile(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.M)
_KEY = re.compile(r"Client (\S+) of .*?(fh-[0-9a-f]{64})", re.S)


@dataclass(frozen=True, slots=True)
class Applied:
    """What an `ansible-playbook` said."""

    completed: Completed

    @property
    def changed(self) -> int:
        """How many tasks changed something, over all hosts."""
        return sum(int(found[2]) for found in self._recap())

    @property
    def tasks(self) -> int:
        """How many tasks ran, over all hosts."""
        return sum(int(found[1]) for found in self._recap())

    @property
    def keys(self) -> dict[str, str]:
        """The keys that were shown, by client."""
        return dict(_KEY.findall(self.completed.stdout))

    def _recap(self) -> list[tuple[str, ...]]:
        return _RECAP.findall(self.completed.stdout)


@dataclass
class Site:
    """A spec in a folder of its own, with the artifacts that it needs, and its rendered site."""

    lab: Lab
    hosts: tuple[Host, ...]
    folder: Path
    keys: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, lab: Lab, hosts: tuple[Host, ...], spec: Path, folder: Path) -> Site:
        """A copy of the spec and its catalog, with the lab's image and its tiny model."""
        for name in ("cluster.yml", "catalog.yml"):
            shutil.copy(spec / name, folder / name)
        images = folder / "artifacts/images"
        images.mkdir(parents=True)
        name = re.sub("[/:]", "_", IMAGE)
        os.link(engine().archive, images / f"{name}.tar")
        weights = folder / "artifacts/models/tiny"
        weights.mkdir(parents=True)
        write_tiny_model(weights / "tiny.gguf")
        return cls(lab, hosts, folder)

    @property
    def spec(self) -> Path:
        """The spec; tests rewrite it."""
        return self.folder / "cluster.yml"

    @property
    def path(self) -> Path:
        """The rendered site."""
        return self.folder / "site"

    @property
    def expected(self) -> dict[str, Any]:
        """What the site says of itself."""
        return dict(json.loads((self.path / "verify/expected.json").read_text()))

    def rewrite(self, old: str, new: str) -> None:
        """Change the spec's text, which must hold `old`."""
        text = self.spec.read_text()
        if old not in text:
            raise AssertionError(f"the spec lacks {old!r}")
        self.spec.write_text(text.replace(old, new))

    def freehold(self, *words: str | Path, check: bool = True) -> Completed:
        """`freehold WORDS`, on this machine."""
        return self.lab.run([sys.executable, "-m", "freehold", *words], check=check)

    def render(self) -> None:
        """Lock and render."""
        self.freehold("lock", self.spec)
        self.freehold("render", self.spec, "-o", self.path)

    def play(
        self, playbook: str, *words: str, check: bool = True, timeout: float = 1500
    ) -> Applied:
        """`ansible-playbook PLAYBOOK WORDS` in the site, as its runbook says."""
        program = Path(sys.executable).with_name("ansible-playbook")
        artifacts = f"freehold_artifacts={self.folder / 'artifacts'}"
        command: list[str | Path] = [program, playbook, "-e", artifacts, *words]
        applied = Applied(self.lab.run(command, cwd=self.path, check=check, timeout=timeout))
        self.keys |= applied.keys
        return applied

    def start(self, playbook: str) -> Running:
        """`ansible-playbook PLAYBOOK`, begun and not waited for."""
        program = Path(sys.executable).with_name("ansible-playbook")
        artifacts = f"freehold_artifacts={self.folder / 'artifacts'}"
        command = [*self.lab.lan.inside, str(program), playbook, "-e", artifacts]
        env = {**os.environ, **self.lab.environment}
        return subprocess.Popen(command, cwd=self.path, env=env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip

    def apply(self, *words: str, check: bool = True) -> Applied:
        """Apply the site."""
        return self.play("site.yml", *words, check=check)

    def verify(self, *words: str | Path) -> Completed:
        """`freehold verify SITE WORDS`, with the first client's key."""
        client = next(iter(self.expected["gateway"]["clients"]))
        command = [sys.executable, "-m", "freehold", "verify", self.path, *words]
        return self.lab.run(command, env={"FREEHOLD_KEY": self.keys[client]}, timeout=1200)

    def ask(
        self,
        path: str,
        *words: str,
        key: str | None = None,
        body: Mapping[str, object] | None = None,
    ) -> tuple[int, str]:
        """The status and body of a request through the gateway, from the controller."""
        gateway = self.expected["gateway"]
        where = f"{gateway['name']}:{gateway['port']}:{gateway['address']}"
        command = ["curl", "-s", "-m", "120", "--cacert", str(self.path / "ca.crt"),
                   "-w", "\n%{http_code}", "--resolve", where, *words]  # fmt: skip
        if key:
            command += ["-H", f"Authorization: Bearer {key}"]
        if body is not None:
            command += ["--json", json.dumps(body)]
        url = f"https://{gateway['name']}:{gateway['port']}{path}"
        answer, _, status = self.lab.run([*command, url], check=False).stdout.rpartition("\n")
        return int(status or 0), answer

    def wait_for_chat(self, model: str, key: str, *, seconds: float = 240) -> None:
        """Return when the model answers."""
        deadline = time.monotonic() + seconds
        while (answer := self.chat(model, key))[0] != 200:
            if time.monotonic() > deadline:
                raise AssertionError(f"no answer after {seconds} s: {answer}")
            time.sleep(1)

    def chat(self, model: str, key: str | None) -> tuple[int, str]:
        """The status and body of a chat completion."""
        message = {"role": "user", "content": "hello"}
        body = {"model": model, "messages": [message], "max_tokens": 4}
        return self.ask("/v1/chat/completions", key=key, body=body)
