"""The first and the second apply of `examples/minimal` on a booted host: tasks, seconds, shares.

    PYTHONPATH=generator:tests python -m bench.apply

What no tool can avoid is to install packages, to copy and import the image, and to copy and
check the weights: their tasks are named in `UNAVOIDABLE`.
"""

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.lab import Lab
from lab.site import Applied, Site

MINIMAL = Path(__file__).parents[2] / "examples/minimal"
CALLBACKS = Path(__file__).parent / "callbacks"
UNAVOIDABLE = (
    "Read the package lists", "Install the packages", "Copy the archive", "Import the image",
    "Copy the files from the controller", "Copy the files", "Compare the bytes with the lock",
)  # fmt: skip


def main() -> None:
    """Apply twice, and say what took how long."""
    with Lab() as lab, TemporaryDirectory() as folder:
        site = Site.of(lab, lab.nspawn("box-1"), MINIMAL, Path(folder))
        site.render()
        for which in ("first", "second"):
            _say(which, *_applied(site))


def _applied(site: Site) -> tuple[Applied, float, list[tuple[str, float]]]:
    program = Path(sys.executable).with_name("ansible-playbook")
    taken = site.folder / "seconds.json"
    env = {
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": "seconds",
        "BENCH_SECONDS": str(taken),
    }
    artifacts = f"freehold_artifacts={site.folder / 'artifacts'}"
    start = time.perf_counter()
    done = site.lab.run(
        [program, "site.yml", "-e", artifacts], cwd=site.path, env=env, timeout=1500
    )
    seconds = time.perf_counter() - start
    return Applied(done), seconds, json.loads(taken.read_text())


def _say(which: str, applied: Applied, seconds: float, took: list[tuple[str, float]]) -> None:
    named = [(name.rpartition(" : ")[2], one) for name, one in took]
    unavoidable = sum(one for name, one in named if name in UNAVOIDABLE)
    sys.stdout.write(
        f"{which}: {applied.tasks} tasks, {applied.changed} changed, {seconds:.1f} s, "
        f"{unavoidable / seconds:.0%} in what no tool can avoid\n"
    )
    for name, one in sorted(named, key=lambda pair: -pair[1])[:8]:
        sys.stdout.write(f"  {one:6.1f} s  {name}\n")


if __name__ == "__main__":
    main()
