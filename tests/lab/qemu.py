"""A host that is a virtual machine: its own kernel, as a server has."""

from __future__ import annotations

import base64
import os
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from lab.host import Host
from lab.network import network_unit, tap
from lab.program import run

if TYPE_CHECKING:
    from lab.host import Place
    from lab.network import Address

MEMORY = "2048"
CORES = "2"


class Qemu(Host):
    """A host in QEMU, on this machine's virtualisation where it has any."""

    def __init__(
        self, name: str, address: Address, place: Place, disks: tuple[str, ...] = ()
    ) -> None:
        super().__init__(name, address, place)
        self._sizes = disks
        self._port = ""

    @property
    def patience(self) -> float:
        """How many seconds booting may take."""
        return 60 if is_accelerated() else 600

    def _prepare(self) -> None:
        backing = ["-F", "qcow2", "-b", str(self._place.image.disk)]
        run(["qemu-img", "create", "-q", "-f", "qcow2", *backing, self._disk("a")])
        for letter, size in zip("bcdefgh", self._sizes, strict=False):
            run(["qemu-img", "create", "-q", "-f", "qcow2", self._disk(letter), size])
        self._port = tap(self._place.lan, self.address)

    def _command(self) -> list[str]:
        return [
            *("qemu-system-x86_64", "-name", self.name, "-nodefaults", "-display", "none"),
            *("-accel", "kvm" if is_accelerated() else "tcg,thread=multi", "-cpu", "max"),
            *("-m", MEMORY, "-smp", CORES, "-device", "virtio-rng-pci"),
            *("-kernel", str(self._place.image.kernel), "-initrd", str(self._place.image.initrd)),
            *("-append", self._kernel_line(), "-serial", "stdio"),
            *("-netdev", f"tap,id=lan,ifname={self._port},script=no,downscript=no"),
            *("-device", f"virtio-net-pci,netdev=lan,mac={self.address.mac}"),
            *self._drives(),
        ]

    def _drives(self) -> list[str]:
        files = sorted(self._folder.glob("vd?.qcow2"))
        drives = [("-drive", f"file={file},if=virtio,cache=unsafe") for file in files]
        return [*chain.from_iterable(drives)]

    def _kernel_line(self) -> str:
        unit = base64.b64encode(network_unit(self.address).encode()).decode()
        return (
            f"root=/dev/vda rw console=ttyS0 quiet mitigations=off systemd.hostname={self.name}"
            f" systemd.set_credential_binary=network.network.10-lab:{unit}"
        )

    def _disk(self, letter: str) -> Path:
        return self._folder / f"vd{letter}.qcow2"


def is_accelerated() -> bool:
    """Whether this machine's processor virtualises, and lets us.

    A device alone does not say so: there are kernels that offer it without the processor's help,
    and run only guests that were made for them.
    """
    modules = [Path("/sys/module") / name for name in ("kvm_intel", "kvm_amd")]
    return any(module.exists() for module in modules) and os.access("/dev/kvm", os.R_OK | os.W_OK)
