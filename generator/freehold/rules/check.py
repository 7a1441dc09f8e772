"""All rules together."""

from typing import Final

from freehold.report import Report
from freehold.rules import (
    addresses,
    cost,
    cost_names,
    cost_time,
    currencies,
    gateway,
    isolation,
    models,
    names,
    network,
    registry,
    uncertainty,
)
from freehold.spec.cluster import Cluster

FAMILIES: Final = (
    names,
    addresses,
    isolation,
    network,
    gateway,
    models,
    cost,
    cost_names,
    cost_time,
    currencies,
    uncertainty,
)
"""Their modules; each registers its rules."""


def check(cluster: Cluster, report: Report) -> None:
    """Report what any rule finds in the spec."""
    registry.run(cluster, report)
