"""The role `weights` on a host: what lands there is what was locked, however it got there."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab.model import write_tiny_model
from lab.network import CONTROLLER, Address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.host import Host
    from lab.lab import Lab
    from lab.program import Completed

ROLES = Path(__file__).parents[2] / "playbooks/roles"
MODELS = "/srv/freehold/models"
TINY = f"{MODELS}/tiny"
RECEIPTS = "/var/lib/freehold/weights"
REVISION = "5f0b02c75b57c5855da9ae460ce51323ea669d8a"
GROUP = 0x70000000 + 1000
ROLE = {
    "ansible.builtin.import_role": {"name": "weights"},
    "vars": {"freehold_artifacts": "{{ playbook_dir }}/artifacts"},
}
VERIFY = {"ansible.builtin.import_role": {"name": "weights", "tasks_from": "verify"}}
_RECAP = re.compile(r"ok=(\d+)\s+changed=(\d+)")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass
class Weights:
    """A controller's folder with one model, and the host that it is for."""

    lab: Lab
    host: Host
    folder: Path
    origin: str = "directory"
    url: str | None = None
    locked: bool = True

    @property
    def model(self) -> Path:
        """The model's directory on the controller."""
        return self.folder / "artifacts/models/tiny"

    def lock(self) -> None:
        """Take the controller's files for those that are locked."""
        files = [
            {
                "path": path.relative_to(self.model).as_posix(),
                "sha256": _sha256(path),
                "size": path.stat().st_size,
            }
            for path in sorted(self.model.rglob("*"))
            if path.is_file()
        ]
        model = {
            "model": "tiny", "path": TINY, "gid": GROUP, "source": "test/tiny",
            "revision": REVISION, "origin": self.origin, "url": self.url,
            "files": files if self.locked else [],
        }  # fmt: skip
        (self.folder / "inputs.json").write_text(json.dumps({"weights_models": [model]}))

    def command(self, task: object, *words: str) -> list[str | Path]:
        """The command that runs the role."""
        play = {"hosts": "all", "become": True, "gather_facts": False, "tasks": [task]}
        (self.folder / "play.yml").write_text(json.dumps([play]))
        program = Path(sys.executable).with_name("ansible-playbook")
        inventory = f"{self.host.address.v4},"
        return [program, "-i", inventory, "play.yml", "-e", "@inputs.json", *words]

    def run(self, *words: str, task: object = ROLE, check: bool = True) -> Completed:
        """Run the role."""
        return self.lab.run(
            self.command(task, *words), cwd=self.folder, env=self.environment, check=check
        )

    @property
    def environment(self) -> dict[str, str]:
        """What ansible-playbook needs to know."""
        return {"ANSIBLE_ROLES_PATH": str(ROLES), "ANSIBLE_INJECT_FACT_VARS": "False"}

    def changed(self, *words: str, task: object = ROLE) -> int:
        """How many tasks of a run changed something."""
        done = self.run(*words, task=task)
        found = _RECAP.search(done.stdout)
        assert found, done.stdout
        assert int(found[1]) > 5
        return int(found[2])

    def on_host(self) -> dict[str, str]:
        """SHA-256 of every file in the model's directory on the host, by path."""
        said = self.host.ssh(f"cd {TINY} && find . -type f -exec sha256sum {{}} +").stdout
        rows = (line.split("  ./") for line in said.splitlines())
        return {path: digest for digest, path in rows}

    def on_controller(self) -> dict[str, str]:
        """The same of the controller's files."""
        return {
            path.relative_to(self.model).as_posix(): _sha256(path)
            for path in self.model.rglob("*")
            if path.is_file()
        }


@pytest.fixture(scope="module")
def host(lab: Lab) -> Host:
    [host] = lab.nspawn("weights-1")
    return host


@pytest.fixture
def weights(lab: Lab, host: Host, tmp_path: Path) -> Weights:
    """A model that is locked, and a host without it."""
    host.ssh(f"rm -rf /srv/freehold /var/lib/freehold; mkdir -p {MODELS}")
    found = Weights(lab, host, tmp_path)
    (found.model / "tokenizer").mkdir(parents=True)
    write_tiny_model(found.model / "tiny.gguf")
    (found.model / "tokenizer/merges.txt").write_text("a b\n")
    found.lock()
    return found


