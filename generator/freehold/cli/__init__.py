"""The command line: `freehold COMMAND`."""

from freehold.cli.main import main

__all__ = ["main"]
