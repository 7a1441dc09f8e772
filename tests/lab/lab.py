"""One run of the lab: a network, the hosts on it, and the controller's way to them."""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Self

from lab import images, keeper, network
from lab.host import Host, Place
from lab.nspawn import Nspawn
from lab.program import Completed, Running, run, start
from lab.qemu import Qemu

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

FIRST_HOST = 11
FIRST_OUTSIDER = 201
SSH_CONFIG = """\
{hosts}Host *
  User root
  IdentityFile {key}
  IdentitiesOnly yes
  UserKnownHostsFile {known}
  StrictHostKeyChecking yes
  ConnectTimeout 5
  ServerAliveInterval 10
"""


class Lab:
    """Hosts on a network of their own; used in a `with`, and gone after it."""

    def __init__(self) -> None:
        keeper.sweep()
        self.name = f"freehold-lab-{secrets.token_hex(3)}"
        self.image = images.image()
        self.folder = self._own_folder()
        self._keeper = keeper.keep(self.name)
        self.lan = network.create(self.name)
        self._hosts: list[Host] = []
        self._numbers = count(FIRST_HOST)
        self._outsiders = count(FIRST_OUTSIDER)
        self._introduce()
        self._repository = self._serve()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take everything down; the same hand does it when this process is killed."""
        self._keeper.communicate(timeout=keeper.PATIENCE)
        self._repository.wait(timeout=10)
        for host in self._hosts:
            host.forget()

    def nspawn(self, *names: str) -> tuple[Host, ...]:
        """Booted hosts of the quick kind, with these names."""
        return self._boot(*(Nspawn(name, self._address(), self._place) for name in names))

    def qemu(
        self, *names: str, disks: tuple[str, ...] = (), installed: tuple[str, ...] = ()
    ) -> tuple[Host, ...]:
        """Booted hosts of the deep kind.

        Each has empty disks of these sizes beside its own, and these packages already:
        where a machine is emulated, installing them takes minutes.
        """
        place = replace(self._place, image=images.image(installed))
        return self._boot(*(Qemu(name, self._address(), place, disks) for name in names))

    def outsider(self) -> network.Outsider:
        """A new machine on the network that is no host of the site."""
        return network.outsider(self.lan, network.Address(next(self._outsiders)))

    def run(
        self,
        command: Sequence[str | Path],
        *,
        timeout: float = 600,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Completed:
        """A command of the controller: of this machine, in the lab's network."""
        known = {**os.environ, **self.environment, **(env or {})}
        return run([*self.lan.inside, *command], timeout=timeout, check=check, env=known, cwd=cwd)

    @property
    def hosts(self) -> tuple[Host, ...]:
        """Every host that was booted, also those that are off."""
        return tuple(self._hosts)

    @property
    def environment(self) -> dict[str, str]:
        """What makes ansible find the hosts and know them."""
        return {
            "ANSIBLE_HOST_KEY_CHECKING": "True",
            "ANSIBLE_SSH_COMMON_ARGS": f"-F {self.ssh_config}",
            # ansible keeps connections open by name, and labs give the same names to hosts.
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.folder / "ssh"),
        }

    @property
    def ssh_config(self) -> Path:
        """What makes `ssh -F` find the hosts, by name or by address, and know them."""
        return self.folder / "ssh_config"

    @property
    def _place(self) -> Place:
        return Place(self.folder / "hosts", self.lan, self.image, self.ssh_config)

    def _own_folder(self) -> Path:
        """The lab's own folder, which exists with its owner's mark or not at all."""
        unmarked = keeper.runs().parent / f".{self.name}"
        unmarked.mkdir()
        keeper.mark(unmarked)
        return unmarked.rename(keeper.runs() / self.name)

    def _serve(self) -> Running:
        """A web server that offers the packages, at every address of the controller."""
        web = (sys.executable, "-m", "http.server", "--bind", "::", str(network.PORT))
        offer = ("--directory", str(self.image.packages))
        return start([*self.lan.inside, *web, *offer], self.folder / "packages.log")

    def _address(self) -> network.Address:
        return network.Address(next(self._numbers))

    def _boot(self, *hosts: Host) -> tuple[Host, ...]:
        self._hosts += hosts
        self._introduce()
        for host in hosts:
            host.start()
        for host in hosts:
            host.wait()
        return hosts

    def _introduce(self) -> None:
        """Tell ssh where each host is and which key it answers with."""
        key, known = self.image.host_key, self.folder / "known_hosts"
        places = [(host.name, host.address) for host in self._hosts]
        known.write_text("".join(f"{at.v4},{at.v6} {key}" for _, at in places))
        hosts = "".join(f"Host {name}\n  HostName {at.v4}\n" for name, at in places)
        self.ssh_config.write_text(SSH_CONFIG.format(hosts=hosts, key=self.image.key, known=known))
