"""`freehold lock SPEC`: which bytes the site will run."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from freehold.cli.status import FAILED, FOUND, GOOD

if TYPE_CHECKING:
    from freehold.cli.opening import Opened
    from freehold.cli.status import Subparsers
    from freehold.lock.file import Lock
    from freehold.lock.resolve import Places
    from freehold.lock.wanted import Wanted

_DESCRIPTION = """\
Writes SPEC's lock file, such as cluster.lock.yml: the digest of every image, and the
revision and the SHA-256 of every file of each model. What is locked stays as it is until
the spec asks for something else, or --update does.

This machine is asked first. An image is the OCI archive images/NAME.tar in the artifacts
directory, NAME being its reference with `_` for every `/` and `:`; a model is the
directory models/MODEL there. What is not there is asked of the image's registry, through
skopeo, and of the hub. A token for the hub is read from HF_TOKEN.
"""


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "lock", help="record which images and weights the site will run",
        description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("spec", type=Path, help="the spec, or a directory with cluster.yml")
    parser.add_argument(
        "--artifacts", type=Path, metavar="DIR", help="default: artifacts/ beside the spec"
    )
    parser.add_argument(
        "--image", type=_pair, action="append", default=[], metavar="REFERENCE=FILE",
        help="an image's OCI archive elsewhere; to apply, it must lie in the artifacts directory",
    )  # fmt: skip
    parser.add_argument(
        "--weights", type=_pair, action="append", default=[], metavar="MODEL=DIR",
        help="a model's directory elsewhere; to apply, it must lie in the artifacts directory",
    )  # fmt: skip
    parser.add_argument("--hub", metavar="URL", help="default: https://huggingface.co")
    parser.add_argument(
        "--update", nargs="*", metavar="NAME",
        help="resolve these images and models anew; all of them without a NAME",
    )  # fmt: skip
    parser.set_defaults(run=run)


def _pair(word: str) -> tuple[str, Path]:
    name, separator, path = word.partition("=")
    if not separator or not name or not path:
        raise argparse.ArgumentTypeError(f"`{word}` is not written like NAME=PATH")
    return name, Path(path)


def run(arguments: argparse.Namespace) -> int:
    """Write the lock file and show what changed in it; or leave it, and say why."""
    from freehold.cli.opening import open_spec, plan_of  # noqa: PLC0415 - not for `--help`
    from freehold.cli.talk import say, say_findings  # noqa: PLC0415
    from freehold.lock.errors import CannotLockError  # noqa: PLC0415
    from freehold.lock.wanted import wanted  # noqa: PLC0415

    opened = open_spec(arguments.spec)
    plan = plan_of(opened)
    try:
        done = plan is not None and _lock(arguments, opened, wanted(plan))
    except CannotLockError as error:
        say(f"freehold: {error}")
        return FAILED
    say_findings(opened.report)
    return GOOD if done and opened.report.is_clean else FOUND


def _lock(arguments: argparse.Namespace, opened: "Opened", needed: "Wanted") -> bool:
    """Whether the lock file now says what the spec needs."""
    from freehold.cli.talk import put  # noqa: PLC0415 - not for `--help`
    from freehold.lock.file import beside  # noqa: PLC0415
    from freehold.lock.resolve import changes, resolve  # noqa: PLC0415
    from freehold.lock.write import text, write  # noqa: PLC0415

    path = beside(opened.path)
    update = _update(arguments, needed)
    old = _read(path, opened, everything_anew=update >= needed.names)
    if old is None:
        return False
    places = _places(arguments, opened.path.parent, needed)
    new = resolve(needed, old, update, places, opened.report)
    places.progress.clear()
    if not opened.report.is_clean:
        return False
    if not path.exists() or path.read_bytes() != text(new):
        write(new, path)
    put(changes(old, new))
    return True


def _update(arguments: argparse.Namespace, needed: "Wanted") -> frozenset[str]:
    if arguments.update == []:
        return needed.names
    return _known("--update", frozenset(arguments.update or ()), needed.names)


def _known(option: str, names: frozenset[str], known: frozenset[str]) -> frozenset[str]:
    from freehold.lock.errors import CannotLockError  # noqa: PLC0415 - not for `--help`

    if unknown := sorted(names - known):
        raise CannotLockError(
            f"{option}: the spec has no `{unknown[0]}`; it has {', '.join(sorted(known))}"
        )
    return names


def _read(path: Path, opened: "Opened", *, everything_anew: bool) -> "Lock | None":
    from freehold.lock.file import EMPTY, read  # noqa: PLC0415 - not for `--help`
    from freehold.report import Report  # noqa: PLC0415
    from freehold.source import Source  # noqa: PLC0415

    if not path.exists():
        return EMPTY
    source = Source.read(path)
    if everything_anew:
        return read(source, Report(source)) or EMPTY
    return read(source, opened.report)


def _places(arguments: argparse.Namespace, folder: Path, needed: "Wanted") -> "Places":
    from freehold.lock.hub import HUGGING_FACE, HubClient, hub_url  # noqa: PLC0415 - not for `--help`
    from freehold.lock.progress import Progress  # noqa: PLC0415
    from freehold.lock.resolve import Places  # noqa: PLC0415
    from freehold.lock.web import Web  # noqa: PLC0415

    archives, directories = dict(arguments.image), dict(arguments.weights)
    _known("--image", frozenset(archives), frozenset(needed.images))
    _known("--weights", frozenset(directories), frozenset(needed.models))
    progress = Progress()
    url = hub_url(arguments.hub or HUGGING_FACE)
    return Places(
        artifacts=arguments.artifacts or folder / "artifacts",
        archives=archives,
        directories=directories,
        hub=HubClient(url, Web(os.environ.get("HF_TOKEN")), progress),
        progress=progress,
    )
