"""What users get of one replica: how soon, how fast, and how many of them at once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from freehold.catalog.facts import ModelFacts
from freehold.plan.efficiency import FIRST_TOKEN, Spread, efficiency, uncalibrated
from freehold.plan.kv_cache import Layout
from freehold.plan.parallel import Parallel
from freehold.plan.roofline import Roofline, Speeds, compute, reads
from freehold.plan.silicon import Silicon
from freehold.spec.models import EngineName, Precision

Limit = Literal["kv", "sequences", "speed", "first-token", "prefill"]
NO_TEXT: Final = "the model writes no text"
"""Why a pooling model has no figures."""
_LOOKED_UP: Final = 2
"""Bytes of a parameter of the embeddings."""
_CROWDED: Final = 0.5
"""Share of a step from which others' prompts are what slows it."""
FORMULAS: Final[Mapping[str, str]] = {
    "first_token": "prefill (1 + crowd sqrt(users - 1)) + 0.17 ms x layers + queue",
    "speed": "1 / (step + (users - 1) / answer x prefill)",
    "alone": "1 / step of one user",
    "throughput": "running x speed",
    "served": "the most users within KV cache, sequences, speed and first token",
    "utilisation": "users / served",
    "prefill_share": "(users - 1) / answer x prefill x speed",
    "step": "max(bytes / bandwidth, operations / arithmetic) + all-reduces + overhead",
    "bytes": "shared weights + experts (1 - (1 - k/E)^users) + users x KV (prompt + answer / 2)",
    "prefill": "(2 x active parameters x prompt + attention) / arithmetic + all-reduces",
    "queue": "(users / running - 1) x (first token + answer / speed)",
}
"""How each figure comes about."""


@dataclass(frozen=True, slots=True)
class Load:
    """A replica, and what is sent to it."""

    facts: ModelFacts
    precision: Precision
    engine: EngineName
    parallel: Parallel
    """llama.cpp deals out layers, so its GPUs are stages."""
    shared: int
    """Bytes on all GPUs of weights other than experts."""
    experts: int
    """Bytes on all GPUs of experts."""
    layout: Layout
    kv_cache: int
    """Bytes on one GPU."""
    max_num_seqs: int
    prompt: int
    answer: int
    context: int


@dataclass(frozen=True, slots=True)
class Target:
    """What users ask of one replica."""

    users: int
    """Requests in flight at once."""
    first_token: float | None
    """Seconds that a user waits at most."""
    speed: float | None
    """Tokens per second that a user gets at least."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, and the ends between which four in five measured runs lie."""

    low: float
    typical: float
    high: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What users get; speeds in tokens per second, times in seconds."""

    first_token: Estimate
    """At the asked load; never less than a prompt's own arithmetic."""
    speed: Estimate
    """Of one user, at the asked load."""
    alone: Estimate
    """Of one user without others."""
    throughput: Estimate
    """Of all answers together."""
    running: int
    """Of the asked users, those who do not queue."""
    served: Estimate
    """Users at once within cache, sequences and targets."""
    limit: Limit
    """What stands against one user more."""
    utilisation: float | None
    """Asked users by those typically served; none where nobody is."""
    prefill_share: float
    """Of the time of answers, what others' prompts take."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What users get, or why that is not known."""

    figures: Figures | None
    uncalibrated: tuple[str, ...]
    """What no measured run had, such as `on NVIDIA L40S`."""
    unknown: str = ""
    """Why there are no figures."""

    @property
    def is_calibrated(self) -> bool:
        """Whether runs of this kind were measured."""
        return self.figures is not None and not self.uncalibrated


def capacity(silicon: Silicon | None, load: Load, target: Target) -> Capacity:
    """What the users of one replica get of it."""
    if load.facts.pooling:
        return Capacity(None, (), NO_TEXT)
    if silicon is None:
        return Capacity(None, (), "no calibrated model of speed without GPUs")
    found = _roofline(silicon, load)
    if isinstance(found, str):
        return Capacity(None, (), found)
    missing = uncalibrated(load.facts, silicon.name, load.engine, load.parallel)
    return Capacity(_figures(_Replica(found, load, target)), tuple(missing))


def _roofline(silicon: Silicon, load: Load) -> Roofline | str:
    flops = silicon.flops(load.precision)
    link = silicon.between(load.parallel.tensor)
    if flops is None:
        arithmetic = silicon.arithmetic(load.precision)
        return f"the catalog has no {arithmetic} arithmetic of {silicon.name}"
    if link is None:
        return f"the catalog has no bandwidth between GPUs of {silicon.name}"
    facts = load.facts
    looked_up = 0 if facts.tie_word_embeddings else facts.vocab_size * facts.hidden_size
    return Roofline(
        speeds=Speeds(silicon.bandwidth, flops, link, load.parallel),
        efficiency=efficiency(facts, silicon.name),
        compute=compute(facts, load.prompt),
        reads=reads(facts, load.layout.layers),
        shared=max(0, load.shared - looked_up * _LOOKED_UP),
        experts=load.experts,
        prompt=load.prompt,
    )


