"""From the words of a command line to one command, and from its end to an exit status.

A command is a module of this package, named in `COMMANDS`, with

- `add_parser(subparsers)`, which adds its parser and `set_defaults(run=run)`, and
- `run(arguments) -> int`, which gives back a status of `cli/status.py`.

Only the module of the command that is asked for is imported, so that `check` does not
wait for what `render` needs. What a command is asked for goes to stdout; whatever it has
to say besides goes to stderr. It lets every `OSError` pass: it becomes one line here, as
any fault of ours does; `FREEHOLD_TRACEBACK=1` shows where that came from.
"""

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from freehold import __version__
from freehold.cli.status import FAILED, GOOD
from freehold.diagnostics import visible

COMMANDS: Final = (
    "check",
    "plan",
    "advise",
    "size",
    "lock",
    "report",
    "render",
    "bom",
    "tco",
    "diff",
    "apply",
    "verify",
    "explain",
    "schema",
    "catalog",
    "prices",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; its exit status."""
    words = sys.argv[1:] if argv is None else list(argv)
    _open_closed_streams()
    try:
        return _run(words)
    except BrokenPipeError:
        _drop_stdout()
        return GOOD  # as `head` wanted
    except KeyboardInterrupt:
        return _fail("interrupted")
    except OSError as error:
        return _fail(_said(error))
    except Exception as error:  # no traceback reaches a user
        return _fail(_fault(error))


def _open_closed_streams() -> None:
    """Have a stream that was closed before we began lose what is written, as `print` does."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))


def _run(words: Sequence[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal without UTF-8 shows an escape where a person's name is.
            stream.reconfigure(errors="backslashreplace")
    try:
        arguments = _parser(words).parse_args(words)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else FAILED
    status: int = arguments.run(arguments)
    sys.stdout.flush()
    return status


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="freehold", description="From one cluster spec to an on-premises LLM stack.",
        allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"freehold {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    asked = [words[0]] if words and words[0] in COMMANDS else COMMANDS
    for name in asked:
        importlib.import_module(f"freehold.cli.{name}").add_parser(commands)
    return parser


def _said(error: OSError) -> str:
    what = (error.strerror or str(error)).lower()
    return f"{os.fsdecode(error.filename)}: {what}" if error.filename else what


def _fault(error: Exception) -> str:
    if os.environ.get("FREEHOLD_TRACEBACK"):
        traceback.print_exception(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119 - text, not a path
    return f"a fault of freehold itself, to be reported: {type(error).__name__} at {place}: {error}"


def _fail(message: str) -> int:
    with suppress(OSError):
        sys.stderr.write(f"freehold: {visible(message)}\n")
    try:
        sys.stdout.flush()
    except OSError:
        _drop_stdout()
    return FAILED


def _drop_stdout() -> None:
    """Keep the interpreter from writing to a broken stream once more at its end."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
