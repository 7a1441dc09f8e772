"""Programs of this machine, run with a limit in time."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Completed = subprocess.CompletedProcess[str]
Running = subprocess.Popen[bytes]


class ProgramError(Exception):
    """A program ended with another status than 0, or did not end in time."""

    def __init__(self, command: str, what: str, *said: str | bytes | None) -> None:
        texts = (
            text.decode(errors="replace") if isinstance(text, bytes) else text for text in said
        )
        super().__init__(
            "\n".join([f"{command}: {what}", *(text[-4000:] for text in texts if text)])
        )


def run(
    argv: Sequence[str | Path],
    *,
    timeout: float = 60,
    check: bool = True,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Completed:
    """The completed program, with what it said as text."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            check=False,
            cwd=cwd,
            encoding="utf-8",
            env=env,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as late:
        what = f"not done after {timeout:.0f} s"
        raise ProgramError(shlex.join(words), what, late.stdout, late.stderr) from None
    if check and done.returncode != 0:
        what = f"exit status {done.returncode}"
        raise ProgramError(shlex.join(words), what, done.stdout, done.stderr)
    return done


def lines(*argv: str | Path) -> list[str]:
    """What a short program printed, line by line."""
    return run(argv).stdout.splitlines()


def start(argv: Sequence[str | Path], log: Path) -> Running:
    """The program, running apart from this one's terminal, and writing down what it says."""
    with log.open("ab") as file:
        return subprocess.Popen(
            [str(word) for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
