"""Names in the cost section: each of something that the spec has."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from freehold.diagnostics import nearest
from freehold.rules.registry import Finding, rule
from freehold.source import Loc
from freehold.spec.cluster import Cluster
from freehold.spec.cost import LEASE, OWNING, Api, Cost

_RESERVED: Final = (OWNING, LEASE)


@rule
def unknown_alternative(cluster: Cluster) -> Iterator[Finding]:
    """`overflow` or `bridge` names none of the alternatives of the cost section."""
    cost = cluster.cost
    named = {"overflow": cost.overflow, "bridge": cost.bridge} if cost else {}
    for key, name in named.items():
        if cost and name is not None and name not in cost.alternatives:
            yield _unknown("alternative", name, ("cost", key), cost.alternatives)


@rule
def reserved_alternative(cluster: Cluster) -> Iterator[Finding]:
    """An alternative is called as the cost of owning, or of leasing, is called in every export.

    Their payments stand in one table under these names, and could not be told apart.
    """
    for name in cluster.cost.alternatives if cluster.cost else ():
        if name in _RESERVED:
            yield Finding(
                message=f"`{name}` is what freehold calls the cost of {name}",
                loc=("cost", "alternatives", name),
                at_key=True,
                help=f"rename it, such as to `{name}-elsewhere`",
            )


@rule
def overflow_not_an_api(cluster: Cluster) -> Iterator[Finding]:
    """Demand above what the machines can do is to overflow to something that is no API.

    An API bills the tokens that it serves; rented GPUs are paid whether they serve or not, and
    would have to be there before the demand is.
    """
    cost = cluster.cost
    to = cost.alternatives.get(cost.overflow or "") if cost else None
    if cost and to is not None and not isinstance(to, Api):
        apis = [f"`{name}`" for name, one in cost.alternatives.items() if isinstance(one, Api)]
        yield Finding(
            message=f"`{cost.overflow}` rents GPUs, and cannot take single requests",
            loc=("cost", "overflow"),
            help=f"use {' or '.join(apis)}" if apis else "add an alternative with `api`",
        )


@rule
def cost_unknown_model(cluster: Cluster) -> Iterator[Finding]:
    """The cost section speaks of a model that the spec does not have."""
    for loc, names in _by_model(cluster.cost):
        for name in names:
            if name not in cluster.models:
                yield _unknown("model", name, (*loc, name), cluster.models, at_key=True)


@rule
def api_lacks_model(cluster: Cluster) -> Iterator[Finding]:
    """An API is given for some models only, so it would not serve the same demand."""
    for name, one in cluster.cost.alternatives.items() if cluster.cost else ():
        served = one.api if isinstance(one, Api) else ""
        missing = () if isinstance(served, str) else [m for m in cluster.models if m not in served]
        if missing:
            listed = ", ".join(f"`{model}`" for model in missing)
            yield Finding(
                message=f"alternative `{name}` has no API for {listed}",
                loc=("cost", "alternatives", name, "api"),
                at_key=True,
                help=f"add `{missing[0]}:` and the id of an API that could take its place",
            )


@rule
def cost_unknown_pool(cluster: Cluster) -> Iterator[Finding]:
    """The cost section speaks of a pool that is none of those under `nodes`."""
    cost = cluster.cost
    named: list[tuple[Loc, str]] = []
    if cost:
        named += [(("cost", "whole", n), pool) for n, pool in enumerate(cost.whole)]
        named += [
            (("cost", "lines", n, "pool"), x.pool) for n, x in enumerate(cost.lines) if x.pool
        ]
    for loc, pool in named:
        if pool not in cluster.nodes:
            yield _unknown("pool", pool, loc, cluster.nodes)


@rule
def repeated_line(cluster: Cluster) -> Iterator[Finding]:
    """Two of the lines to pay besides are for one item and one pool."""
    first: dict[object, int] = {}
    for number, line in enumerate(cluster.cost.lines if cluster.cost else ()):
        other = first.setdefault((line.item, line.pool), number)
        if other != number:
            of_pool = f" for `{line.pool}`" if line.pool else ""
            yield Finding(
                message=f"`{line.item}`{of_pool} is already a line",
                loc=("cost", "lines", number, "item"),
                other=("cost", "lines", other, "item"),
                help="make them one with the `quantity` of both, or name another item",
            )


@rule
def unknown_country(cluster: Cluster) -> Iterator[Finding]:
    """The catalog does not know what the electricity of this country emits.

    It is looked up and never guessed: between two neighbours it differs tenfold. What a contract
    of green electricity states can be written as `carbon` instead.
    """
    location = cluster.cost.location if cluster.cost else None
    if location is None or location.country is None or location.carbon is not None:
        return
    from freehold.catalog.hardware import assumptions  # noqa: PLC0415 - only such a spec needs it

    grid, code = assumptions().grid, location.country
    if code not in grid:
        named = [known for known, one in grid.items() if one.country.upper().startswith(code)]
        close = named[0] if named else nearest(code, grid)
        meant = f"use `{close}`, or " if close else ""
        yield Finding(
            message=f"the catalog has no grid factor of `{code}`",
            loc=("cost", "location", "country"),
            help=f"{meant}write the grams for each kWh, such as `carbon: 380`",
        )


def _by_model(cost: Cost | None) -> Iterator[tuple[Loc, Iterable[str]]]:
    """Mappings whose keys are models."""
    if cost and cost.use:
        yield ("cost", "use", "throughput"), cost.use.throughput
    for name, one in cost.alternatives.items() if cost else ():
        if isinstance(one, Api) and not isinstance(one.api, str):
            yield ("cost", "alternatives", name, "api"), one.api


def _unknown(
    kind: str, name: str, loc: Loc, known: Mapping[str, object], *, at_key: bool = False
) -> Finding:
    close = nearest(name, known)
    listed = ", ".join(f"`{one}`" for one in known)
    otherwise = f"use one of {listed}" if known else "add it under `cost.alternatives`"
    return Finding(
        message=f"no {kind} is called `{name}`",
        loc=loc,
        at_key=at_key,
        help=f"use `{close}`" if close else otherwise,
    )
