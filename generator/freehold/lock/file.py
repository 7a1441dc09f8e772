"""The lock file: which bytes a site runs, beside its spec."""

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from freehold.report import Report
from freehold.source import Source
from freehold.spec.base import (
    FileName,
    FormatVersion,
    ImageName,
    Repository,
    Revision,
    Slug,
    Strict,
    shaped,
)
from freehold.spec.load import load_as

Digest = Annotated[
    str, shaped("sha256:[0-9a-f]{64}", "a digest: `sha256:` and 64 hexadecimal digits", 71)
]
Sha256 = Annotated[str, shaped("[0-9a-f]{64}", "a SHA-256 of 64 hexadecimal digits", 64)]
HubUrl = Annotated[
    str,
    shaped(
        r"https?://(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?(/[A-Za-z0-9._-]+)*",
        "the URL of a hub, such as `https://huggingface.co`",
        255,
    ),
]
Size = Annotated[int, Field(ge=0, lt=2**53)]


class Image(Strict):
    """The manifest that a reference stood for when it was locked."""

    digest: Digest
    """The digest of the platform's manifest, not of an index over several platforms."""
    platform: Literal["linux/amd64"]
    size: Size
    """Bytes of the configuration and the layers, as they are transferred."""
    archive: str | None
    """The OCI archive under the artifacts directory; none when a registry has the image."""


class File(Strict):
    """One file of a model."""

    sha256: Sha256
    size: Size


Files = Annotated[dict[FileName, File], Field(min_length=1, max_length=10_000)]


class Directory(Strict):
    """A model that the controller hands to the hosts, from its artifacts directory."""

    origin: Literal["directory"]
    source: Repository
    revision: Revision | None
    """The commit that the download's own record names; none when there is no record."""
    files: Files


class Hub(Strict):
    """A model that each host downloads."""

    origin: Literal["hub"]
    source: Repository
    revision: Revision
    url: HubUrl
    files: Files


Model = Annotated[Directory | Hub, Field(discriminator="origin")]


class Lock(Strict):
    """Digests and checksums of all that a site's plan names."""

    version: FormatVersion
    images: dict[ImageName, Image]
    models: dict[Slug, Model]

    @model_validator(mode="after")
    def _archives_are_where_expected(self) -> Self:
        for reference, image in self.images.items():
            if image.archive not in (None, archive_of(reference)):
                raise PydanticCustomError(
                    "archive",
                    "the archive of `{reference}` is `{expected}`",
                    {"reference": reference, "expected": archive_of(reference)},
                )
        return self


EMPTY: Final = Lock(version=1, images={}, models={})


def archive_of(reference: str) -> str:
    """Where an image's OCI archive lies under the artifacts directory.

    `/` and `:` become `_`, since podman and skopeo read a `:` in a path as a tag.
    """
    return f"images/{reference.replace('/', '_').replace(':', '_')}.tar"


def beside(spec: Path) -> Path:
    """The path of the spec's lock file: `cluster.lock.yml` for `cluster.yml`."""
    return spec.with_name(f"{spec.stem}.lock.yml")


def read(source: Source, report: Report) -> Lock | None:
    """The lock in `source`; none, and findings in `report`, when it is malformed."""
    return load_as(Lock, source, report.about(source))
