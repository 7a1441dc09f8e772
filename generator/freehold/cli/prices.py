"""`freehold prices`: what the price book and a file of quotes say, and how old that is."""

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from freehold.cli import prices_import
from freehold.cli.status import FOUND, GOOD
from freehold.cost.item import Category

if TYPE_CHECKING:
    from freehold.catalog.facts import Catalog
    from freehold.cli.opening import Opened
    from freehold.cli.prices_rows import Row
    from freehold.cli.status import Subparsers
    from freehold.spec.cluster import Cluster
    from freehold.spec.cost import Cost

_DESCRIPTION: Final = """\
Prices come from the price book that is part of freehold, and from a file of quotes that the
spec names. Book prices are indicative, dated, from the sources named, and no offers: a quote
takes the place of each. `freehold explain price-precedence` says which of several counts.
"""
_LIST: Final = """\
Lists every item of a bill with its price, what that rests on, and how old it is; `unknown`
where nobody publishes one. Without a spec, the price book's prices in their own currencies, on
the day of the book; with one, the prices that its bill would use, in its currency, on the day
of its order, quotes included. `--category figure` lists what the book has besides prices:
failure rates, lead times, residual values, emissions of grids.

Exit status: 0 listed, 1 the spec has mistakes.
"""
_CHECK: Final = """\
Checks the prices of the spec's bill: those without a price, those older than the limit of
their category, and quotes that have expired. Nothing is bought on such prices without asking
again. What is quoted and taken for no price of the bill is named, too.

Exit status: 0 every price is known and fresh, 1 some are not, or the spec has mistakes.
"""


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "prices", help="list prices, check how old they are, import a vendor's quote",
        description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _add_list(verbs)
    _add_check(verbs)
    prices_import.add_parser(verbs)


def _add_list(verbs: "Subparsers") -> None:
    parser = verbs.add_parser(
        "list", help="every item and its price", description=_LIST,
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument(
        "spec", type=Path, nargs="?",
        help="a spec, or a directory with cluster.yml; the price book alone when left out",
    )  # fmt: skip
    parser.add_argument(
        "--category", metavar="C", choices=_CATEGORIES,
        help=f"only of one: {', '.join(_CATEGORIES)}",
    )  # fmt: skip
    parser.add_argument("--format", choices=_FORMATS, default="text", help="default: text")
    parser.set_defaults(run=_list)


def _add_check(verbs: "Subparsers") -> None:
    parser = verbs.add_parser(
        "check", help="which prices of a bill are unknown, stale or expired", description=_CHECK,
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("spec", type=Path, help="the spec, or a directory with cluster.yml")
    parser.add_argument("--format", choices=_FORMATS, default="text", help="default: text")
    parser.set_defaults(run=_check)


def _list(arguments: argparse.Namespace) -> int:
    from freehold.cli.opening import open_spec  # noqa: PLC0415 - not for `--help`
    from freehold.cli.prices_rows import of_book, of_spec  # noqa: PLC0415
    from freehold.cli.talk import say_findings  # noqa: PLC0415

    if arguments.spec is None:
        rows = of_book()
    else:
        opened = open_spec(arguments.spec)
        say_findings(opened.report)
        priced = _priced(opened)
        if priced is None:
            return FOUND
        rows = of_spec(priced.cost, priced.catalog, opened.quotes)
    _put(arguments.format, "prices", _wanted(rows, arguments.category))
    return GOOD


def _wanted(rows: "Iterable[Row]", category: str | None) -> "Sequence[Row]":
    """The rows of the category; without one, all but figures that are no prices."""
    return [
        row for row in rows
        if row.category == category or (category is None and row.category != _FIGURE)
    ]  # fmt: skip


def _check(arguments: argparse.Namespace) -> int:
    from freehold.cli.opening import open_spec, plan_of  # noqa: PLC0415 - not for `--help`
    from freehold.cli.prices_rows import of_bill, unused  # noqa: PLC0415
    from freehold.cli.talk import say, say_findings  # noqa: PLC0415

    opened = open_spec(arguments.spec)
    plan = plan_of(opened)
    say_findings(opened.report)
    priced = _priced(opened)
    if plan is None or priced is None:
        return FOUND
    rows = of_bill(priced.cluster, priced.cost, plan, priced.catalog, opened.quotes)
    bad = [row for row in rows if row.is_fault or row.expired]
    _put(arguments.format, "faults", bad)
    faults = sum(row.is_fault for row in rows)
    say(f"{faults} of {len(rows)} prices are unknown or stale")
    if idle := unused(opened.quotes, rows, priced.cost):
        say(f"quoted, but no price of the bill: {', '.join(idle)}")
    return FOUND if faults else GOOD


def _priced(opened: "Opened") -> "_Priced | None":
    """What prices are found with; none when the spec has mistakes, or no cost section."""
    from freehold.cli.talk import say  # noqa: PLC0415 - not for `--help`

    if opened.cluster is None or opened.catalog is None or not opened.report.is_clean:
        return None
    if opened.cluster.cost is None:
        say("freehold: the spec has no `cost`", "  = help: add `cost:`, with a currency at least")
        return None
    return _Priced(opened.cluster, opened.cluster.cost, opened.catalog)


@dataclass(frozen=True, slots=True)
class _Priced:
    cluster: "Cluster"
    cost: "Cost"
    catalog: "Catalog"


def _put(form: str, key: str, rows: "Iterable[Row]") -> None:
    from freehold.cli.talk import put  # noqa: PLC0415 - not for `--help`

    put(_FORMATS[form](key, rows))


def _text(key: str, rows: "Iterable[Row]") -> Iterator[str]:
    from freehold.cli.prices_text import lines  # noqa: PLC0415 - not for JSON

    return lines(rows, with_faults=key == "faults")


def _json(key: str, rows: "Iterable[Row]") -> Iterator[str]:
    from freehold.cli.prices_json import document  # noqa: PLC0415 - not for text

    yield json.dumps(document(key, rows), indent=1)


_FORMATS: Final[Mapping[str, Callable[[str, "Iterable[Row]"], Iterator[str]]]] = {
    "text": _text,
    "json": _json,
}
_FIGURE: Final = "figure"
_CATEGORIES: Final = (*(category.value for category in Category), _FIGURE)
