"""JSON files of a checkpoint: bounded, without repeated keys, and believed in nothing else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from freehold.diagnostics import Diagnostic, Span, rule_text
from freehold.report import Report
from freehold.source import Data, Source

CONFIG_BYTES: Final = 4 * 2**20
"""The largest config.json that is read; those known stay below 100 KiB but for one."""
INDEX_BYTES: Final = 64 * 2**20
"""The largest index that is read; 91,991 tensors take 9 MiB."""

CHECKPOINT_UNREADABLE: Final = rule_text(
    "checkpoint-unreadable",
    """A checkpoint's file is not what its name says: no JSON, no GGUF, cut short, or too large.

    Figures from half a file would be wrong in silence, so nothing is taken from it.
    """,
)


@dataclass(frozen=True, slots=True)
class JsonFile:
    """A file's one JSON object, and its text for findings to point into."""

    values: Mapping[str, Data]
    source: Source


class BrokenError(Exception):
    """A file is not what its name says; the text says why, `at` where."""

    def __init__(self, why: str, at: Span | None = None) -> None:
        """Keep why, and where if the file has places."""
        super().__init__(why)
        self.at = at


class _RepeatedError(ValueError):
    """A key stands twice in one object; the text is the key."""


def read(path: Path, most: int, report: Report) -> JsonFile | None:
    """The JSON object in the file, unless the report says why there is none.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(most + 1)
    try:
        return JsonFile(_decoded(content, most), _source(path, content))
    except BrokenError as error:
        refuse_broken(path, error, report)
    return None


def refuse_broken(path: Path, error: BrokenError, report: Report) -> None:
    """Add a finding that the file cannot be used."""
    refuse(report, str(path), CHECKPOINT_UNREADABLE, f"cannot use `{path.name}`: {error}",
           at=error.at, help="download the file again")  # fmt: skip


def _decoded(content: bytes, most: int) -> Mapping[str, Data]:
    if len(content) > most:
        raise BrokenError(f"it has more than the {most} bytes that are read")
    try:
        values: Data = json.loads(content.decode(), object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        at = Span(error.lineno, error.colno, error.lineno, error.colno)
        cut = " where the file ends" if error.pos >= len(error.doc.rstrip()) else ""
        raise BrokenError(f"it is no JSON: {error.msg.lower()}{cut}", at) from None
    except UnicodeDecodeError as error:
        why = f"it is no UTF-8 at byte {error.start} of {len(content)}"
        raise BrokenError(why) from None
    except _RepeatedError as error:
        raise BrokenError(f"the key `{error}` stands twice in one object") from None
    except RecursionError:
        raise BrokenError("its values nest too deep to be read") from None
    except ValueError:
        raise BrokenError("a number has more digits than any figure needs") from None
    if not isinstance(values, dict):
        raise BrokenError("it holds no JSON object")
    return values


def _unique(pairs: Sequence[tuple[str, Data]]) -> dict[str, Data]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedError(next(key for key in keys if keys.count(key) > 1)[:80])
    return found


def _source(path: Path, content: bytes) -> Source:
    """The text with the place of each value, where our reader of YAML reads it too."""
    if len(content) > CONFIG_BYTES:
        return Source(str(path), (), None)
    return Source.parse(content, str(path))


def refuse(  # noqa: PLR0913 - a finding's fields
    report: Report,
    file: str,
    rule: str,
    message: str,
    *,
    help: str,  # noqa: A002 - the field's name
    at: Span | None = None,
) -> None:
    """Add a finding about a file that has no places to point at, or the one given."""
    about = report.sources.setdefault(file, Source(file, (), None))
    report.findings.append(Diagnostic(rule, message, at, about.name, "", help))
