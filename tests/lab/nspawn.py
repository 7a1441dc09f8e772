"""A host that is a container of this machine's kernel: booted in two seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab import cgroup
from lab.host import Host
from lab.network import BRIDGE, network_unit
from lab.program import run

if TYPE_CHECKING:
    from pathlib import Path

# One tree of groups, as in Debian 13; and only the network's settings are the host's own.
ENVIRONMENT = (
    "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1",
    "SYSTEMD_NSPAWN_API_VFS_WRITABLE=network",
)
CALLS = "@keyring bpf add_key keyctl"
# With this exit status nspawn asks to be started again: its host reboots.
FOREVER = 'until "$@"; [ $? -ne 133 ]; do :; done'
# podman refuses a limit for which it finds no controller.
CONTAINERS = "[containers]\npids_limit = 0\n"
# A container with a user namespace may mount a proc of its own where another is that
# nothing covers, and may have a /sys under which no file system of the machine hangs.
PROC = """\
[Unit]
DefaultDependencies=no
[Mount]
What=proc
Where=/run/proc
Type=proc
"""
MACHINES_OWN = ("sys-kernel-debug.mount", "sys-kernel-tracing.mount")
# The clock is the machine's too: chrony may run, and may not set it.
CHRONY = """\
[Unit]
ConditionCapability=
[Service]
ExecStart=
ExecStart=!/usr/sbin/chronyd -x -F 1
"""


class Nspawn(Host):
    """A host in `systemd-nspawn`: its own systemd and network, the machine's kernel."""

    @property
    def patience(self) -> float:
        """How many seconds booting may take."""
        return 120

    def stop(self) -> None:
        """Take its power away, as a cut cable does."""
        cgroup.kill(self._place.lan.name, self.name)
        super().stop()

    def _prepare(self) -> None:
        run(["cp", "-a", "--reflink=auto", self._place.image.tree, self._tree], timeout=120)
        unit = self._tree / "etc/systemd/network/10-lab.network"
        unit.write_text(network_unit(self.address))
        self._allow_user_namespaces(self._tree / "etc/systemd/system")
        self._spare_the_clock(self._tree / "etc/systemd/system/chrony.service.d")
        if "pids" not in cgroup.controllers():
            self._lift_limits(self._tree / "etc/containers/containers.conf.d")

    def _allow_user_namespaces(self, units: Path) -> None:
        (units / "run-proc.mount").write_text(PROC)
        (units / "local-fs.target.wants").mkdir(exist_ok=True)
        (units / "local-fs.target.wants/run-proc.mount").symlink_to("../run-proc.mount")
        for name in MACHINES_OWN:
            (units / name).symlink_to("/dev/null")

    def _spare_the_clock(self, unit: Path) -> None:
        unit.mkdir()
        (unit / "lab.conf").write_text(CHRONY)

    def _lift_limits(self, settings: Path) -> None:
        settings.mkdir(parents=True)
        (settings / "lab.conf").write_text(CONTAINERS)

    def _command(self) -> list[str]:
        group = cgroup.make(self._place.lan.name, self.name)
        enter = f"echo $$ > {group}/cgroup.procs; {FOREVER}"
        return [
            *("env", *ENVIRONMENT, "sh", "-c", enter, "sh"),
            *("systemd-nspawn", "--boot", f"--directory={self._tree}", "--console=pipe"),
            *(f"--machine={self.name}-{self._place.lan.name}", f"--hostname={self.name}"),
            *("--register=no", "--keep-unit", f"--network-bridge={BRIDGE}", "--capability=all"),
            "--drop-capability=CAP_SYS_TIME",
            *(f"--system-call-filter={CALLS}", "--resolv-conf=off", "--timezone=off"),
            "--link-journal=no",
        ]

    @property
    def _tree(self) -> Path:
        return self._folder / "tree"
