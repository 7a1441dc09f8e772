"""YAML intake: one document of plain data, every value with its line and column.

Stricter than YAML: the core scalars of YAML 1.2 only (`on` and `22:22` are text), no
duplicate keys, anchors, aliases, tags or merge keys, bounded in size and depth.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml
from yaml.error import Mark

from freehold.diagnostics import HIDDEN, Diagnostic, Span, rule_text

MAX_BYTES: Final = 2**20
MAX_DEPTH: Final = 32
MAX_DIGITS: Final = 40
MAX_FINDINGS: Final = 100

Scalar = str | int | float | bool | None
Data = Scalar | list["Data"] | dict[str, "Data"]
Loc = tuple[str | int, ...]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CORE = (  # the core schema of YAML 1.2, https://yaml.org/spec/1.2.2/#103-core-schema
    (re.compile(r"|~|null|Null|NULL"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(rf"[-+]?[0-9]{{1,{MAX_DIGITS}}}"), int),
    (re.compile(r"0o[0-7]{1,13}"), lambda text: int(text, 8)),
    (re.compile(r"0x[0-9a-fA-F]{1,10}"), lambda text: int(text, 16)),
    (re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,2})?"), float),
)

rule_text("file-empty", "The file holds no value: it is empty, or comments are all it has.")
rule_text("file-not-utf-8", "The file is not UTF-8 text.")
rule_text("file-too-large", "A spec holds at most 1 MiB; ten thousand hosts need less.")
rule_text("yaml-syntax", "The file is not YAML.")
rule_text("yaml-too-deep", "Values nest at most 32 deep, far more than any key of a spec needs.")
rule_text("yaml-several-documents", "A file holds exactly one YAML document.")
rule_text(
    "yaml-anchor",
    """Anchors, aliases, tags and merge keys are refused.

    A reviewer must see each value where it takes effect, and aliases can make a small
    file unfold without end.
    """,
)
rule_text("yaml-duplicate-key", "A key appears twice in one mapping; YAML keeps one in silence.")
rule_text("yaml-key-type", "Every key is text.")
rule_text(
    "yaml-cut-number",
    """A comma cuts a number between braces, as in `{price: 12,500.00 EUR}`.

    YAML ends the value there, and would read the rest as a key without a value.
    """,
)
rule_text(
    "control-character",
    """The file holds a character that a reviewer cannot see, or that moves what he sees.

    Such a character can end a line in a rendered file, or show a reviewer another text
    than the one that takes effect (CVE-2021-42574).
    """,
)

_START: Final = Span(1, 1, 1, 1)
_SYNTAX = (  # part of what libyaml says, what we say, what mends it
    ("cannot start any token", "`{sign}` cannot begin a value", "put the text in quotes"),
    ("values are not allowed", "a second `:` in one line", "put text with a `:` in quotes"),
    ("expected ':'", "a line without `:`", "write `key: value`, and indent it like its neighbours"),
    ("did not find expected", "{said}", "close what is open above, or mend the indentation"),
    ("unexpected end of stream", "a quote is open until the end of the file", "close it"),
    ("escape", "{said}", "write a backslash in single quotes, or twice"),
    ("", "{said}", "mend the YAML at this place"),
)


@dataclass(slots=True)
class Node:
    """One value of the document and where it and its key stand."""

    span: Span
    key_span: Span | None = None
    value: Scalar = None
    children: "dict[str, Node] | list[Node] | None" = None

    def data(self) -> Data:
        """The plain value, without positions."""
        if isinstance(self.children, dict):
            return {key: child.data() for key, child in self.children.items()}
        if isinstance(self.children, list):
            return [child.data() for child in self.children]
        return self.value

    def child(self, step: str | int) -> "Node | None":
        """The value under `step`, if the file has one."""
        if isinstance(self.children, dict):
            return self.children.get(str(step))
        if isinstance(self.children, list) and isinstance(step, int) and step < len(self.children):
            return self.children[step]
        return None


@dataclass(slots=True)
class Source:
    """A file's text, its values with positions, and what is wrong with its form."""

    name: str
    lines: Sequence[str]
    root: Node | None
    findings: tuple[Diagnostic, ...] = ()

    @classmethod
    def read(cls, path: Path, *, name: str | None = None) -> "Source":
        """The source in the file at `path`, shown to people as `name`.

        Raises:
            OSError: the file cannot be read.
        """
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        return cls.parse(content, name or str(path))

    @classmethod
    def parse(cls, content: bytes, name: str) -> "Source":
        """The source in `content`; findings instead of values when its form is wrong."""
        composer = _Composer(name)
        text = composer.decode(content)
        root = None if composer.findings else composer.compose(text)
        found = tuple(composer.findings)
        return cls(name, text.split("\n"), None if found else root, found)

    def data(self) -> Data:
        """The plain values, without positions."""
        return self.root.data() if self.root else None

    def find(self, loc: Loc, *, key: bool = False) -> Span:
        """The span of `loc`, or of its nearest ancestor in the file.

        Steps the file does not have, such as pydantic's union tags, are skipped. A value
        without extent of its own (a block, or nothing at all) is marked at its key.
        """
        node = self.root or Node(_START)
        for step in loc:
            node = node.child(step) or node
        if node.span.line > len(self.lines):
            return _START  # nothing, after a last line without an end
        return (node.key_span or node.span) if key or node.span.is_empty else node.span

    def written(self, loc: Loc) -> str:
        """The value at `loc` as its line spells it, such as `0x1f`, `010` or `0.30`."""
        span = self.find(loc)
        return self.line(span.line)[span.column - 1 : span.end_column - 1]

    def line(self, number: int) -> str:
        """The text of the line, the first being 1."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


@dataclass(slots=True)
class _Composer:
    """Builds nodes from YAML events; never deeper than a spec needs."""

    name: str
    findings: list[Diagnostic] = field(default_factory=list)
    _events: Iterator[yaml.Event] = field(init=False)

    def decode(self, content: bytes) -> str:
        """The text of the file; nothing when it cannot be shown."""
        if len(content) > MAX_BYTES:
            self._refuse("file-too-large", "the file is larger than 1 MiB", _START,
                         help="split the cluster into several specs")  # fmt: skip
            return ""
        text = content.decode(errors="replace").removeprefix("\ufeff").replace("\r\n", "\n")
        try:
            content.decode()
        except UnicodeDecodeError as error:
            before = content[: error.start].decode().removeprefix("\ufeff").replace("\r\n", "\n")
            at = _position(before, len(before))
            self._refuse("file-not-utf-8", f"the byte 0x{content[error.start]:02X} is not UTF-8",
                         at, help="save the file as UTF-8")  # fmt: skip
        return text

    def compose(self, text: str) -> Node | None:
        """The document's root, unless findings say why there is none."""
        if hidden := HIDDEN.search(text):
            self._refuse_hidden(hidden[0], _position(text, hidden.start()))
            return None
        try:
            self._events = iter(yaml.parse(text, Loader=_LOADER))
            return self._document()
        except yaml.MarkedYAMLError as error:
            self._refuse_syntax(error, text)
        except _EnoughError:
            pass
        return None

    def _document(self) -> Node | None:
        root: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root:
                    self._refuse("yaml-several-documents", "a second document begins here",
                                 _span(event), help="keep one document in the file")  # fmt: skip
                    return None
                root = self._node(next(self._events), 0)
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        span = _span(event)
        if depth > MAX_DEPTH:
            self._refuse("yaml-too-deep", f"values nest more than {MAX_DEPTH} deep here", span,
                         help="remove the extra brackets")  # fmt: skip
            raise _EnoughError
        if isinstance(event, yaml.AliasEvent):
            self._refuse("yaml-anchor", f"alias `*{event.anchor}`", span,
                         help="write the value out")  # fmt: skip
            return Node(span)
        if isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
            self._refuse_extras(event, span)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(event, depth)
        assert isinstance(event, yaml.ScalarEvent)  # noqa: S101 - YAML has no fifth kind
        return Node(span, value=self._scalar(event, span))

    def _refuse_extras(
        self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, span: Span
    ) -> None:
        for kind, mark in (("anchor `&", event.anchor), ("tag `", event.tag)):
            if mark:
                self._refuse("yaml-anchor", f"{kind}{mark}`", span,
                             help="write the value out, without it")  # fmt: skip

    def _mapping(self, start: yaml.MappingStartEvent, depth: int) -> Node:
        children: dict[str, Node] = {}
        begun, before = Node(_START), Node(_START)
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            child = self._node(next(self._events), depth + 1)
            child.key_span = key.span
            if _is_cut(before, key, child):
                if begun is before:  # one finding for all its commas
                    self._refuse_cut(begun)
                before = key
                continue
            if self._is_good_key(key, children):
                children[str(key.value)] = child
            begun = before = child
        return Node(_extent(start, event), children=children)

    def _refuse_cut(self, number: Node) -> None:
        self._refuse("yaml-cut-number", f"a comma ends the number `{number.value}` here",
                     number.span, help="between braces a comma ends a value: write the number "
                     "without it")  # fmt: skip

    def _is_good_key(self, key: Node, others: dict[str, Node]) -> bool:
        if not isinstance(key.value, str):
            self._refuse("yaml-key-type", "this key is not text", key.span,
                         help="put the key in quotes")  # fmt: skip
        elif key.value == "<<":
            self._refuse("yaml-anchor", "merge key `<<`", key.span, help="write the values out")
        elif key.value in others:
            first = others[key.value].key_span or key.span
            self._refuse("yaml-duplicate-key",
                         f"`{key.value}` is already on line {first.line}", key.span,
                         help="keep one of the two")  # fmt: skip
        else:
            return True
        return False

    def _sequence(self, start: yaml.SequenceStartEvent, depth: int) -> Node:
        children: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            children.append(self._node(event, depth + 1))
        return Node(_extent(start, event), children=children)

    def _scalar(self, event: yaml.ScalarEvent, span: Span) -> Scalar:
        text: str = event.value
        if hidden := HIDDEN.search(text):  # by an escape in double quotes
            self._refuse_hidden(hidden[0], span)
        if not event.implicit[0]:
            return text
        return next((make(text) for core, make in _CORE if core.fullmatch(text)), text)

    def _refuse_syntax(self, error: yaml.MarkedYAMLError, text: str) -> None:
        at = _where(error.problem_mark or error.context_mark, text)
        sign = text.split("\n")[at.line - 1][at.column - 1 : at.column]
        said = error.problem or error.context or "not YAML"
        message, remedy = next(rest for part, *rest in _SYNTAX if part in said)
        if sign == "\t":
            message, remedy = "a tab cannot indent", "indent with spaces"
        self._refuse("yaml-syntax", message.format(sign=sign, said=said), at, help=remedy)

    def _refuse_hidden(self, character: str, at: Span) -> None:
        self._refuse("control-character", f"the character U+{ord(character):04X} is hidden here",
                     at, help="remove the character")  # fmt: skip

    def _refuse(self, rule: str, message: str, span: Span, *, help: str) -> None:  # noqa: A002 - the field's name
        self.findings.append(Diagnostic(rule, message, span, self.name, help=help))
        if len(self.findings) >= MAX_FINDINGS:
            raise _EnoughError


