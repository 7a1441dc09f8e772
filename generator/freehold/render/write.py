"""Writes a site tree: its own files only, all of them or none."""

import errno
import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from freehold.diagnostics import Diagnostic, rule_text
from freehold.render import transaction
from freehold.render.compare import Comparison
from freehold.render.files import SiteFile
from freehold.render.transaction import JOURNAL, ForeignJournalError, Transaction
from freehold.render.tree import Tree

SITE_INTERRUPTED: Final = rule_text(
    "site-interrupted",
    """A render was killed while it moved files, and the site is part old and part new.

    The next render restores the old site first, and then writes the new one.
    """,
)
SITE_JOURNAL: Final = rule_text(
    "site-journal",
    """The record of a killed render is not one that freehold wrote.

    A render undoes what the record says was half done, so a record from somebody else
    could have it move files from or to any place of the controller.
    """,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What changed, or would; or why nothing did."""

    changed: tuple[str, ...] = ()
    findings: tuple[Diagnostic, ...] = ()


def write(site: Path, files: Iterable[SiteFile], *, force: bool = False) -> Outcome:
    """Have the folder `site` hold `files`, and give back the paths that changed.

    Raises:
        OSError: the folder cannot be written; it is as before.
    """
    missing = [folder for folder in (site, *site.parents) if not _is_there(folder)]
    try:
        if missing:
            _make(site)
        with _locked(site) as tree:
            return _write(tree, files, force=force)
    except OSError as error:
        # Names below the site's root are relative to it, or to its staging folder.
        if error.filename == str(site):
            raise
        what = error.strerror or str(error)
        raise OSError(error.errno, f"{what}; the site is as before", str(site)) from error
    finally:
        for folder in missing:
            _remove_empty(folder)


def compare(site: Path, files: Iterable[SiteFile], *, force: bool = False) -> Outcome:
    """What `write` would change.

    Raises:
        OSError: the folder cannot be read.
    """
    if not _is_there(site):
        return Outcome(tuple(sorted(file.path for file in files)))
    with _locked(site) as tree:
        if transaction.is_interrupted(tree):
            return Outcome(findings=(interrupted(site),))
        comparison = Comparison.of(tree, force=force)
        changed = sorted(change.path for change in comparison.changes(files))
        return Outcome(tuple(changed), comparison.refusals())


def interrupted(site: Path) -> Diagnostic:
    """That the site is part old and part new."""
    return Diagnostic(
        SITE_INTERRUPTED, "a render was killed while it wrote this site", None, str(site),
        help="render again",
    )  # fmt: skip


def _write(tree: Tree, files: Iterable[SiteFile], *, force: bool) -> Outcome:
    try:
        transaction.clean(tree)
    except ForeignJournalError:
        return Outcome(findings=(_foreign_journal(),))
    try:
        return _replace(tree, files, force=force)
    finally:
        transaction.clean(tree)


def _replace(tree: Tree, files: Iterable[SiteFile], *, force: bool) -> Outcome:
    comparison = Comparison.of(tree, force=force)
    staged = Transaction(tree)
    for change in comparison.changes(files):
        if change.file is None:
            staged.drop(change.path)
        elif not comparison.findings:
            staged.put(change.file, replaces=change.replaces)
    if comparison.findings:
        return Outcome(findings=comparison.refusals())
    if staged.steps:
        staged.commit()
    return Outcome(tuple(sorted(step.path for step in staged.steps)))


def _foreign_journal() -> Diagnostic:
    return Diagnostic(
        SITE_JOURNAL, f"`{JOURNAL}` is not what a render writes", None, JOURNAL,
        help=f"remove the folder `{transaction.FOLDER}`, and render again",
    )  # fmt: skip


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _make(site: Path) -> None:
    site.mkdir(parents=True)
    site.chmod(0o755)


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


@contextmanager
def _locked(site: Path) -> Iterator[Tree]:
    if site.is_symlink():
        raise OSError(errno.ELOOP, "a symbolic link; name the folder itself", str(site))
    with Tree.open(site) as tree:
        try:
            fcntl.flock(tree.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(
                errno.EWOULDBLOCK, "another render is at work here; wait for it", str(site)
            ) from None
        yield tree
