"""SHA-256 of streams, a block at a time."""

import hashlib
from typing import IO, Final

from freehold.lock.progress import Progress

_BLOCK: Final = 2**20


def sha256_of(stream: IO[bytes], progress: Progress) -> str:
    """The digest of all that `stream` still holds, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    while block := stream.read(_BLOCK):
        digest.update(block)
        progress.advance(len(block))
    return digest.hexdigest()
