"""`freehold size`: does a model fit on a card, without a spec."""

import argparse
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from freehold.cli.status import FOUND, GOOD

if TYPE_CHECKING:
    from freehold.cli.status import Subparsers
    from freehold.plan.sizing import Answer

_DESCRIPTION: Final = """\
Says whether a model of the catalog fits on a card, term by term, and how many requests it
holds at once; where it does not, what would make it fit. What is not pinned is as the
engine has it by default, on one GPU. With --prompt and --answer it also says what users get.

The JSON is of version 1 while `schema` is 1. Of one GPU, in bytes: `device`, `budget`,
`weights`, `activation`, `overhead` and `kv_cache`, of which the last four add up to the
budget; `kv_bytes_per_token`, of each further token at long context;
`kv_bytes_per_request`, of one request of full context; `margin`, what is left beside that
one; `error`, how far the model may be off; `terms`. Besides: `verdict` (fits, tight,
does-not-fit), `reasons`, `remedies`, `kv_tokens`, `max_concurrency` (requests of full
context), `capacity` (seconds, tokens per second, users), and what was asked.

Exit status: 0 it fits, 1 it does not or the question has mistakes.
"""
_OPTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "model": ("ID", "a repository in the catalog"),
    "gpu": ("ID", "a card in the catalog"),
    "gpus": ("N", "how many there are; one replica is divided over all unless pinned"),
    "tensor-parallel": ("T", "GPUs that each layer is divided over"),
    "pipeline-parallel": ("P", "stages that the layers are dealt out to"),
    "precision": ("X", "of the weights; default: as stored"),
    "kv-dtype": ("X", "auto, fp8, nvfp4; of llama.cpp q8_0, q4_0"),
    "context": ("L", "tokens, such as 16384 or 16k; default: the model's longest"),
    "max-num-seqs": ("S", "sequences at once; default: the engine's"),
    "gpu-memory-utilization": ("U", "share of the card; default: the engine version's"),
    "engine": ("NAME==VERSION", "default: the newest vllm, or llama.cpp for GGUF"),
    "users": ("N", "requests in flight at once"),
    "prompt": ("L", "tokens of a usual prompt"),
    "answer": ("L", "tokens of a usual answer"),
    "first-token": ("TIME", "a user's longest wait, such as 2 s"),
    "speed": ("SPEED", "of each user's answer, such as 20 tok/s"),
}
_NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]+)?|-[0-9]+(\.[0-9]+)?")


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "size", help="ask whether a model fits on a card, without a spec",
        description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    for name, (metavar, about) in _OPTIONS.items():
        needed = name in {"model", "gpu"}
        parser.add_argument(f"--{name}", metavar=metavar, help=about, required=needed)
    parser.add_argument(
        "--expert-parallel", action=argparse.BooleanOptionalAction,
        help="whole experts on each GPU; default: only where nothing else divides",
    )  # fmt: skip
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the answer on stdout."""
    from freehold.catalog.load import builtin  # noqa: PLC0415 - not for `--help`
    from freehold.cli.talk import put, say_findings  # noqa: PLC0415
    from freehold.plan.fit import Verdict  # noqa: PLC0415
    from freehold.plan.sizing import answer  # noqa: PLC0415
    from freehold.report import Report  # noqa: PLC0415
    from freehold.source import Source  # noqa: PLC0415
    from freehold.spec.load import load_as  # noqa: PLC0415
    from freehold.spec.question import Question  # noqa: PLC0415

    # As a file, the words go through the checks, and get the messages, that specs do.
    source = Source.parse("".join(_as_file(arguments)).encode(), "command line")
    report = Report(source)
    question = load_as(Question, source, report)
    found = answer(question, builtin(), report) if question else None
    say_findings(report)
    if found is None:
        return FOUND
    put(_FORMATS[arguments.format](found))
    return FOUND if found.verdict is Verdict.DOES_NOT_FIT else GOOD


def _as_file(arguments: argparse.Namespace) -> Iterator[str]:
    for option in (*_OPTIONS, "expert-parallel"):
        key = option.replace("-", "_")
        value = getattr(arguments, key)
        if value is not None:
            bare = isinstance(value, str) and _NUMBER.fullmatch(value)
            yield f"{key}: {value if bare else json.dumps(value)}\n"


def _text(found: "Answer") -> Iterator[str]:
    from freehold.cli.size_text import lines  # noqa: PLC0415 - not for JSON

    return lines(found)


def _json(found: "Answer") -> Iterator[str]:
    from freehold.cli.size_json import document  # noqa: PLC0415 - not for text

    yield json.dumps(document(found), indent=2)


_FORMATS: Final[Mapping[str, Callable[["Answer"], Iterator[str]]]] = {
    "text": _text,
    "json": _json,
}
