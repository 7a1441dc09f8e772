"""The encoder of Markdown: text that shows as it is, and code that ends where it should."""

import re

_NAME = re.compile("`([A-Za-z0-9._/+-]+)`")
_MARKUP = re.compile(r"([\\`*_\[\]<>#!|~&$])")


def text(value: str) -> str:
    """Text on one line without markup, also in the cell of a table."""
    return _escaped(" ".join(value.split()))


def _escaped(value: str) -> str:
    return _MARKUP.sub(r"\\\1", value)


def sentence(value: str) -> str:
    """As `text`; names between backticks are code."""
    parts = _NAME.split(" ".join(value.split()))
    return "".join(f"`{part}`" if n % 2 else _escaped(part) for n, part in enumerate(parts))
