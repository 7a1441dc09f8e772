"""Podman's own quadlet generator, and how systemd reads what it writes."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from lab.cache import home

RUNTIME = "--cidfile=%t/"  # the generator's own, which systemd is to expand
INSTALLED = Path("/usr/libexec/podman/quadlet")


@dataclass(frozen=True)
class Generated:
    """What the generator made of a folder of units."""

    status: int
    services: Mapping[str, str]
    said: str


@cache
def generator() -> Path:
    """The generator of this machine, or of the podman that the lab's hosts install.

    A machine without either skips what needs it; in CI that is a failure.
    """
    if INSTALLED.exists():
        return INSTALLED
    packages = sorted(home().glob("debian-*/packages/podman_*.deb"))
    if packages and shutil.which("dpkg-deb"):
        folder = Path(mkdtemp(prefix="quadlet-"))
        subprocess.run(["dpkg-deb", "-x", packages[-1], folder], check=True)
        return folder / INSTALLED.relative_to("/")
    reason = "no quadlet generator: install podman 4.8 or newer, or build the lab once"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def generate(units: Path) -> Generated:
    """The services that systemd would get of these units."""
    done = subprocess.run(
        [generator(), "-dryrun"], env={"QUADLET_UNIT_DIRS": str(units)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    parts = done.stdout.split("\n---")
    named = (part.removeprefix("---").partition("---\n") for part in parts if part.strip())
    return Generated(done.returncode, {name: text for name, _, text in named}, done.stderr)


def values(service: str, key: str) -> list[str]:
    """Every value of the key in the service, its continued lines joined."""
    lines = service.replace("\\\n", " ").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


def words(command: str) -> list[str]:
    """The words that systemd starts a program with, by systemd.service(5) and systemd.syntax(7).

    Raises:
        ValueError: systemd would read more than one plain command.
    """
    found = []
    for word, quoted in _split(command):
        if word == ";" and not quoted:
            raise ValueError("a second command begins")
        found.append(word if word.startswith(RUNTIME) else _expand(_expand(word, "%"), "$"))
    return found


def _expand(word: str, sign: str) -> str:
    plain = word.replace(sign * 2, "\0")
    if sign in plain:
        raise ValueError(f"systemd expands {sign} in {word!r}")
    return plain.replace("\0", sign)


_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
            "\\": "\\", '"': '"', "'": "'", "s": " "}  # fmt: skip
_LENGTHS = {"x": 2, "u": 4, "U": 8}


def _split(text: str) -> Iterator[tuple[str, bool]]:
    """Words, and whether quotation marks were in them."""
    position = 0
    while (position := _skip(text, position)) < len(text):
        start, letters, quote = position, "", ""
        while position < len(text) and (quote or text[position] not in " \t"):
            sign = text[position]
            position += 1
            if sign == "\\":
                escaped, position = _escape(text, position)
                letters += escaped
            elif sign == quote or (not quote and sign in "\"'"):
                quote = "" if quote else sign
            else:
                letters += sign
        if quote:
            raise ValueError("a quotation does not end")
        yield letters, text[start] in "\"'"


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t":
        position += 1
    return position


def _escape(text: str, position: int) -> tuple[str, int]:
    letter = text[position]
    if letter in _LENGTHS:
        end = position + 1 + _LENGTHS[letter]
        return chr(int(text[position + 1 : end], 16)), end
    return _ESCAPES[letter], position + 1
