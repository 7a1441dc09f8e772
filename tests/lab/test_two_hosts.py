"""Two hosts at `restricted`: one gateway, two replicas, and life after the first apply."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab.site import Site

if TYPE_CHECKING:
    from lab.host import Host
    from lab.lab import Lab

TWO = Path(__file__).parent / "two"
RELAY = 9443


@pytest.fixture(scope="module")
def site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The spec, applied after an apply that was cut off in its middle."""
    site = Site.of(lab, lab.nspawn("box-1", "box-2"), TWO, tmp_path_factory.mktemp("two"))
    site.render()
    _cut_off(site)
    site.apply()
    return site


def _cut_off(site: Site) -> None:
    """Kill an apply once the first of its engine's files is there."""
    playing = site.start("site.yml")
    deadline = time.monotonic() + 600
    while site.hosts[0].ssh("test -e /srv/freehold/models/tiny", check=False).returncode:
        assert playing.poll() is None, "the apply ended before it could be cut off"
        assert time.monotonic() < deadline
        time.sleep(0.5)
    playing.send_signal(signal.SIGKILL)
    playing.wait(30)


def test_each_client_has_a_key_that_opens(site: Site) -> None:
    assert sorted(site.keys) == ["ehr", "research"]
    for key in site.keys.values():
        status, answer = site.chat("tiny", key)
        assert status == 200, answer


def test_a_second_apply_changes_nothing(site: Site) -> None:
    again = site.apply()
    assert again.changed == 0, again.completed.stdout


def test_both_replicas_answer(site: Site) -> None:
    for _ in range(6):
        assert site.chat("tiny", site.keys["ehr"])[0] == 200
    lines = (
        site.hosts[0].ssh("journalctl", "-t", "freehold-access", "-o", "cat").stdout.splitlines()
    )
    asked = [json.loads(line) for line in lines if line.startswith("{")]
    served = {line["server"] for line in asked if line.get("model") == "tiny"}
    assert served == {"tiny-0", "tiny-1"}


def test_one_replica_is_enough(site: Site) -> None:
    site.hosts[0].ssh("systemctl stop freehold-tiny-0.service")
    try:
        statuses = [site.chat("tiny", site.keys["ehr"])[0] for _ in range(6)]
        assert statuses[-3:] == [200, 200, 200], statuses
    finally:
        site.hosts[0].ssh("systemctl start freehold-tiny-0.service")


def test_an_outsider_reaches_nothing(site: Site) -> None:
    # Its address is not among the clients' of the spec; the controller's is.
    outsider = site.lab.outsider()
    opened = {
        (address, port)
        for address in ("10.77.0.11", "10.77.0.12")
        for port in (22, 443, RELAY, 9490)
        if outsider.run("timeout", "3", "bash", "-c", f"exec 3<>/dev/tcp/{address}/{port}",
                        check=False).returncode == 0
    }  # fmt: skip
    assert opened == set()
    assert site.chat("tiny", site.keys["ehr"])[0] == 200


def test_the_relay_answers_no_one_but_the_gateway(site: Site) -> None:
    # The firewall lets the gateway's host alone near the relay; from there, without the
    # gateway's certificate, TLS itself must refuse.
    relayed = site.hosts[0].ssh(
        f"curl -sk -m 10 -o /dev/null -w '%{{http_code}}' https://10.77.0.12:{RELAY}/health",
        check=False,
    )
    assert relayed.stdout in {"000", "403"}
    assert relayed.returncode != 0 or relayed.stdout == "403"
    assert site.lab.run(
        ["curl", "-sk", "-m", "5", f"https://10.77.0.12:{RELAY}/"], check=False
    ).returncode


def test_the_site_verifies(site: Site) -> None:
    site.verify()


def test_a_key_is_rotated_without_a_restart(site: Site) -> None:
    old, started = site.keys["ehr"], _started(site.hosts[0])
    site.play("rotate_keys.yml", "-e", "client=ehr")
    new = site.keys["ehr"]
    assert new != old
    assert [site.chat("tiny", key)[0] for key in (old, new)] == [200, 200]
    site.play("rotate_keys.yml", "-e", "client=ehr", "--tags", "revoke")
    assert [site.chat("tiny", key)[0] for key in (old, new)] == [401, 200]
    assert site.chat("tiny", site.keys["research"])[0] == 200
    assert _started(site.hosts[0]) == started


def _started(host: Host) -> str:
    shown = host.ssh("systemctl show -p ActiveEnterTimestamp freehold-tiny-0.service")
    return shown.stdout.strip()


def test_a_change_of_spec_converges(site: Site) -> None:
    site.rewrite("clients: [ehr, research]", "clients: [ehr, audit]")
    site.rewrite("replicas: 2", "replicas: 1")
    site.render()
    site.apply()
    assert site.chat("tiny", site.keys["research"])[0] == 401
    assert site.chat("tiny", site.keys["audit"])[0] == 200
    left = site.hosts[1].ssh("podman ps -q; ls /etc/containers/systemd").stdout
    assert "freehold-tiny" not in left
    assert site.apply().changed == 0
    site.verify()


def test_a_host_unlike_the_plan_stops_everything(site: Site) -> None:
    site.hosts[1].ssh("sed -i.real s/^VERSION_ID=.*/VERSION_ID=12/ /etc/os-release")
    site.rewrite("clients: [ehr, audit]", "clients: [ehr]")
    site.render()
    try:
        refused = site.apply(check=False)
    finally:
        site.hosts[1].ssh("mv /etc/os-release.real /etc/os-release")
    assert refused.completed.returncode != 0
    assert refused.changed == 0
    said = refused.completed.stdout + refused.completed.stderr
    assert "12" in said
    assert "13" in said
    assert site.chat("tiny", site.keys["audit"])[0] == 200
