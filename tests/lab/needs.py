"""What a machine must have for the lab, and which package brings it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lab import debian

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = {
    "debootstrap": "debootstrap",
    "findmnt": "util-linux",
    "ip": "iproute2",
    "mkfs.ext4": "e2fsprogs",
    "nsenter": "util-linux",
    "qemu-img": "qemu-utils",
    "qemu-system-x86_64": "qemu-system-x86",
    "ssh": "openssh-client",
    "sysctl": "procps",
    "systemd-nspawn": "systemd-container",
}


def missing() -> tuple[str, ...]:
    """What this machine lacks, each in words that say how to come by it."""
    if sys.platform != "linux":
        return ("the lab needs Linux",)
    return (*_rights(), *_programs(), *_files())


def _rights() -> Iterator[str]:
    if os.geteuid() != 0:
        yield "the lab needs root"


def _programs() -> Iterator[str]:
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            yield f"no `{program}`: apt-get install {package}"


def _files() -> Iterator[str]:
    if not Path(debian.KEYRING).exists():
        yield "no keyring of Debian: apt-get install debian-archive-keyring"
    if not Path("/dev/net/tun").exists():
        yield "no /dev/net/tun: modprobe tun"
