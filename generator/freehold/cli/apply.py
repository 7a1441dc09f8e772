"""`freehold apply SITE`: `ansible-playbook site.yml`, as it works by hand in the site."""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from freehold.cli.status import FAILED, FOUND, GOOD

if TYPE_CHECKING:
    from freehold.cli.status import Subparsers


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "apply", help="make the hosts what the site says",
        description="Runs `ansible-playbook site.yml` in the site's folder.", allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("site", type=Path, help="a folder that `freehold render` made")
    parser.add_argument(
        "ansible", nargs="*", help="options for ansible-playbook, after `--`: `-- --check --diff`"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show Ansible's own output; nonzero when a host is not as planned."""
    from freehold.cli.talk import say  # noqa: PLC0415 - not for `--help`
    from freehold.render.transaction import is_interrupted  # noqa: PLC0415
    from freehold.render.tree import Tree  # noqa: PLC0415

    site: Path = arguments.site
    if not (site / "site.yml").is_file():
        say(f"freehold: {site}: not a rendered site: it has no site.yml")
        return FAILED
    with Tree.open(site) as tree:
        if is_interrupted(tree):
            say(f"freehold: {site}: a render was killed while it wrote this site; render it again")
            return FAILED
    # The Ansible of this very environment, which need not be on the PATH.
    command = [sys.executable, "-m", "ansible", "playbook", "site.yml", *arguments.ansible]
    status = subprocess.run(command, cwd=site, check=False).returncode  # noqa: S603 - our own words
    return FOUND if status else GOOD
