"""The answer to `freehold size` for people."""

from collections.abc import Iterator

from freehold.cli.bars import LEGEND, bar
from freehold.cli.memory_text import capacity_lines, memory_lines
from freehold.plan.sizing import Answer


def lines(found: Answer) -> Iterator[str]:
    """The verdict first, then the figures that it follows from."""
    ask, memory = found.fit.ask, found.fit.memory
    yield f"{found.model} ({ask.precision}) on {ask.gpus} x {found.gpu}: {found.verdict}"
    yield from (f"  {reason}" for reason in found.reasons)
    yield ""
    yield f"{ask.engine}, {ask.parallel}, {ask.max_num_seqs} sequences, context {ask.context}"
    yield f"{bar(memory, ask.device)} {ask.device.gib} of each GPU"
    yield LEGEND
    yield ""
    yield from memory_lines(memory)
    if found.capacity:
        yield ""
        yield from capacity_lines(found.capacity)
    if found.remedies:
        yield ""
        yield "fits with"
        yield from (f"  {remedy}" for remedy in found.remedies)
