"""A checkpoint's index of safetensors files, and those files' heads where they lie beside it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from freehold.checkpoint.json_file import INDEX_BYTES, refuse
from freehold.checkpoint.json_file import read as read_json
from freehold.checkpoint.tensors import Tensor, read_head
from freehold.diagnostics import rule_text
from freehold.report import Report
from freehold.source import Data

FILES_DISAGREE: Final = rule_text(
    "files-disagree",
    """A checkpoint's files say different things of themselves.

    An index whose files do not add up, a file that is not there, or a number of parameters
    that the architecture does not have: one of them is wrong, and the weights' size follows
    from it.
    """,
)
_SHARD: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,200}\.safetensors")
_NUMBERED: Final = re.compile(r"[0-9]{5}-of-([0-9]{5})\.safetensors$")


class _DisagreeError(Exception):
    """The files do not add up; the text says where."""


class _Metadata(BaseModel):
    model_config = ConfigDict(extra="ignore")

    total_size: Annotated[int, Field(ge=1, le=2**60)]


class _Index(BaseModel):
    model_config = ConfigDict(extra="ignore")

    metadata: _Metadata
    weight_map: Annotated[dict[str, str], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Files:
    """What a checkpoint's files hold."""

    names: tuple[str, ...]
    """Of all tensors."""
    size: int
    """Bytes of all tensors."""
    tensors: tuple[Tensor, ...] | None
    """Those of the files' heads; none where only the index is there."""


def read(path: Path, report: Report) -> Files | None:
    """What the files hold, unless the report says why that is not known.

    `path` is an index, or the one safetensors file of a checkpoint without index.

    Raises:
        OSError: the file cannot be read.
    """
    if path.suffix == ".safetensors":
        tensors = read_head(path, report)
        return _of(tensors) if tensors is not None else None
    file = read_json(path, INDEX_BYTES, report)
    try:
        return _read(path, _parsed(file.values), report) if file else None
    except _DisagreeError as error:
        refuse(
            report, str(path), FILES_DISAGREE, f"cannot use `{path.name}`: {error}",
            help="download the checkpoint again, its index and all files of one revision",
        )  # fmt: skip
    return None


def _parsed(values: Mapping[str, Data]) -> _Index:
    try:
        return _Index.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])[:120]
        raise _DisagreeError(f"`{where}` is wrong: {first['msg'].lower()}") from None


def _of(tensors: Sequence[Tensor]) -> Files:
    names = tuple(tensor.name for tensor in tensors)
    return Files(names, sum(tensor.size for tensor in tensors), tuple(tensors))


def _read(path: Path, index: _Index, report: Report) -> Files | None:
    shards = sorted(set(index.weight_map.values()))
    if wrong := next((name for name in shards if not _SHARD.fullmatch(name)), None):
        raise _DisagreeError(f"`{wrong[:120]}` is no name of a safetensors file beside it")
    promised = {int(found[1]) for name in shards if (found := _NUMBERED.search(name))}
    if promised and promised != {len(shards)}:
        raise _DisagreeError(
            f"it names {len(shards)} files, and they are numbered to {max(promised)}"
        )
    there = [name for name in shards if path.with_name(name).is_file()]
    if not there:
        return Files(tuple(index.weight_map), index.metadata.total_size, None)
    if len(there) < len(shards):
        missing = next(name for name in shards if name not in there)
        raise _DisagreeError(
            f"{len(there)} of its {len(shards)} files are beside it; `{missing}` is not"
        )
    return _heads(path, index, shards, report)


def _heads(path: Path, index: _Index, shards: Sequence[str], report: Report) -> Files | None:
    heads = {name: read_head(path.with_name(name), report) for name in shards}
    if any(head is None for head in heads.values()):
        return None
    placed = {tensor.name: name for name, head in heads.items() for tensor in head or ()}
    if placed != index.weight_map:
        raise _DisagreeError(_difference(index.weight_map, placed))
    found = _of([tensor for head in heads.values() for tensor in head or ()])
    if found.size != index.metadata.total_size:
        raise _DisagreeError(
            f"`metadata.total_size` is {index.metadata.total_size} bytes, the "
            f"tensors in its {len(shards)} files have {found.size}"
        )
    return found


def _difference(wanted: Mapping[str, str], placed: Mapping[str, str]) -> str:
    differing = sorted({*wanted.items()} ^ {*placed.items()})
    return (
        f"it places {len(wanted)} tensors, its files hold {len(placed)}; "
        f"they differ at `{differing[0][0][:120]}`"
    )
