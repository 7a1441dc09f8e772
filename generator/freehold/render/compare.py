"""A tree as it is against the files that it should hold: what changes, what stands in the way."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import PurePosixPath
from typing import Final

from freehold.diagnostics import Diagnostic, rule_text
from freehold.render import manifest
from freehold.render.files import SiteFile
from freehold.render.tree import Tree

ARTIFACTS: Final = "artifacts"
"""Images and weights: the operator's to arrange, by links if that suits."""

SITE_LINK: Final = rule_text(
    "site-link",
    """The site holds a symbolic link, or another thing that is neither file nor folder.

    Writing through a link changes files somewhere else; reading through one puts any file
    of the controller on hosts. `artifacts`, and names at the top of the site that start
    with a dot, are not looked at.
    """,
)
SITE_EDITED: Final = rule_text(
    "site-edited",
    """A file of the site is not as the last render left it.

    The spec decides what is in the file, so a render would lose the edit. Move the change
    into the spec; variables of your own belong in files of your own beside the rendered ones.
    """,
)
SITE_FOREIGN: Final = rule_text(
    "site-foreign",
    "Something that freehold did not write stands where the site needs a file of its own.",
)

# Of a mode only this tells: git keeps the executable bits, and nobody else may write.
_TELLING: Final = 0o113


@dataclass(frozen=True, slots=True)
class Change:
    """A file to write or, without one, a path to clear."""

    path: str
    file: SiteFile | None
    replaces: bool = True


@dataclass(slots=True)
class Comparison:
    """What is in a tree, what of it is ours, and what is found on the way."""

    tree: Tree
    present: Mapping[str, os.stat_result]
    ours: Mapping[str, str]
    """Digests of our own files by path, as the last render left them."""
    force: bool
    findings: list[Diagnostic] = field(default_factory=list)

    @classmethod
    def of(cls, tree: Tree, *, force: bool = False) -> "Comparison":
        """The comparison with `tree` as it is now."""
        present = dict(tree.entries(skip=_is_apart))
        odd = [path for path, status in present.items() if not _is_plain(status)]
        ours = {} if odd else _ours(tree, present)
        return cls(tree, present, ours, force, [_link(path) for path in odd])

    def changes(self, files: Iterable[SiteFile]) -> Iterator[Change]:
        """What must change, as far as nothing found stands in the way."""
        if self.findings:
            return
        wanted = set()
        for file in files:
            wanted.add(file.path)
            yield from self._to(file)
        for path in sorted(self.ours.keys() - wanted):
            yield from self._without(path)

    def refusals(self) -> tuple[Diagnostic, ...]:
        """What was found, once each: one thing can stand in the way of many files."""
        return tuple(dict.fromkeys(self.findings))

    def _to(self, file: SiteFile) -> Iterator[Change]:
        status = self.present.get(file.path)
        obstacle = self._obstacle(file.path)
        if obstacle:
            self.findings.append(_in_the_way(obstacle))
        elif status is None or stat.S_ISDIR(status.st_mode):
            yield Change(file.path, file, replaces=False)
        else:
            yield from self._over(file, status)

    def _over(self, file: SiteFile, status: os.stat_result) -> Iterator[Change]:
        there = self.tree.read(file.path)
        same = there == file.content
        if same and not (status.st_mode ^ file.mode) & _TELLING:
            return
        if same or self.force or self._is_ours(file.path, there):
            yield Change(file.path, file)
        elif file.path in self.ours:
            self.findings.append(_edited(file.path))
        else:
            self.findings.append(_foreign(file.path))

    def _without(self, path: str) -> Iterator[Change]:
        status = self.present.get(path)
        if status is None or stat.S_ISDIR(status.st_mode):
            return
        if self.force or self._is_ours(path, self.tree.read(path)):
            yield Change(path, None)
        else:
            self.findings.append(_edited(path))

    def _is_ours(self, path: str, content: bytes) -> bool:
        return self.ours.get(path) in {hashlib.sha256(content).hexdigest(), _ANY}

    def _obstacle(self, path: str) -> str | None:
        """What is not ours and has another kind than the path needs."""
        for folder in PurePosixPath(path).parents:
            status = self.present.get(str(folder))
            if status is not None and not stat.S_ISDIR(status.st_mode):
                return None if str(folder) in self.ours else str(folder)
        status = self.present.get(path)
        if status is None or not stat.S_ISDIR(status.st_mode):
            return None
        return self._foreign_in(path)

    def _foreign_in(self, path: str) -> str | None:
        """What of the folder at `path` would stay when our own files have left it."""
        inside = [p for p in self.present if p.startswith(f"{path}/")]
        folders = [path, *(p for p in inside if stat.S_ISDIR(self.present[p].st_mode))]
        files = [p for p in inside if p not in folders]
        foreign = (p for p in files if p not in self.ours)
        empty = (one for one in folders if not any(p.startswith(f"{one}/") for p in files))
        return next(chain(foreign, empty), None)


_ANY: Final = "any"


def _ours(tree: Tree, present: Mapping[str, os.stat_result]) -> dict[str, str]:
    status = present.get(manifest.NAME)
    if status is None or stat.S_ISDIR(status.st_mode):
        return {}
    found = manifest.read(tree.read(manifest.NAME))
    if found is None:
        return {}
    return {path: entry.sha256 for path, entry in found.files.items()} | {manifest.NAME: _ANY}


def _is_apart(name: str) -> bool:
    return name == ARTIFACTS or name.startswith(".")


def _is_plain(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)


def _link(path: str) -> Diagnostic:
    return Diagnostic(
        SITE_LINK, f"`{path}` is a symbolic link or a special file", None, path,
        help="remove it; only `artifacts` may hold links",
    )  # fmt: skip


def _edited(path: str) -> Diagnostic:
    return Diagnostic(
        SITE_EDITED, f"`{path}` was edited after it was rendered", None, path,
        help="move the change into the spec, or discard it: `--force`",
    )  # fmt: skip


def _in_the_way(path: str) -> Diagnostic:
    return Diagnostic(
        SITE_FOREIGN, f"`{path}` is not freehold's", None, path,
        help="move it away, or render into another folder",
    )  # fmt: skip


def _foreign(path: str) -> Diagnostic:
    return Diagnostic(
        SITE_FOREIGN, f"`{path}` is not freehold's", None, path,
        help="move it away, render into another folder, or overwrite it: `--force`",
    )  # fmt: skip
