"""Small images, made here, as OCI archives."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


@dataclass
class Layout:
    """An OCI image layout in memory: blobs by digest, and what the index lists."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    listed: list[dict[str, object]] = field(default_factory=list)

    def image(self, content: str, architecture: str = "amd64") -> str:
        """Add an image with one file; the digest of its manifest."""
        layer = tar({"file.txt": content.encode()})
        config = {
            "os": "linux",
            "architecture": architecture,
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": self._add(_json(config), _CONFIG),
            "layers": [self._add(layer, _LAYER)],
        }
        platform = {"os": "linux", "architecture": architecture}
        entry = self._add(_json(manifest), _MANIFEST) | {"platform": platform}
        self.listed.append(entry)
        return str(entry["digest"])

    def index(self) -> str:
        """Put all images so far under one index; its digest."""
        index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": self.listed}
        entry = self._add(_json(index), _INDEX)
        self.listed = [entry]
        return str(entry["digest"])

    def files(self) -> dict[str, bytes]:
        """Names and contents of all that the archive holds."""
        index = {"schemaVersion": 2, "manifests": self.listed}
        blobs = {f"blobs/{name.replace(':', '/')}": blob for name, blob in self.blobs.items()}
        return {
            "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
            "index.json": _json(index),
        } | blobs

    def write(self, path: Path) -> Path:
        """The archive, at `path`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tar(self.files()))
        return path

    def _add(self, content: bytes, kind: str) -> dict[str, object]:
        digest = _digest(content)
        self.blobs[digest] = content
        return {"mediaType": kind, "digest": digest, "size": len(content)}


def archive(path: Path, content: str = "hello") -> str:
    """Write an archive with one image to `path`; the digest of its manifest."""
    layout = Layout()
    digest = layout.image(content)
    layout.write(path)
    return digest


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as out:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            out.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
