"""Which replica runs where."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from operator import itemgetter
from typing import Final, Self

from freehold.catalog.facts import Catalog
from freehold.catalog.lookup import find_engine, find_model
from freehold.diagnostics import rule_text
from freehold.plan.engines import engine_name
from freehold.plan.fit import Fit, Verdict, sized
from freehold.plan.hosts import cards_by_size
from freehold.plan.kv_cache import BITS, formats
from freehold.plan.options import fit_on
from freehold.plan.room import GpuRoom, HostRoom, Seat
from freehold.plan.serving import served
from freehold.plan.silicon import Silicon
from freehold.plan.suitability import Match, Refusal, refusals
from freehold.plan.types import Host, Replica
from freehold.plan.weights import disk_weights
from freehold.report import Report
from freehold.spec.cluster import Cluster
from freehold.spec.models import Model
from freehold.units import Bytes

GPU_OVERCOMMIT: Final = rule_text(
    "gpu-overcommit",
    """The models together need more GPUs than the pool has.

    A GPU serves one replica: two engines on one card would each take nearly all of its memory.
    """,
)
HOST_OVERCOMMIT: Final = rule_text(
    "host-memory-overcommit",
    """The models together need more memory than the pool's hosts have.

    A part of each host's memory stays with the system and the gateway.
    """,
)
STORAGE: Final = rule_text(
    "storage-too-small",
    """The weights of the models on a host are larger than its volume for models.

    What counts is the checkpoint as it is downloaded, even where the engine makes smaller
    weights of it while loading.
    """,
)
CONCURRENCY: Final = rule_text(
    "concurrency-low",
    """The replicas work on fewer requests at once than the workload has users.

    An engine starts as soon as one request fits; the others wait in a queue. The number is the
    KV cache divided by what a usual prompt and answer take, and at most `max_num_seqs`.
    """,
)

TIGHT: Final = rule_text(
    "tight-fit",
    """The model fits, by less than the memory model may be off.

    Weights are known within 2 %, and within 5 % for models with a vision tower, sparse attention
    or 10^12 parameters. An engine that runs out of memory says so only after it has loaded.
    """,
)
TOO_SLOW: Final = rule_text(
    "slower-than-asked",
    """The replicas do not serve all users as soon or as fast as the workload asks.

    What counts is the favourable end of the range that was measured for such models and cards;
    `freehold plan` shows the whole range, and says where nothing was measured.
    `freehold advise` names hardware that typically serves all users.
    """,
)

_OVERCOMMIT: Final = {GPU_OVERCOMMIT, HOST_OVERCOMMIT}


def place(
    cluster: Cluster, hosts: Sequence[Host], catalog: Catalog, report: Report
) -> tuple[Replica, ...]:
    """Every replica on its host and GPUs, in the spec's order."""
    pools = _by_pool(hosts)
    matches = {
        name: _matches(name, model, pools, catalog, report)
        for name, model in cluster.models.items()
    }
    attempt = _attempt(cluster, matches, pools)
    for refusal in attempt.refusals:
        tell(refusal, report)
    replicas = attempt.replicas()
    _check_storage(cluster, replicas, hosts, catalog, report)
    _check_users(cluster, attempt.chosen, report)
    return replicas


Pools = Mapping[str, Sequence[Host]]
"""Hosts by pool."""
Matches = Mapping[str, Match]
"""How a model matches each pool that can serve it at all."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """Where a model's replicas sit, and how each one runs."""

    fit: Fit
    seats: Sequence[Seat]

    @property
    def silicon(self) -> Silicon | None:
        """Of the card that every replica runs on."""
        card = self.seats[0][0].card
        return card.silicon if card and self.fit.ask.on_gpus else None


