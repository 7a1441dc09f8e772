"""A folder and what is below it, reached without ever following a symbolic link."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER_MODE = 0o755
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Tree:
    """An open folder; paths are relative to it and end where they seem to end."""

    handle: int

    @classmethod
    @contextmanager
    def open(cls, root: Path) -> Iterator["Tree"]:
        """The tree at `root`, for the length of a `with`.

        Raises:
            OSError: `root` is no folder, or is a symbolic link.
        """
        handle = os.open(root, _FOLDER)
        try:
            yield cls(handle)
        finally:
            os.close(handle)

    @contextmanager
    def folder(self, path: PurePosixPath, *, create: bool = False) -> Iterator[int]:
        """A handle on the folder at `path`."""
        handle = os.dup(self.handle)
        try:
            for name in path.parts:
                enter = _enter_or_make if create else _enter
                parent, handle = handle, enter(name, handle)
                os.close(parent)
            yield handle
        finally:
            os.close(handle)

    def entries(
        self, skip: Callable[[str], bool] = lambda _: False
    ) -> Iterator[tuple[str, os.stat_result]]:
        """All below the tree, by path, in order, folders first.

        Names at its top for which `skip` holds are left out.
        """
        levels = [_level(os.dup(self.handle), "", skip)]
        try:
            while levels:
                handle, prefix, children = levels[-1]
                child = next(children, None)
                if child is None:
                    os.close(levels.pop()[0])
                    continue
                status = child.stat(follow_symlinks=False)
                yield f"{prefix}{child.name}", status
                if stat.S_ISDIR(status.st_mode):
                    inner = os.open(child.name, _FOLDER, dir_fd=handle)
                    levels.append(_level(inner, f"{prefix}{child.name}/", lambda _: False))
        finally:
            for handle, _, _ in levels:
                os.close(handle)

    def status(self, path: str) -> os.stat_result | None:
        """What is at `path`, if anything is."""
        at = PurePosixPath(path)
        try:
            with self.folder(at.parent) as parent:
                return os.stat(at.name, dir_fd=parent, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def read(self, path: str) -> bytes:
        """The content of the file at `path`."""
        at = PurePosixPath(path)
        with (
            self.folder(at.parent) as parent,
            open(os.open(at.name, _READ, dir_fd=parent), "rb") as file,  # noqa: PTH123 - has no path
        ):
            return file.read()

    def create(self, path: str, content: bytes, mode: int) -> None:
        """Make the file at `path`, where there is none, with exactly `mode`."""
        at = PurePosixPath(path)
        with (
            self.folder(at.parent, create=True) as parent,
            open(os.open(at.name, _CREATE, 0o600, dir_fd=parent), "wb") as file,  # noqa: PTH123 - has no path
        ):
            os.fchmod(file.fileno(), mode)
            file.write(content)

    def sync(self, path: str) -> None:
        """Have the file or folder at `path` on the disk."""
        at = PurePosixPath(path)
        with self.folder(at.parent) as parent:
            handle = os.open(at.name or ".", _READ, dir_fd=parent)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def move(self, source: str, target: str) -> None:
        """Rename a file; folders on the way to `target` are made."""
        old, new = PurePosixPath(source), PurePosixPath(target)
        with self.folder(old.parent) as here, self.folder(new.parent, create=True) as there:
            os.rename(old.name, new.name, src_dir_fd=here, dst_dir_fd=there)

    def remove(self, path: str) -> None:
        """Delete the file at `path`."""
        at = PurePosixPath(path)
        with self.folder(at.parent) as parent:
            os.unlink(at.name, dir_fd=parent)

    def prune(self, path: str) -> None:
        """Delete the folder at `path`, and those above it, as long as they are empty."""
        for folder in (PurePosixPath(path), *PurePosixPath(path).parents):
            if folder.name and not self._remove_folder(folder):
                return

    def _remove_folder(self, path: PurePosixPath) -> bool:
        try:
            with self.folder(path.parent) as parent:
                os.rmdir(path.name, dir_fd=parent)
        except OSError:
            return False
        return True


def _enter(name: str, parent: int) -> int:
    return os.open(name, _FOLDER, dir_fd=parent)


def _enter_or_make(name: str, parent: int) -> int:
    try:
        return _enter(name, parent)
    except FileNotFoundError:
        os.mkdir(name, 0o700, dir_fd=parent)
    handle = _enter(name, parent)
    os.fchmod(handle, _FOLDER_MODE)
    return handle


def _level(
    handle: int, prefix: str, skip: Callable[[str], bool]
) -> tuple[int, str, Iterator["os.DirEntry[str]"]]:
    """An open folder, the path that its names begin with, and what is in it, in order."""
    with os.scandir(handle) as found:
        children = sorted((e for e in found if not skip(e.name)), key=lambda entry: entry.name)
    return handle, prefix, iter(children)
