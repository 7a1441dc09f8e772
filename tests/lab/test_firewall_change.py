"""A firewall that cuts its operator off undoes itself; one that does not, stays."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from freehold.plan.firewall import files
from freehold.render.fill import fill
from freehold.render.nft import view
from freehold.spec.cluster import Level
from lab.network import CONTROLLER, Address
from lab.program import ProgramError
from netns.sites import planned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.host import Host
    from lab.lab import Lab
    from lab.program import Completed

OPERATOR = [f"{Address(CONTROLLER).v4}/32", f"{Address(CONTROLLER).v6}/128"]
COLLECTIONS = Path(__file__).parents[2] / "generator"
SOMEBODY_ELSE = ["192.0.2.0/24"]
NOTHING = "systemctl stop freehold-firewall-rollback.timer; nft flush ruleset; " \
    "rm -rf /etc/freehold /run/freehold-firewall.*"  # fmt: skip
ROLE = """\
- name: Change the firewall
  hosts: all
  gather_facts: true
  roles: [freehold.llm.isolation]
"""


@pytest.fixture(scope="module")
def equipped(lab: Lab) -> Host:
    (host,) = lab.nspawn("walled")
    host.ssh("apt-get update && apt-get install -y --no-install-recommends nftables", timeout=300)
    return host


@pytest.fixture
def host(equipped: Host) -> Iterator[Host]:
    """A host without any table."""
    yield equipped
    # Whatever a test left behind lets the lab in again within its own seconds.
    deadline = time.monotonic() + 60
    while not _is_reachable(equipped) and time.monotonic() < deadline:
        time.sleep(1)
    equipped.ssh(NOTHING, check=False)


def written(admin: list[str], folder: Path) -> list[dict[str, str]]:
    """The files of a restricted host where `admin` may come in, and where they land."""
    entries = []
    for file in files(planned("gpu-1", Level.RESTRICTED, {"admin": admin})):
        local = folder / file.path[1:]
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_bytes(fill(file.template, view(file.template, file.about)))
        land = {"owner": file.owner, "group": file.group, "mode": file.mode}
        entries.append({"src": file.path[1:], "dest": file.path, **land})
    return entries


def place(host: Host, admin: list[str], folder: Path) -> None:
    """Have those files on the host, without anything loaded."""
    for entry in written(admin, folder):
        host.ssh("install", "-d", entry["dest"].rpartition("/")[0])
        host.put(folder / entry["src"], entry["dest"])
        host.ssh("chmod", entry["mode"], entry["dest"])
    host.ssh("systemctl daemon-reload")


def play(lab: Lab, host: Host, admin: list[str], folder: Path) -> Completed:
    """The role, in less of a hurry than a test is."""
    inputs = {
        "freehold_root": str(folder),
        "isolation_pool_files": [],
        "isolation_host_files": written(admin, folder),
    }
    (folder / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": {host.name: inputs}}}))
    (folder / "site.yml").write_text(ROLE)
    hurry = ("__isolation_rollback_seconds=12", "__isolation_reconnect_seconds=5")
    return lab.run(
        [
            *(sys.executable, "-m", "ansible", "playbook", "-i", folder / "inventory.yml"),
            *(word for one in hurry for word in ("-e", one)),
            folder / "site.yml",
        ],
        check=False,
        env={"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_PIPELINING": "True",
             "ANSIBLE_INJECT_FACT_VARS": "False"},
    )  # fmt: skip


def change(host: Host, *words: str, check: bool = True) -> Completed:
    return host.ssh("freehold-firewall", *words, check=check, timeout=20)


def _is_reachable(host: Host) -> bool:
    try:
        return host.ssh("true", check=False, timeout=8).returncode == 0
    except ProgramError:
        return False


def _tables(host: Host) -> str:
    return host.ssh("nft list tables").stdout.strip()


def _is_undone(host: Host) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if _is_reachable(host):
            return True
        time.sleep(0.5)
    return False


def test_a_lockout_is_undone_where_there_was_no_table(host: Host, tmp_path: Path) -> None:
    place(host, SOMEBODY_ELSE, tmp_path)
    change(host, "try", "12")
    assert not _is_reachable(host)
    assert _is_undone(host)
    assert _tables(host) == ""
    assert change(host, "confirm", check=False).returncode == 1
    assert change(host, "is-current", check=False).returncode != 0


def test_a_lockout_is_undone_to_the_confirmed_table(host: Host, tmp_path: Path) -> None:
    place(host, OPERATOR, tmp_path)
    change(host, "try", "60")
    change(host, "confirm")
    confirmed = host.ssh("nft -s list ruleset").stdout
    place(host, SOMEBODY_ELSE, tmp_path)
    change(host, "try", "12")
    assert not _is_reachable(host)
    assert _is_undone(host)
    assert host.ssh("nft -s list ruleset").stdout == confirmed


def test_a_confirmed_change_stays(host: Host, tmp_path: Path) -> None:
    place(host, OPERATOR, tmp_path)
    change(host, "try", "6")
    change(host, "confirm")
    time.sleep(8)
    assert _tables(host) == "table inet freehold"
    assert change(host, "is-current").returncode == 0


def test_a_change_that_was_interrupted_is_tried_again(host: Host, tmp_path: Path) -> None:
    place(host, OPERATOR, tmp_path)
    change(host, "try", "60")
    assert change(host, "is-current", check=False).returncode != 0
    change(host, "try", "60")
    change(host, "confirm")
    assert change(host, "is-current").returncode == 0
    timers = host.ssh("systemctl list-units --all freehold-firewall-rollback.timer --no-legend")
    assert timers.stdout.strip() == ""


def test_a_table_that_does_not_parse_changes_nothing(host: Host, tmp_path: Path) -> None:
    place(host, OPERATOR, tmp_path)
    host.ssh("echo 'table inet freehold { chain }' >> /etc/freehold/firewall.nft")
    assert change(host, "try", "60", check=False).returncode != 0
    assert _tables(host) == ""


def test_a_table_that_somebody_changed_is_not_current(host: Host, tmp_path: Path) -> None:
    place(host, OPERATOR, tmp_path)
    change(host, "try", "60")
    change(host, "confirm")
    host.ssh("nft insert rule inet freehold input accept")
    assert change(host, "is-current", check=False).returncode != 0


def test_nftables_of_the_distribution_leaves_the_table(host: Host, tmp_path: Path) -> None:
    place(host, OPERATOR, tmp_path)
    change(host, "try", "60")
    change(host, "confirm")
    for verb in ("start", "reload", "restart", "stop"):
        host.ssh("systemctl", verb, "nftables.service")
        assert "table inet freehold" in _tables(host), verb


def test_a_reboot_loads_the_confirmed_table(host: Host, tmp_path: Path) -> None:
    place(host, OPERATOR, tmp_path)
    host.ssh("systemctl enable freehold-firewall.service")
    change(host, "try", "60")
    change(host, "confirm")
    place(host, SOMEBODY_ELSE, tmp_path)
    host.ssh("nohup sh -c 'sleep 1; freehold-firewall try 600; reboot' >/dev/null 2>&1 &")
    time.sleep(5)
    host.wait()
    assert _tables(host) == "table inet freehold"
    assert "10.77.0.1" in host.ssh("nft list ruleset").stdout


def test_the_role_comes_out_of_a_lockout(lab: Lab, host: Host, tmp_path: Path) -> None:
    first = play(lab, host, OPERATOR, tmp_path)
    assert first.returncode == 0, first.stdout
    again = play(lab, host, OPERATOR, tmp_path)
    assert "changed=0" in again.stdout
    confirmed = host.ssh("nft -s list ruleset").stdout
    locked_out = play(lab, host, SOMEBODY_ELSE, tmp_path)
    assert locked_out.returncode == 2
    assert "is behind the firewall it had before" in locked_out.stdout + locked_out.stderr
    assert host.ssh("nft -s list ruleset").stdout == confirmed
    mended = play(lab, host, OPERATOR, tmp_path)
    assert mended.returncode == 0, mended.stdout
