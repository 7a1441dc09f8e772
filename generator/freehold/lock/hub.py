"""Asks a Hugging Face hub for a repository's commit, files and checksums.

The answers have the shape of https://huggingface.co/docs/hub/api. Files under Git LFS
come with their SHA-256; the others are named by their Git object id, a SHA-1, so they are
downloaded (they are small) and hashed.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from freehold.lock.errors import CannotLockError
from freehold.lock.file import File, Hub, HubUrl, Sha256, Size
from freehold.lock.formats import (
    Refused,
    code_in,
    is_configuration,
    names,
    selected,
    without_weights,
)
from freehold.lock.progress import Progress
from freehold.lock.web import Web, is_safe
from freehold.plan.types import Weights
from freehold.spec.base import Revision

HUGGING_FACE: Final = "https://huggingface.co"
_URL: Final[TypeAdapter[str]] = TypeAdapter(HubUrl)
_MAX_ANSWER: Final = 64 * 2**20
_MAX_SMALL: Final = 64 * 2**20
"""The hub keeps files over 10 MB in LFS; more than this is no configuration."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Lfs(_Answer):
    sha256: Sha256
    size: Size


class _Sibling(_Answer):
    rfilename: str
    size: Size
    blobId: str  # noqa: N815 - the hub's name
    lfs: _Lfs | None = None


class _Repository(_Answer):
    sha: Revision
    siblings: tuple[_Sibling, ...]


def hub_url(word: str) -> str:
    """The URL of a hub, as the lock file writes it.

    Raises:
        CannotLockError: it is none, or somebody on the way could change what the hub says.
    """
    url = word.rstrip("/")
    try:
        _URL.validate_python(url)
    except ValidationError:
        raise CannotLockError(f"`{word}` is no URL of a hub, such as `{HUGGING_FACE}`") from None
    if not is_safe(url):
        raise CannotLockError(f"`{word}` is not HTTPS")
    return url


@dataclass(frozen=True, slots=True)
class HubClient:
    """One hub and the right to read it."""

    url: str
    web: Web
    progress: Progress

    def model(self, weights: Weights) -> Hub | tuple[Refused, ...]:
        """The model as the hub has it now; or everything that speaks against it.

        Raises:
            CannotLockError: the hub does not give it.
        """
        repository = self._repository(weights.source, weights.revision)
        siblings = {sibling.rfilename: sibling for sibling in repository.siblings}
        chosen = selected(siblings, weights.file)
        small = dict(self._small(weights.source, repository.sha, [siblings[p] for p in chosen]))
        refused = (
            *names(weights.model, chosen),
            *without_weights(weights.model, chosen, weights.file),
            *(
                r
                for path, content in small.items()
                if is_configuration(path)
                for r in code_in(weights.model, path, content)
            ),
        )
        if refused:
            return refused
        return Hub(
            origin="hub",
            source=weights.source,
            revision=repository.sha,
            url=self.url,
            files={path: _file(siblings[path], small) for path in chosen},
        )

    def _repository(self, source: str, revision: str | None) -> _Repository:
        wanted = revision or "main"
        url = f"{self.url}/api/models/{source}/revision/{wanted}?blobs=true"
        try:
            found = _Repository.model_validate_json(self.web.get(url, _MAX_ANSWER))
        except ValidationError as error:
            where = ".".join(str(step) for step in error.errors()[0]["loc"])
            raise CannotLockError(f"{url} gives no list of files: `{where}`") from None
        if revision and found.sha != revision:
            raise CannotLockError(f"{url} gives commit {found.sha}")
        return found

    def _small(
        self, source: str, revision: str, siblings: list[_Sibling]
    ) -> Iterator[tuple[str, bytes]]:
        """The content of files without a SHA-256, and of those that may send to code."""
        for sibling in siblings:
            if sibling.lfs is None or is_configuration(sibling.rfilename):
                self.progress.start(sibling.rfilename, sibling.size)
                path = quote(sibling.rfilename)
                url = f"{self.url}/{source}/resolve/{revision}/{path}"
                content = self.web.get(url, _MAX_SMALL)
                if not _is_what_the_list_says(sibling, content):
                    raise CannotLockError(f"{url} gives other bytes than the list of files says")
                yield sibling.rfilename, content


def _is_what_the_list_says(sibling: _Sibling, content: bytes) -> bool:
    if sibling.lfs:
        return hashlib.sha256(content).hexdigest() == sibling.lfs.sha256
    blob = b"blob %d\0%s" % (len(content), content)  # git's object id
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest() == sibling.blobId


def _file(sibling: _Sibling, small: Mapping[str, bytes]) -> File:
    if sibling.lfs:
        return File(sha256=sibling.lfs.sha256, size=sibling.lfs.size)
    content = small[sibling.rfilename]
    return File(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
