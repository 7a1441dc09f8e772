"""What all hosts share: switches, racks and what feeds them."""

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, Decimal

from freehold.catalog.hardware import assumptions, hardware
from freehold.cost.needs.purchase import Purchase
from freehold.cost.racks import Box, boxes, distribution, pack
from freehold.cost.types import Need

_SWITCH = "switch.tor-48x25g"
_UPLINKS = 2
"""Of each switch, to the network that is there."""


def network(purchase: Purchase) -> Iterator[Need]:
    """Switches, when there is more than one host, with their uplinks."""
    hosts = len(purchase.hosts)
    if not purchase.in_racks or hosts == 1:
        return
    ports = 2 * hosts
    each = hardware()[_SWITCH].ports
    switches = -(-ports // each)
    note = f"{ports} ports for {hosts} hosts, {each} on a switch"
    yield purchase.site(_SWITCH, switches, ("nodes",), note)
    yield purchase.site(
        "optic.100g-sr4", _UPLINKS * switches, ("nodes",),
        f"{_UPLINKS} uplinks of each switch; the far ends are your network's",
    )  # fmt: skip


def facility(purchase: Purchase, needs: Sequence[Need]) -> Iterator[Need]:
    """Racks, PDUs and a UPS, where they are bought."""
    if not purchase.owns_racks:
        return
    location = purchase.cost.location
    found = boxes(needs, purchase.catalog)
    limits = distribution(location, found)
    racks = len(pack(found, limits))
    each = limits.pdus + limits.spare
    yield purchase.site("rack.42u", racks, ("cost", "location", "rack"))
    yield purchase.site(
        limits.pdu, each * racks, ("cost", "location", "feeds"),
        f"{location.feeds}: {limits.pdus} for the load of each rack, {limits.spare} besides",
    )  # fmt: skip
    if location.ups:
        yield _ups(purchase, found)


def _ups(purchase: Purchase, found: Sequence[Box]) -> Need:
    """As large as all machines at their most; `coincidence` of them is stated, not hidden."""
    known = assumptions()
    share, factor = known.figure("coincidence"), known.figure("power_factor")
    watts = sum((box.power * len(box.names) for box in found), Decimal(0))
    kva = (watts * share / (1000 * factor)).to_integral_value(ROUND_CEILING)
    return purchase.site(
        "ups", kva, ("cost", "location", "ups"),
        f"{watts / 1000:.2f} kW at most x coincidence {share} / power factor {factor}, "
        f"for {purchase.cost.location.ups}",
    )  # fmt: skip
