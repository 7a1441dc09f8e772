"""One booted machine, whatever it is made of."""

from __future__ import annotations

import shlex
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.program import Completed, ProgramError, Running, run, start

if TYPE_CHECKING:
    from pathlib import Path

    from lab.images import Image
    from lab.network import Address, Namespace
# A host that has booted says so at once.
SETTLED = (
    "for _ in 1 2 3 4 5 6 7 8 9 10; do state=$(systemctl is-system-running);"
    " [ $state = starting ] || break; sleep 0.5; done; echo $state"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a host stands: its folder, its network, its image and the way in."""

    folder: Path
    lan: Namespace
    image: Image
    ssh_config: Path


class Host(ABC):
    """A machine that the site is applied to."""

    def __init__(self, name: str, address: Address, place: Place) -> None:
        self.name = name
        self.address = address
        self._place = place
        self._folder = place.folder / name
        self._process: Running | None = None

    @property
    @abstractmethod
    def patience(self) -> float:
        """How many seconds booting may take."""

    @abstractmethod
    def _prepare(self) -> None:
        """Make what belongs to this host alone."""

    @abstractmethod
    def _command(self) -> list[str]:
        """The program that is this host while it runs."""

    def start(self) -> None:
        """Switch it on; what it had written is still there."""
        if not self._folder.exists():
            self._folder.mkdir(parents=True)
            self._prepare()
        self._process = start([*self._place.lan.inside, *self._command()], self._log)

    def wait(self) -> None:
        """Return when it has booted and lets the lab in."""
        deadline = time.monotonic() + self.patience
        while self._ask(SETTLED) not in {"running", "degraded"}:
            if not self.is_on:
                raise HostError(self, "went off while it booted")
            if time.monotonic() > deadline:
                raise HostError(self, f"did not boot in {self.patience} s")
            time.sleep(0.2)

    def ssh(self, *command: str, check: bool = True, timeout: float = 120) -> Completed:
        """The command, run as root on the host: one word is a shell line, several are quoted."""
        line = command[0] if len(command) == 1 else shlex.join(command)
        return self._run("ssh", self.name, "--", line, check=check, timeout=timeout)

    def put(self, source: Path, target: str, *, timeout: float = 300) -> None:
        """Copy a file or a folder of the controller onto the host."""
        self._run("scp", "-q", "-r", str(source), f"{self.name}:{target}", timeout=timeout)

    def reboot(self) -> None:
        """Restart it in good order, and return when it is back."""
        before = self._boot_id()
        self.ssh("systemctl reboot", check=False)
        deadline = time.monotonic() + self.patience
        while self._boot_id() in {before, ""}:
            if time.monotonic() > deadline:
                raise HostError(self, f"was not back {self.patience} s after a reboot")
            time.sleep(0.2)
        self.wait()

    def power_off(self) -> None:
        """Switch it off in good order; `start` switches it on again."""
        self.ssh("systemctl poweroff", check=False)
        self._gone(self.patience)

    def stop(self) -> None:
        """Take its power away, as a cut cable does."""
        if self._process is not None and self.is_on:
            self._process.send_signal(signal.SIGKILL)
        self._gone(10)

    def forget(self) -> None:
        """Let go of the ended program that was this host."""
        if self._process is not None:
            self._process.wait(10)

    @property
    def is_on(self) -> bool:
        """Whether its power is on; it may still be booting."""
        return self._process is not None and self._process.poll() is None

    def console(self) -> str:
        """What it said on its console, for a failure's report."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def _log(self) -> Path:
        return self._folder / "console.log"

    def _run(self, program: str, *words: str, check: bool = True, timeout: float) -> Completed:
        command = [*self._place.lan.inside, program, "-F", str(self._place.ssh_config), *words]
        return run(command, check=check, timeout=timeout)

    def _ask(self, question: str) -> str:
        """The answer of a host that may be off, booting, or going down."""
        try:
            return self.ssh(question, check=False, timeout=self.patience / 4).stdout.strip()
        except ProgramError:
            return ""

    def _boot_id(self) -> str:
        return self._ask("cat /proc/sys/kernel/random/boot_id")

    def _gone(self, seconds: float) -> None:
        if self._process is not None:
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                raise HostError(self, f"was still on after {seconds} s") from None


class HostError(Exception):
    """A host did not do what hosts do; the text ends with its console."""

    def __init__(self, host: Host, what: str) -> None:
        super().__init__(f"{host.name} {what}; its console:\n{host.console()[-4000:]}")
