"""Which replica runs where."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Final

from freehold.catalog.facts import Catalog
from freehold.catalog.lookup import find_engine, find_model
from freehold.diagnostics import rule_text
from freehold.plan.engines import engine_name
from freehold.plan.fit import Fit, Verdict, sized
from freehold.plan.hosts import cards_by_size, larger_parts
from freehold.plan.kv_cache import BITS, formats
from freehold.plan.seating import Choice, Matches, Pools, seated
from freehold.plan.serving import served
from freehold.plan.suitability import Match, Refusal, refusals
from freehold.plan.types import Card, Host, Instance, Replica
from freehold.plan.weights import disk_weights
from freehold.report import Report
from freehold.spec.cluster import Cluster
from freehold.spec.models import Model
from freehold.spec.nodes import CatalogGpus
from freehold.units import Bytes

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

SHARED: Final = rule_text(
    "replicas-share-a-host",
    """Most replicas of a model share a host, so that its failure takes more than half at once.

    Replicas go to different hosts as long as there are any with room. As many hosts as replicas
    keep all but one of them serving when a host is gone.
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
_DIGITS: Final = re.compile(r"(\d+)")


def place(
    cluster: Cluster, hosts: Sequence[Host], catalog: Catalog, report: Report
) -> tuple[Replica, ...]:
    """Every replica on its host and GPUs, in the spec's order."""
    pools = _by_pool(hosts)
    offered = _offered(cluster, pools, catalog)
    matches = {
        name: _matches(name, model, offered, report) for name, model in cluster.models.items()
    }
    seating = seated(cluster.models, matches, pools)
    for refusal in seating.refusals:
        tell(refusal, report)
    replicas = tuple(
        replica
        for name, model in cluster.models.items()
        if name in seating.chosen
        for replica in _replicas(name, model, seating.chosen[name])
    )
    _check_storage(cluster, replicas, hosts, catalog, report)
    _check_users(cluster, seating.chosen, report)
    _check_spread(pools, seating.chosen, report)
    return replicas


def _by_pool(hosts: Iterable[Host]) -> Pools:
    """Hosts by pool and by name, numbers in their order: whatever the order in the spec."""
    pools: dict[str, list[Host]] = {}
    for host in hosts:
        pools.setdefault(host.pool, []).append(host)
    return {pool: sorted(found, key=_natural) for pool, found in pools.items()}


def _natural(host: Host) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part)
            for part in _DIGITS.split(host.name)]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Offered:
    """What models may run on."""

    pools: Pools
    catalog: Catalog
    cards: Sequence[tuple[str, Card]]
    divisions: Mapping[str, Sequence[tuple[str, Card]]]
    """Larger parts of the cards that each pool has in parts."""


def _offered(cluster: Cluster, pools: Pools, catalog: Catalog) -> _Offered:
    divisions = {
        name: larger_parts(pool.gpus, catalog)
        for name, pool in cluster.nodes.items()
        if isinstance(pool.gpus, CatalogGpus) and pool.gpus.mig
    }
    return _Offered(pools, catalog, cards_by_size(catalog), divisions)


def _matches(name: str, model: Model, offered: _Offered, report: Report) -> Matches:
    """The pools that can serve the model; says why when there are none."""
    catalog = offered.catalog
    facts = find_model(catalog, model.source, ("models", name, "source"), report)
    found: dict[str, Match] = {}
    against: list[list[Refusal]] = []
    for pool in _candidates(model, offered.pools):
        card = offered.pools[pool][0].card
        loc = ("models", name, "engine", "version")
        kind = engine_name(model, on_gpus=card is not None)
        version = model.engine.version if model.engine else None
        if facts is None or (engine := find_engine(catalog, kind, version, loc, report)) is None:
            return {}
        divisions = offered.divisions.get(pool, ())
        match = Match(name, model, facts, engine, card, offered.cards, divisions)
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


def _replicas(name: str, model: Model, choice: Choice) -> Iterator[Replica]:
    ask, memory = choice.fit.ask, choice.fit.memory
    capacity = served(choice.fit, choice.silicon, model.workload, model.replicas)
    for index, (host, devices) in enumerate(choice.seats):
        mig = host.card.mig if host.card else None
        yield Replica(
            model=name,
            index=index,
            host=host.name,
            gpus=(devices[0] // mig.count,) if mig else devices,
            parallel=ask.parallel,
            context=ask.context,
            max_num_seqs=ask.max_num_seqs,
            memory=memory,
            capacity=capacity,
            instance=Instance(devices[0] % mig.count, mig.count, mig.profile) if mig else None,
            why=choice.why[index],
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


def _check_users(cluster: Cluster, chosen: Mapping[str, Choice], report: Report) -> None:
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


def _check_spread(pools: Pools, chosen: Mapping[str, Choice], report: Report) -> None:
    """Warn where one host's failure takes most replicas of a model."""
    for name, choice in chosen.items():
        on_host = Counter(host.name for host, _ in choice.seats)
        (host, most), *_ = on_host.most_common(1)
        pool, replicas = choice.seats[0][0].pool, len(choice.seats)
        if most == 1 or 2 * most <= replicas:
            continue
        hosts = len(pools[pool])
        more = f"give pool `{pool}` {replicas} hosts instead of {hosts}"
        room = f"make room on the other hosts of pool `{pool}`"
        report.warn(
            SHARED,
            f"host `{host}` runs {most} of the {replicas} replicas of `{name}`, and its failure "
            "takes them at once",
            ("models", name, "replicas"),
            label=f"{len(on_host)} {'hosts run' if len(on_host) > 1 else 'host runs'} them",
            help=more if hosts < replicas else room,
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


def _check_targets(name: str, model: Model, choice: Choice, report: Report) -> None:
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
