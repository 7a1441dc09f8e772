"""How a model can run on a pool: over how many GPUs, or why not at all."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from freehold.diagnostics import rule_text
from freehold.plan.fit import Fit, sized
from freehold.plan.memory import Ask, batch_defaults
from freehold.plan.parallel import Parallel
from freehold.plan.parallelism import STAGES, Uneven, staged, uneven, whole
from freehold.plan.remedies import Remedy, Room, remedies
from freehold.plan.room import usable
from freehold.plan.serving import served
from freehold.plan.suitability import Match, Refusal, refusals
from freehold.plan.types import Card, Host, Memory, Part
from freehold.source import Loc
from freehold.spec.models import EngineName, Model
from freehold.units import Bytes

DOES_NOT_FIT: Final = rule_text(
    "does-not-fit",
    """The model does not fit into the memory of the GPUs, or of the host, that it may use.

    Engines start only when weights, activations and at least one request of full context fit;
    otherwise they allocate for minutes and then die. The message shows every term, for one
    GPU, and the help names changes after which the same arithmetic comes out.
    """,
)
LARGER: Final = rule_text(
    "replica-larger-than-host",
    """One replica needs more GPUs than any host of the pool has.

    A replica runs within one host; models spread over several hosts are not planned yet.
    """,
)

INSTANCES: Final = rule_text(
    "replica-over-instances",
    """A replica cannot be divided over MIG instances.

    Instances neither reach each other's memory nor NVLink, and engines see one of them as the
    whole GPU, so that a replica takes exactly one. Replicas may be as many as there are instances.
    """,
)
SEQUENCES: Final = rule_text(
    "sequences-over-batch",
    """vLLM works on at most as many sequences as it computes tokens in one step.

    Each running sequence needs one token of every step. The step's size follows from the
    card: 2048 tokens, 8192 from 70 GiB and 16384 from 160 GiB.
    """,
)


def fit_on(match: Match, hosts: Sequence[Host], *, roomy: bool) -> Fit | None:
    """The way to run one replica on a host of the pool; `roomy` prefers enough for all users."""
    card = match.card
    if card is None:
        fit = sized(_host_ask(match, hosts), match.model)
        return fit if fit.fits else None
    if _refuse_pin(match, card, hosts[0].pool) or _refuse_sequences(match, card):
        return None
    good = (fit for fit in _fits(match, card) if fit.fits)
    return _roomiest(good, match) if roomy else next(good, None)


def refusal_on(match: Match, hosts: Sequence[Host]) -> Refusal:
    """Why there is no way to run a replica there."""
    card, pool = match.card, hosts[0].pool
    if card is None:
        return _host_too_small(match, sized(_host_ask(match, hosts), match.model), hosts)
    refusal = _refuse_pin(match, card, pool) or _refuse_sequences(match, card)
    return refusal or _gpus_too_small(match, card, fits_on(match, card)[-1], pool)


def fits_on(match: Match, card: Card) -> list[Fit]:
    """Every way to run one replica on a host's cards, in the order of `_ways`; not all fit."""
    return list(_fits(match, card))


def _fits(match: Match, card: Card) -> Iterator[Fit]:
    return (sized(_gpu_ask(match, card, way), match.model) for way in _ways(match, card))


def _roomiest(fits: Iterable[Fit], match: Match) -> Fit | None:
    """The first that serves all users of a replica, or else the most of them."""
    best, most = None, -1
    for fit in fits:
        users = serves(fit, match)
        if users > most:
            best, most = fit, users
        if users == share(match.model):
            break
    return best


