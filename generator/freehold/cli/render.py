"""`freehold render SPEC`: the Ansible project that makes the hosts what the plan says."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from freehold.cli.status import FAILED, FOUND, GOOD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freehold.cli.opening import Opened
    from freehold.cli.status import Subparsers
    from freehold.cost.export.cyclonedx import Inventory
    from freehold.lock.file import Lock
    from freehold.plan.types import Plan
    from freehold.render.files import SiteFile
    from freehold.render.write import Outcome

_DESCRIPTION = """\
Writes the site and prints the paths that changed. A second time changes nothing. Files of
your own in the site stay; a file of ours that was edited by hand is refused, not replaced.
"""


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "render", help="write the Ansible project for the hosts", description=_DESCRIPTION,
        allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("spec", type=Path, help="the spec, or a directory with cluster.yml")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="SITE", help="default: site/ beside the spec"
    )
    parser.add_argument(
        "--check", action="store_true",
        help="write nothing; print what would change, and fail if anything would",
    )  # fmt: skip
    parser.add_argument(
        "--force", action="store_true", help="replace files that were edited, or are not freehold's"
    )
    parser.add_argument(
        "--unlocked", action="store_true",
        help="render for review, without a lock file; such a site refuses to be applied",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the changed paths on stdout."""
    from freehold.cli.opening import open_spec, plan_of  # noqa: PLC0415 - not for `--help`
    from freehold.cli.talk import say_findings  # noqa: PLC0415
    from freehold.render import preconditions  # noqa: PLC0415
    from freehold.render.site import render  # noqa: PLC0415

    opened = open_spec(arguments.spec)
    plan = plan_of(opened)
    lock = bill = None
    if plan is not None:
        preconditions.check_addresses(plan, opened.report)
        if not arguments.unlocked:
            lock = preconditions.locked(opened.path, plan, opened.report)
        bill = _bill(opened, plan, lock)
    say_findings(opened.report)
    if plan is None or not opened.report.is_clean:
        return FOUND
    return _render(arguments, opened, render(plan, lock, bill), lock)


def _bill(opened: "Opened", plan: "Plan", lock: "Lock | None") -> "Inventory | None":
    """What the site's bill is made of; none without a cost section."""
    if opened.cluster is None or opened.catalog is None or opened.cluster.cost is None:
        return None
    from freehold.cli.gates import report_breaches  # noqa: PLC0415 - not for `--help`
    from freehold.cli.opening import result_of  # noqa: PLC0415
    from freehold.cost.export.cyclonedx import Inventory  # noqa: PLC0415

    result = result_of(opened, plan)
    if result:
        report_breaches(opened.report.warn, result)
    return Inventory(result, plan, opened.catalog, lock) if result else None


def _render(
    arguments: argparse.Namespace,
    opened: "Opened",
    files: "Iterable[SiteFile]",
    lock: "Lock | None",
) -> int:
    from freehold.cli.talk import put, say  # noqa: PLC0415 - not for `--help`
    from freehold.render.write import compare, write  # noqa: PLC0415

    site = arguments.output or opened.path.parent / "site"
    bring = compare if arguments.check else write
    outcome = bring(site, files, force=arguments.force)
    if outcome.findings:
        return _refused(outcome, site)
    put(outcome.changed)
    if arguments.check:
        return FOUND if outcome.changed else GOOD
    say(*_next(site, len(outcome.changed), locked=lock is not None))
    return GOOD


def _refused(outcome: "Outcome", site: Path) -> int:
    from freehold.cli.talk import say  # noqa: PLC0415 - not for `--help`
    from freehold.findings.as_text import summary, text_lines  # noqa: PLC0415
    from freehold.render.compare import SITE_LINK  # noqa: PLC0415

    say(*text_lines(outcome.findings, {}), f"{site}: {summary(outcome.findings)}; nothing changed")
    return FAILED if any(found.rule == SITE_LINK for found in outcome.findings) else FOUND


def _next(site: Path, changed: int, *, locked: bool) -> tuple[str, ...]:
    return (
        f"{site}: {changed or 'no'} file{'' if changed == 1 else 's'} changed",
        f"what is where, and what to do when: {site / 'README.md'}",
        f"next: freehold apply {site}" if locked
        else "for review only: run `freehold lock`, and render without --unlocked, to apply it",
    )  # fmt: skip
