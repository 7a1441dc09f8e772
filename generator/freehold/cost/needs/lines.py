"""What the spec itself says is to be paid."""

from collections.abc import Iterator
from decimal import Decimal

from freehold.catalog.hardware import Hardware, hardware
from freehold.cost.item import Category, Item
from freehold.cost.needs.purchase import Purchase
from freehold.cost.types import Need
from freehold.spec.cost import Line

_OF_PREFIX = {
    "chassis": Category.SERVER, "nic": Category.NETWORK, "switch": Category.NETWORK,
    "cable": Category.NETWORK, "optic": Category.NETWORK, "rack": Category.FACILITY,
    "pdu": Category.FACILITY, "ups": Category.FACILITY, "rails": Category.FACILITY,
    "software": Category.LICENCE, "service": Category.SERVICE, "mirror": Category.ISOLATION,
    "media": Category.ISOLATION, "rent": Category.SPACE, "installation": Category.SERVICE,
    **{category.value: category for category in Category},
}  # fmt: skip


def own_lines(purchase: Purchase) -> Iterator[Need]:
    """The spec's `cost.lines`, in their order."""
    for number, line in enumerate(purchase.cost.lines):
        facts = hardware().get(line.item)
        every = _every(line, facts)
        is_capital = every is None if line.capital is None else line.capital
        item = _item(purchase, line, is_capital=is_capital)
        yield Need(
            item=item,
            quantity=line.quantity,
            path=("cost", "lines", number),
            hosts=purchase.plan.pools[line.pool] if line.pool else purchase.hosts,
            is_capital=is_capital,
            every=every,
            prepaid=every is not None and every > 1,
        )


def _every(line: Line, facts: Hardware | None) -> int | None:
    """Months between payments: as the spec says, else the term that the item is sold for."""
    if line.every:
        return max(line.every.months, 1)
    return facts.months if facts else None


def _item(purchase: Purchase, line: Line, *, is_capital: bool) -> Item:
    known = purchase.items.get(line.item)
    if known:
        return known
    prefix = line.item.partition(".")[0]
    return Item(
        id=line.item,
        description=line.description or line.item,
        category=_OF_PREFIX.get(prefix, Category.OTHER),
        unit="each",
        life_months=purchase.cost.life.servers.months if is_capital else None,
        source="the spec",
        weight=Decimal(0),
    )
