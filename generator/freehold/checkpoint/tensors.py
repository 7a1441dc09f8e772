"""The tensors of a checkpoint's safetensors files: what their heads say, never their data."""

import json
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Annotated, BinaryIO, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from freehold.checkpoint.json_file import BrokenError, refuse_broken
from freehold.report import Report

HEAD_BYTES: Final = 100_000_000
"""The largest head that safetensors itself reads."""
_PREFIX: Final = 8
_Natural = Annotated[int, Field(ge=0, le=2**60)]


class _Tensor(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    dtype: Annotated[str, Field(max_length=20)]
    shape: Annotated[list[_Natural], Field(max_length=16)]
    data_offsets: Annotated[list[_Natural], Field(min_length=2, max_length=2)]


_HEAD: Final = TypeAdapter(dict[str, _Tensor])
_VISION: Final = re.compile(
    r"(model\.)?(visual|vision_\w+|vit|audio_tower|multi_modal_projector|mm_projector|embed_vision"
    r"|embed_audio|patch_merger)\."
)
_LAYER: Final = re.compile(r"(?:model\.|language_model\.|backbone\.)*layers\.([0-9]{1,6})\.")
_MTP: Final = re.compile(r"(model\.)?mtp\b")
# Scales and the like, which hold no parameters.
_BESIDE: Final = re.compile(
    r"(scales?|scale_inv|scale_2|zeros|qzeros|zero_point|g_idx|weight_shape|_scale_\w+)$"
)
_PACKED: Final = re.compile(r"(weight_packed|qweight|_blocks)$")


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor, as it is stored."""

    name: str
    dtype: str
    elements: int
    size: int
    """In bytes."""
    matrix: bool
    """Whether it is no norm and no bias."""

    @property
    def parameters(self) -> int:
        """Parameters that it holds, which are 4 bits wide where they are packed."""
        if _BESIDE.search(self.name):
            return 0
        if self.dtype == "U8":
            return self.elements * 2
        if self.dtype == "I32" and _PACKED.search(self.name):
            return self.elements * 8
        return self.elements


@dataclass(frozen=True, slots=True)
class Counted:
    """Parameters of a checkpoint by what they are for, and the bytes of all of them."""

    text: int
    vision: int
    mtp: int
    size: int


def read_head(path: Path, report: Report) -> tuple[Tensor, ...] | None:
    """The tensors in the file, unless the report says why it cannot be used.

    Raises:
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            return _tensors(_head(file, size), size)
    except BrokenError as error:
        refuse_broken(path, error, report)
    return None


def _head(file: BinaryIO, size: int) -> bytes:
    prefix = file.read(_PREFIX)
    length: int = struct.unpack("<Q", prefix)[0] if len(prefix) == _PREFIX else 0
    if not 0 < length <= HEAD_BYTES:
        raise BrokenError(
            f"its head would have {length} bytes, of {size} that are there; "
            f"1 to {HEAD_BYTES} are read"
        )
    head = file.read(length)
    if len(head) < length:
        raise BrokenError(
            f"it is cut short: {size} bytes are there, its head alone has {_PREFIX + length}"
        )
    return head


def _tensors(head: bytes, size: int) -> tuple[Tensor, ...]:
    entries = _entries(head)
    ends = max((entry.data_offsets[1] for entry in entries.values()), default=0)
    promised = _PREFIX + len(head) + ends
    if promised != size:
        raise BrokenError(f"it is not whole: {size} bytes are there, its head promises {promised}")
    return tuple(
        Tensor(
            name, entry.dtype, prod(entry.shape),
            entry.data_offsets[1] - entry.data_offsets[0], len(entry.shape) > 1,
        )
        for name, entry in entries.items()
    )  # fmt: skip


def _entries(head: bytes) -> dict[str, _Tensor]:
    try:
        values = json.loads(head)
        if isinstance(values, dict):
            values.pop("__metadata__", None)
        return _HEAD.validate_python(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])[:120]
        raise BrokenError(f"its head is wrong at `{where}`: {first['msg'].lower()}") from None
    except (ValueError, RecursionError):
        raise BrokenError("its head is no JSON") from None


def counted(tensors: Iterable[Tensor], layers: int, *, tied: bool) -> Counted:
    """The parameters by what they are for; the model itself has so many layers.

    Some checkpoints hold a `tied` output matrix a second time, which no engine keeps.
    """
    sums = {"text": 0, "vision": 0, "mtp": 0}
    size = 0
    for tensor in tensors:
        size += tensor.size
        part = part_of(tensor.name, layers)
        repeats = tied and tensor.name.endswith("lm_head.weight")
        if (tensor.matrix or part == "vision") and not repeats:
            sums[part] += tensor.parameters
    return Counted(**sums, size=size)


def part_of(name: str, layers: int) -> str:
    """Whether the tensor is of the text model, the vision tower, or for speculation."""
    if _VISION.match(name):
        return "vision"
    layer = _LAYER.match(name)
    return "mtp" if _MTP.match(name) or (layer and int(layer[1]) >= layers) else "text"


def parts_of(names: Iterable[str], layers: int) -> Mapping[str, int]:
    """How many of the tensors are for what."""
    found = {"text": 0, "vision": 0, "mtp": 0}
    for name in names:
        found[part_of(name, layers)] += 1
    return found
