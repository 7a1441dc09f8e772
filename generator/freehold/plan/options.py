"""How a model can run on a pool: over how many GPUs, or why not at all."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from freehold.diagnostics import rule_text
from freehold.plan.fit import Fit, remedies, sized
from freehold.plan.memory import Ask, batch_defaults
from freehold.plan.parallelism import uneven
from freehold.plan.room import usable
from freehold.plan.suitability import Match, Refusal
from freehold.plan.types import Card, Host, Memory
from freehold.spec.models import EngineName
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

SEQUENCES: Final = rule_text(
    "sequences-over-batch",
    """vLLM works on at most as many sequences as it computes tokens in one step.

    Each running sequence needs one token of every step. The step's size follows from the
    card: 2048 tokens, 8192 from 70 GiB and 16384 from 160 GiB.
    """,
)
MAX_REMEDIES: Final = 4


def fit_on(match: Match, hosts: Sequence[Host], *, roomy: bool) -> Fit | Refusal:
    """The way to run one replica on a host of the pool; `roomy` prefers enough for all users."""
    card = match.card
    if card is None:
        fit = sized(_host_ask(match, hosts), match.model)
        return fit if fit.fits else _host_too_small(match, fit, hosts)
    refusal = _refuse_pin(match, card, hosts[0].pool) or _refuse_sequences(match, card)
    if refusal:
        return refusal
    fits = [sized(_gpu_ask(match, card, gpus), match.model) for gpus in _candidates(match, card)]
    good = [fit for fit in fits if fit.fits]
    if not good:
        return _gpus_too_small(match, card, fits[-1], hosts[0].pool)
    share = -(-match.model.workload.users // match.model.replicas)
    return next((fit for fit in good if roomy and fit.serves >= share), good[0])


def _candidates(match: Match, card: Card) -> list[int]:
    """Numbers of GPUs to try, the smallest first: powers of two, and a whole host."""
    if match.model.tensor_parallel is not None:
        return [match.model.tensor_parallel]
    counts = [count for count in (1, 2, 4, 8, 16) if count < card.count]
    return [count for count in (*counts, card.count) if _uneven(match, count) is None] or [1]


def _uneven(match: Match, gpus: int) -> tuple[str, str] | None:
    pins = match.model.engine.arguments if match.model.engine else {}
    whole = bool(pins.get("--enable-expert-parallel"))
    found = uneven(match.facts, match.model.precision, gpus, experts_whole=whole)
    return (found.rule, found.message) if found and match.divides else None


def _refuse_pin(match: Match, card: Card, pool: str) -> Refusal | None:
    pin = match.model.tensor_parallel
    if pin is None:
        return None
    loc = (*match.loc, "tensor_parallel")
    if pin > card.count:
        message = f"`{match.name}` needs {pin} GPUs in one host, pool `{pool}` has {card.count}"
        return Refusal(LARGER, message, loc, f"write `tensor_parallel: {card.count}` or less")
    if found := _uneven(match, pin):
        even = [n for n in range(1, card.count + 1) if _uneven(match, n) is None]
        listed = ", ".join(f"`{n}`" for n in even)
        return Refusal(found[0], f"`{match.name}`: {found[1]}", loc, f"write one of {listed}")
    return None


def _refuse_sequences(match: Match, card: Card) -> Refusal | None:
    pin = match.model.max_num_seqs or 0
    most, _ = batch_defaults(card.vram, card.compute_capability)
    if match.engine.name is not EngineName.VLLM or pin <= most:
        return None
    return Refusal(
        SEQUENCES,
        f"`{match.name}` asks for {pin} sequences, vLLM computes {most} tokens in one step on "
        f"{card.name}",
        (*match.loc, "max_num_seqs"),
        f"write `max_num_seqs: {most}` or less",
    )


def _gpu_ask(match: Match, card: Card, gpus: int) -> Ask:
    return _ask(match, gpus, card.vram, card.compute_capability)


def _host_ask(match: Match, hosts: Sequence[Host]) -> Ask:
    on_one_host = -(-match.model.replicas // len(hosts))
    return _ask(match, 0, Bytes(usable(hosts[0]) // on_one_host), None)


def _ask(match: Match, gpus: int, device: Bytes, compute_capability: str | None) -> Ask:
    model = match.model
    return Ask(
        facts=match.facts,
        precision=model.precision,
        engine=match.engine,
        gpus=gpus,
        device=device,
        compute_capability=compute_capability,
        utilization=model.gpu_memory_utilization or match.engine.memory.utilization,
        context=int(model.workload.context),
        max_num_seqs=model.max_num_seqs or 1,
        fp8_cache=model.kv_cache == "fp8",
    )


def _gpus_too_small(match: Match, card: Card, fit: Fit, pool: str) -> Refusal:
    ask, memory = fit.ask, fit.memory
    if _weights(memory) > ask.device * ask.utilization and ask.gpus == card.count:
        return _larger_than_host(match, card, fit, pool)
    devices = f"{ask.gpus} x {card.name}"
    return Refusal(
        DOES_NOT_FIT,
        f"`{match.name}` ({match.model.precision}) does not fit on {devices}: {_sum(fit)}",
        (*match.loc, "tensor_parallel") if match.model.tensor_parallel else match.loc,
        _help(fit, _wider(match, card, ask.gpus)),
        label=f"per GPU, as {memory.constants} uses it",
        at_key=match.model.tensor_parallel is None,
    )


def _larger_than_host(match: Match, card: Card, fit: Fit, pool: str) -> Refusal:
    weights = Bytes(_weights(fit.memory) * fit.ask.gpus)
    offers = Bytes(fit.ask.device * fit.ask.utilization * card.count)
    return Refusal(
        LARGER,
        f"`{match.name}` ({match.model.precision}) has {weights.gib} of weights, the {card.count} "
        f"x {card.name} of one host in pool `{pool}` offer {offers.gib}",
        match.loc,
        _help(fit, ()),
        at_key=True,
    )


def _weights(memory: Memory) -> int:
    return next(term.size for term in memory.terms if term.name == "weights")


def _sum(fit: Fit) -> str:
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
        f"`{host.pool}`: {_sum(fit)}",
        match.loc,
        _help(fit, ()),
        label=f"{usable(host).gib} of {host.memory.gib} are left by the system",
        at_key=True,
    )


def _wider(match: Match, card: Card, gpus: int) -> Sequence[int]:
    """Larger numbers of GPUs that the model divides over."""
    return [n for n in range(gpus + 1, card.count + 1) if _uneven(match, n) is None]


def _help(fit: Fit, wider: Sequence[int]) -> str:
    found = list(islice(remedies(fit, wider), MAX_REMEDIES))
    if not found:
        return "use a smaller model, or a pool with more memory"
    return f"fits with {', or '.join(found)}"
