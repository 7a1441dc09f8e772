#!/usr/bin/env python3
"""How long the cost of an example takes: `tests/bench/cost.py [NAME] [ROUNDS]`.

Each round is a process of its own, so that no table is left from another. Prints the medians of
the whole result, and of its part that is the spread: the tornado and 10,000 draws.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "generator")]

from freehold.cli.opening import open_spec, plan_of, result_of  # noqa: E402 - found there
from freehold.cost import result as costs  # noqa: E402
from freehold.cost.drivers import Drivers  # noqa: E402
from freehold.cost.money import Rounding  # noqa: E402
from freehold.cost.spread import Options, spread  # noqa: E402
from freehold.cost.types import Spread  # noqa: E402
from freehold.spec.cost import Uncertainty  # noqa: E402


def measure(name: str) -> None:
    """Print the seconds of both, and how many draws there were."""
    drawn: list[float] = []

    def timed(by: Options, drivers: Drivers, how: Uncertainty, rounding: Rounding) -> Spread:
        started = time.perf_counter()
        found = spread(by, drivers, how, rounding)
        drawn.append(time.perf_counter() - started)
        return found

    vars(costs)["spread"] = timed
    opened = open_spec(ROOT / "examples" / name)
    plan = plan_of(opened)
    assert plan is not None
    started = time.perf_counter()
    result = result_of(opened, plan)
    whole = time.perf_counter() - started
    assert result is not None
    assert result.spread is not None
    sys.stdout.write(f"{whole} {drawn[0]} {result.spread.draws}\n")


def main(name: str, rounds: int) -> None:
    """Print the medians."""
    program = [sys.executable, __file__, "--measure", name]
    lines = [
        subprocess.run(program, capture_output=True, text=True, check=True).stdout.split()
        for _ in range(rounds)
    ]
    whole, drawn = (statistics.median(float(line[place]) for line in lines) for place in (0, 1))
    sys.stdout.write(
        f"{name}: result {whole:.2f} s, of it tornado and {lines[0][2]} draws {drawn:.2f} s\n"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2])
    else:
        chosen = sys.argv[1] if len(sys.argv) > 1 else "bank"
        main(chosen, int(sys.argv[2]) if len(sys.argv) > 2 else 5)
