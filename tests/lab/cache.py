"""Built things kept between runs, each under a hash of its recipe."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEFAULT = "/var/cache/freehold-lab"
WEEK = 7 * 24 * 60 * 60


def home() -> Path:
    """The folder that everything built or running lives under."""
    path = Path(os.environ.get("FREEHOLD_LAB_CACHE", DEFAULT))
    path.mkdir(parents=True, exist_ok=True)
    return path


def cached(noun: str, recipe: str, build: Callable[[Path], None]) -> Path:
    """The folder that `build` filled for this recipe, now or in an earlier run.

    It is built beside its final place and renamed when whole: what exists is complete.
    """
    path = home() / f"{noun}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    with lock(noun):
        if not path.exists():
            _sweep(noun)
            unfinished = Path(tempfile.mkdtemp(prefix=f".{noun}.", dir=home()))
            unfinished.chmod(0o755)
            build(unfinished)
            unfinished.rename(path)
        os.utime(path)
    return path


@contextmanager
def lock(noun: str) -> Iterator[None]:
    """Hold what only one process at a time may do."""
    with (home() / f".{noun}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _sweep(noun: str) -> None:
    """Remove what interrupted builds left, and what nobody has used for a week.

    The lock says that no build is running.
    """
    for left in home().glob(f".{noun}.*/"):
        shutil.rmtree(left)
    for old in home().glob(f"{noun}-*/"):
        if old.stat().st_mtime < time.time() - WEEK:
            shutil.rmtree(old)
