"""The plan as tables: hosts, replicas, and the memory of each model term by term."""

from collections.abc import Iterator, Sequence

from freehold.cli.table import table
from freehold.plan.types import Card, Memory, Plan, Replica

Rows = Iterator[Sequence[str]]


def plan_lines(plan: Plan) -> Iterator[str]:
    """Every decision that a reader weighs before anything is bought."""
    gateway = plan.gateway
    yield f"{plan.name}: {len(plan.hosts)} hosts of {plan.system.name}, isolation {plan.level}"
    clients = ", ".join(gateway.clients)
    yield f"https://{gateway.name}:{gateway.port} on {gateway.host}, for {clients}"
    yield ""
    yield from table(_hosts(plan))
    yield ""
    yield from table(_replicas(plan))
    for replica in _first_of_each_model(plan):
        yield ""
        yield from _memory(replica)


def _hosts(plan: Plan) -> Rows:
    yield "HOST", "POOL", "ADDRESS", "GPUS", "MEMORY", "REPLICAS"
    for of_host in plan.hosts:
        host = of_host.host
        names = ", ".join(replica.name for replica in of_host.replicas) or "-"
        address = str(host.address or "-")
        yield host.name, host.pool, address, _card(host.card), str(host.memory), names


def _card(card: Card | None) -> str:
    return f"{card.count} × {card.name}" if card else "-"  # noqa: RUF001 - not the letter x


def _replicas(plan: Plan) -> Rows:
    yield "REPLICA", "ENGINE", "HOST", "GPUS", "CONTEXT", "REQUESTS AT ONCE"
    for of_host in plan.hosts:
        engines = {engine.name: f"{engine.kind} {engine.version}" for engine in of_host.engines}
        for replica in of_host.replicas:
            gpus = ", ".join(map(str, replica.gpus)) or "-"
            engine = engines.get(replica.name, "-")
            context, most = str(replica.context), str(replica.max_num_seqs)
            yield replica.name, engine, replica.host, gpus, context, most


def _first_of_each_model(plan: Plan) -> Iterator[Replica]:
    replicas = (replica for host in plan.hosts for replica in host.replicas)
    seen: set[str] = set()
    for replica in replicas:
        if replica.model not in seen:
            seen.add(replica.model)
            yield replica


def _memory(replica: Replica) -> Iterator[str]:
    memory = replica.memory
    device = "GPU" if memory.device == "gpu" else "host"
    yield f"{replica.model}: memory of one {device} (constants of {memory.constants})"
    yield from (f"  {line}" for line in table(_terms(memory)))
    yield (
        f"  {memory.kv_tokens} tokens of KV cache at {memory.kv_bytes_per_token} bytes each: "
        f"{memory.max_concurrency:.1f} requests of full context at once"
    )


def _terms(memory: Memory) -> Rows:
    yield "budget", memory.budget.gib, ""
    for term in memory.terms:
        yield f"- {term.name}", term.size.gib, term.formula
    yield "= KV cache", memory.kv_cache.gib, ""
