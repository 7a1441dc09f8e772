"""All alternatives to owning, and what owning buys of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from freehold.cost.alternatives.api import ApiOffer
from freehold.cost.alternatives.cloud import CloudOffer
from freehold.cost.alternatives.setting import Setting, Span
from freehold.cost.calendar import months_between
from freehold.cost.drivers import Uncertain
from freehold.cost.types import Costs, Flow, Stage, Total
from freehold.cost.unit_costs import unit_costs
from freehold.spec.cost import Alternative, Cloud

Offer = CloudOffer | ApiOffer


@dataclass(frozen=True, slots=True)
class Offers:
    """The alternatives of a spec, reckoned."""

    costs: tuple[Costs, ...]
    uncertain: tuple[Uncertain, ...]
    paid_by_demand: frozenset[str]
    """Names of those whose cost grows with the hours with requests."""
    for_owning: tuple[Flow, ...]
    """What owning pays for demand above capacity, and until the machines serve."""
    unknown_for_owning: int
    """Prices that are missing in it."""


def offers(setting: Setting) -> Offers:
    """What the demand costs elsewhere, over the same days.

    They begin with service; where owning is bridged until then, with the order.
    """
    cost = setting.cost
    found = {name: _offer(name, spec, setting) for name, spec in cost.alternatives.items()}
    uncertain = {one.id: one for offer in found.values() for one in offer.uncertain}
    return Offers(
        costs=tuple(_costs(offer, setting) for offer in found.values()),
        uncertain=tuple(uncertain.values()),
        paid_by_demand=frozenset(name for name, one in found.items() if one.is_paid_by_demand),
        for_owning=tuple(sorted(_for_owning(found, setting), key=lambda flow: flow.on)),
        unknown_for_owning=_unknown_for_owning(found, setting),
    )


def _offer(name: str, spec: Alternative, setting: Setting) -> Offer:
    if isinstance(spec, Cloud):
        return CloudOffer.of(name, spec, setting)
    return ApiOffer.of(name, spec, setting)


def _costs(offer: Offer, setting: Setting) -> Costs:
    span = Span(setting.since, setting.terms.calendar.ends)
    flows = tuple(sorted(offer.flows(span), key=lambda flow: flow.on))
    months = months_between(span.since, span.until)
    hours = offer.gpu_hours_per_month
    served = replace(
        setting.served,
        months=months,
        input_weight=offer.input_weight,
        gpu_hours=None if hours is None else hours * months,
        physics=None,
    )
    return Costs(
        name=offer.name,
        description=offer.description,
        flows=flows,
        nominal=Total(sum((flow.amount for flow in flows), Decimal(0)), offer.unknown),
        npv=Total(sum((flow.discounted for flow in flows), Decimal(0)), offer.unknown),
        units=unit_costs(flows, served, at_least=offer.unknown > 0),
        prices=offer.prices,
        note=offer.note,
    )


def _for_owning(found: dict[str, Offer], setting: Setting) -> Iterator[Flow]:
    days, demand = setting.terms.calendar, setting.demand
    overflow, bridge = _overflow(found, setting), _bridge(found, setting)
    if overflow and demand:
        span = Span(days.in_service, days.ends, Stage.OVERFLOW)
        yield from overflow.of_tokens(demand.overflow_by_model, span)
    if bridge:
        yield from bridge.flows(Span(days.ordered, days.in_service, Stage.BRIDGE))


def _unknown_for_owning(found: dict[str, Offer], setting: Setting) -> int:
    """Prices that are missing in what owning buys: each once, and none of what it does not buy."""
    overflow, bridge = _overflow(found, setting), _bridge(found, setting)
    lacking = bridge.unknown if bridge else 0
    if overflow and overflow is not bridge:
        demand = setting.demand
        lacking += overflow.unknown_in(demand.overflow_by_model) if demand else overflow.unknown
    return lacking


def _overflow(found: dict[str, Offer], setting: Setting) -> ApiOffer | None:
    """What takes the demand above capacity."""
    name = setting.cost.overflow
    offer = found[name] if name else None
    return offer if isinstance(offer, ApiOffer) else None


def _bridge(found: dict[str, Offer], setting: Setting) -> Offer | None:
    """What serves before the machines do; none where they do from the order on."""
    name, days = setting.cost.bridge, setting.terms.calendar
    return found[name] if name and days.ordered < days.in_service else None
