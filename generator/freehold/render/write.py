"""Writes a site tree: its own files only, all of them or none."""

import errno
import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from freehold.diagnostics import Diagnostic, rule_text
from freehold.render import transaction
from freehold.render.compare import Comparison
from freehold.render.files import SiteFile
from freehold.render.transaction import Transaction
from freehold.render.tree import Tree

SITE_INTERRUPTED: Final = rule_text(
    "site-interrupted",
    """A render was killed while it moved files, and the site is part old and part new.

    The next render restores the old site first, and then writes the new one.
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
    is_new = _make(site)
    try:
        with _locked(site) as tree:
            return _write(tree, files, force=force)
    except OSError as error:
        # Names below the site's root are relative to it, or to its staging folder.
        if error.filename == str(site):
            raise
        what = error.strerror or str(error)
        raise OSError(error.errno, f"{what}; the site is as before", str(site)) from error
    finally:
        if is_new:
            _remove_empty(site)


def compare(site: Path, files: Iterable[SiteFile], *, force: bool = False) -> Outcome:
    """What `write` would change.

    Raises:
        OSError: the folder cannot be read.
    """
    if not site.exists():
        return Outcome(tuple(sorted(file.path for file in files)))
    with _locked(site) as tree:
        if transaction.is_interrupted(tree):
            return Outcome(findings=(interrupted(site),))
        comparison = Comparison.of(tree, force=force)
        changed = sorted(change.path for change in comparison.changes(files))
        return Outcome(tuple(changed), tuple(comparison.findings))


def interrupted(site: Path) -> Diagnostic:
    """That the site is part old and part new."""
    return Diagnostic(
        SITE_INTERRUPTED, "a render was killed while it wrote this site", None, str(site),
        help="render again",
    )  # fmt: skip


def _write(tree: Tree, files: Iterable[SiteFile], *, force: bool) -> Outcome:
    transaction.clean(tree)
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
        return Outcome(findings=tuple(comparison.findings))
    if staged.steps:
        staged.commit()
    return Outcome(tuple(sorted(step.path for step in staged.steps)))


def _make(site: Path) -> bool:
    if site.exists() or site.is_symlink():
        return False
    site.mkdir(parents=True)
    site.chmod(0o755)
    return True


def _remove_empty(site: Path) -> None:
    try:
        site.rmdir()
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise


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
