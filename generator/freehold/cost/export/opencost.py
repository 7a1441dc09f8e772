"""What was approved as OpenCost's custom prices, so that it is what is charged back later.

    rate of a kind = cost an hour * weight of the kind / quantity of the kind
    cost an hour   = nominal cost of owning / (months of service * hours per month)

The kinds are GPUs, CPU cores, memory and storage; what is paid for all of them, such as
chassis, network, energy and staff, is shared out with them. Their weights are what the bill's
capital lines of the kind cost. Where machines are bought whole, so that a kind has no price of
its own, the weights are OpenCost's own default prices by quantity, which is how OpenCost splits
the price of a node. Prices are for an hour: of a GPU, a core, and a GiB of memory or storage.
What a bridge or an overflow costs is no machine's and not in it.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from freehold.cost.calendar import months_between
from freehold.cost.item import Category
from freehold.cost.money import EXACT
from freehold.cost.types import BomLine, Result, Total
from freehold.cost.unit_costs import ELSEWHERE
from freehold.cost.words import day, number, total
from freehold.plan.types import Host, Plan

_DEFAULTS: Final[Mapping[Category, Decimal]] = {
    Category.CPU: Decimal("0.031611"),
    Category.MEMORY: Decimal("0.004237"),
    Category.GPU: Decimal("0.95"),
    Category.STORAGE: Decimal("0.00005479452"),
}
"""Of OpenCost, configs/default.json, read on 2026-11-28: US dollars for an hour."""
_OTHERS: Final = (
    "zoneNetworkEgress", "regionNetworkEgress", "internetNetworkEgress", "natGatewayEgress",
    "natGatewayIngress", "firstFiveForwardingRulesCost", "additionalForwardingRuleCost",
    "LBIngressDataCost",
)  # fmt: skip
"""What OpenCost parses besides; the network's cost is in the machines' rates."""
_STEP: Final = Decimal("0.0000000001")
_GIB: Final = 2**30


def encode(result: Result, plan: Plan) -> bytes:
    """The file's bytes."""
    return f"{json.dumps(document(result, plan), indent=2, ensure_ascii=False)}\n".encode()


def document(result: Result, plan: Plan) -> dict[str, str]:
    """The prices, as text, by OpenCost's keys."""
    found = rates(result, plan)
    cpu, memory, gpu, storage = (number(found.get(kind, Decimal(0))) for kind in _DEFAULTS)
    return {
        "provider": "custom",
        "description": _description(result),
        "CPU": cpu,
        "spotCPU": cpu,
        "RAM": memory,
        "spotRAM": memory,
        "GPU": gpu,
        "spotGPU": gpu,
        "storage": storage,
        **dict.fromkeys(_OTHERS, "0.0"),
    }


def rates(result: Result, plan: Plan) -> Mapping[Category, Decimal]:
    """The price of each kind for an hour, to ten decimals."""
    amounts = quantities(plan)
    weights = _weights(result.lines, amounts)
    whole = sum(weights.values())
    hourly = EXACT.divide(_cost(result), _hours(result))
    return {
        kind: EXACT.divide(hourly * weight, whole * amounts[kind]).quantize(_STEP)
        for kind, weight in weights.items()
    }


def quantities(plan: Plan) -> Mapping[Category, Decimal]:
    """What all hosts have: cores, GiB and GPUs; kinds that no host has are left out."""
    hosts = [one.host for one in plan.hosts]
    amounts = {
        Category.CPU: Decimal(sum(host.cores for host in hosts)),
        Category.MEMORY: _gib(sum(host.memory for host in hosts)),
        Category.GPU: Decimal(sum(map(_gpus, hosts))),
        Category.STORAGE: _gib(sum(host.storage for host in hosts)),
    }
    return {kind: amount for kind, amount in amounts.items() if amount}


def _gpus(host: Host) -> int:
    return host.card.count if host.card else 0


def _gib(size: int) -> Decimal:
    return EXACT.divide(Decimal(size), Decimal(_GIB))


def _weights(
    lines: tuple[BomLine, ...], amounts: Mapping[Category, Decimal]
) -> Mapping[Category, Decimal]:
    priced = {kind: _capital(lines, kind) for kind in amounts}
    if all(priced.values()):
        return priced
    return {kind: _DEFAULTS[kind] * amount for kind, amount in amounts.items()}


def _capital(lines: tuple[BomLine, ...], kind: Category) -> Decimal:
    """What the bill's lines of the kind cost; nothing when one has no price."""
    mine = [line for line in lines if line.need.is_capital and line.need.item.category is kind]
    if any(line.is_unknown for line in mine):
        return Decimal(0)
    return sum((line.cost or Decimal(0) for line in mine), Decimal(0))


def _cost(result: Result) -> Decimal:
    flows = result.owning.flows
    return sum((flow.amount for flow in flows if flow.stage not in ELSEWHERE), Decimal(0))


def _hours(result: Result) -> Decimal:
    """Of service; its last month counts as far as it goes."""
    conventions = result.conventions
    months = months_between(conventions.in_service, conventions.ends)
    return EXACT.multiply(months, Decimal(conventions.hours_per_month))


def _description(result: Result) -> str:
    conventions = result.conventions
    missing = result.owning.nominal.unknown
    paid = total(Total(_cost(result), missing), conventions.currency)
    return (
        f"{result.cluster}: {paid} for service from {day(conventions.in_service)} until "
        f"{day(conventions.ends)} in months of {conventions.hours_per_month} hours; in "
        f"{conventions.currency} for an hour of a core, a GPU, a GiB"
    )
