"""Files that a spec names: they lie beside it, and nowhere else."""

import os
import stat
from pathlib import Path

from freehold.diagnostics import rule_text
from freehold.report import Report
from freehold.source import Loc, Source

rule_text(
    "file-not-beside",
    """A file that the spec names does not lie beside it as a plain file.

    What is reviewed with the spec is what takes effect: a link, or a path out of the spec's
    directory, would let somebody else change it.
    """,
)


class NotBesideError(Exception):
    """The named file is a link, no plain file, or lies elsewhere."""


def beside(spec: Path, name: str) -> Path:
    """The path of the plain file `name` in the directory of `spec`.

    Raises:
        NotBesideError: it is not there, or not as a plain file; the text says why.
    """
    path = spec.parent
    steps = name.split("/")
    if any(step in {"", ".", ".."} for step in steps):
        raise NotBesideError("it leads out of the spec's directory")
    for number, step in enumerate(steps):
        path /= step
        try:
            mode = path.lstat().st_mode
        except OSError as error:
            raise NotBesideError((error.strerror or str(error)).lower()) from None
        if stat.S_ISLNK(mode):
            raise NotBesideError(f"`{step}` is a symbolic link")
        if number == len(steps) - 1 and not stat.S_ISREG(mode):
            raise NotBesideError("it is no plain file")
    return path


def read_beside(spec: Path, name: str, loc: Loc, report: Report) -> Source | None:
    """The source in the file `name` beside `spec`; `loc` is where the spec names it."""
    try:
        return Source.read(beside(spec, name), name=os.fspath(spec.with_name(name)))
    except (NotBesideError, OSError) as error:
        reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror else error
        report.refuse("file-not-beside", f"cannot use `{name}`: {reason}", loc,
                      help="put a plain file with that name beside the spec")  # fmt: skip
    return None
