"""Reads OCI archives: which image a file holds, and whether its bytes are intact.

The layout is https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md.
Nothing is extracted.
"""

import hashlib
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from freehold.diagnostics import rule_text
from freehold.lock.file import Image, archive_of
from freehold.lock.formats import Refused
from freehold.lock.hashing import sha256_of
from freehold.lock.manifest import (
    PLATFORM,
    Descriptor,
    Index,
    Manifest,
    UnusableImageError,
    parse,
    refuse_other_platforms,
)
from freehold.lock.progress import Progress

IMAGE_ARCHIVE: Final = rule_text(
    "image-archive",
    """An image's archive cannot be locked: it is damaged, incomplete or of another kind.

    Only OCI archives keep the digest of an image's manifest. A docker-archive stores layers
    uncompressed and without a manifest; what is loaded from it has another digest, so the
    lock could never be checked on a host.
    """,
)
_FETCH: Final = "fetch it anew: `skopeo copy docker://REFERENCE oci-archive:FILE`"
_MAX_MANIFEST: Final = 4 * 2**20  # what registries accept, too


def from_archive(reference: str, path: Path, progress: Progress) -> Image | Refused:
    """The image that the OCI archive at `path` holds, every blob of it hashed.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        with tarfile.open(path, "r:") as tar:
            return _Archive(tar, _members(tar), progress).image(reference)
    except tarfile.TarError as error:
        reason, remedy = f"it is no complete tar file: {error}", _FETCH
    except UnusableImageError as error:
        reason, remedy = str(error), error.remedy
    return Refused(IMAGE_ARCHIVE, f"`{path.name}` of `{reference}`: {reason}", remedy)


def _members(tar: tarfile.TarFile) -> Mapping[str, tarfile.TarInfo]:
    members = {member.name.removeprefix("./"): member for member in tar if member.isreg()}
    if "index.json" not in members and "manifest.json" in members:
        raise UnusableImageError(
            "it is a docker-archive, which does not keep the image's digest",
            "save it as `podman save --format oci-archive` or `skopeo copy` to `oci-archive:`",
        )
    if "index.json" not in members:
        raise UnusableImageError("it has no `index.json`, so it is no OCI archive", _FETCH)
    return members


@dataclass(frozen=True, slots=True)
class _Archive:
    tar: tarfile.TarFile
    members: Mapping[str, tarfile.TarInfo]
    progress: Progress

    def image(self, reference: str) -> Image:
        digest, manifest = self._manifest()
        refuse_other_platforms(self._small(manifest.config))
        for blob in manifest.blobs:
            self._verify(blob)
        return Image(
            digest=digest, platform=PLATFORM, size=manifest.size, archive=archive_of(reference)
        )

    def _manifest(self) -> tuple[str, Manifest]:
        """The archive's manifest and its digest, through at most one further index."""
        found = parse(self._read(self.members["index.json"]))
        for _ in range(2):
            if not isinstance(found, Index):
                break
            descriptor = found.ours()
            found = parse(self._small(descriptor))
            if isinstance(found, Manifest):
                return descriptor.digest, found
        raise UnusableImageError("its index leads to no manifest", _FETCH)

    def _small(self, descriptor: Descriptor) -> bytes:
        content = self._read(self._member(descriptor))
        if f"sha256:{hashlib.sha256(content).hexdigest()}" != descriptor.digest:
            raise _damaged(descriptor)
        return content

    def _verify(self, descriptor: Descriptor) -> None:
        member = self._member(descriptor)
        stream = self.tar.extractfile(member)
        if stream is None or member.size != descriptor.size:
            raise _damaged(descriptor)
        self.progress.start(descriptor.digest[:19], member.size)
        if f"sha256:{sha256_of(stream, self.progress)}" != descriptor.digest:
            raise _damaged(descriptor)

    def _member(self, descriptor: Descriptor) -> tarfile.TarInfo:
        name = f"blobs/{descriptor.digest.replace(':', '/')}"
        if name not in self.members:
            raise UnusableImageError(f"it lacks the blob `{descriptor.digest}`", _FETCH)
        return self.members[name]

    def _read(self, member: tarfile.TarInfo) -> bytes:
        stream = self.tar.extractfile(member)
        if stream is None or member.size > _MAX_MANIFEST:
            raise UnusableImageError(f"`{member.name}` is larger than 4 MiB", _FETCH)
        return stream.read()


def _damaged(descriptor: Descriptor) -> UnusableImageError:
    return UnusableImageError(f"the bytes of `{descriptor.digest}` are not what it says", _FETCH)
