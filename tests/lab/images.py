"""What hosts boot from: one Debian 13, as a tree, as a disk, and the packages it can install."""

from __future__ import annotations

import inspect
import json
import shutil
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lab import debian, repository
from lab.cache import cached
from lab.network import PACKAGES
from lab.program import run

if TYPE_CHECKING:
    from pathlib import Path

SUITE = "trixie"
BASE = (
    *("apparmor", "ca-certificates", "dbus", "e2fsprogs", "initramfs-tools", "iproute2"),
    *("iputils-ping", "kmod", "libpam-systemd", "openssh-server", "procps"),
    *("python3", "python3-apt", "sudo", "systemd", "systemd-sysv", "udev", "zstd"),
)
KERNEL = "linux-image-cloud-amd64"
OFFERED = (
    *("podman", "crun", "netavark", "aardvark-dns", "passt", "uidmap", "fuse-overlayfs"),
    *("haproxy", "nftables", "skopeo", "openssl", "curl", "jq", "auditd", "chrony"),
    *("cryptsetup", "rsync", "acl", "logrotate", "unattended-upgrades", "systemd-resolved"),
)
DISK = "12G"
# Timers would take apt's lock in the middle of a test.
MASKED = (
    *("apt-daily.timer", "apt-daily-upgrade.timer", "e2scrub_all.timer"),
    *("fstrim.timer", "man-db.timer", "e2scrub_reap.service"),
)
DRIVERS = ("virtio_pci", "virtio_blk", "virtio_net", "ext4", "crc32c_generic")
SUDO = "deploy ALL=(ALL) NOPASSWD: ALL\n"


@dataclass(frozen=True, slots=True)
class Image:
    """One Debian 13, ready to be booted."""

    folder: Path

    @property
    def tree(self) -> Path:
        """Its files, to be copied and never booted in place."""
        return self.folder / "tree"

    @property
    def disk(self) -> Path:
        """The same files in a file system, to be booted under an overlay."""
        return self.folder / "disk.qcow2"

    @property
    def kernel(self) -> Path:
        """What QEMU starts."""
        return self.folder / "vmlinuz"

    @property
    def initrd(self) -> Path:
        """What brings the kernel to the disk."""
        return self.folder / "initrd.img"

    @property
    def packages(self) -> Path:
        """The package repository for this tree."""
        return self.folder / "packages"

    @property
    def key(self) -> Path:
        """The private key that opens every host."""
        return self.folder / "id_ed25519"

    @property
    def host_key(self) -> str:
        """The public key that every host answers with."""
        return (self.tree / "etc/ssh/ssh_host_ed25519_key.pub").read_text()


def image(installed: tuple[str, ...] = ()) -> Image:
    """The image, with these packages of its repository, built once on a machine and then kept."""
    plain = _plain()
    if not installed:
        return plain
    recipe = json.dumps([plain.folder.name, *installed])
    return Image(cached("installed", recipe, partial(_extend, plain, installed)))


def _plain() -> Image:
    modules = (sys.modules[__name__], debian, repository)
    sources = [inspect.getsource(module) for module in modules]
    return Image(cached("debian", json.dumps([*sources, PACKAGES, debian.mirror()]), _build))


def _build(folder: Path) -> None:
    built = Image(folder)
    debian.bootstrap(built.tree, SUITE)
    _prepare_initrd(built.tree)
    with debian.unstarted(built.tree):
        debian.install(built.tree, (*BASE, KERNEL), "--no-install-recommends")
        repository.collect(built.tree, OFFERED, built.packages)
    debian.tidy(built.tree)
    _open_the_door(built)
    _settle(built.tree)
    _take_kernel(built)
    _make_disk(built)


def _extend(plain: Image, packages: tuple[str, ...], folder: Path) -> None:
    """Fill `folder` with an image that differs from `plain` in what is installed."""
    built = Image(folder)
    for shared in plain.folder.iterdir():
        if shared not in {plain.tree, plain.disk}:
            (folder / shared.name).symlink_to(shared)
    run(["cp", "-a", "--reflink=auto", plain.tree, built.tree], timeout=120)
    _install_offline(built, packages)
    _make_disk(built)


def _install_offline(built: Image, packages: tuple[str, ...]) -> None:
    """Install packages of the image's own repository into its tree."""
    offered, sources = built.tree / "var/tmp/packages", built.tree / "etc/apt/sources.list"
    shutil.copytree(built.packages, offered)
    served = sources.read_text()
    sources.write_text("deb [trusted=yes] file:/var/tmp/packages ./\n")
    with debian.unstarted(built.tree):
        debian.install(built.tree, packages)
    sources.write_text(served)
    debian.tidy(built.tree)
    shutil.rmtree(offered)


def _prepare_initrd(tree: Path) -> None:
    """Have the initrd made with what QEMU's devices need and nothing else."""
    folder = tree / "etc/initramfs-tools"
    (folder / "conf.d").mkdir(parents=True)
    (folder / "conf.d/lab").write_text("MODULES=list\nCOMPRESS=lz4\n")
    (folder / "modules").write_text("".join(f"{name}\n" for name in DRIVERS))


def _open_the_door(built: Image) -> None:
    """Let the lab's key in, as root and as a user who may become root."""
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", built.key])
    public = built.key.with_suffix(".pub").read_text()
    debian.within(built.tree, "useradd", "--create-home", "--shell", "/bin/bash", "deploy")
    for home in ("root", "home/deploy"):
        folder = built.tree / home / ".ssh"
        folder.mkdir(mode=0o700)
        (folder / "authorized_keys").write_text(public)
    debian.within(built.tree, "chown", "-R", "deploy:", "/home/deploy/.ssh")
    (built.tree / "etc/sudoers.d/deploy").write_text(SUDO)


def _settle(tree: Path) -> None:
    """Make of a tree a host that has the lab's network and packages, and its quiet."""
    (tree / "etc/apt/sources.list").write_text(f"deb [trusted=yes] {PACKAGES} ./\n")
    (tree / "etc/machine-id").write_text("")
    (tree / "etc/default/locale").write_text("LANG=C.UTF-8\n")
    _drop_profiles(tree / "etc/apparmor.d")
    # It looks for a kind of socket that no host of the lab has, and complains.
    generators = tree / "etc/systemd/system-generators"
    generators.mkdir()
    (generators / "systemd-ssh-generator").symlink_to("/dev/null")
    # QEMU is given the initrd from outside; packages need not make it anew.
    (tree / "etc/initramfs-tools/update-initramfs.conf").write_text("update_initramfs=no\n")
    debian.within(tree, "systemctl", "-q", "enable", "systemd-networkd.service")
    debian.within(tree, "systemctl", "-q", "disable", "systemd-networkd-wait-online.service")
    debian.within(tree, "systemctl", "-q", "mask", *MASKED)


def _drop_profiles(folder: Path) -> None:
    """Remove profiles of programs that no host here has, compiled at every boot nevertheless."""
    for profile in folder.iterdir():
        if profile.is_file():
            profile.unlink()


def _take_kernel(built: Image) -> None:
    for file, name in ((built.kernel, "vmlinuz-*"), (built.initrd, "initrd.img-*")):
        (found,) = (built.tree / "boot").glob(name)
        found.rename(file)


def _make_disk(built: Image) -> None:
    raw = built.folder / "disk.raw"
    run(["mkfs.ext4", "-q", "-L", "root", "-d", built.tree, raw, DISK], timeout=600)
    run(["qemu-img", "convert", "-O", "qcow2", raw, built.disk], timeout=600)
    raw.unlink()
