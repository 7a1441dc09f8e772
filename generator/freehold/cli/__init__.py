"""The command line: `freehold COMMAND`."""

import os

# Before anything of ours is imported: looking for plugins reads the metadata of every package
# that is installed, and none may have a say in what is validated here.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from freehold.cli.main import main

__all__ = ["main"]
