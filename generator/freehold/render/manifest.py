"""The list of a site's own files: what a later render may replace or delete."""

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from freehold import __version__
from freehold.render.files import SiteFile, Target
from freehold.spec.base import FileName, HostPath, Strict

NAME: Final = "manifest.json"


class Landing(Strict):
    """Where on hosts the file lands."""

    dest: HostPath
    owner: str
    group: str
    mode: str


class Entry(Strict):
    """One file of the site."""

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    mode: str
    host: Landing | None = None


class Manifest(Strict):
    """All files of a site but the manifest itself."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    freehold: str
    files: dict[FileName, Entry]


def read(content: bytes) -> Manifest | None:
    """The manifest that `content` spells; none when it spells none."""
    try:
        return Manifest.model_validate_json(content)
    except ValidationError:
        return None


def file(entries: Mapping[str, Mapping[str, object]]) -> SiteFile:
    """The manifest of files with these entries."""
    head = {"schema": 1, "freehold": __version__, "files": dict(sorted(entries.items()))}
    return SiteFile(NAME, json.dumps(head, indent=1).encode() + b"\n")


def entry(file: SiteFile) -> Mapping[str, object]:
    """What the manifest says of one file."""
    own = {"sha256": file.sha256, "mode": f"{file.mode:04o}"}
    return own | ({"host": _landing(file.target)} if file.target else {})


def _landing(target: Target) -> Mapping[str, str]:
    return {"dest": target.dest, "owner": target.owner, "group": target.group,
            "mode": target.mode}  # fmt: skip


def complete(files: Iterable[SiteFile]) -> Iterable[SiteFile]:
    """The files, and at their end the manifest of them."""
    entries = {}
    for one in files:
        entries[one.path] = entry(one)
        yield one
    yield file(entries)
