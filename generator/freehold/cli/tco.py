"""`freehold tco SPEC`: what owning costs over the horizon, beside its alternatives."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from freehold.cli.cost_output import SHARED, Encode, Priced, add_words, show
from freehold.cli.talk import say

if TYPE_CHECKING:
    from freehold.cli.status import Subparsers

_DESCRIPTION: Final = """\
Prints the total cost of ownership: nominal and discounted, by year, for a million tokens and for
a user, beside the alternatives of the spec; when owning becomes cheaper, if it does; and how sure
that is.

json and xlsx hold the whole result, the bill included; csv has a row for each payment of each
option, csv-options one for each option with its totals and what buying earns instead of it,
csv-prices one for each price that an alternative bills; markdown is for a comment in a review;
focus (1.2) has rows for tools of finance: what is billed is cash, what is effective is used up;
opencost is a file of custom prices for an hour of a core, a GPU, a GiB, that adds up to the cost
of owning, but for what a bridge or an overflow bills.

Exit status: 0 good, 1 a limit is broken or the spec has mistakes, 2 nothing could be written.
"""


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "tco", help="reckon what owning costs, beside clouds and APIs",
        description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    add_words(parser, _FORMATS)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the cost on stdout, or write it to a file."""
    return show(arguments, _FORMATS)


def _text(priced: Priced) -> bytes:
    from freehold.cli.tco_text import tco_lines  # noqa: PLC0415 - only what is asked for

    return "".join(f"{line}\n" for line in tco_lines(priced.result)).encode()


def _csv(priced: Priced) -> bytes:
    from freehold.cost.export.as_csv import cashflows  # noqa: PLC0415 - only what is asked for

    return cashflows(priced.result)


def _csv_options(priced: Priced) -> bytes:
    from freehold.cost.export.as_csv import comparison  # noqa: PLC0415 - only what is asked for

    return comparison(priced.result)


def _csv_prices(priced: Priced) -> bytes:
    from freehold.cost.export.as_csv import prices  # noqa: PLC0415 - only what is asked for

    return prices(priced.result)


def _focus(priced: Priced) -> bytes:
    from freehold.cost.export.focus import encode  # noqa: PLC0415 - only what is asked for
    from freehold.cost.words import holes  # noqa: PLC0415

    if missing := priced.result.owning.nominal.unknown:
        say(f"focus: {holes(missing)}, which no row can say: the sums are the least")
    return encode(priced.result)


def _opencost(priced: Priced) -> bytes:
    from freehold.cost.export.opencost import encode  # noqa: PLC0415 - only what is asked for

    return encode(priced.result, priced.plan)


_FORMATS: Final[Mapping[str, Encode]] = {
    "text": _text,
    "csv": _csv,
    "csv-options": _csv_options,
    "csv-prices": _csv_prices,
    **SHARED,
    "focus": _focus,
    "opencost": _opencost,
}
