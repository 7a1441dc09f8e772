"""A package repository of what one tree can install, so that its hosts need no way out."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from lab import debian
from lab.program import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def collect(tree: Path, packages: Sequence[str], folder: Path) -> None:
    """Fill `folder` with these packages and what they need beside the tree's own.

    Asked for alone, a package may need another choice than in company.
    """
    for wanted in (packages, *((alone,) for alone in packages)):
        for recommended in ("--install-recommends", "--no-install-recommends"):
            debian.download(tree, wanted, recommended)
    folder.mkdir()
    for file in (tree / "var/cache/apt/archives").glob("*.deb"):
        file.rename(folder / file.name)
    packages = "\n".join(_entry(package) for package in sorted(folder.glob("*.deb")))
    (folder / "Packages").write_text(packages)
    (folder / "Release").write_text(_release(packages.encode()))


def _release(packages: bytes) -> str:
    """What tells apt that the folder has a list of packages, and in which form."""
    return f"SHA256:\n {hashlib.sha256(packages).hexdigest()} {len(packages)} Packages\n"


def _entry(package: Path) -> str:
    control = run(["dpkg-deb", "--field", package]).stdout
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    size = package.stat().st_size
    return f"{control}Filename: ./{package.name}\nSize: {size}\nSHA256: {digest}\n"
