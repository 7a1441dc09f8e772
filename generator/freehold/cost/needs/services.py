"""What is paid beside hardware: licences, support, services, people, and what a level adds."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from freehold.catalog.hardware import assumptions, hardware
from freehold.cost.flows import HARDWARE
from freehold.cost.item import Category
from freehold.cost.needs.purchase import Purchase
from freehold.cost.quality import QUOTED
from freehold.cost.types import Need
from freehold.spec.cluster import Level

_ADDED: Final[Mapping[Level, Mapping[str, int]]] = {
    Level.AIRGAPPED: {"mirror.server": 1, "media.transfer": 2, "media.scanner": 1},
    Level.SEALED: {},
}
"""What a level adds once, with what the levels before it add: from `restricted` on, packages
and images come from a mirror that `network.egress` names, so one is there already; without any
network it stands inside, filled by media that cross the gap."""
_ADDED_PER_HOST: Final[Mapping[Level, str]] = {Level.SEALED: "tpm.host"}


def isolation(purchase: Purchase) -> Iterator[Need]:
    """What the isolation level adds."""
    level = purchase.plan.level
    for other, added in _ADDED.items():
        if level.includes(other):
            for identity, count in added.items():
                yield purchase.site(identity, count, ("isolation",))
    for other, identity in _ADDED_PER_HOST.items():
        if level.includes(other):
            yield purchase.site(identity, len(purchase.hosts), ("isolation",))


def licences(purchase: Purchase) -> Iterator[Need]:
    """The subscription of the operating system, where it has one; nothing else rendered does.

    vLLM, SGLang, llama.cpp, HAProxy, podman and nftables are free to use, and so is the CUDA
    that their images carry.
    """
    identity = f"licence.{purchase.plan.system_id}"
    facts = hardware().get(identity)
    if facts:
        need = purchase.site(identity, len(purchase.hosts), ("system",))
        yield replace(need, is_capital=False, every=facts.months, prepaid=True)


def services(purchase: Purchase) -> Iterator[Need]:
    """Support, installation, freight, insurance, and removal at the end."""
    cost = purchase.cost
    support = _share(purchase, "support.hardware", Category.SUPPORT, cost.support, "support")
    yield replace(support, is_capital=False, every=12, prepaid=True)
    yield _share(purchase, "installation", Category.SERVICE, cost.installation, "installation")
    yield purchase.site("freight", 1, ("cost",))
    insurance = purchase.site("insurance", 1, ("cost",))
    yield replace(insurance, is_capital=False, every=12, prepaid=True)
    removal = purchase.site("decommissioning", 1, ("cost",), "paid at the end")
    yield replace(removal, is_capital=False)


def staff(purchase: Purchase) -> Need:
    """People; without `cost.staff`, as many as usually run so many GPUs, at an unknown price."""
    stated = purchase.cost.staff
    if stated:
        need = purchase.site("staff", stated.fte, ("cost", "staff"))
    else:
        of_one = assumptions().figure("gpus_per_fte")
        gpus = sum(_gpus(purchase), Decimal(0))
        fte = max((gpus / of_one).quantize(Decimal("0.01")), Decimal("0.01"))
        note = f"{gpus} GPUs / {of_one} for each full-time engineer; `cost.staff` says better"
        need = purchase.site("staff", fte, ("cost",), note)
    return replace(need, is_capital=False, every=1)


def _gpus(purchase: Purchase) -> Iterator[Decimal]:
    for name, pool in purchase.cluster.nodes.items():
        if pool.gpus:
            yield Decimal(pool.gpus.count * len(purchase.plan.pools[name]))


def _share(
    purchase: Purchase, identity: str, category: Category, stated: Decimal | None, key: str
) -> Need:
    """What a quote says; else a fraction of the price of hardware: the spec's, or the book's.

    A list or an estimate of the user's comes between those two.
    """
    price = purchase.pricing.price(identity, category).price
    if stated is not None and not (purchase.has_quote(price) and price.basis in QUOTED):
        return replace(purchase.site(identity, stated, ("cost", key)), percent_of=HARDWARE)
    if purchase.has_quote(price) or price.base is None:
        need = purchase.site(identity, 1, ("cost",))
        return replace(need, item=replace(need.item, unit="year" if key == "support" else "lot"))
    fraction = price.base.scaleb(-2).normalize()
    return replace(purchase.site(identity, fraction, ("cost",)), percent_of=HARDWARE)
