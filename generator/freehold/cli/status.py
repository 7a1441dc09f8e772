"""Exit statuses, and the protocol of a command's module."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - has no public name

GOOD: Final = 0
FOUND: Final = 1
"""The spec has errors, or the site is not as it should be."""
FAILED: Final = 2
"""The command could not do its work."""
