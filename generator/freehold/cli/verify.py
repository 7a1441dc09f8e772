"""`freehold verify SITE`: on the hosts, what was asked for is what runs."""

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from freehold.cli.status import FAILED, FOUND, GOOD

if TYPE_CHECKING:
    from freehold.cli.status import Subparsers

_TESTS_FAILED = 1  # https://docs.pytest.org/en/stable/reference/exit-codes.html


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "verify",
        help="prove on the hosts that what was asked for is what runs",
        description="Runs the site's own tests, as `pytest verify/` does in the site's folder. "
        "The key of a client is read from FREEHOLD_KEY.",
        allow_abbrev=False,
    )
    parser.add_argument("site", type=Path, help="a folder that `freehold render` made")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report there")
    parser.add_argument("pytest", nargs="*", help="options for pytest, after `--`")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show pytest's own output; nonzero when a host is not as planned."""
    from freehold.cli.talk import say  # noqa: PLC0415 - not for `--help`

    missing = [name for name in ("pytest", "testinfra") if importlib.util.find_spec(name) is None]
    if missing:
        say(f"freehold: verify needs {' and '.join(missing)}: pip install 'freehold[verify]'")
        return FAILED
    tests = arguments.site / "verify"
    if not (tests / "expected.json").is_file():
        say(f"freehold: {arguments.site}: not a rendered site: it has no verify/expected.json")
        return FAILED
    report = [f"--junitxml={arguments.junit.resolve()}"] if arguments.junit else []
    command = [sys.executable, "-m", "pytest", "verify", *report, *arguments.pytest]
    status = subprocess.run(command, cwd=arguments.site, check=False).returncode  # noqa: S603 - our own words
    return {0: GOOD, _TESTS_FAILED: FOUND}.get(status, FAILED)