@dataclass(slots=True)
class _Attempt:
    """One way through all models."""

    cluster: Cluster
    matches: Mapping[str, Matches]
    pools: Pools
    roomy: bool
    refusals: list[Refusal] = field(default_factory=list)
    chosen: dict[str, _Choice] = field(default_factory=dict)
    _gpus: dict[str, GpuRoom] = field(default_factory=dict)
    _hosts: dict[str, HostRoom] = field(default_factory=dict)

    def run(self) -> Self:
        """Give every model its place, those with a pool of their own first."""
        models = self.cluster.models
        for name in sorted(models, key=lambda name: models[name].on is None):
            self._place(name)
        return self

    def replicas(self) -> tuple[Replica, ...]:
        """What was placed, in the spec's order."""
        return tuple(
            replica
            for name in self.cluster.models
            if name in self.chosen
            for replica in _replicas(name, self.cluster.models[name], self.chosen[name])
        )

    def _place(self, name: str) -> None:
        against: list[tuple[tuple[bool, int], Refusal]] = []
        for pool, match in self.matches[name].items():
            fit = fit_on(match, self.pools[pool], roomy=self.roomy)
            found = fit if isinstance(fit, Refusal) else self._seat(pool, match, fit)
            if isinstance(found, _Choice):
                self.chosen[name] = found
                return
            against.append((self._nearness(pool, found), found))
        if against:
            self.refusals.append(max(against, key=itemgetter(0))[1])

    def _nearness(self, pool: str, refusal: Refusal) -> tuple[bool, int]:
        """Where several pools cannot take a model, the one to speak of: full before too small."""
        host = self.pools[pool][0]
        memory = host.card.vram * host.card.count if host.card else 0
        return refusal.rule in _OVERCOMMIT, memory

    def _seat(self, pool: str, match: Match, fit: Fit) -> _Choice | Refusal:
        replicas = match.model.replicas
        if fit.ask.gpus:
            if pool not in self._gpus:
                self._gpus[pool] = GpuRoom(self.pools[pool])
            room = self._gpus[pool]
            seats = room.take(fit.ask.gpus, replicas)
            return _Choice(fit, seats) if seats else _too_few_gpus(pool, match, fit, room)
        if pool not in self._hosts:
            self._hosts[pool] = HostRoom(self.pools[pool])
        hosts = self._hosts[pool]
        seats = hosts.take(fit.memory.budget, replicas)
        return _Choice(fit, seats) if seats else _too_little_memory(pool, match, fit, hosts)


def _attempt(cluster: Cluster, matches: Mapping[str, Matches], pools: Pools) -> _Attempt:
    """With as many GPUs as all users need; with the fewest, where that seats more models."""
    roomy = _Attempt(cluster, matches, pools, roomy=True).run()
    if not roomy.refusals:
        return roomy
    thrifty = _Attempt(cluster, matches, pools, roomy=False).run()
    return thrifty if len(thrifty.refusals) < len(roomy.refusals) else roomy


def _by_pool(hosts: Iterable[Host]) -> Pools:
    pools: dict[str, list[Host]] = {}
    for host in hosts:
        pools.setdefault(host.pool, []).append(host)
    return pools


def _matches(name: str, model: Model, pools: Pools, catalog: Catalog, report: Report) -> Matches:
    """The pools that can serve the model; says why when there are none."""
    facts = find_model(catalog, model.source, ("models", name, "source"), report)
    found: dict[str, Match] = {}
    against: list[list[Refusal]] = []
    others = cards_by_size(catalog)
    for pool in _candidates(model, pools):
        card = pools[pool][0].card
        loc = ("models", name, "engine", "version")
        kind = engine_name(model, on_gpus=card is not None)
        version = model.engine.version if model.engine else None
        if facts is None or (engine := find_engine(catalog, kind, version, loc, report)) is None:
            return {}
        match = Match(name, model, facts, engine, card, others)
        problems = list(refusals(match))
        if problems:
            against.append(problems)
        else:
            found[pool] = match
    for refusal in against[0] if against and not found else []:
        tell(refusal, report)
    return found


def _candidates(model: Model, pools: Pools) -> Sequence[str]:
    """Pools that the model may run on, those with GPUs first."""
    if model.on is not None:
        return [model.on] if model.on in pools else []
    return sorted(pools, key=lambda pool: pools[pool][0].card is None)


def _replicas(name: str, model: Model, choice: _Choice) -> Iterator[Replica]:
    ask, memory = choice.fit.ask, choice.fit.memory
    capacity = served(choice.fit, choice.silicon, model.workload, model.replicas)
    for index, (host, gpus) in enumerate(choice.seats):
        yield Replica(
            model=name,
            index=index,
            host=host.name,
            gpus=gpus,
            parallel=ask.parallel,
            context=ask.context,
            max_num_seqs=ask.max_num_seqs,
            memory=memory,
            capacity=capacity,
        )


def _too_few_gpus(pool: str, match: Match, fit: Fit, room: GpuRoom) -> Refusal:
    gpus, replicas = fit.ask.gpus, match.model.replicas
    holds = room.holds(gpus)
    of = f" ({replicas} replicas of {gpus})" if replicas > 1 else ""
    pinned = (*match.loc, "replicas")
    return Refusal(
        GPU_OVERCOMMIT,
        f"`{match.name}` needs {gpus * replicas} GPUs{of}, {room.free} of the {room.owned} in "
        f"pool `{pool}` are free",
        pinned if replicas > 1 else match.loc,
        f"write `replicas: {holds}`" if holds else "add hosts to the pool, or remove a model",
        label=f"room for {holds} replicas of {gpus} GPUs in one host",
        at_key=replicas == 1,
    )


def _too_little_memory(pool: str, match: Match, fit: Fit, room: HostRoom) -> Refusal:
    memory = fit.memory
    return Refusal(
        HOST_OVERCOMMIT,
        f"`{match.name}` needs {memory.budget.gib} of a host's memory for each replica, pool "
        f"`{pool}` has at most {room.most.gib} left on one",
        match.loc,
        "add memory or hosts to the pool, or lower `max_num_seqs` of the models there",
        at_key=True,
    )


