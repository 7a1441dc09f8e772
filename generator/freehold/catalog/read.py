"""The catalog's own files, as plain values."""

from importlib.resources import files
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(name: str) -> dict[str, Any]:
    """The values in the catalog's file `name`."""
    content: dict[str, Any] = yaml.load(text(name), Loader=LOADER)  # noqa: S506 - our own file
    return content


def text(name: str) -> str:
    """The text of the catalog's file `name`."""
    return files("freehold.catalog").joinpath(name).read_text()