def test_brings_the_files_once(weights: Weights) -> None:
    assert weights.changed("--check") > 0
    assert weights.changed() > 0
    assert weights.on_host() == weights.on_controller()
    modes = weights.host.ssh(f"find {TINY} -printf '%P %m %U %G\n' | sort").stdout.splitlines()
    assert modes == [
        f" 750 0 {GROUP}",
        f"tiny.gguf 640 0 {GROUP}",
        f"tokenizer 750 0 {GROUP}",
        f"tokenizer/merges.txt 640 0 {GROUP}",
    ]
    assert weights.host.ssh(f"ls {MODELS}").stdout == "tiny\n"
    weights.host.ssh(f"cd {TINY} && sha256sum --check {RECEIPTS}/tiny.sha256")
    receipt = weights.host.ssh(
        f"cd {RECEIPTS} && cat tiny && sha256sum < tiny.sha256 && stat -c '%a %U' tiny"
    )
    noted, manifest, mode = receipt.stdout.splitlines()
    assert (f"{noted}  -", mode) == (manifest, "644 root")
    assert weights.changed() == 0
    assert weights.changed("--check") == 0
    assert weights.changed(task=VERIFY) == 0


def test_needs_no_artifacts_once_it_is_done(weights: Weights) -> None:
    weights.run()
    weights.model.rename(weights.folder / "gone")
    assert weights.changed() == 0


def test_a_user_who_is_not_root_brings_them_too(weights: Weights) -> None:
    assert weights.changed("-e", "ansible_user=deploy") > 0
    assert weights.on_host() == weights.on_controller()
    assert weights.changed("-e", "ansible_user=deploy") == 0


@pytest.mark.parametrize(
    "tamper",
    [
        "printf x | dd of=tiny.gguf seek=1000 bs=1 conv=notrunc",
        "rm tiny.gguf",
        "echo x > modeling.py",
        "ln -s /etc/shadow more.json",
        "mv tokenizer/merges.txt tokenizer/Merges.txt",
    ],
)
def test_puts_right_what_was_tampered_with(tamper: str, weights: Weights) -> None:
    weights.run()
    weights.host.ssh(f"cd {TINY} && {tamper}")
    found = weights.run(task=VERIFY, check=False)
    assert found.returncode != 0
    assert "is not what was locked" in found.stdout
    assert weights.changed() > 0
    assert weights.on_host() == weights.on_controller()
    assert weights.host.ssh(f"find {TINY} -type l -o -type d").stdout.count("\n") == 2
    assert weights.host.ssh("stat -c '%a %G' /etc/shadow").stdout == "640 shadow\n"


def test_a_flipped_bit_under_an_old_date_is_found_by_reading(weights: Weights) -> None:
    weights.run()
    weights.host.ssh(
        f"cd {TINY} && printf x | dd of=tiny.gguf seek=1000 bs=1 conv=notrunc &&"
        f" touch -d '+1 hour' {RECEIPTS}/tiny"
    )
    assert weights.changed() == 0, "the short look is not expected to see it"
    assert "tiny.gguf: FAILED" in weights.run(task=VERIFY, check=False).stdout
    assert weights.changed() > 0
    assert weights.on_host() == weights.on_controller()


def test_a_new_lock_brings_the_new_files_and_nothing_else(weights: Weights) -> None:
    weights.run()
    old = weights.host.ssh(f"stat -c %i {TINY}/tokenizer/merges.txt").stdout
    (weights.model / "tiny.gguf").write_bytes(b"new")
    weights.lock()
    assert weights.changed() > 0
    assert weights.on_host() == weights.on_controller()
    assert weights.host.ssh(f"stat -c %i {TINY}/tokenizer/merges.txt").stdout == old
    assert weights.host.ssh(f"ls {MODELS}").stdout == "tiny\n"


