"""Hosts that a card comes in, and how many of them a model's users take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil
from typing import Final

from freehold.catalog.facts import Gpu
from freehold.diagnostics import rule_text
from freehold.plan.capacity import Capacity, Figures
from freehold.plan.fit import Fit, Verdict, sized
from freehold.plan.hosts import card_of
from freehold.plan.options import DOES_NOT_FIT, LARGER, fit_on, fits_on, refusal_on
from freehold.plan.placement import TOO_SLOW
from freehold.plan.serving import served
from freehold.plan.silicon import silicon
from freehold.plan.suitability import Match, Refusal, refusals
from freehold.plan.types import Card, Host
from freehold.spec.models import Model, Workload
from freehold.units import Bytes, Power

UNKNOWN: Final = rule_text(
    "speed-unknown",
    """The workload has targets, and nothing says how fast the model is on the card.

    Speeds follow from the card's arithmetic and from what joins its GPUs. Where the catalog has
    no such figure, `freehold advise` does not recommend the card; `freehold size` says what fits.
    """,
)

_ANY: Final = (1, 2, 4, 8)
_PER_HOST: Final = (
    ("SXM6", (8,)), ("SXM", (4, 8)), ("OAM", (8,)), ("NVL72", (4,)),
    ("superchip", (1,)), ("desktop SoC", (1,)),
)  # fmt: skip
"""GPUs of a host by the start of a form factor: HGX boards hold 4 or 8, and 8 with Blackwell;
boards of OAM modules hold 8, a tray of an NVL72 rack 4."""
_TOO_SMALL: Final = {DOES_NOT_FIT, LARGER}


@dataclass(frozen=True, slots=True)
class Shape:
    """Equal hosts with GPUs of one card, and how a model runs on them."""

    card: str
    """The card's id in the catalog."""
    per_host: int
    """GPUs of one host."""
    hosts: int
    replicas: int
    fit: Fit
    """Of one replica."""
    capacity: Capacity
    """What the users of one replica get."""
    card_power: Power | None
    is_pinned: bool
    """Whether the spec must pin the parallelism, since the plan would choose another."""

    @property
    def gpus(self) -> int:
        """GPUs to buy; replicas may leave some of them idle."""
        return self.hosts * self.per_host

    @property
    def vram(self) -> Bytes:
        """Of all GPUs, as programs see it."""
        return Bytes(self.gpus * self.fit.ask.device)

    @property
    def power(self) -> Power | None:
        """The most that all GPUs draw, where the catalog knows it; hosts take more."""
        return Power(self.gpus * self.card_power) if self.card_power else None

    @property
    def kv_tokens(self) -> int:
        """Tokens that the KV caches of all replicas hold."""
        return self.replicas * self.fit.memory.kv_tokens

    @property
    def at_once(self) -> int:
        """Requests that all replicas work on at once."""
        return self.replicas * self.fit.serves

    @property
    def verdict(self) -> Verdict:
        """Fits, or tight."""
        return self.fit.verdict


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why hosts with a card do not serve a model."""

    card: str
    per_host: tuple[int, ...]
    """Hosts with so many GPUs; the message speaks of the largest."""
    rule: str
    message: str


def per_host(gpu: Gpu) -> tuple[int, ...]:
    """How many GPUs of the card a host may have, the fewest first."""
    form = gpu.form_factor
    return next((counts for start, counts in _PER_HOST if form.startswith(start)), _ANY)


def shapes_of(match: Match, card: str, gpu: Gpu) -> Iterator[Shape | Obstacle]:
    """A shape, or what stands against it, for each kind of host with the card."""
    counts = per_host(gpu)
    found = _Hardware(replace(match, card=card_of(gpu, counts[-1])), card, gpu)
    if refusal := found.refusal():
        yield Obstacle(card, counts, refusal.rule, refusal.message)
        return
    against: dict[str, Obstacle] = {}
    for count in counts:
        one = found.shape(count) or found.obstacle(count)
        if isinstance(one, Shape):
            yield one
        else:
            smaller = against[one.rule].per_host if one.rule in against else ()
            against[one.rule] = replace(one, per_host=(*smaller, count))
    yield from against.values()


@dataclass(frozen=True, slots=True)
class _Way:
    """A division that fits, with the fewest replicas that serve all users."""

    replicas: int
    fit: Fit
    capacity: Capacity

    def hosts(self, per_host: int) -> int:
        """Hosts that hold all replicas."""
        return ceil(self.replicas / (per_host // self.fit.ask.gpus))

    def cost(self, per_host: int) -> tuple[int, int, int]:
        """Hosts, GPUs in use and replicas, of which each is to be least, the first before all."""
        return self.hosts(per_host), self.replicas * self.fit.ask.gpus, self.replicas


@dataclass(frozen=True)
class _Hardware:
    """A model on a card, in the largest host that it comes in."""

    match: Match
    name: str
    gpu: Gpu

    @property
    def model(self) -> Model:
        return self.match.model

    @property
    def workload(self) -> Workload:
        return self.match.model.workload

    @property
    def largest(self) -> int:
        return per_host(self.gpu)[-1]

    @property
    def most(self) -> int:
        """Replicas that leave each no more than one user."""
        return max(self.model.replicas, self.workload.users)

    @cached_property
    def fits(self) -> Sequence[Fit]:
        """Every division, with as little asked of each replica as can be."""
        match, card = self._matched(self.largest, self.most)
        return fits_on(match, card)

    @cached_property
    def ways(self) -> Sequence[_Way]:
        """Every division that serves all users with any number of replicas."""
        return [way for fit in self.fits if fit.fits and (way := self._way(fit))]

    def refusal(self) -> Refusal | None:
        """What stands against the card, however many of it there are."""
        if refusal := next(refusals(self.match), None):
            return refusal
        found = self._planned(self.largest, self.most)
        return None if isinstance(found, Fit) or found.rule in _TOO_SMALL else found

    def shape(self, count: int) -> Shape | None:
        """The fewest hosts with so many GPUs; of those, the fewest GPUs in use."""
        able = [way for way in self.ways if way.fit.ask.gpus <= count]
        if not able:
            return None
        best = min(able, key=lambda way: way.cost(count))
        return Shape(
            card=self.name,
            per_host=count,
            hosts=best.hosts(count),
            replicas=best.replicas,
            fit=best.fit,
            capacity=best.capacity,
            card_power=self.gpu.power,
            is_pinned=self._planned(count, best.replicas) != best.fit,
        )

    def obstacle(self, count: int) -> Obstacle:
        """Why hosts with so many GPUs do not serve the model."""
        fits = [fit for fit in self.fits if fit.ask.gpus <= count]
        able = [fit for fit in fits if fit.fits]
        rule, message = self._against(able) if able else (DOES_NOT_FIT, _too_small(fits))
        return Obstacle(self.name, (count,), rule, message)

    def _matched(self, count: int, replicas: int) -> tuple[Match, Card]:
        card = card_of(self.gpu, count)
        return replace(self.match, model=_with(self.model, replicas), card=card), card

    def _planned(self, count: int, replicas: int) -> Fit | Refusal:
        """What the plan decides where nothing is pinned."""
        match, card = self._matched(count, replicas)
        hosts = [_host(card)]
        return fit_on(match, hosts, roomy=True) or refusal_on(match, hosts)

    def _way(self, fit: Fit) -> _Way | None:
        replicas = self._by_memory(fit)
        users = self._users(fit, replicas)
        if not users:
            return None
        replicas = max(replicas, ceil(self.workload.users / users))
        return _Way(replicas, self._sized(fit, replicas), self._served(fit, replicas))

    def _by_memory(self, fit: Fit) -> int:
        """The fewest replicas whose KV caches hold the requests of all users."""
        low, high = self.model.replicas, self.most
        while low < high:
            middle = (low + high) // 2
            found = self._sized(fit, middle)
            if found.fits and found.serves * middle >= self.workload.users:
                high = middle
            else:
                low = middle + 1
        return low

    def _users(self, fit: Fit, replicas: int) -> int:
        """Users of one replica, typically within the targets."""
        figures = self._served(fit, replicas).figures
        if figures is None:
            return 0 if self._has_targets else self._sized(fit, replicas).serves
        return int(figures.served.typical)

    def _sized(self, fit: Fit, replicas: int) -> Fit:
        return sized(fit.ask, _with(self.model, replicas))

    def _served(self, fit: Fit, replicas: int) -> Capacity:
        return served(self._sized(fit, replicas), silicon(self.gpu), self.workload, replicas)

    @property
    def _has_targets(self) -> bool:
        return bool(self.workload.speed or self.workload.first_token)

    def _against(self, fits: Sequence[Fit]) -> tuple[str, str]:
        """The rule and the figures of divisions that fit, and serve nobody in time."""
        found = [(self._served(fit, self.most), fit) for fit in fits]
        known = [(one.figures, fit) for one, fit in found if one.figures]
        if len(known) < len(found):
            return UNKNOWN, next(one.unknown for one, _ in found if not one.figures)
        figures, fit = max(known, key=lambda one: one[0].alone.typical)
        gets = _alone(figures, self.workload)
        return TOO_SLOW, f"a user alone on {_gpus(fit)} typically gets {gets}"


def _with(model: Model, replicas: int) -> Model:
    return model.model_copy(update={"replicas": replicas})


def _host(card: Card) -> Host:
    """A host of which only the card matters."""
    return Host("host", "pool", None, 1, Bytes(1), Bytes(1), card)


def _alone(figures: Figures, workload: Workload) -> str:
    speed = f", {workload.speed} asked" if workload.speed else ""
    wait = f", {workload.first_token} asked" if workload.first_token else ""
    return (
        f"{figures.alone.typical:.0f} tok/s{speed}; the first token after "
        f"{figures.first_token.typical:.1f} s{wait}"
    )


def _too_small(fits: Sequence[Fit]) -> str:
    fit = max(fits, key=lambda fit: fit.margin)
    there = fit.ask.device if fit.is_fixed else fit.memory.budget
    needed = Bytes(there - fit.margin)
    return f"{needed.gib} needed of each of {_gpus(fit)}, {there.gib} usable"


def _gpus(fit: Fit) -> str:
    gpus = fit.ask.gpus
    return f"{gpus} GPUs" if gpus > 1 else "1 GPU"
