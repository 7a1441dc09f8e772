"""The engine of test sites: llama-server, as an archive that podman and skopeo read."""

from __future__ import annotations

import gzip
import hashlib
import inspect
import json
import shutil
import sys
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab import debian
from lab.cache import cached
from lab.program import run

if TYPE_CHECKING:
    from pathlib import Path

SUITE = "forky"
PACKAGE = "llama.cpp-tools"
NAME = "localhost/lab/llama-server:lab"
# What no engine reads.
DEAD_WEIGHT = ("doc", "i18n", "info", "locale", "man")
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIGURATION = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
Described = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Engine:
    """An image of llama-server, its entry point."""

    folder: Path
    name: str = NAME

    @property
    def archive(self) -> Path:
        """The image as one file, in the OCI's archive format."""
        return self.folder / "llama-server.tar"

    @property
    def digest(self) -> str:
        """What pins the image: the digest of its manifest."""
        return (self.folder / "digest").read_text()


def engine() -> Engine:
    """The image, built at the first call on a machine and then kept."""
    sources = [inspect.getsource(module) for module in (sys.modules[__name__], debian)]
    return Engine(cached("engine", json.dumps([*sources, debian.mirror()]), _build))


def _build(folder: Path) -> None:
    tree, layout = folder / "tree", folder / "layout"
    debian.bootstrap(tree, SUITE)
    with debian.unstarted(tree):
        debian.install(tree, [PACKAGE], "--no-install-recommends")
    debian.tidy(tree)
    for name in DEAD_WEIGHT:
        shutil.rmtree(tree / "usr/share" / name, ignore_errors=True)
    built = Engine(folder)
    (folder / "digest").write_text(lay_out(tree, layout))
    with tarfile.open(built.archive, "w") as archive:
        archive.add(layout, arcname=".")
    shutil.rmtree(tree)
    shutil.rmtree(layout)


def lay_out(tree: Path, layout: Path) -> str:
    """The digest of an image of one layer, `tree`, laid out in the folder `layout`."""
    blobs = layout / "blobs/sha256"
    blobs.mkdir(parents=True)
    plain = layout / "layer.tar"
    run(["tar", "-C", tree, "--sort=name", "--numeric-owner", "-cf", plain, "."], timeout=300)
    config = _json_blob(blobs, _configuration(_digest(plain)), CONFIGURATION)
    layer = _blob(blobs, _packed(plain), LAYER)
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}
    described = _json_blob(blobs, manifest, MANIFEST)
    named = {**described, "annotations": {"org.opencontainers.image.ref.name": NAME}}
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
    (layout / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    return str(described["digest"])


def _configuration(layer: str) -> dict[str, object]:
    return {
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "Entrypoint": ["llama-server"],
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        },
        "rootfs": {"type": "layers", "diff_ids": [layer]},
    }


def _packed(plain: Path) -> Path:
    """The file compressed, in its stead."""
    packed = plain.with_suffix(".tar.gz")
    with (
        plain.open("rb") as source,
        gzip.GzipFile(packed, "wb", compresslevel=1, mtime=0) as target,
    ):
        shutil.copyfileobj(source, target)
    plain.unlink()
    return packed


def _json_blob(blobs: Path, value: object, media: str) -> Described:
    file = blobs / "unnamed"
    file.write_text(json.dumps(value))
    return _blob(blobs, file, media)


def _blob(blobs: Path, file: Path, media: str) -> Described:
    """The description of a file that now lies among the blobs."""
    digest, size = _digest(file), file.stat().st_size
    file.rename(blobs / digest.removeprefix("sha256:"))
    return {"mediaType": media, "digest": digest, "size": size}


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return f"sha256:{hashlib.file_digest(content, 'sha256').hexdigest()}"
