"""Ranges of the cost section: each around what is reckoned with."""

from collections.abc import Iterator

from freehold.rules.registry import Finding, rule
from freehold.spec.cluster import Cluster


@rule
def range_beside_base(cluster: Cluster) -> Iterator[Finding]:
    """The ends of an uncertain factor do not lie around what is reckoned with: low, 0 %, high.

    They are changes by the base. Where the base itself is too low or too high, it is the price
    that must be mended, since every total rests on it.
    """
    ranges = cluster.cost.uncertainty.ranges if cluster.cost else {}
    for name, bounds in ranges.items():
        for key, end, is_beside in (
            ("low", bounds.low, bounds.low > 0),
            ("high", bounds.high, bounds.high < 0),
        ):
            if is_beside:
                side = "above" if key == "low" else "below"
                yield Finding(
                    message=f"`{key}` of {name} is {end.written}, {side} what is reckoned with",
                    loc=("cost", "uncertainty", "ranges", name, key),
                    help=f"write `{key}: 0 %`, or mend the figure that the range is of",
                )