def share(model: Model) -> int:
    """Users of one replica."""
    return -(-model.workload.users // model.replicas)


def serves(fit: Fit, match: Match) -> int:
    """Of a replica's users, those whom it holds and who are not sure to wait longer than asked."""
    model, silicon = match.model, match.card.silicon if match.card else None
    figures = served(fit, silicon, model.workload, model.replicas).figures
    most = fit.serves if figures is None else min(fit.serves, int(figures.served.high))
    return min(share(model), most)


def _ways(match: Match, card: Card) -> list[Parallel]:
    """Divisions to try, the fewest GPUs first; stages where nothing else divides, last."""
    if pinned := _pinned(match):
        return [pinned]
    counts = [count for count in (1, 2, 4, 8, 16) if count < card.widest]
    divided = list(_divided(match, (*counts, card.widest)))
    if match.engine.name is not EngineName.VLLM:
        return divided or [Parallel()]
    covered = {way.gpus for way in divided}
    stages = (_staged(match, n) for n in (*counts, card.widest) if n not in covered)
    return [*divided, *(way for way in stages if way)] or [Parallel()]


def _pinned(match: Match) -> Parallel | None:
    model = match.model
    if model.tensor_parallel is None and model.pipeline_parallel is None:
        return None
    pinned = Parallel(model.tensor_parallel or 1, model.pipeline_parallel or 1)
    return _with_experts(match, pinned)


def _with_experts(match: Match, way: Parallel) -> Parallel:
    """With whole experts where the spec says so, or where that is the only way."""
    if match.model.expert_parallel is not None:
        asked = match.model.expert_parallel and match.facts.moe is not None
        return Parallel(way.tensor, way.pipeline, asked)
    return whole(match.facts, match.model.precision, way)


def _divided(match: Match, counts: Sequence[int]) -> Iterator[Parallel]:
    """Each number of GPUs that the model's layers divide over, or that they are dealt out to."""
    for count in counts:
        way = _with_experts(match, Parallel(count)) if match.divides else Parallel(1, count)
        if _uneven(match, way) is None:
            yield way


def _staged(match: Match, gpus: int) -> Parallel | None:
    way = staged(match.facts, match.model.precision, gpus)
    return way if way and match.model.expert_parallel in {None, way.expert} else None


def _uneven(match: Match, way: Parallel) -> Uneven | None:
    if not match.divides:
        way = Parallel(1, way.gpus)
    return uneven(match.facts, match.model.precision, way)


def _refuse_pin(match: Match, card: Card, pool: str) -> Refusal | None:
    pin = _pinned(match)
    if pin is None:
        return None
    if pin.gpus > card.widest:
        return (_refuse_instances if card.mig else _refuse_size)(match, card, pin, pool)
    found = _uneven(match, pin)
    if found is None:
        return None
    if found.rule == STAGES:
        loc = (*match.loc, "pipeline_parallel")
        return _refusal(match, found, loc, range(1, match.facts.num_hidden_layers + 1))
    even = {way.tensor for way in _divided(match, range(1, card.widest + 1))}
    return _refusal(match, found, _pin_loc(match), sorted(even))


def _refusal(match: Match, found: Uneven, loc: Loc, instead: Sequence[int]) -> Refusal:
    listed = ", ".join(f"`{n}`" for n in instead)
    return Refusal(found.rule, f"`{match.name}`: {found.message}", loc, f"write one of {listed}")


def _refuse_size(match: Match, card: Card, pin: Parallel, pool: str) -> Refusal:
    loc = _pin_loc(match)
    others = pin.pipeline if match.model.tensor_parallel else pin.tensor
    return Refusal(
        LARGER,
        f"`{match.name}` needs {pin.gpus} GPUs in one host, pool `{pool}` has {card.count}",
        loc,
        f"write `{loc[-1]}: {max(1, card.count // others)}` or less",
    )


def _refuse_instances(match: Match, card: Card, pin: Parallel, pool: str) -> Refusal:
    loc = _pin_loc(match)
    parts = [("", card), *((f" and use {words}", other) for words, other in match.divisions)]
    fitting = (words for words, other in parts if other.vram >= card.vram
               and sized(_gpu_ask(match, other, Parallel()), match.model).fits)  # fmt: skip
    enough = next(fitting, " and use a pool of larger cards")
    return Refusal(
        INSTANCES,
        f"`{match.name}` is pinned to {pin.gpus} GPUs for each replica, one of pool `{pool}` runs "
        f"on 1 instance of {card.vram.gib}",
        loc,
        f"remove `{loc[-1]}`{enough}",
    )


def _pin_loc(match: Match) -> Loc:
    key = "tensor_parallel" if match.model.tensor_parallel else "pipeline_parallel"
    return (*match.loc, key)


def _refuse_sequences(match: Match, card: Card) -> Refusal | None:
    pin = match.model.max_num_seqs or 0
    most, _ = batch_defaults(card.vram, card.compute_capability, match.engine.memory)
    if match.engine.name is not EngineName.VLLM or pin <= most:
        return None
    return Refusal(
        SEQUENCES,
        f"`{match.name}` asks for {pin} sequences, vLLM computes {most} tokens in one step on "
        f"{card.device}",
        (*match.loc, "max_num_seqs"),
        f"write `max_num_seqs: {most}` or less",
    )


def _gpu_ask(match: Match, card: Card, way: Parallel) -> Ask:
    return _ask(match, way, card.vram, card)


def _host_ask(match: Match, hosts: Sequence[Host]) -> Ask:
    on_one_host = -(-match.model.replicas // len(hosts))
    return _ask(match, Parallel(), Bytes(usable(hosts[0]) // on_one_host), None)


def _ask(match: Match, way: Parallel, device: Bytes, card: Card | None) -> Ask:
    model = match.model
    return Ask(
        facts=match.facts,
        precision=model.precision,
        engine=match.engine.release,
        parallel=way,
        on_gpus=card is not None,
        device=device,
        compute_capability=card.compute_capability if card else None,
        nvlink=bool(card and card.silicon and card.silicon.link == "nvlink"),
        utilization=model.gpu_memory_utilization or match.engine.memory.utilization,
        context=int(model.workload.context),
        max_num_seqs=model.max_num_seqs or 1,
        kv_cache=model.kv_cache,
    )


def _gpus_too_small(match: Match, card: Card, fit: Fit, pool: str) -> Refusal:
    ask, memory = fit.ask, fit.memory
    too_large = memory.of(Part.WEIGHTS) > ask.device * ask.utilization
    if too_large and ask.gpus == card.count and not card.mig:
        return _larger_than_host(match, card, fit, pool)
    devices = f"{ask.gpus} x {card.device}"
    return Refusal(
        DOES_NOT_FIT,
        f"`{match.name}` ({match.model.precision}) does not fit on {devices}: {arithmetic(fit)}",
        (*match.loc, "tensor_parallel") if match.model.tensor_parallel else match.loc,
        _undivided(fit, match)
        if card.mig
        else _help(fit, Room(_wider(match, card, ask.gpus), _cards(match))),
        label=f"per GPU, as {memory.constants} uses it",
        at_key=match.model.tensor_parallel is None,
    )


def _larger_than_host(match: Match, card: Card, fit: Fit, pool: str) -> Refusal:
    weights = Bytes(fit.memory.of(Part.WEIGHTS) * fit.ask.gpus)
    offers = Bytes(fit.ask.device * fit.ask.utilization * card.count)
    return Refusal(
        LARGER,
        f"`{match.name}` ({match.model.precision}) has {weights.gib} of weights, the {card.count} "
        f"x {card.name} of one host in pool `{pool}` offer {offers.gib}",
        match.loc,
        _help(fit, Room(cards=_cards(match))),
        at_key=True,
    )


def arithmetic(fit: Fit) -> str:
    """The arithmetic of one GPU, in words."""
    memory, ask = fit.memory, fit.ask
    if fit.is_fixed:
        return f"{memory.budget.gib} needed ({_addends(memory)}), {ask.device.gib} there"
    terms = " - ".join(f"{term.size.gib} {term.name}" for term in memory.terms)
    return (
        f"{memory.budget.gib} usable ({ask.device.gib} x {ask.utilization:g}) - {terms} = "
        f"{memory.kv_cache.gib} for the KV cache, {fit.need.gib} needed for one request of "
        f"{ask.context} tokens"
    )


def _addends(memory: Memory) -> str:
    terms = " + ".join(f"{term.size.gib} {term.name}" for term in memory.terms)
    return f"{terms} + {memory.kv_cache.gib} KV cache of {memory.kv_tokens} tokens"


def _host_too_small(match: Match, fit: Fit, hosts: Sequence[Host]) -> Refusal:
    host = hosts[0]
    return Refusal(
        DOES_NOT_FIT,
        f"`{match.name}` ({match.model.precision}) does not fit into a host of pool "
        f"`{host.pool}`: {arithmetic(fit)}",
        match.loc,
        _help(fit, Room()),
        label=f"{usable(host).gib} of {host.memory.gib} are left by the system",
        at_key=True,
    )


def _wider(match: Match, card: Card, gpus: int) -> Sequence[Parallel]:
    """Divisions over more GPUs of a host."""
    return [*_divided(match, range(gpus + 1, card.widest + 1))]


def _cards(match: Match) -> Sequence[tuple[str, Card]]:
    """Cards that can serve the model at all."""
    return [
        (name, card)
        for name, card in match.cards
        if not any(True for _ in refusals(replace(match, card=card)))
    ]


def _undivided(fit: Fit, match: Match) -> str:
    """What fits with the same cards: a larger profile, or none; or less of everything."""
    larger = (Remedy(words, fit.asking(replace(fit.ask, device=card.vram)))
              for words, card in match.divisions if card.vram > fit.ask.device)  # fmt: skip
    return _help(fit, Room(), tuple(islice((one for one in larger if one.fit.fits), 2)))


def _help(fit: Fit, room: Room, further: Sequence[Remedy] = ()) -> str:
    found = [str(remedy) for remedy in (*remedies(fit, room), *further)]
    if not found:
        return "use a smaller model, or a pool with more memory"
    return f"fits with {', or '.join(found)}"
