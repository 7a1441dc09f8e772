"""Cold `freehold check`, against `ansible-inventory --list` or on sites of very many hosts.

    python tests/bench/check.py [SPEC] [ROUNDS]
    python tests/bench/check.py large [ROUNDS]

The first runs both programs on the same spec, in turns, and prints the median wall time of each
and their ratio. The second prints the median of `check` for 100 models on 1,000 and on 10,000
hosts, in eight pools of different cards.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_address
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

CLINIC = Path(__file__).parents[2] / "examples/clinic/cluster.yml"
CARDS = (
    "l4-24gb", "a30-24gb", "l40s-48gb", "a100-sxm4-40gb",
    "a100-sxm4-80gb", "h100-sxm5-80gb", "h200-sxm5-141gb", "b200-sxm-180gb",
)  # fmt: skip
MODELS = (
    ("Qwen/Qwen3-8B", "bf16"), ("Qwen/Qwen3-14B", "bf16"), ("Qwen/Qwen3-32B", "bf16"),
    ("meta-llama/Llama-3.3-70B-Instruct", "fp8"), ("openai/gpt-oss-120b", "mxfp4"),
    ("deepseek-ai/DeepSeek-V3", "fp8"),
)  # fmt: skip


def main() -> None:
    """What the first argument asks for."""
    spec = sys.argv[1] if len(sys.argv) > 1 else str(CLINIC)
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    if spec == "large":
        _large(rounds)
    else:
        _in_turns(spec, rounds)


def _in_turns(spec: str, rounds: int) -> None:
    """Both programs in turns, so that a busy machine is busy for both."""
    inventory = [_program("ansible-inventory"), "-i", spec, "--list"]
    times = [(_check(spec), _seconds(inventory)) for _ in range(rounds)]
    ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    sys.stdout.write(f"check {ours:.2f} s, ansible-inventory {theirs:.2f} s: {ours / theirs:.2f}\n")


def _large(rounds: int) -> None:
    with TemporaryDirectory() as folder:
        for hosts in (1000, 10_000):
            spec = Path(folder, f"{hosts}.yml")
            spec.write_text("\n".join(_spec(hosts, models=100)))
            took = statistics.median(_check(str(spec)) for _ in range(rounds))
            sys.stdout.write(f"100 models on {hosts} hosts: check {took:.2f} s\n")


def _spec(hosts: int, models: int) -> Iterator[str]:
    """A site with a replica of some model for each host."""
    yield "plugin: freehold.llm.cluster\nversion: 1\nname: large\nsystem: debian-13\nnodes:"
    each = hosts // len(CARDS)
    for pool, card in enumerate(CARDS):
        numbers = range(pool * each + 1, (pool + 1) * each + 1)
        names = ", ".join(f"g{n}: {ip_address('10.0.0.0') + n}" for n in numbers)
        yield f"  pool{pool}:\n    hosts: {{{names}}}\n    gpus: {{model: {card}, count: 8}}"
        yield "    cpu: {cores: 64}\n    memory: 512 GiB"
        yield "    storage: {models: {size: 8 TB, kind: nvme, encrypted: true}}"
    yield "models:"
    for number, (source, precision) in enumerate(islice(cycle(MODELS), models)):
        yield f"  m{number}:\n    source: {source}\n    precision: {precision}"
        replicas = hosts // models
        yield f"    replicas: {replicas}\n    workload: {{users: {10 * replicas}, prompt: 2000,"
        yield f"      answer: {400 + number}, context: 8k, first_token: 4 s, speed: 10 tok/s}}"
    yield "isolation: open\ngateway: {name: llm.large.internal, clients: [ehr]}\n"


def _check(spec: str) -> float:
    return _seconds([_program("freehold"), "check", spec])


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
