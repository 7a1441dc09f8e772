"""The plan as tables: hosts, replicas, and the memory of each model term by term."""

from collections.abc import Iterator, Sequence

from freehold.cli.bars import LEGEND, bar
from freehold.cli.memory_text import capacity_lines, memory_lines
from freehold.cli.table import table
from freehold.plan.types import Card, Host, Plan, Replica
from freehold.units import Bytes

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
    yield LEGEND
    for replica in _first_of_each_model(plan):
        yield ""
        yield f"{replica.model}: why {replica.name} is where it is"
        yield from (f"  {reason}" for reason in replica.why.split("; "))
        yield from _model(replica)


def _hosts(plan: Plan) -> Rows:
    yield "HOST", "POOL", "ADDRESS", "GPUS", "MEMORY", "REPLICAS"
    for of_host in plan.hosts:
        host = of_host.host
        names = ", ".join(replica.name for replica in of_host.replicas) or "-"
        address = str(host.address or "-")
        yield host.name, host.pool, address, _card(host.card), str(host.memory), names


def _card(card: Card | None) -> str:
    if card is None:
        return "-"
    parts = f", each {card.mig.count} × {card.mig.profile}" if card.mig else ""  # noqa: RUF001 - not the letter x
    return f"{card.count} × {card.name}{parts}"  # noqa: RUF001 - not the letter x


def _replicas(plan: Plan) -> Rows:
    yield "REPLICA", "ENGINE", "HOST", "GPUS", "CONTEXT", "REQUESTS AT ONCE", "EACH DEVICE"
    for of_host in plan.hosts:
        engines = {engine.name: f"{engine.kind} {engine.version}" for engine in of_host.engines}
        for replica in of_host.replicas:
            gpus = ", ".join(replica.devices) or "-"
            engine = engines.get(replica.name, "-")
            context, most = str(replica.context), str(replica.max_num_seqs)
            full = bar(replica.memory, _device(of_host.host))
            yield replica.name, engine, replica.host, gpus, context, most, full


def _device(host: Host) -> Bytes:
    return host.card.vram if host.card else host.memory


def _first_of_each_model(plan: Plan) -> Iterator[Replica]:
    replicas = (replica for host in plan.hosts for replica in host.replicas)
    seen: set[str] = set()
    for replica in replicas:
        if replica.model not in seen:
            seen.add(replica.model)
            yield replica


def _model(replica: Replica) -> Iterator[str]:
    memory = replica.memory
    device = "GPU" if memory.device == "gpu" else "host"
    yield f"{replica.model}: memory of one {device} (constants of {memory.constants})"
    yield from (f"  {line}" for line in memory_lines(memory))
    if replica.capacity:
        yield f"{replica.model}: what the users of each replica get"
        yield from (f"  {line}" for line in capacity_lines(replica.capacity))
