"""The parts of OCI image manifests and indexes that say which bytes an image is.

https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md and image-index.md;
Docker's manifest version 2 has the same keys.
"""

from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from freehold.lock.file import Digest, Size

PLATFORM: Final = "linux/amd64"


class UnusableImageError(Exception):
    """The image cannot be locked."""

    def __init__(self, message: str, remedy: str) -> None:
        """Say why in `message`, and what would mend it in `remedy`."""
        super().__init__(message)
        self.remedy = remedy


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Platform(_Part):
    """What an image runs on."""

    os: str
    architecture: str

    def __str__(self) -> str:
        return f"{self.os}/{self.architecture}"


class Descriptor(_Part):
    """A pointer to a blob."""

    digest: Digest
    size: Size
    platform: Platform | None = None


class Manifest(_Part):
    """One platform's image."""

    config: Descriptor
    layers: tuple[Descriptor, ...]

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """All that the manifest points to."""
        return (self.config, *self.layers)

    @property
    def size(self) -> int:
        """Bytes of all that the manifest points to."""
        return sum(blob.size for blob in self.blobs)


class Index(_Part):
    """Images of several platforms under one name."""

    manifests: tuple[Descriptor, ...]

    def ours(self) -> Descriptor:
        """The only image there is, or the one for our hosts' platform.

        Raises:
            UnusableImageError: there is none, or more than one.
        """
        if len(self.manifests) == 1:
            return self.manifests[0]
        found = [d for d in self.manifests if d.platform and str(d.platform) == PLATFORM]
        if len(found) != 1:
            kinds = sorted({str(d.platform) for d in self.manifests if d.platform})
            raise UnusableImageError(
                f"{len(found)} of its {len(self.manifests)} images are for `{PLATFORM}`"
                + (f": {', '.join(kinds)}" if kinds else ""),
                f"give it exactly one image for `{PLATFORM}`",
            )
        return found[0]


def parse(content: bytes) -> Manifest | Index:
    """The manifest or index in `content`.

    Raises:
        UnusableImageError: it is neither.
    """
    kind: type[Manifest | Index] = Index if b'"manifests"' in content else Manifest
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors()[0]["loc"])
        raise UnusableImageError(
            f"its {kind.__name__.lower()} is malformed at `{where}`", "make the image anew"
        ) from None


def refuse_other_platforms(config: bytes) -> None:
    """Check what the image's configuration says that it runs on.

    Raises:
        UnusableImageError: it is not our hosts' platform.
    """
    try:
        platform = Platform.model_validate_json(config)
    except ValidationError:
        raise UnusableImageError(
            "its configuration names no platform", "make the image anew"
        ) from None
    if str(platform) != PLATFORM:
        raise UnusableImageError(
            f"it is for `{platform}`, hosts are `{PLATFORM}`", f"fetch it for `{PLATFORM}`"
        )
