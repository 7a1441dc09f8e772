"""`freehold bom SPEC`: what must be bought for the plan, and what it costs."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from freehold.cli.cost_output import SHARED, Encode, Priced, add_words, show

if TYPE_CHECKING:
    from freehold.cli.status import Subparsers

_DESCRIPTION: Final = """\
Prints the bill of materials: every line that the plan causes, with its quantity, its price and
who says so, what is paid once and what again and again, and totals by category. What nobody has
a price for is listed as unknown, and totals then say "at least".

json and xlsx hold the whole result, the total cost of ownership included; csv has a row for
each line; markdown is for a comment in a review; cyclonedx (1.7) names devices, software and
models without prices, with the digests of the lock file when there is one.

Exit status: 0 good, 1 a limit is broken or the spec has mistakes, 2 nothing could be written.
"""


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "bom", help="list what must be bought, with prices and their sources",
        description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    add_words(parser, _FORMATS)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the bill on stdout, or write it to a file."""
    return show(arguments, _FORMATS)


def _text(priced: Priced) -> bytes:
    from freehold.cli.bom_text import bom_lines  # noqa: PLC0415 - only what is asked for

    return "".join(f"{line}\n" for line in bom_lines(priced.result)).encode()


def _csv(priced: Priced) -> bytes:
    from freehold.cost.export.as_csv import lines  # noqa: PLC0415 - only what is asked for

    return lines(priced.result)


def _cyclonedx(priced: Priced) -> bytes:
    from freehold.cost.export.cyclonedx import Inventory, encode  # noqa: PLC0415 - only when asked
    from freehold.lock.check import check_beside  # noqa: PLC0415

    opened = priced.opened
    lock = check_beside(opened.path, priced.plan, opened.report)
    return encode(Inventory(priced.result, priced.plan, priced.catalog, lock))


_FORMATS: Final[Mapping[str, Encode]] = {
    "text": _text,
    "csv": _csv,
    **SHARED,
    "cyclonedx": _cyclonedx,
}
