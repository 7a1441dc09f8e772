#!/usr/bin/env python3
"""How long `freehold render` takes, and what it needs: `tests/bench/render.py 1000 10000`.

Each size runs in a process of its own: plan, render and write a new site, then again
without a change. Seconds of the clock and of the processor, and the process's peak memory.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Done = TypeVar("Done")

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "generator"), str(ROOT / "tests")]

import plans  # noqa: E402 - found there
from freehold.render.site import render  # noqa: E402
from freehold.render.write import write  # noqa: E402


def measure(hosts: int) -> None:
    plan, planned = timed(lambda: plans.large(hosts))
    lock = plans.locked(plan)
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        first, written = timed(lambda: write(site, render(plan, lock)))
        again, rewritten = timed(lambda: write(site, render(plan, lock)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(  # noqa: T201 - what it is for
        f"{hosts:6} hosts: {len(first.changed):6} files, plan {planned}, render {written}, "
        f"again {rewritten} ({len(again.changed)} changed), peak {peak:5} MiB"
    )


def timed(work: Callable[[], Done]) -> tuple[Done, str]:
    clock, processor = time.perf_counter(), time.process_time()
    done = work()
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    return done, f"{clock:6.2f} s ({processor:6.2f} s)"


if __name__ == "__main__":
    sizes = [int(word) for word in sys.argv[1:]]
    if len(sizes) == 1:
        measure(sizes[0])
    for size in sizes if len(sizes) > 1 else ():
        subprocess.run([sys.executable, __file__, str(size)], check=True)
