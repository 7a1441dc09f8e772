"""The lab itself: hosts boot, install, run an engine, reach nothing, and go without a trace."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab import cache, cgroup, keeper
from lab.engine import engine
from lab.model import write_tiny_model
from lab.network import WORLD4, WORLD6
from lab.program import lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab.host import Host
    from lab.lab import Lab

FOLDER = "/srv/engine"
RUN = (
    f"podman run --detach --network=none --volume={FOLDER}:{FOLDER}"
    " --uidmap=0:200000:65536 --gidmap=0:200000:65536"
    f" {{image}} --model {FOLDER}/tiny.gguf --host {FOLDER}/engine.sock"
)
QUESTION = json.dumps({"messages": [{"role": "user", "content": "hello"}], "max_tokens": 16})
ASK = f"curl --silent --fail --unix-socket {FOLDER}/engine.sock"
REACH = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)"


@pytest.fixture(scope="module")
def container(lab: Lab) -> Host:
    """A host of the quick kind."""
    (host,) = lab.nspawn("quick")
    return host


@pytest.fixture(scope="module")
def machine(lab: Lab) -> Host:
    """A host of the deep kind, with a second disk and a package that it did not fetch."""
    (host,) = lab.qemu("deep", disks=("64M",), installed=("cryptsetup",))
    return host


@pytest.fixture(params=["container", "machine"])
def host(request: pytest.FixtureRequest) -> Host:
    """A host of each kind."""
    found: Host = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def listener() -> Iterator[tuple[str, str]]:
    """Address and port of a program that listens on this machine, outside the lab."""
    outside = json.loads("".join(lines("ip", "-json", "-4", "address", "show", "scope", "global")))
    address = str(outside[0]["addr_info"][0]["local"])
    with socket.create_server((address, 0)) as server:
        yield address, str(server.getsockname()[1])


def test_boots_whole(host: Host) -> None:
    assert host.ssh("systemctl is-system-running").stdout == "running\n"
    assert host.ssh("hostname").stdout == f"{host.name}\n"


def test_reaches_the_packages_and_nothing_else(
    host: Host, lab: Lab, listener: tuple[str, str]
) -> None:
    reach = ("python3", "-c", REACH)
    assert host.ssh(*reach, "10.77.0.1", "8080", check=False).returncode == 0
    assert subprocess.run([sys.executable, "-c", REACH, *listener], check=False).returncode == 0
    assert host.ssh(*reach, *listener, check=False).returncode != 0
    assert lab.run([sys.executable, "-c", REACH, *listener], check=False).returncode != 0


def test_has_a_stand_in_for_the_world(host: Host) -> None:
    for world in (WORLD4, WORLD6):
        assert host.ssh("python3", "-c", REACH, str(world), "8080", check=False).returncode == 0


def test_is_seen_by_an_outsider(host: Host, lab: Lab) -> None:
    outsider = lab.outsider()
    for address in (host.address.v4, host.address.v6):
        outsider.run(sys.executable, "-c", REACH, str(address), "22")


def test_lets_ansible_in(host: Host, lab: Lab) -> None:
    ansible = [sys.executable, "-m", "ansible", "adhoc", "--inventory", f"{host.name},", "all"]
    for user in ("root", "deploy"):
        done = lab.run(
            [*ansible, "--user", user, "--become", "--module-name", "command", "-a", "id"]
        )
        assert "uid=0(root)" in done.stdout


def test_installs_and_runs_an_engine(container: Host, tmp_path: Path) -> None:
    write_tiny_model(tmp_path / "tiny.gguf")
    container.ssh("apt-get -q update && apt-get -qy install podman curl", timeout=300)
    container.ssh("install", "--directory", "--owner=200000", FOLDER)
    container.put(tmp_path / "tiny.gguf", FOLDER)
    container.put(engine().archive, "/root/engine.tar")
    container.ssh("podman load --input /root/engine.tar")
    name = engine().name.partition(":")[0]
    container.ssh(RUN.format(image=f"{name}@{engine().digest}"))
    container.ssh(f"until {ASK} http://engine/health; do sleep 0.2; done", timeout=60)
    answer = container.ssh(f"{ASK} --json '{QUESTION}' http://engine/v1/chat/completions").stdout
    assert json.loads(answer)["choices"][0]["message"]["content"].isprintable()


def test_reboots(host: Host) -> None:
    host.ssh("echo kept > /root/note")
    boot = "cat /proc/sys/kernel/random/boot_id"
    before = host.ssh(boot).stdout
    host.reboot()
    assert host.ssh(boot).stdout != before
    assert host.ssh("cat /root/note").stdout == "kept\n"


@pytest.mark.parametrize("off", ["stop", "power_off"])
def test_is_switched_off_and_on(container: Host, off: str) -> None:
    container.ssh("echo kept > /root/note; sync")
    methodcaller(off)(container)
    assert not container.is_on
    container.start()
    container.wait()
    assert container.ssh("cat /root/note").stdout == "kept\n"


def test_machine_has_what_a_server_has(machine: Host) -> None:
    assert {"cpu", "memory", "pids"} <= set(
        machine.ssh("cat /sys/fs/cgroup/cgroup.controllers").stdout.split()
    )
    machine.ssh(
        "printf dark > /run/key && cryptsetup -q --pbkdf pbkdf2 luksFormat /dev/vdb /run/key"
    )
    machine.ssh("cryptsetup open --key-file /run/key /dev/vdb dark && test -b /dev/mapper/dark")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_leaves_no_trace(end: signal.Signals) -> None:
    with _up("nspawn") as owner:
        name = _told(owner, "namespace")
        assert _told(owner, "booted in")
        owner.send_signal(end)
        owner.wait(keeper.PATIENCE)
    _wait(lambda: not _traces(name))


def test_leaves_no_trace_of_a_booting_machine() -> None:
    with _up("qemu") as owner:
        name = _told(owner, "namespace")
        _wait(lambda: bool(_processes(f"{name}/hosts/n1/vda")))
        owner.kill()
    _wait(lambda: not _traces(name))


def test_next_lab_removes_what_was_left() -> None:
    with _up("nspawn") as owner:
        name = _told(owner, "namespace")
        assert _told(owner, "booted in")
        for process in (*_processes(f"lab.keeper\0{name}"), owner.pid):
            os.kill(process, signal.SIGKILL)
        owner.wait(10)
    assert _traces(name)
    keeper.sweep()
    assert _traces(name) == []


@contextmanager
def _up(kind: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has a lab with one host."""
    up = [sys.executable, "-m", "lab.up", "--kind", kind]
    there = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(up, stdout=subprocess.PIPE, text=True, env=there) as owner:
        yield owner


