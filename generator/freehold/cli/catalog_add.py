"""`freehold catalog add model`: a checkpoint's own files made into an entry of the catalog."""

import argparse
import datetime
import re
from pathlib import Path
from typing import TYPE_CHECKING

from freehold.cli.status import FAILED, FOUND, GOOD

if TYPE_CHECKING:
    from freehold.catalog.facts import ModelFacts
    from freehold.cli.status import Subparsers
    from freehold.report import Report

_DESCRIPTION = """\
Reads a checkpoint's own files and shows the entry that a file named by `catalog:` needs.
Nothing is looked up on the network, and no code of the checkpoint is run.

Give its config.json; with the index, or with its one safetensors file, what the files hold
is compared with what the architecture should. The heads of safetensors files are read
where they lie beside the index. A GGUF file is enough by itself; with a config.json its
sizes are taken and the architecture is read there.
"""


def add_parser(commands: "Subparsers") -> None:
    """Add the words of `catalog add`."""
    parser = commands.add_parser("add", help="make an entry for a file of your own")
    kinds = parser.add_subparsers(required=True, metavar="KIND")
    model = kinds.add_parser(
        "model", help="from a checkpoint's own files", description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )  # fmt: skip
    model.add_argument("--config", type=Path, metavar="FILE", help="the config.json")
    model.add_argument(
        "--index", type=Path, metavar="FILE",
        help="the model.safetensors.index.json, or the one safetensors file",
    )  # fmt: skip
    model.add_argument("--gguf", type=Path, metavar="FILE", help="a GGUF file, or its first part")
    model.add_argument(
        "--source", type=_repository, metavar="REPOSITORY",
        help="what `source:` will name; default: local/ and the name of the files' directory",
    )  # fmt: skip
    model.add_argument(
        "--date", type=_date, default=None, metavar="YYYY-MM-DD",
        help="of the facts; default: today, which no other command asks for",
    )  # fmt: skip
    model.add_argument("-o", "--output", type=Path, metavar="FILE", help="add it to this file")
    model.add_argument("--replace", action="store_true", help="an entry that is there already")
    model.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the entry on stdout, or add it to a file; say what is wrong with the checkpoint."""
    from freehold.checkpoint.entry import Given, entry  # noqa: PLC0415 - not for `--help`
    from freehold.cli.talk import say, say_findings  # noqa: PLC0415
    from freehold.report import Report  # noqa: PLC0415
    from freehold.source import Source  # noqa: PLC0415

    first = arguments.config or arguments.gguf
    if first is None:
        say("freehold: give `--config`, `--gguf`, or both")
        return FAILED
    report = Report(Source(str(first), (), None))
    date = arguments.date or datetime.date.today().isoformat()
    given = Given(arguments.config, arguments.index, arguments.gguf, date)
    facts = entry(given, report)
    done = facts is not None and _give(arguments, first, facts, report)
    say_findings(report)
    return GOOD if done and report.is_clean else FOUND


def _give(
    arguments: argparse.Namespace, first: Path, facts: "ModelFacts", report: "Report"
) -> bool:
    """Whether the entry is where it was asked for."""
    from freehold.checkpoint.write import added, text, write  # noqa: PLC0415 - not for `--help`
    from freehold.cli.talk import put  # noqa: PLC0415
    from freehold.source import Source  # noqa: PLC0415

    name = arguments.source or _local(first)
    if arguments.output is None:
        put(text(name, facts).splitlines())
        return True
    path: Path = arguments.output
    old = path.read_bytes() if path.exists() else b""
    about = report.about(Source.parse(old, str(path)))
    content = added(name, facts, old.decode(errors="replace"), about, replace=arguments.replace)
    if content is None:
        return False
    write(path, content)
    return True


def _repository(word: str) -> str:
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - not for `--help`

    from freehold.spec.base import Repository  # noqa: PLC0415

    try:
        checked: str = TypeAdapter(Repository).validate_python(word)
    except ValidationError:
        raise argparse.ArgumentTypeError(
            f"`{word}` is not written like ORGANISATION/REPOSITORY"
        ) from None
    return checked


def _date(word: str) -> str:
    try:
        return datetime.date.fromisoformat(word).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{word}` is not written like 2026-11-25") from None


def _local(path: Path) -> str:
    """A name from the directory that the file lies in."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.absolute().parent.name).strip("._-")
    return f"local/{name[:100] or 'model'}"