def tell(refusal: Refusal, report: Report) -> None:
    """Add the refusal to the findings."""
    say = report.refuse_key if refusal.at_key else report.refuse
    say(refusal.rule, refusal.message, refusal.loc, label=refusal.label, help=refusal.help)


def _check_storage(
    cluster: Cluster,
    replicas: Iterable[Replica],
    hosts: Sequence[Host],
    catalog: Catalog,
    report: Report,
) -> None:
    """Refuse pools with a host whose weights are larger than its volume."""
    on_host: dict[str, dict[str, None]] = {}
    for replica in replicas:
        on_host.setdefault(replica.host, {})[replica.model] = None
    sizes = {
        name: disk_weights(catalog.models[model.source], model.precision)
        for name, model in cluster.models.items()
        if model.source in catalog.models
    }
    refused: set[str] = set()
    for host in hosts:
        models = on_host.get(host.name, {})
        needed = Bytes(sum(sizes[name] for name in models))
        if needed > host.storage and host.pool not in refused:
            refused.add(host.pool)
            _refuse_storage(
                host, [f"`{name}` {sizes[name].gib}" for name in models], needed, report
            )


def _refuse_storage(host: Host, models: Sequence[str], needed: Bytes, report: Report) -> None:
    report.refuse(
        STORAGE,
        f"host `{host.name}` holds {needed.gib} of weights, its volume for models is "
        f"{host.storage.gib}",
        ("nodes", host.pool, "storage", "models", "size"),
        label=", ".join(models),
        help="give the volume more than the weights take, and room for images",
    )


def _check_users(cluster: Cluster, chosen: Mapping[str, _Choice], report: Report) -> None:
    for name, choice in chosen.items():
        _check_margin(name, choice.fit, report)
        _check_targets(name, cluster.models[name], choice, report)
        model = cluster.models[name]
        at_once = choice.fit.serves * model.replicas
        if at_once < model.workload.users:
            report.warn(
                CONCURRENCY,
                f"`{name}` serves {at_once} of {model.workload.users} users at once, the others "
                "wait",
                ("models", name, "workload", "users"),
                label=f"{model.replicas} x {choice.fit.serves} requests of {choice.fit.typical} "
                "tokens",
                help=_more(choice.fit, model),
            )


def _check_margin(name: str, fit: Fit, report: Report) -> None:
    if fit.verdict is Verdict.TIGHT:
        report.warn(
            TIGHT,
            f"`{name}` fits with a margin of {fit.margin.gib}, the memory model may be off by "
            f"{fit.error.gib}",
            ("models", name),
            help="lower `context` or `max_num_seqs`, or use a narrower `precision` or `kv_cache`",
        )


def _check_targets(name: str, model: Model, choice: _Choice, report: Report) -> None:
    """Warn where not even the most favourable of what was measured serves all users in time."""
    workload = model.workload
    figures = served(choice.fit, choice.silicon, workload, model.replicas).figures
    targets = [f"`{key}`" for key in ("first_token", "speed") if getattr(workload, key)]
    if figures is None or not targets or figures.limit in {"kv", "sequences"}:
        return
    most = int(figures.served.high) * model.replicas
    if most < workload.users:
        enough = ceil(workload.users / figures.served.typical) if figures.served.typical else 0
        report.warn(
            TOO_SLOW,
            f"`{name}` serves at most {most} of {workload.users} users within "
            f"{' and '.join(targets)}",
            ("models", name, "workload", "users"),
            label=f"typically {figures.speed.typical:.0f} tok/s each, the first token after "
            f"{figures.first_token.typical:.1f} s",
            help=f"write `replicas: {enough}`, or use more GPUs a replica or faster cards"
            if enough
            else "use more GPUs a replica or faster cards, or ask for less",
        )


def _more(fit: Fit, model: Model) -> str:
    """What would serve all users."""
    share = -(-model.workload.users // model.replicas)
    replicas = -(-model.workload.users // fit.serves)
    gpus = f" ({replicas * fit.ask.gpus} GPUs)" if fit.ask.gpus else ""
    ask = fit.ask
    more = model.model_copy(update={"max_num_seqs": share})
    changes = {f"`max_num_seqs: {share}`": sized(ask, more)}
    changes |= {
        f"`kv_cache: {cache}`": sized(replace(ask, kv_cache=cache), model)
        for cache in formats(ask.engine.name, ask.compute_capability)
        if BITS[cache] < BITS[ask.kv_cache]
    }
    enough = [words for words, new in changes.items() if new.fits and new.serves >= share]
    return f"serves all with {', or '.join((f'`replicas: {replicas}`{gpus}', *enough))}"