def test_refuses_other_bytes_of_the_same_length_and_keeps_the_old(weights: Weights) -> None:
    weights.run()
    before = weights.on_host()
    good = (weights.model / "tiny.gguf").read_bytes()
    (weights.model / "tiny.gguf").write_bytes(good[::-1])
    weights.lock()
    (weights.model / "tiny.gguf").write_bytes(good)
    done = weights.run(check=False)
    assert done.returncode != 0
    assert re.search(r"`tiny` is not what was locked:\s+tiny.gguf: FAILED", done.stdout)
    assert weights.on_host() == before


def test_refuses_before_it_copies(weights: Weights) -> None:
    (weights.model / "tiny.gguf").write_bytes(b"short")
    done = weights.run(check=False)
    assert done.returncode != 0
    assert re.search(r"`tiny.gguf`\s+of\s+[0-9]+\s+bytes\s+is\s+missing", done.stdout)
    assert weights.host.ssh(f"ls {MODELS}").stdout == ""


def test_refuses_a_site_without_a_lock(weights: Weights) -> None:
    weights.locked = False
    weights.lock()
    done = weights.run(check=False)
    assert done.returncode != 0
    assert "this site was rendered without a lock" in done.stdout


def test_finishes_what_was_interrupted(weights: Weights) -> None:
    with (weights.model / "large.gguf").open("wb") as large:
        large.truncate(2**30)
    weights.lock()
    command = [*weights.lab.lan.inside, *weights.command(ROLE)]
    env = {**weights.lab.environment, **weights.environment, "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(
        command, cwd=weights.folder, env=env, stdout=subprocess.DEVNULL
    ) as running:
        _wait_for_upload(weights.host)
        for process in _family(running.pid):
            os.kill(process, signal.SIGKILL)  # as when the controller loses its power
    assert "tiny\n" not in weights.host.ssh(f"ls {MODELS}").stdout
    assert weights.changed() > 0
    assert weights.on_host() == weights.on_controller()
    assert weights.host.ssh(f"ls {MODELS}").stdout == "tiny\n"
    assert weights.changed() == 0


def _family(process: int) -> list[int]:
    """A process and its descendants; Ansible's workers are in sessions of their own."""
    command = ["ps", "-o", "pid=", "--ppid", str(process)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [process, *(one for child in said.split() for one in _family(int(child)))]


def _wait_for_upload(host: Host) -> None:
    for _ in range(300):
        if host.ssh(f"find {TINY}.uploads -size +10M", check=False).stdout:
            return
        time.sleep(0.1)
    pytest.fail("no upload began")


def test_names_models_that_are_no_longer_planned(weights: Weights) -> None:
    weights.host.ssh(f"mkdir {MODELS}/old {MODELS}/gone.incoming")
    assert f"keeps {MODELS}/old, which no engine" in " ".join(weights.run().stdout.split())
    assert weights.host.ssh(f"ls {MODELS}").stdout == "old\ntiny\n"


@pytest.fixture
def hub(weights: Weights) -> Iterator[Weights]:
    """The same model in a hub that the host can reach, and not on the controller."""
    served = weights.folder / "hub"
    weights.origin, weights.url = "hub", f"http://{Address(CONTROLLER).v4}:8099"
    weights.lock()
    (served / "test/tiny/resolve").mkdir(parents=True)
    weights.model.rename(served / "test/tiny/resolve" / REVISION)
    command = [*weights.lab.lan.inside, sys.executable, "-m", "http.server", "8099"]
    with subprocess.Popen(
        [*command, "--directory", served], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        yield weights
        server.terminate()


def test_a_host_downloads_what_the_hub_has(hub: Weights) -> None:
    served = hub.folder / "hub/test/tiny/resolve" / REVISION
    assert hub.changed() > 0
    assert hub.on_host() == {p: _sha256(served / p) for p in ("tiny.gguf", "tokenizer/merges.txt")}
    assert hub.changed() == 0


def test_a_host_refuses_what_the_hub_changed(hub: Weights) -> None:
    served = hub.folder / "hub/test/tiny/resolve" / REVISION / "tiny.gguf"
    served.write_bytes(served.read_bytes()[::-1])
    assert hub.run(check=False).returncode != 0
    assert hub.host.ssh(f"ls {MODELS}").stdout == "tiny.incoming\n"
