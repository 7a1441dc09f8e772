"""Replaces files of a tree all together or, when anything goes wrong, not at all.

New files are written beside the old ones and reach the disk before the first old one
moves. What is about to move stands in a journal: a run that was killed in between is
undone by the next one.
"""

import json
import signal
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Annotated, Final

from pydantic import Field, TypeAdapter, ValidationError

from freehold.render.files import SiteFile
from freehold.render.tree import Tree
from freehold.spec.base import FileName

FOLDER: Final = ".freehold"
_SYNCED_AT_ONCE: Final = 32
"""Disks take as long for many files as for one."""
JOURNAL: Final = f"{FOLDER}/steps.json"
_STEPS: Final[TypeAdapter[list[tuple[int, str, bool, bool]]]] = TypeAdapter(
    list[tuple[Annotated[int, Field(ge=0)], FileName, bool, bool]]
)


class ForeignJournalError(Exception):
    """The journal is none that a render wrote; its paths could lead anywhere."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A file that leaves its place, one that comes to it, or both."""

    number: int
    path: str
    leaves: bool
    comes: bool

    @property
    def old(self) -> str:
        return f"{FOLDER}/old/{self.number}"

    @property
    def new(self) -> str:
        return f"{FOLDER}/new/{self.number}"


@dataclass(slots=True)
class Transaction:
    """Changes to a tree that are staged and not yet made."""

    tree: Tree
    steps: list[_Step] = field(default_factory=list)

    def put(self, file: SiteFile, *, replaces: bool) -> None:
        """Stage a new file, or one in the place of an old one."""
        step = self._add(file.path, leaves=replaces, comes=True)
        self.tree.create(step.new, file.content, file.mode)

    def drop(self, path: str) -> None:
        """Stage the removal of a file."""
        self._add(path, leaves=True, comes=False)

    def commit(self) -> None:
        """Make all changes, or none.

        Raises:
            OSError: a change was refused; those before it are undone.
        """
        # A removed file can stand where a new one needs a folder.
        self.steps.sort(key=lambda step: step.comes)
        self._sync_staged()
        with _undisturbed():
            self._write_journal()
            try:
                for step in self.steps:
                    self._make(step)
                # File systems with a journal keep the order of renames: with the last one,
                # all are on the disk.
                self.tree.sync(".")
            except BaseException:
                _undo(self.tree, self.steps)
                self.tree.remove(JOURNAL)
                raise
            self.tree.remove(JOURNAL)

    def _add(self, path: str, *, leaves: bool, comes: bool) -> _Step:
        self.steps.append(_Step(len(self.steps), path, leaves, comes))
        return self.steps[-1]

    def _make(self, step: _Step) -> None:
        if step.leaves:
            self.tree.move(step.path, step.old)
        if step.comes:
            self.tree.move(step.new, step.path)
        else:
            self.tree.prune(str(PurePosixPath(step.path).parent))

    def _sync_staged(self) -> None:
        staged = (step.new for step in self.steps if step.comes)
        with ThreadPoolExecutor(_SYNCED_AT_ONCE) as pool:
            for _ in pool.map(self.tree.sync, staged):
                pass

    def _write_journal(self) -> None:
        steps = [(step.number, step.path, step.leaves, step.comes) for step in self.steps]
        # Only a complete journal has the name that a later run looks for.
        self.tree.create(f"{JOURNAL}.part", json.dumps(steps).encode(), 0o644)
        self.tree.sync(f"{JOURNAL}.part")
        self.tree.move(f"{JOURNAL}.part", JOURNAL)
        self.tree.sync(FOLDER)


def is_interrupted(tree: Tree) -> bool:
    """Whether a run was killed while it moved files."""
    return tree.status(JOURNAL) is not None


def clean(tree: Tree) -> None:
    """Undo what a killed run has left half done, and remove what was staged.

    Raises:
        ForeignJournalError: nobody can say what was half done; nothing is changed.
    """
    if is_interrupted(tree):
        _undo(tree, _read_journal(tree))
        tree.remove(JOURNAL)
    if tree.status(FOLDER) is not None:
        with tree.folder(PurePosixPath(FOLDER)) as handle:
            _empty(Tree(handle))
        tree.prune(FOLDER)


def _read_journal(tree: Tree) -> list[_Step]:
    try:
        return [_Step(*step) for step in _STEPS.validate_json(tree.read(JOURNAL), strict=True)]
    except ValidationError:
        raise ForeignJournalError from None


def _empty(tree: Tree) -> None:
    for path, status in reversed(list(tree.entries())):
        if stat.S_ISDIR(status.st_mode):
            tree.prune(path)
        else:
            tree.remove(path)


def _undo(tree: Tree, steps: list[_Step]) -> None:
    for step in reversed(steps):
        if step.comes and tree.status(step.new) is None:
            tree.move(step.path, step.new)
            tree.prune(str(PurePosixPath(step.path).parent))
        if tree.status(step.old) is not None:
            tree.move(step.old, step.path)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Has signals wait that would end the program."""
    waiting = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, waiting)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
