"""Cold `freehold check` against `ansible-inventory --list` on the same spec, in turns.

    python tests/bench/check.py [SPEC] [ROUNDS]

Prints the median wall time of each and their ratio.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

CLINIC = Path(__file__).parents[2] / "examples/clinic/cluster.yml"


def main() -> None:
    """Run both in turns, so that a busy machine is busy for both."""
    spec = sys.argv[1] if len(sys.argv) > 1 else str(CLINIC)
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    program = Path(sys.executable).with_name
    check = [str(program("freehold")), "check", spec]
    inventory = [str(program("ansible-inventory")), "-i", spec, "--list"]
    times = [(_seconds(check), _seconds(inventory)) for _ in range(rounds)]
    ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    sys.stdout.write(f"check {ours:.2f} s, ansible-inventory {theirs:.2f} s: {ours / theirs:.2f}\n")


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