class _EnoughError(Exception):
    """Reading on would tell nobody more."""


def _span(event: yaml.Event) -> Span:
    return _between(event, event)


def _is_cut(before: Node, key: Node, child: Node) -> bool:
    """Whether the key, which has no value, goes on with a number right after a comma."""
    one, other = before.span, key.span
    is_next = (one.end_line, one.end_column + 1) == (other.line, other.column)
    if not is_next or not child.span.is_empty or type(before.value) not in (int, float):
        return False
    return str(key.value)[:1].isdecimal()


def _extent(start: yaml.CollectionStartEvent, end: yaml.Event) -> Span:
    """Between brackets; a block ends where the next thing begins, so it has no extent."""
    return _between(start, end if start.flow_style else start)


def _between(start: yaml.Event, end: yaml.Event) -> Span:
    first, last = start.start_mark, end.end_mark
    if first is None or last is None:
        return _START
    return Span(first.line + 1, first.column + 1, last.line + 1, last.column + 1)


def _where(mark: Mark | None, text: str) -> Span:
    """The character at the mark; libyaml counts a line too many at the file's end."""
    lines = text.split("\n")
    line = min(mark.line, len(lines) - 1) if mark else 0
    column = min(mark.column if mark and mark.line == line else MAX_BYTES, len(lines[line]))
    return Span(line + 1, column + 1, line + 1, column + 2)


def _position(text: str, offset: int) -> Span:
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return Span(line, column, line, column + 1)
