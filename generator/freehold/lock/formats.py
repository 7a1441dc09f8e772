"""Which files of a model may reach a host: data, and nothing that a loader would run."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from pydantic import TypeAdapter, ValidationError

from freehold.diagnostics import rule_text
from freehold.source import Data
from freehold.spec.base import FileName

WEIGHTS: Final = frozenset({".safetensors", ".gguf"})
DATA: Final = WEIGHTS | {".json", ".jinja", ".model", ".tiktoken", ".txt"}
PICKLE: Final = frozenset({".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"})
CODE: Final = frozenset({".py", ".pyc", ".so"})

_NAME: Final[TypeAdapter[str]] = TypeAdapter(FileName)
_SPLIT = re.compile(r"(.*)-[0-9]{5}-of-([0-9]{5})\.gguf")

WEIGHTS_FORMAT: Final = rule_text(
    "weights-format",
    """A model holds files that are not safetensors, GGUF, or the text of a tokenizer.

    A pickle (`.bin`, `.pt`, `.pth`, `.pkl`, `.ckpt`) runs code of its author's choosing
    when it is loaded. A symbolic link can put any file of the controller on every host.
    """,
)
WEIGHTS_CODE: Final = rule_text(
    "weights-code",
    """A model brings code: a `.py` file, or `auto_map` in one of its configurations.

    `auto_map` names Python files that the engine downloads and runs; vLLM before 0.14 did
    so even where remote code was forbidden (CVE-2026-22807).
    """,
)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why something cannot be locked, and what would mend it."""

    rule: str
    message: str
    help: str


def suffix(path: str) -> str:
    """The lower-case ending of the file's name, with its dot."""
    return PurePosixPath(path).suffix.lower()


def names(model: str, paths: Iterable[str]) -> Iterator[Refused]:
    """The files whose names a host, a URL or a checksum list would read otherwise."""
    for path in paths:
        try:
            _NAME.validate_python(path)
        except ValidationError:
            yield Refused(
                WEIGHTS_FORMAT,
                f"{path!r} of `{model}` is no portable file name",
                "use letters, digits, `.`, `_` and `-` only",
            )


def is_data(path: str) -> bool:
    """Whether the file's format is one that hosts take."""
    return suffix(path) in DATA


def is_configuration(path: str) -> bool:
    """Whether the file may hold `auto_map`: the `config.json` of a model or its parts."""
    return path.endswith("config.json")


def dangers(model: str, paths: Iterable[str]) -> Iterator[Refused]:
    """The files that would run when they are loaded."""
    for path in sorted(paths):
        if suffix(path) in PICKLE:
            yield Refused(
                WEIGHTS_FORMAT,
                f"`{path}` of `{model}` is a pickle, which runs code",
                "convert the weights to safetensors, and remove the file",
            )
        elif suffix(path) in CODE:
            yield Refused(
                WEIGHTS_CODE,
                f"`{path}` of `{model}` is code",
                "remove the file; the engine has the model's code or cannot serve it",
            )


def code_in(model: str, path: str, configuration: bytes) -> Iterator[Refused]:
    """A refusal when the configuration sends its reader to code, or cannot be read."""
    try:
        data = json.loads(configuration)
    except (ValueError, RecursionError):
        yield Refused(
            WEIGHTS_FORMAT, f"`{path}` of `{model}` is not JSON", "download the file again"
        )
        return
    if _has_key(data, "auto_map"):
        yield Refused(
            WEIGHTS_CODE,
            f"`{path}` of `{model}` has `auto_map`, which names code",
            "serve a copy without `auto_map`, if the engine knows the architecture",
        )


def _has_key(data: Data, name: str) -> bool:
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if name in value:
                return True
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return False


def selected(paths: Iterable[str], file: str | None) -> list[str]:
    """The files to lock: all data; or, when a GGUF file is named, it and its other parts.

    `original/` is left out as vLLM leaves it out: it repeats the weights in another layout.
    """
    if file is None:
        return sorted(p for p in paths if is_data(p) and not p.startswith("original/"))
    split = _SPLIT.fullmatch(file)
    if split is None:
        return [path for path in paths if path == file]
    parts = re.compile(rf"{re.escape(split[1])}-[0-9]{{5}}-of-{split[2]}\.gguf")
    return sorted(path for path in paths if parts.fullmatch(path))


def without_weights(model: str, chosen: Iterable[str], file: str | None) -> Iterator[Refused]:
    """A refusal when the chosen files hold no weights."""
    if not any(suffix(path) in WEIGHTS for path in chosen):
        missing = f"`{file}`" if file else "a safetensors or GGUF file"
        yield Refused(
            WEIGHTS_FORMAT,
            f"`{model}` lacks {missing}",
            "name a source that holds the weights as safetensors or GGUF",
        )
