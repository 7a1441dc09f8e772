"""From the path of a spec to what every command starts from."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from freehold.beside import read_beside
from freehold.catalog.facts import Catalog
from freehold.catalog.load import load as load_catalog
from freehold.diagnostics import rule_text
from freehold.plan.types import Plan
from freehold.report import Report
from freehold.rules.check import check
from freehold.rules.narrow import is_full, is_narrow
from freehold.source import Source
from freehold.spec.cluster import Cluster
from freehold.spec.load import load, load_as
from freehold.spec.quotes import Quotes

if TYPE_CHECKING:
    from freehold.cost.types import Result

SPEC_NAME: Final = "cluster.yml"
COST_MISSING: Final = rule_text(
    "cost-missing",
    """The spec has no cost section, so there is nothing to reckon with.

    A bill needs a currency, a horizon over which costs are added up, and what electricity
    costs; all else has a default, which the result names among its assumptions.
    """,
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A spec as far as it can be read, and what is wrong with it."""

    path: Path
    source: Source
    cluster: Cluster | None
    catalog: Catalog | None
    report: Report
    quotes: Quotes | None = None
    """None where the spec names no file of quotes, or one that cannot be read."""
    quotes_source: Source | None = None


def open_spec(path: Path) -> Opened:
    """The spec at `path`, a file or a directory that holds `cluster.yml`, checked by rules.

    Raises:
        OSError: the spec cannot be read.
    """
    path = path / SPEC_NAME if path.is_dir() else path
    source = Source.read(path)
    report = Report(source)
    cluster = load(source, report)
    if cluster is None:
        return Opened(path, source, None, None, report)
    check(cluster, report)
    quotes_source = _quotes_source(path, cluster, report)
    catalog = _read_catalog(path, cluster, report)
    quotes = _read_quotes(quotes_source, cluster, catalog, report)
    if catalog:
        _check_items(cluster, catalog, quotes, report)
    return Opened(path, source, cluster, catalog, report, quotes, quotes_source)


def _check_items(cluster: Cluster, catalog: Catalog, quotes: Quotes | None, report: Report) -> None:
    """Report names of the cost section that neither catalog nor price book has."""
    if cluster.cost and cluster.cost.alternatives:
        from freehold.rules.alternatives import check_alternatives  # noqa: PLC0415 - reads prices

        check_alternatives(cluster, catalog, quotes, report)
    if cluster.cost and cluster.cost.without:
        from freehold.rules.exclusions import check_exclusions  # noqa: PLC0415 - reads the parts

        check_exclusions(cluster.cost, cluster.nodes, catalog, report)


def plan_of(opened: Opened) -> Plan | None:
    """The plan of the spec; none when a finding stands in the way."""
    if opened.cluster is None or opened.catalog is None:
        return None
    from freehold.plan.site import decide  # noqa: PLC0415 - a spec with mistakes never needs it

    plan = decide(opened.cluster, opened.catalog, opened.report)
    if plan and opened.report.is_clean:
        _check_cost(opened, opened.cluster, opened.catalog, plan)
    return plan if opened.report.is_clean else None


def result_of(opened: Opened, plan: Plan) -> "Result | None":
    """What the plan costs; none when a finding stands in the way.

    A spec without a cost section is one.
    """
    cluster, catalog = opened.cluster, opened.catalog
    if cluster is None or catalog is None:
        return None
    if cluster.cost is None:
        opened.report.refuse(
            COST_MISSING, "the spec says nothing about money", ("cost",),
            help="add `cost: {currency: EUR, horizon: 5 years, electricity: 0.19 EUR/kWh}`",
        )  # fmt: skip
        return None
    from freehold.cost.result import Given, reckon  # noqa: PLC0415 - reads every price

    return reckon(
        Given(cluster, cluster.cost, plan, catalog, opened.quotes, _digest(opened)), opened.report
    )


def _digest(opened: Opened) -> str:
    """SHA-256 of the spec, and of the quotes after it."""
    read = (opened.source, *([opened.quotes_source] if opened.quotes_source else []))
    return sha256("".join("\n".join(source.lines) for source in read).encode()).hexdigest()


def _check_cost(opened: Opened, cluster: Cluster, catalog: Catalog, plan: Plan) -> None:
    """Report what the cost of the plan would stumble over."""
    if cluster.cost is None:
        return
    from freehold.cost.calendar import may_be_short  # noqa: PLC0415 - only with money
    from freehold.cost.demand import check_demand  # noqa: PLC0415

    check_demand(cluster, cluster.cost, plan, opened.report)
    if may_be_short(cluster.cost, opened.quotes):
        from freehold.cost.result import Given, check_horizon  # noqa: PLC0415 - reads every price

        check_horizon(Given(cluster, cluster.cost, plan, catalog, opened.quotes, ""), opened.report)
    if is_narrow(cluster, catalog):
        from freehold.rules.racks import check_racks  # noqa: PLC0415 - reads every price

        check_racks(cluster, plan, catalog, opened.quotes, opened.report)
    if is_full(cluster):
        from freehold.rules.machines import check_machines  # noqa: PLC0415 - reads every price

        check_machines(cluster, plan, catalog, opened.quotes, opened.report)


def _quotes_source(path: Path, cluster: Cluster, report: Report) -> Source | None:
    if cluster.cost is None or cluster.cost.quotes is None:
        return None
    return read_beside(path, cluster.cost.quotes, ("cost", "quotes"), report)


def _read_quotes(
    source: Source | None, cluster: Cluster, catalog: Catalog | None, report: Report
) -> Quotes | None:
    if cluster.cost is None or source is None:
        return None
    quotes = load_as(Quotes, source, report.about(source))
    if quotes and catalog:
        from freehold.rules.quotes import check_quotes  # noqa: PLC0415 - only quotes need it

        check_quotes(cluster, cluster.cost, quotes, catalog, report.about(source))
    return quotes


def _read_catalog(path: Path, cluster: Cluster, report: Report) -> Catalog | None:
    if cluster.catalog is None:
        return load_catalog(None, report)
    source = read_beside(path, cluster.catalog, ("catalog",), report)
    return load_catalog(source, report.about(source)) if source else None
