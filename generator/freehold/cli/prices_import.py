"""`freehold prices import`: a vendor's table as quotes."""

import argparse
import codecs
from pathlib import Path
from typing import TYPE_CHECKING, Final

from freehold.cli.status import FAILED, FOUND, GOOD
from freehold.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freehold.cli.status import Subparsers
    from freehold.report import Report

_DESCRIPTION: Final = """\
Reads a vendor's table (CSV: cells between commas, semicolons or tabs, in UTF-8 or as a
spreadsheet's "Unicode text") and shows it as a file of quotes, or adds it to one.

The first row names the columns, in any case and order: item and price are needed; list price,
currency, vendor, reference, date, valid until, mpn, sku, lead time (weeks), warranty (months)
and quantity (the least that the price holds for) are taken when they are there. What all rows
have in common can be given as an option instead.

A decimal comma, separators of thousands and other ways to write a day are understood where
they can mean one thing; otherwise the cell is refused, and you are asked. All mistakes are shown
at once, and then nothing is written. A file that is there keeps every line that it has.

Exit status: 0 read, and written where asked; 1 the table or the file has mistakes; 2 a file
cannot be read or written.
"""
_QUOTE: Final = "quote"
_OPTIONS: Final = {
    "currency": "of prices that name none, such as EUR",
    "vendor": "who quotes",
    "reference": "the vendor's number of the quote",
    "date": "of the quote, such as 2026-12-01",
    "valid_until": "the last day on which it holds",
}


def add_parser(verbs: "Subparsers") -> None:
    """Add the words of `prices import`."""
    parser = verbs.add_parser(
        "import", help="a vendor's table as a file of quotes", description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("table", type=Path, metavar="CSV", help="the vendor's table")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="add the quotes to this file"
    )
    for key, about in _OPTIONS.items():
        parser.add_argument(f"--{key.replace('_', '-')}", dest=key, metavar="TEXT", help=about)
    parser.add_argument(
        "--kind", choices=("contract", "quote", "list", "estimate"), default=_QUOTE,
        help="how binding the prices are; default: quote",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the quotes on stdout, or add them to a file; say what is wrong with the table."""
    from freehold.catalog.load import builtin  # noqa: PLC0415 - not for `--help`
    from freehold.cli.talk import say, say_findings  # noqa: PLC0415
    from freehold.quotes.read import read  # noqa: PLC0415
    from freehold.report import Report  # noqa: PLC0415
    from freehold.source import Source  # noqa: PLC0415

    defaults = _defaults(arguments)
    text = _text(arguments.table)
    if defaults is None or text is None:
        return FAILED
    report = Report(Source(str(arguments.table), text.split("\n"), None))
    catalog = builtin()
    found = read(text, defaults, {**catalog.items, **catalog.prices.by_item}, report)
    done = report.is_clean and _give(arguments.output, found.quotes, report)
    say_findings(report)
    if done and found.ignored:
        say(f"not looked at: {', '.join(visible(name) for name in found.ignored)}")
    return GOOD if done else FOUND


def _defaults(arguments: argparse.Namespace) -> "Mapping[str, str] | None":
    """What all rows have in common."""
    from freehold.cli.talk import say  # noqa: PLC0415 - not for `--help`
    from freehold.quotes.cells import READERS, CellError  # noqa: PLC0415

    given = {key: value for key in _OPTIONS if (value := getattr(arguments, key))}
    for key, value in given.items():
        try:
            given[key] = READERS[key](value)
        except CellError as error:
            say(f"freehold: `--{key.replace('_', '-')}`: {error}", f"  = help: {error.remedy}")
            return None
    return given if arguments.kind == _QUOTE else {**given, "kind": arguments.kind}


def _text(path: Path) -> str | None:
    """The table's text with plain ends of lines; none when it is not text, or not a table's."""
    from freehold.cli.talk import say  # noqa: PLC0415 - not for `--help`
    from freehold.source import MAX_BYTES  # noqa: PLC0415

    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        say(f"freehold: {visible(str(path))} is larger than 1 MiB", "  = help: split it")
        return None
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError:
        say(f"freehold: {visible(str(path))} is not UTF-8 text", "  = help: save it as CSV UTF-8")
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _give(path: Path | None, quotes: "Sequence[Mapping[str, str]]", report: "Report") -> bool:
    """Whether the quotes are where they were asked for."""
    from freehold.cli.talk import put  # noqa: PLC0415 - not for `--help`
    from freehold.quotes.write import new_file  # noqa: PLC0415

    if path is None:
        put(new_file(quotes).splitlines())
        return True
    return _add(path, quotes, report)


def _add(path: Path, quotes: "Sequence[Mapping[str, str]]", report: "Report") -> bool:
    from freehold.atomic import replace  # noqa: PLC0415 - not for `--help`
    from freehold.cli.talk import say  # noqa: PLC0415
    from freehold.quotes.write import added, new_file  # noqa: PLC0415
    from freehold.source import Source  # noqa: PLC0415

    if not path.exists():
        replace(path, new_file(quotes).encode())
        say(f"{path}: {len(quotes)} quote{'' if len(quotes) == 1 else 's'} written")
        return True
    old = path.read_bytes()
    addition = added(quotes, report.about(Source.parse(old, str(path))))
    if addition is None:
        return False
    if addition.added:
        end = "\r\n" if b"\r\n" in old else "\n"
        replace(path, addition.text.replace("\n", end).encode())
    say(f"{path}: {addition.added} quotes added, {addition.known} were there already")
    return True
