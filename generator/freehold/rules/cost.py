"""Money: one currency, or a rate; nothing paid twice, and nothing forgotten."""

from collections.abc import Iterable, Iterator
from typing import Final

from pydantic import BaseModel

from freehold.rules.registry import Finding, rule
from freehold.source import Loc
from freehold.spec.cluster import Cluster
from freehold.spec.cost import Cost, Kind
from freehold.spec.mistakes import dotted
from freehold.units import Money, Price

_MOST: Final = 100_000
"""Pieces of one line."""


@rule
def cost_currency(cluster: Cluster) -> Iterator[Finding]:
    """An amount of the cost section is in another currency than the bill.

    The spec has no rates: those of quotes stand in their file, with their date. Only a vendor's
    quote may be in another currency.
    """
    if cluster.cost is None:
        return
    currency = cluster.cost.currency
    for loc, money in amounts(cluster.cost, ("cost",)):
        if money.currency != currency:
            yield Finding(
                message=f"{dotted(loc)} is in {money.currency}, the bill is in {currency}",
                loc=loc,
                other=("cost", "currency"),
                help=f"write it in {currency}",
            )


def amounts(value: object, loc: Loc) -> Iterator[tuple[Loc, Money | Price]]:
    """Every amount in `value`, with its place."""
    if isinstance(value, (Money, Price)):
        yield loc, value
    for step, inner in parts(value):
        yield from amounts(inner, (*loc, step))


def parts(value: object) -> Iterable[tuple[str | int, object]]:
    """What the value holds, by key or number."""
    if isinstance(value, (dict, BaseModel)):
        return dict(value).items()
    return enumerate(value) if isinstance(value, tuple) else ()


@rule
def pue_and_cooling(cluster: Cluster) -> Iterator[Finding]:
    """Both a PUE and a price of cooling are given, so cooling would be paid twice.

    A PUE makes the energy of cooling part of the energy that is paid; a price of cooling
    stands beside energy at the machines.
    """
    location = cluster.cost.location if cluster.cost else None
    if location and location.pue is not None and location.cooling is not None:
        yield Finding(
            message=f"cooling is paid by a PUE of {location.pue} and at {location.cooling}, twice",
            loc=("cost", "location", "cooling"),
            other=("cost", "location", "pue"),
            help="keep `pue` or `cooling`, whichever your contract of energy has",
        )


@rule
def rent_without_colocation(cluster: Cluster) -> Iterator[Finding]:
    """A rent is given for a place that is not rented.

    A server room or an office of one's own has no rent in the bill; with a rent, racks, power
    distribution and a UPS are the landlord's, and are not bought.
    """
    location = cluster.cost.location if cluster.cost else None
    if location and location.rent and location.kind is not Kind.COLOCATION:
        yield Finding(
            message=f"a rent of {location.rent} is given for the kind `{location.kind}`",
            loc=("cost", "location", "rent"),
            help="write `kind: colocation`, or leave `rent` out",
        )


@rule
def colocation_without_rent(cluster: Cluster) -> Iterator[Finding]:
    """Machines stand in colocation, and nobody says for how much.

    The bill then has a line without a price, and totals are known only from below. A file of
    quotes may price `rent` instead, by the kW and month.
    """
    cost = cluster.cost
    if cost and cost.quotes is None and rent_is_open(cost):
        yield Finding(
            message="the rent of colocation is not given: totals will be known only from below",
            loc=("cost", "location"),
            at_key=True,
            help="add what the contract says, such as `rent: 180.00 EUR/kW/month`",
            severity="warning",
        )


def rent_is_open(cost: Cost) -> bool:
    """Whether the spec itself leaves open what space costs that is rented."""
    return cost.location.kind is Kind.COLOCATION and cost.location.rent is None


@rule
def power_included_without_rent(cluster: Cluster) -> Iterator[Finding]:
    """Energy is said to be included in a rent, and there is no rent.

    The bill would have no energy at all.
    """
    location = cluster.cost.location if cluster.cost else None
    if location and location.power_included:
        rented = location.kind is Kind.COLOCATION
        if not rented or location.rent is None:
            why = "no `rent` is given" if rented else f"the kind is `{location.kind}`"
            yield Finding(
                message=f"the rent is said to include energy, but {why}",
                loc=("cost", "location", "power_included"),
                help="give the `rent` of a `kind: colocation`, or leave `power_included` out",
            )


@rule
def ups_not_bought(cluster: Cluster) -> Iterator[Finding]:
    """A UPS is asked for where none is bought.

    In colocation the landlord's stands behind the rent, and under a desk there is no rack for
    one.
    """
    location = cluster.cost.location if cluster.cost else None
    if location and location.ups and location.kind is not Kind.SERVER_ROOM:
        yield Finding(
            message=f"a UPS for {location.ups} is asked for, but the kind is `{location.kind}`",
            loc=("cost", "location", "ups"),
            help="leave `ups` out, or write what it costs under `cost.lines`",
        )


@rule
def part_of_a_machine(cluster: Cluster) -> Iterator[Finding]:
    """A line buys a fraction of something that stands in a rack, or more than any site has.

    Each piece of it is put into a rack, where it takes its height, power and outlets.
    """
    lines = cluster.cost.lines if cluster.cost else ()
    for number, line in enumerate(lines):
        is_whole = line.quantity == int(line.quantity)
        if _has_height(line.item) and not (is_whole and line.quantity <= _MOST):
            yield Finding(
                message=f"{line.quantity:f} of `{line.item}` cannot be put into racks",
                loc=("cost", "lines", number, "quantity"),
                help=f"write a whole number of at most {_MOST:,}",
            )


def _has_height(identity: str) -> bool:
    from freehold.catalog.hardware import hardware  # noqa: PLC0415 - only lines need it

    known = hardware().get(identity)
    return known.rack_units > 0 if known else identity.startswith("server.")


@rule
def use_not_stated(cluster: Cluster) -> Iterator[Finding]:
    """Nobody says how much the machines are used, so the busiest hour is taken to last always.

    That flatters owning: cost per token is the cost divided by the tokens, and few stacks serve
    as many at night. Every published comparison turns on this figure first.
    """
    if cluster.cost and cluster.cost.use is None:
        yield Finding(
            message="`cost.use` is not stated: the busiest hour of the workload is taken to last "
            "all day and all year, which flatters the cost per token",
            loc=("cost",),
            at_key=True,
            help="add the share of hours with requests and their load, such as "
            "`use: {demand: 40 %, load: 60 %}`",
            severity="warning",
        )