def _told(owner: subprocess.Popen[str], what: str) -> str:
    """What it said about something."""
    said = next(line for line in owner.stdout or () if line.startswith(what))
    return said.removeprefix(what).strip(": \n")


def _wait(happened: Callable[[], bool]) -> None:
    """Return once it has happened, and fail where it does not."""
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_interrupted_build_is_not_taken_for_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREEHOLD_LAB_CACHE", str(tmp_path))

    def interrupted(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.cached("thing", "recipe", interrupted)
    built = cache.cached("thing", "recipe", lambda folder: (folder / "whole").touch())
    assert [file.name for file in built.iterdir()] == ["whole"]
    assert cache.cached("thing", "recipe", interrupted) == built
    assert [folder for folder in tmp_path.iterdir() if folder.is_dir()] == [built]


def test_model_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_tiny_model(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def _traces(name: str) -> list[str]:
    """Everything of this machine that bears the name of a lab."""
    spaces = [line for line in lines("ip", "netns", "list") if name in line]
    mounts = [line for line in lines("findmnt", "-n", "-l", "-o", "TARGET") if name in line]
    groups = [str(found) for found in cgroup.root().glob(f"{name}/*")]
    folders = [str(found) for found in keeper.runs().glob(name)]
    nspawns = [str(found) for found in Path("/run/systemd/nspawn").rglob(f"*{name}*")]
    return [*spaces, *mounts, *groups, *folders, *nspawns, *map(str, _processes(name))]


def _processes(words: str) -> list[int]:
    """The processes whose command line has these words."""
    return [
        int(file.parent.name)
        for file in Path("/proc").glob("[0-9]*/cmdline")
        if words in _text(file)
    ]


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
