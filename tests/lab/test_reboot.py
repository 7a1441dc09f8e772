"""`examples/minimal` on a whole machine: limits that bind, and a reboot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab.site import Site

if TYPE_CHECKING:
    from lab.lab import Lab

INSTALLED = ("crun", "curl", "haproxy", "netavark", "nftables", "openssl", "podman", "skopeo")
"""What an emulated processor would take minutes to unpack."""
MINIMAL = Path(__file__).parents[2] / "examples/minimal"


@pytest.fixture(scope="module")
def site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The example, applied."""
    site = Site.of(
        lab, lab.qemu("box-1", installed=INSTALLED), MINIMAL, tmp_path_factory.mktemp("reboot")
    )
    site.render()
    site.apply()
    return site


def test_the_engine_cannot_outgrow_its_memory(site: Site) -> None:
    [engine] = site.expected["hosts"]["box-1"]["engines"]
    group = (
        site.hosts[0]
        .ssh("systemctl", "show", "-p", "ControlGroup", "--value", engine["unit"])
        .stdout.strip()
    )
    limits = (
        site.hosts[0]
        .ssh(f"cat /sys/fs/cgroup{group}/memory.max /sys/fs/cgroup{group}/pids.max")
        .stdout
    )
    assert [int(limit) for limit in limits.split()] <= [
        engine["memory_limit"],
        engine["pids_limit"],
    ]


def test_it_answers_again_after_a_reboot(site: Site) -> None:
    assert site.chat("tiny", site.keys["demo"])[0] == 200
    site.hosts[0].reboot()
    site.wait_for_chat("tiny", site.keys["demo"])
    site.verify()
