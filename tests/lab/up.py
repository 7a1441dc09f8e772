"""Hosts to try things on: `python -m lab.up --kind qemu --hosts 1`, until Ctrl-C."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import time

from lab.engine import engine
from lab.lab import Lab
from lab.model import write_tiny_model


def main() -> None:
    """Boot, say how to get in, and stay until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m lab.up", description=__doc__)
    parser.add_argument("--kind", choices=("nspawn", "qemu"), default="nspawn")
    parser.add_argument("--hosts", type=int, default=1)
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Lab() as lab:
        boot = lab.qemu if wanted.kind == "qemu" else lab.nspawn
        say(f"namespace: {lab.name}")
        start = time.monotonic()
        hosts = boot(*(f"n{number}" for number in range(1, wanted.hosts + 1)))
        say(f"booted in {time.monotonic() - start:.1f} s")
        say(f"inside:    {shlex.join(lab.lan.inside)} COMMAND")
        for host in hosts:
            inside = shlex.join([*lab.lan.inside, "ssh", "-F", str(lab.ssh_config), host.name])
            say(f"{host.name}: {host.address.v4} {host.address.v6}\n    {inside}")
        say(f"engine:    {engine().archive} {engine().name}@{engine().digest}")
        write_tiny_model(lab.folder / "tiny.gguf")
        say(f"model:     {lab.folder / 'tiny.gguf'}")
        for name, value in lab.environment.items():
            say(f"export {name}={shlex.quote(value)}")
        try:
            signal.pause()
        except KeyboardInterrupt:
            say("taking it down")


def say(line: str) -> None:
    """Tell whoever watches."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
