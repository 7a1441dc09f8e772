"""An entry as YAML, by itself or in a user's own file of facts."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

from freehold.catalog.facts import ModelFacts
from freehold.catalog.load import OwnCatalog
from freehold.diagnostics import rule_text
from freehold.report import Report
from freehold.source import Data, Node, Source
from freehold.spec.load import load_as

ENTRY_EXISTS: Final = rule_text(
    "entry-exists",
    """The file already has an entry of this name.

    It may hold what somebody found out by hand; `--replace` puts the new one in its place.
    """,
)
ENTRY_NOT_ADDED: Final = rule_text(
    "entry-not-added",
    """The file is written in a way that an entry cannot be added to without writing it anew.

    Comments and order of a file are its owner's; only lines of the entry itself are changed.
    """,
)


class _Dumper(yaml.SafeDumper):
    """Indents the items of a list, as the catalog's own files do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's signature
        super().increase_indent(flow, indentless=False)


def text(name: str, facts: ModelFacts) -> str:
    """A whole file with the one entry."""
    return f"models:\n{_indented(name, facts, 2)}"


def added(name: str, facts: ModelFacts, old: str, report: Report, *, replace: bool) -> str | None:
    """The file's text with the entry in it, unless the report says why that cannot be.

    The report is about the file as it is.
    """
    own = load_as(OwnCatalog, report.source, report) if old.strip() else OwnCatalog()
    if own is None:
        return None
    if name in own.models and not replace:
        report.refuse_key(
            ENTRY_EXISTS, f"`{name}` is there already", ("models", name),
            help="write `--replace` to put the new entry in its place",
        )  # fmt: skip
        return None
    new = _placed(name, facts, old, report.source.root)
    parsed = Source.parse(new.encode(), report.source.name).data()
    if parsed != _wanted(report.source.data(), name, facts):
        report.refuse(
            ENTRY_NOT_ADDED, "an entry cannot be added to this text without changing the rest",
            ("models",), help="write `models:` as a block, one key a line, or add it by hand",
        )  # fmt: skip
        return None
    return new


def write(path: Path, content: str) -> None:
    """Replace the file in one step; a failure leaves the old one.

    Raises:
        OSError: the folder cannot be written.
    """
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _values(facts: ModelFacts) -> dict[str, Data]:
    """The fields that are not what they are by default."""
    values: dict[str, Data] = facts.model_dump(mode="json", exclude_defaults=True)
    origin = {name: values.pop(name) for name in ("date", "source")}
    return values | origin


def _indented(name: str, facts: ModelFacts, indent: int) -> str:
    body = yaml.dump(
        {name: _values(facts)}, Dumper=_Dumper, sort_keys=False, default_flow_style=None,
        width=10_000, allow_unicode=True,
    )  # fmt: skip
    return "".join(f"{' ' * indent}{line}\n" for line in body.splitlines())


def _placed(name: str, facts: ModelFacts, old: str, root: Node | None) -> str:
    """The text with the entry's lines after the last model's, or in place of its old ones."""
    lines = old.splitlines(keepends=True)
    models = root.child("models") if root else None
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    if models is None or not isinstance(models.children, dict) or not models.children:
        gap = ["\n"] if lines else []
        return "".join([*lines, *gap, text(name, facts)])
    starts = _starts(models.children)
    last = _end(lines, max(starts.values()), root)
    first = starts.get(name)
    if first is not None:
        last = min((line for line in starts.values() if line > first), default=last)
        last = _trimmed(lines, first, last)
    column = min(child.key_span.column for child in models.children.values() if child.key_span)
    block = _indented(name, facts, column - 1)
    return "".join([*lines[: last if first is None else first], block, *lines[last:]])


def _starts(children: Mapping[str, Node]) -> dict[str, int]:
    """The number of the line before each key's."""
    return {key: child.key_span.line - 1 for key, child in children.items() if child.key_span}


def _end(lines: list[str], last: int, root: Node | None) -> int:
    """Where the last model's lines end: before the next key of the file, or at its end."""
    tops = root.children if root and isinstance(root.children, dict) else {}
    after = [line for line in _starts(tops).values() if line > last]
    return _trimmed(lines, last, min(after, default=len(lines)))


def _trimmed(lines: list[str], first: int, end: int) -> int:
    """The end without blank lines and comments, which belong to what follows."""
    while end > first + 1 and lines[end - 1].strip().partition("#")[0] == "":
        end -= 1
    return end


def _wanted(old: Data, name: str, facts: ModelFacts) -> Data:
    known = old if isinstance(old, dict) else {}
    models = known.get("models")
    return {**known, "models": {**(models if isinstance(models, dict) else {}),
                                name: _values(facts)}}  # fmt: skip
