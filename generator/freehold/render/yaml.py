"""The encoder of YAML: block style, one way to write each value, the same bytes everywhere.

Ansible runs a string of a vars file as a template unless it is tagged `!unsafe`, so every
string is tagged that has a character which names, addresses and paths have not. The others
stay readable, also to programs that know nothing of the tag, and cannot hold a template.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import yaml

Plain = str | int | bool | Sequence["Plain"] | Mapping[str, "Plain"] | None

HEADER: Final = b"---\n# Made by freehold; change the spec and render again.\n"

_STRING: Final = "tag:yaml.org,2002:str"
_HARMLESS = re.compile("[A-Za-z0-9 ._:/@+,=-]*")
_BARE_KEY = re.compile("[a-z][a-z0-9_-]*")
# Characters that YAML readers refuse or take for line breaks when they stand raw.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def encode(values: Mapping[str, Plain]) -> bytes:
    """One YAML document with `values`, strings tagged `!unsafe`.

    Raises:
        ValueError: a reader would not get `values` back.
    """
    text = HEADER + "".join(_block(values, "")).encode()
    if (decode(text) or {}) != values:
        raise ValueError("YAML that does not read as it was meant")
    return text


def decode(document: bytes) -> Any:
    """What Ansible reads in a vars file."""
    return yaml.load(document, _READER)  # noqa: S506 - a safe loader, with one more tag


def _block(value: Plain, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield f"{indent}{_key(key)}:"
            yield from _after(item, indent)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            inner = "".join(_block(item, f"{indent}  ")) if _nests(item) else f"{_scalar(item)}\n"
            yield f"{indent}- {inner.removeprefix(f'{indent}  ')}"


def _after(value: Plain, indent: str) -> Iterator[str]:
    if not _nests(value):
        yield f" {_scalar(value)}\n"
    else:
        yield "\n"
        yield from _block(value, f"{indent}  ")


def _nests(value: Plain) -> bool:
    return isinstance(value, (Mapping, Sequence)) and not isinstance(value, str) and len(value) > 0


def _scalar(value: Plain) -> str:
    if isinstance(value, str):
        # Ansible resolves a tagged scalar anew, quotes or not: `!unsafe "~"` would be null.
        plain = _HARMLESS.fullmatch(value) or _resolved(value) != _STRING
        return _quoted(value) if plain else f"!unsafe {_quoted(value)}"
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, Sequence):
        return "[]"
    return json.dumps(value)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) and _resolved(key) == _STRING else _quoted(key)


def _resolved(text: str) -> str:
    return str(_RESOLVER.resolve(yaml.ScalarNode, text, (True, False)))


def _quoted(text: str) -> str:
    return _ESCAPED.sub(_escape, json.dumps(text, ensure_ascii=False))


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _unsafe(loader: Any, node: yaml.ScalarNode) -> Any:
    tag = loader.resolve(yaml.ScalarNode, node.value, (True, False))
    return loader.construct_object(yaml.ScalarNode(tag, node.value))


_RESOLVER: Final[Any] = yaml.resolver.Resolver()
_READER: Final[Any] = type("Reader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
_READER.add_constructor("!unsafe", _unsafe)
