"""The head of a GGUF file: its metadata, and how large each tensor is.

The format is of ggml-org/ggml docs/gguf.md, version 2 and 3; sizes of types are those of
PyPI gguf 0.19.0. The package itself maps whole files into memory and needs numpy.
"""

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from freehold.checkpoint.json_file import BrokenError, refuse_broken
from freehold.report import Report

MOST_TENSORS: Final = 200_000
MOST_KEYS: Final = 10_000
MOST_ITEMS: Final = 4_000_000
"""Entries of an array; vocabularies reach 262,144."""
MOST_TEXT: Final = 2**24
_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q",
                   11: "q", 12: "d"}  # fmt: skip
_TEXT, _ARRAY = 8, 9
# Elements and bytes of a block, by type.
TYPES: Final = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    9: (32, 40), 10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    15: (256, 292), 16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18),
    21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4),
    27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66),
    39: (32, 17), 40: (64, 36), 41: (128, 18),
}  # fmt: skip


@dataclass(slots=True)
class Head:
    """What a file says of itself."""

    metadata: dict[str, int | float | str] = field(default_factory=dict)
    arrays: dict[str, tuple[int | float | str, ...]] = field(default_factory=dict)
    """Short arrays of numbers; a longer one's length is all that is kept, in `lengths`."""
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    """Bytes of each tensor."""


def read(path: Path, report: Report) -> Head | None:
    """The head of the file, unless the report says why it cannot be used.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path.stat().st_size)
    except BrokenError as error:
        refuse_broken(path, error, report)
    return None


def _read(file: BinaryIO, size: int) -> Head:
    magic = file.read(4)
    if magic != b"GGUF":
        raise BrokenError(f"it begins with 0x{magic.hex()}, a GGUF file with 0x{b'GGUF'.hex()}")
    version = _number(file, size, "I")
    if version not in {2, 3}:
        raise BrokenError(f"it is of version {version}; versions 2 and 3 are read")
    tensors = _bounded(file, size, MOST_TENSORS, "tensors")
    keys = _bounded(file, size, MOST_KEYS, "keys")
    head = Head()
    for _ in range(keys):
        _key(file, size, head)
    ends = [_tensor(file, size, head) for _ in range(tensors)]
    alignment = head.metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 0 < alignment <= 2**20:
        raise BrokenError(f"its data is aligned to {alignment} bytes")
    promised = -(-file.tell() // alignment) * alignment + max(ends, default=0)
    if promised > size:
        raise BrokenError(f"it is cut short: {size} bytes are there, its head promises {promised}")
    return head


def _key(file: BinaryIO, size: int, head: Head) -> None:
    name, kind = _text(file, size), _number(file, size, "I")
    if kind != _ARRAY:
        head.metadata[name] = _value(file, size, kind)
        return
    kind = _number(file, size, "I")
    length = _bounded(file, size, MOST_ITEMS, f"entries of `{name[:80]}`")
    if kind == _ARRAY:
        raise BrokenError(f"`{name[:80]}` is an array of arrays")
    if kind in _SCALARS and length > 2**10:
        width = struct.calcsize(_SCALARS[kind])
        _take(file, size, length * width)
        return
    values = tuple(_value(file, size, kind) for _ in range(length))
    if kind in _SCALARS:
        head.arrays[name] = values


def _tensor(file: BinaryIO, size: int, head: Head) -> int:
    """Where the tensor's data ends, counted from where all data begins."""
    name = _text(file, size)
    dimensions = _bounded(file, size, 8, f"dimensions of `{name[:80]}`", "I")
    shape = tuple(_number(file, size, "Q") for _ in range(dimensions))
    kind, offset = _number(file, size, "I"), _number(file, size, "Q")
    if kind not in TYPES:
        raise BrokenError(f"`{name[:80]}` is of the unknown type {kind}")
    elements = 1
    for length in shape:
        elements *= length
    block, width = TYPES[kind]
    head.shapes[name], head.sizes[name] = shape, -(-elements // block) * width
    return offset + head.sizes[name]


def _value(file: BinaryIO, size: int, kind: int) -> int | float | str:
    if kind == _TEXT:
        return _text(file, size)
    if kind not in _SCALARS:
        raise BrokenError(f"a value is of the unknown type {kind}")
    form = f"<{_SCALARS[kind]}"
    value: int | float = struct.unpack(form, _take(file, size, struct.calcsize(form)))[0]
    return value


def _number(file: BinaryIO, size: int, form: str) -> int:
    value: int = struct.unpack(f"<{form}", _take(file, size, struct.calcsize(form)))[0]
    return value


def _bounded(file: BinaryIO, size: int, most: int, what: str, form: str = "Q") -> int:
    found = _number(file, size, form)
    if found > most:
        raise BrokenError(f"its head promises {found} {what}; at most {most} are read")
    return found


def _text(file: BinaryIO, size: int) -> str:
    return _take(file, size, _bounded(file, size, MOST_TEXT, "bytes of a text")).decode(
        errors="replace"
    )


def _take(file: BinaryIO, size: int, length: int) -> bytes:
    end = file.tell() + length
    if end > size:
        raise BrokenError(f"it is cut short: {size} bytes are there, its head goes on to {end}")
    return file.read(length)
