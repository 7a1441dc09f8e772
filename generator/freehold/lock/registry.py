"""Asks registries, through skopeo, which manifest a tag stands for."""

import hashlib
import re
import subprocess
from typing import Final

from freehold.lock.errors import CannotLockError
from freehold.lock.file import Image
from freehold.lock.manifest import (
    PLATFORM,
    Manifest,
    UnusableImageError,
    parse,
    refuse_other_platforms,
)

_TIMEOUT: Final = "60s"
_LOOPBACK: Final = re.compile(r"(localhost|127(\.[0-9]{1,3}){3})(:[0-9]+)?/")
_LOGGED: Final = re.compile(r'level=fatal msg="(.*)"')


def from_registry(reference: str) -> Image:
    """The image for our hosts' platform that `reference` stands for now.

    Raises:
        CannotLockError: there is no skopeo, or the registry does not give the image.
    """
    try:
        return _image(reference)
    except UnusableImageError as error:
        raise CannotLockError(f"`{reference}`: {error}; {error.remedy}") from error


def _image(reference: str) -> Image:
    content = _inspect(reference)
    found = parse(content)
    if not isinstance(found, Manifest):
        chosen = found.ours()
        content = _inspect(_pinned(reference, chosen.digest))
        found = parse(content)
        if not isinstance(found, Manifest) or _digest(content) != chosen.digest:
            raise UnusableImageError("its index leads to no manifest", "name another tag")
    digest = _digest(content)
    refuse_other_platforms(_inspect(_pinned(reference, digest), "--config"))
    return Image(digest=digest, platform=PLATFORM, size=found.size, archive=None)


def _pinned(reference: str, digest: str) -> str:
    return f"{reference.rpartition(':')[0]}@{digest}"


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _inspect(reference: str, *options: str) -> bytes:
    # Docker, too, takes a registry on this machine without TLS.
    insecure = ("--tls-verify=false",) if _LOOPBACK.match(reference) else ()
    command = (
        "skopeo",
        "--command-timeout",
        _TIMEOUT,
        "inspect",
        "--raw",
        *options,
        *insecure,
        f"docker://{reference}",
    )
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - an argument list, no shell
    except FileNotFoundError:
        raise CannotLockError(
            f"`{reference}` cannot be resolved: no `skopeo` to ask its registry with"
        ) from None
    if done.returncode != 0:
        raise CannotLockError(f"`{reference}` cannot be resolved: {_reason(done.stderr)}")
    return done.stdout


def _reason(stderr: bytes) -> str:
    last = stderr.decode(errors="replace").strip().rpartition("\n")[2]
    logged = _LOGGED.search(last)
    return logged[1].replace('\\"', '"') if logged else last