@dataclass(frozen=True, slots=True)
class _Replica:
    """A replica's times with the users that it is asked to serve."""

    times: Roofline
    load: Load
    target: Target

    @property
    def spread(self) -> Spread:
        return self.times.efficiency.spread

    @property
    def waits(self) -> Spread:
        return FIRST_TOKEN.get(self.load.engine, FIRST_TOKEN[EngineName.SGLANG])

    @property
    def fitting(self) -> int:
        """Usual sequences that the cache holds; none when not one of full length."""
        load = self.load
        if load.layout.request(load.context) > load.kv_cache:
            return 0
        return load.kv_cache // load.layout.request(load.prompt + load.answer)

    def token(self, users: int) -> float:
        """Seconds between two tokens of one user, as computed."""
        load = self.load
        step = self.times.step(users, load.prompt + load.answer / 2)
        return step + self.times.interleaved(users, load.answer)

    def speed(self, users: int) -> Estimate:
        """Tokens per second of one user."""
        token, spread = self.token(users), self.spread
        return Estimate(
            1 / (token * spread.slow), 1 / (token * spread.typical), 1 / (token * spread.fast)
        )

    def first_token(self, users: int) -> Estimate:
        """Seconds, of a user who does not queue."""
        found, spread = self.times.first_token(users), self.waits
        idle = self.times.prefill() * self.times.efficiency.idle
        low = max(idle, found * spread.fast)
        return Estimate(low, max(low, found * spread.typical), max(low, found * spread.slow))

    def bounds(self, end: "_End") -> Iterator[tuple[Limit, int]]:
        """The most users by each limit, in the order in which they are met."""
        most = min(self.fitting, self.load.max_num_seqs)
        yield "kv", self.fitting
        yield "sequences", self.load.max_num_seqs
        speed, wait = self.target.speed, self.target.first_token
        if speed is not None:
            fast = _largest(most, lambda users: end.speed(self.speed(users)) >= speed)
            yield ("prefill" if self.share(fast + 1) > _CROWDED else "speed"), fast
        if wait is not None:
            soon = _largest(most, lambda users: end.wait(self.first_token(users)) <= wait)
            yield "first-token", soon

    def share(self, users: int) -> float:
        """Of the time between two tokens, what others' prompts take."""
        return self.times.interleaved(users, self.load.answer) / self.token(users)


@dataclass(frozen=True, slots=True)
class _End:
    """One end of all estimates."""

    speed: Callable[[Estimate], float]
    wait: Callable[[Estimate], float]


_CAREFUL: Final = _End(lambda found: found.low, lambda found: found.high)
_TYPICAL: Final = _End(lambda found: found.typical, lambda found: found.typical)
_HOPEFUL: Final = _End(lambda found: found.high, lambda found: found.low)


def _figures(replica: _Replica) -> Figures:
    users = replica.target.users
    running = max(1, min(users, replica.fitting, replica.load.max_num_seqs))
    limit, typical = min(replica.bounds(_TYPICAL), key=lambda bound: bound[1])
    speed = replica.speed(running)
    return Figures(
        first_token=_queued(replica, speed, running),
        speed=speed,
        alone=replica.speed(1),
        throughput=Estimate(running * speed.low, running * speed.typical, running * speed.high),
        running=running,
        served=Estimate(_served(replica, _CAREFUL), typical, _served(replica, _HOPEFUL)),
        limit=limit,
        utilisation=users / typical if typical else None,
        prefill_share=replica.share(running),
    )


def _served(replica: _Replica, end: _End) -> int:
    return min(users for _, users in replica.bounds(end))


def _queued(replica: _Replica, speed: Estimate, running: int) -> Estimate:
    """The time to the first token of users of whom some wait for others to leave."""
    found = replica.first_token(running)
    turns, answer = replica.target.users / running - 1, replica.load.answer
    return Estimate(
        found.low + turns * (found.low + answer / speed.high),
        found.typical + turns * (found.typical + answer / speed.typical),
        found.high + turns * (found.high + answer / speed.low),
    )


def _largest(most: int, is_served: Callable[[int], bool]) -> int:
    """The most users up to `most` who are served, where fewer always are too."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if is_served(middle):
            low = middle
        else:
            high = middle - 1
    return low
