"""Debian trees, from the mirror that this machine's own apt uses."""

from __future__ import annotations

import os
import platform
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lab.program import lines, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# Old debootstraps know no script for new suites; the one of sid serves every suite since 2020.
SCRIPT = "/usr/share/debootstrap/scripts/sid"
MINUTES = 60
# Nobody reads there, and a throw-away disk has nothing to lose.
QUICK = """\
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/man/*
force-unsafe-io
"""
# A mirror may be a copy of some day, kept as it was.
_APT = (
    *("apt-get", "-q", "-y", "-o", "Acquire::Retries=3", "-o", "APT::Sandbox::User=root"),
    *("-o", "Acquire::Check-Valid-Until=false"),
)
_UNATTENDED = {
    "DEBIAN_FRONTEND": "noninteractive",
    "LC_ALL": "C.UTF-8",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
}


class MirrorError(Exception):
    """This machine's apt names no Debian mirror."""


def mirror() -> str:
    """The address of the Debian archive."""
    if named := os.environ.get("FREEHOLD_LAB_MIRROR"):
        return named
    release = platform.freedesktop_os_release()
    if release["ID"] == "debian":
        form = "$(CODENAME) $(RELEASE) $(REPO_URI)"
        which = ("Created-By: Packages", "Component: main")
        for line in lines("apt-get", "indextargets", "--format", form, *which):
            suite, _, address = line.strip().rpartition(" ")
            if release["VERSION_CODENAME"] in suite.split():
                return address
    raise MirrorError("no Debian mirror in apt's sources; name one in FREEHOLD_LAB_MIRROR")


def bootstrap(tree: Path, suite: str) -> None:
    """Fill `tree` with the smallest Debian of that suite."""
    smallest = ("--variant=minbase", f"--keyring={KEYRING}")
    command = ("debootstrap", *smallest, suite, tree, mirror(), SCRIPT)
    run(command, timeout=20 * MINUTES, env=_environment())
    (tree / "etc/dpkg/dpkg.cfg.d/lab").write_text(QUICK)


@contextmanager
def unstarted(tree: Path) -> Iterator[None]:
    """Keep services of packages that are installed meanwhile from being started."""
    policy = tree / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    yield
    policy.unlink()


def install(tree: Path, packages: Iterable[str], *options: str) -> None:
    """Install packages, with what they depend on, into `tree`."""
    within(tree, *_APT, "update")
    within(tree, *_APT, *options, "install", *packages)


def download(tree: Path, packages: Iterable[str], recommended: str) -> None:
    """Fetch what installing these packages into `tree` would take; it lies in apt's archives."""
    within(tree, *_APT, recommended, "--download-only", "install", *packages)


def within(tree: Path, *command: str) -> None:
    """Run a command with `tree` as its root."""
    run(["chroot", tree, *command], timeout=20 * MINUTES, env=_environment())


def tidy(tree: Path) -> None:
    """Remove what only the building needed."""
    within(tree, "apt-get", "clean")
    for name in ("etc/resolv.conf", "etc/hostname"):
        (tree / name).unlink(missing_ok=True)
    for lists in (tree / "var/lib/apt/lists").glob("*_*"):
        lists.unlink()


def _environment() -> dict[str, str]:
    return {**os.environ, **_proxies(), **_UNATTENDED}


def _proxies() -> dict[str, str]:
    """The proxies of this machine's apt, by the variables that debootstrap and apt both read."""
    names = ("http_proxy", "Acquire::http::Proxy", "https_proxy", "Acquire::https::Proxy")
    found = "\n".join(lines("apt-config", "shell", *names))
    return dict(re.findall(r"^(\w+)='(.+)'$", found, re.MULTILINE))
