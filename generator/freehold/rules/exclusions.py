"""What a bill is to do without: named as the bill names it."""

from collections.abc import Mapping
from typing import Final

from freehold.catalog.facts import Catalog
from freehold.cost.item import Category
from freehold.cost.needs.cards import items_of_pools
from freehold.diagnostics import nearest, rule_text
from freehold.report import Report
from freehold.spec.cost import Cost
from freehold.spec.nodes import Pool

UNKNOWN_EXCLUSION: Final = rule_text(
    "unknown-exclusion",
    """`cost.without` names neither an item nor a category that a bill can have.

    A misspelt name would leave in the bill what you own already.
    """,
)


def check_exclusions(
    cost: Cost, pools: Mapping[str, Pool], catalog: Catalog, report: Report
) -> None:
    """Report each that excludes nothing."""
    lines = (line.item for line in cost.lines)
    own = items_of_pools(pools, catalog)
    known = dict.fromkeys((*map(str, Category), *catalog.items, *lines, *own))
    for number, name in enumerate(cost.without):
        if name not in known:
            close = nearest(name, known)
            report.refuse(
                UNKNOWN_EXCLUSION,
                f"nothing in a bill is called `{name}`",
                ("cost", "without", number),
                help=f"use `{close}`" if close else "`freehold prices list` shows all items",
            )
