"""The command line: `freehold COMMAND`."""

import gc
import os

# A command makes much and keeps most of it until it ends: to look for garbage among its first
# hundred thousand objects only costs time.
gc.set_threshold(100_000)

# Before anything of ours is imported: looking for plugins reads the metadata of every package
# that is installed, and none may have a say in what is validated here.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from freehold.cli.main import main  # noqa: E402 - what is above holds for what this imports

__all__ = ["main"]
