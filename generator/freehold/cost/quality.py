"""How far the capital cost of a bill can be believed: what its prices rest on, and their age."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final

from freehold.cost.item import Basis
from freehold.cost.money import Key, shares
from freehold.cost.types import BomLine, Quality

STEP: Final = Decimal("0.001")
"""What shares are printed in: 62.5 %."""
QUOTED: Final = (Basis.CONTRACT, Basis.QUOTE)
"""What binds a vendor."""


def quality(lines: Iterable[BomLine]) -> Quality:
    """What the lines' prices rest on; shares are of the capital cost that is known.

    With no such cost there are no shares, and nothing is quoted or stale.
    """
    bill = tuple(lines)
    by_basis = shares(_capital(bill, lambda line: line.price.basis), STEP)
    stale = shares(_capital(bill, lambda line: line.price.is_stale), STEP)
    return Quality(
        by_basis={basis: by_basis[basis] for basis in Basis if basis in by_basis},
        quoted=sum((by_basis.get(basis, Decimal(0)) for basis in QUOTED), Decimal(0)),
        stale=stale.get(True, Decimal(0)),
        unknown=tuple(line.id for line in bill if line.is_unknown),
        stale_lines=tuple(line.id for line in bill if line.price.is_stale),
        oldest=min((day for line in bill if (day := line.price.as_of)), default=None),
    )


def _capital(lines: Iterable[BomLine], kind: Callable[[BomLine], Key]) -> Mapping[Key, Decimal]:
    """The capital cost of each kind of line."""
    found: dict[Key, Decimal] = {}
    for line in lines:
        if line.need.is_capital and line.cost:
            found[kind(line)] = found.get(kind(line), Decimal(0)) + line.cost
    return found
