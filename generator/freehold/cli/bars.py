"""How full a device is, and with what, in one line."""

from typing import Final

from freehold.plan.types import Memory, Part
from freehold.units import Bytes

WIDTH: Final = 48
LEGEND: Final = "W weights  A activations  O overhead  K KV cache  . free"
_LETTERS: Final = {Part.WEIGHTS: "W", Part.ACTIVATION: "A", Part.OVERHEAD: "O"}


def bar(memory: Memory, device: Bytes) -> str:
    """The device as `WIDTH` letters, each of the part that most of its memory belongs to."""
    sizes = [(letter, memory.of(part)) for part, letter in _LETTERS.items()]
    sizes.append(("K", memory.kv_cache))
    letters, reached = "", 0
    for letter, size in sizes:
        reached += max(0, size)
        letters += letter * (round(WIDTH * reached / device) - len(letters))
    return f"[{letters[:WIDTH].ljust(WIDTH, '.')}]"
