"""What owning is compared with: each an instance or an API that somebody has a price of."""

from collections.abc import Iterator
from dataclasses import dataclass

from freehold.catalog.facts import Catalog
from freehold.catalog.lookup import gpu_of
from freehold.catalog.price_book import Entry, Kind
from freehold.cost.item import Category
from freehold.diagnostics import nearest, rule_text
from freehold.report import Report
from freehold.source import Loc
from freehold.spec.cluster import Cluster
from freehold.spec.cost import Api, Cloud, Cost
from freehold.spec.nodes import CatalogGpus
from freehold.spec.quotes import Quotes

rule_text(
    "unknown-offer",
    """Neither the price book nor a quote of yours has this instance, API or price of egress.

    "The cloud" has no price: the same card was rented at 2.40 and at 12.29 USD an hour in the
    autumn of 2026. So each alternative is one named and dated price. `freehold prices list` shows
    those of the book; an instance that it lacks can be quoted, in the file of `cost.quotes`.
    """,
)
rule_text(
    "instances-not-stated",
    """Only a quote knows this instance, and a quote does not say how many GPUs it has.

    So the spec must say how many instances serve the demand.
    """,
)
rule_text(
    "egress-without-item",
    """Data leaves the cloud, and the spec does not say at whose price.

    Left out it would be free, which it is nowhere.
    """,
)
rule_text(
    "other-card",
    """The instance has another card than the plan's machines.

    Its GPUs are counted as if each did what one of the plan's does. Where they are faster or
    slower, `instances` takes how many of them serve the same demand.
    """,
)
rule_text(
    "reserved-by-use",
    """What is reserved or prepaid is said to be paid by its use.

    It is paid in all hours, used or not, and is reckoned so: that is what its price is low for.
    """,
)
rule_text(
    "committed-bridge",
    """What serves until the machines do is reserved or prepaid.

    A bridge lasts as long as the machines take to arrive, and a term is paid whole: nobody gets
    its price for some weeks. With its price for those weeks alone, owning would seem cheaper than
    it is.
    """,
)


@dataclass(frozen=True, slots=True)
class _Market:
    cluster: Cluster
    cost: Cost
    catalog: Catalog
    quoted: frozenset[str]
    report: Report

    def is_known(self, item: str, category: Category, per: str, loc: Loc) -> bool:
        """Whether somebody has a price of it by hours, GB or tokens; reported when not."""
        entries = self.catalog.offers[category]
        known = [name for name, entry in entries.items() if entry.per.endswith(per)]
        if item in known or (category is Category.CLOUD and item in self.quoted):
            return True
        close = nearest(item, known)
        self.report.refuse(
            "unknown-offer",
            f"no price of `{item}` by {per} is known",
            loc,
            help=f"use `{close}`" if close else "`freehold prices list` shows what is known",
        )
        return False


def check_alternatives(
    cluster: Cluster, catalog: Catalog, quotes: Quotes | None, report: Report
) -> None:
    """Report alternatives that cannot be reckoned, or not as they stand."""
    if cluster.cost is None:
        return
    quoted = frozenset(quote.item for quote in quotes.quotes) if quotes else frozenset()
    market = _Market(cluster, cluster.cost, catalog, quoted, report)
    for name, one in cluster.cost.alternatives.items():
        loc = ("cost", "alternatives", name)
        if isinstance(one, Cloud):
            _check_cloud(market, one, loc)
        else:
            _check_api(market, one, loc)


def _check_api(market: _Market, api: Api, loc: Loc) -> None:
    for place, item in _items(api, (*loc, "api")):
        market.is_known(item, Category.API, "tokens", place)


def _items(api: Api, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if isinstance(api.api, str):
        yield loc, api.api
    else:
        yield from (((*loc, model), item) for model, item in api.api.items())


def _check_cloud(market: _Market, cloud: Cloud, loc: Loc) -> None:
    if market.is_known(cloud.cloud, Category.CLOUD, "hour", (*loc, "cloud")):
        entry = market.catalog.offers[Category.CLOUD].get(cloud.cloud)
        _check_instances(market, cloud, entry, loc)
        _check_hours(market, cloud, entry, loc)
        if loc[-1] == market.cost.bridge:
            _check_bridge(market, cloud, entry)
    if cloud.egress is not None and cloud.egress_item is None:
        market.report.refuse(
            "egress-without-item",
            f"{cloud.egress} leave each month, at nobody's price",
            (*loc, "egress"),
            help="add `egress_item:` and an id such as `cloud_egress.aws`",
        )
    if cloud.egress_item is not None:
        market.is_known(cloud.egress_item, Category.CLOUD, "GB", (*loc, "egress_item"))


def _check_hours(market: _Market, cloud: Cloud, entry: Entry | None, loc: Loc) -> None:
    is_reserved = entry is not None and entry.kind is Kind.RESERVED
    if cloud.paid != "always" and (is_reserved or cloud.prepaid):
        how = f"prepaid for {cloud.prepaid}" if cloud.prepaid else "reserved"
        market.report.warn(
            "reserved-by-use",
            f"`{cloud.cloud}` is {how}, so it is paid always, not `{cloud.paid}`",
            (*loc, "paid"),
            help="leave `paid` out, or compare with an instance on demand",
        )


def _check_bridge(market: _Market, cloud: Cloud, entry: Entry | None) -> None:
    term = cloud.prepaid or (entry and entry.term)
    if term:
        wait = market.cost.lead_time
        how = "prepaid" if cloud.prepaid else "reserved"
        market.report.refuse(
            "committed-bridge",
            f"`{cloud.cloud}` is {how} for {term}, the bridge lasts "
            f"{wait or 'only until the machines serve'}",
            ("cost", "bridge"),
            help="bridge with an alternative on demand: without `prepaid`, of an instance that is "
            "not reserved",
        )


def _check_instances(market: _Market, cloud: Cloud, entry: Entry | None, loc: Loc) -> None:
    if cloud.instances is not None:
        return
    if entry is None:
        market.report.refuse(
            "instances-not-stated",
            f"how many GPUs `{cloud.cloud}` has is not known",
            (*loc, "cloud"),
            help="add how many serve the demand, such as `instances: 2`",
        )
    elif entry.gpu is not None:
        _check_card(market, entry, entry.gpu, (*loc, "cloud"))


def _check_card(market: _Market, entry: Entry, offered: str, loc: Loc) -> None:
    cards = _cards(market)
    if cards and offered not in cards:
        market.report.warn(
            "other-card",
            f"{entry.name} has `{offered}`, the spec has {' and '.join(f'`{c}`' for c in cards)}",
            loc,
            help="add how many of these instances serve the demand, such as `instances: 2`",
        )


def _cards(market: _Market) -> tuple[str, ...]:
    """The catalog's cards that the spec has, by their ids."""
    ids = {id(gpu): name for name, gpu in market.catalog.gpus.items()}
    pools = market.cluster.nodes.values()
    models = [pool.gpus.model for pool in pools if isinstance(pool.gpus, CatalogGpus)]
    found = [gpu_of(market.catalog, model) for model in models]
    return tuple(dict.fromkeys(ids[id(gpu)] for gpu in found if gpu))
