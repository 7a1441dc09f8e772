"""The encoder of Markdown: text that shows as it is, and code that ends where it should."""

import re

_MARKUP = re.compile(r"([\\`*_\[\]<>#!|~&$])")


def text(value: str) -> str:
    """Text on one line without markup, also in the cell of a table."""
    return _MARKUP.sub(r"\\\1", " ".join(value.split()))
