"""A model's files in a directory of the controller."""

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from freehold.lock.file import Directory, File
from freehold.lock.formats import (
    WEIGHTS_FORMAT,
    Refused,
    code_in,
    dangers,
    is_configuration,
    names,
    selected,
    without_weights,
)
from freehold.lock.hashing import sha256_of
from freehold.lock.progress import Progress
from freehold.plan.types import Weights

_COMMIT: Final = re.compile("[0-9a-f]{40}")


def from_directory(
    weights: Weights, root: Path, progress: Progress
) -> Directory | tuple[Refused, ...]:
    """The model whose files lie under `root`; or everything that speaks against it.

    Raises:
        OSError: a file cannot be read.
    """
    paths, links = _walk(root)
    chosen = selected(paths, weights.file)
    refused = (
        *_links(weights.model, links),
        *dangers(weights.model, paths),
        *names(weights.model, chosen),
        *without_weights(weights.model, chosen, weights.file),
        *_code(weights.model, root, chosen),
    )
    if refused:
        return refused
    return Directory(
        origin="directory",
        source=weights.source,
        revision=_downloaded_revision(root),
        files={path: _file(root / path, progress) for path in chosen},
    )


def _walk(root: Path) -> tuple[list[str], list[str]]:
    if not root.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), os.fspath(root))
    # Names with a leading dot are a download's own records, never the model's.
    found = (p for p in sorted(root.rglob("*")) if not _is_hidden(p.relative_to(root)))
    entries = [(path, path.relative_to(root).as_posix()) for path in found]
    files = [name for path, name in entries if path.is_file() and not path.is_symlink()]
    return files, [name for path, name in entries if path.is_symlink()]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _links(model: str, links: list[str]) -> Iterator[Refused]:
    for path in links:
        yield Refused(
            WEIGHTS_FORMAT,
            f"`{path}` of `{model}` is a symbolic link",
            "put the file itself there: `hf download REPOSITORY --local-dir DIR`",
        )


def _code(model: str, root: Path, paths: list[str]) -> Iterator[Refused]:
    for path in filter(is_configuration, paths):
        yield from code_in(model, path, (root / path).read_bytes())


def _file(path: Path, progress: Progress) -> File:
    progress.start(path.name, path.stat().st_size)
    with path.open("rb") as stream:
        digest = sha256_of(stream, progress)
        return File(sha256=digest, size=stream.tell())


def _downloaded_revision(root: Path) -> str | None:
    """The commit that `hf download --local-dir` recorded, if one commit gave every file."""
    records = (root / ".cache/huggingface/download").rglob("*.metadata")
    commits = {path.read_text().partition("\n")[0] for path in records}
    found = commits.pop() if len(commits) == 1 else ""
    return found if _COMMIT.fullmatch(found) else None
