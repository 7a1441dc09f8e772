"""Writes a lock file: canonical YAML, the same bytes for the same lock."""

import re
from pathlib import Path
from typing import Final

import yaml

from freehold.atomic import replace
from freehold.lock.file import Lock

_HEADER: Final = """\
# Which bytes this site runs: image digests, and the revision and files of each model.
# `freehold lock` writes this file; it changes only where you ask it to.
"""


class _Dumper(yaml.SafeDumper):
    """Quotes text that our reader would take for a number."""


# `12e4` is text to PyYAML's YAML 1.1 and a number to the core schema of YAML 1.2.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)


def text(lock: Lock) -> bytes:
    """The lock file's content."""
    body = yaml.dump(
        lock.model_dump(), Dumper=_Dumper, sort_keys=True, default_flow_style=False, width=200
    )
    return (_HEADER + body).encode()


def write(lock: Lock, path: Path) -> None:
    """Replace the lock file at `path` in one step; a failure leaves the old one.

    Raises:
        OSError: the folder cannot be written.
    """
    replace(path, text(lock))
