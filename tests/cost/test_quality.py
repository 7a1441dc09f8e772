"""What the prices of a bill rest on: shares that add up, lines that lack a price or are old."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cost import made
from freehold.cost.item import Basis
from freehold.cost.quality import quality
from freehold.cost.types import BomLine

D = Decimal


def line(number: int, price: str | None, basis: Basis, **more: Any) -> BomLine:
    """A line of one piece, whose tax is got back."""
    found = made.line(number, made.GPU, "1", price, basis=basis)
    changed = replace(found.price, **more) if more else found.price
    return replace(found, id=f"line-{number}", price=changed, cost=found.extended)


def test_shares_of_known_capital_cost() -> None:
    lines = [
        line(1, "500", Basis.QUOTE),
        line(2, "125", Basis.CONTRACT),
        line(3, "250", Basis.LIST, is_stale=True),
        line(4, "125", Basis.ESTIMATE),
        line(5, None, Basis.UNKNOWN),
    ]
    found = quality(lines)
    assert found.by_basis == {
        Basis.CONTRACT: D("0.125"), Basis.QUOTE: D("0.5"),
        Basis.LIST: D("0.25"), Basis.ESTIMATE: D("0.125"),
    }  # fmt: skip
    assert list(found.by_basis) == sorted(found.by_basis, key=list(Basis).index)
    assert found.quoted == D("0.625")
    assert found.stale == D("0.25")
    assert found.unknown == ("line-5",)
    assert found.stale_lines == ("line-3",)


def test_running_cost_has_no_share_but_may_be_unknown_or_old() -> None:
    power = made.line(1, made.ENERGY, "1000", "0.19", is_capital=False, every=1)
    power = replace(power, price=replace(power.price, is_stale=True))
    staff = made.line(2, made.SUPPORT, "1", None, is_capital=False, every=12)
    found = quality([power, staff, line(3, "10", Basis.STATED)])
    assert found.by_basis == {Basis.STATED: D(1)}
    assert found.quoted == found.stale == 0
    assert found.unknown == (staff.id,)
    assert found.stale_lines == (power.id,)


def test_tax_that_is_not_got_back_is_part_of_the_share() -> None:
    # 100 + 19 of tax, and 81 without: 119 of 200.
    taxed = made.line(1, made.GPU, "1", "100", basis=Basis.QUOTE)
    found = quality([taxed, line(2, "81", Basis.LIST)])
    assert found.by_basis == {Basis.QUOTE: D("0.595"), Basis.LIST: D("0.405")}


def test_what_rounding_leaves_goes_to_the_largest_remainder() -> None:
    """100.2, 500.5 and 399.3 thousandths: 999 whole ones."""
    prices = {Basis.CONTRACT: "1002", Basis.QUOTE: "5005", Basis.LIST: "3993"}
    found = quality(line(n, price, basis) for n, (basis, price) in enumerate(prices.items()))
    assert found.by_basis == {
        Basis.CONTRACT: D("0.100"), Basis.QUOTE: D("0.501"), Basis.LIST: D("0.399"),
    }  # fmt: skip


def test_the_oldest_price() -> None:
    days = [date(2026, 9, 27), date(2026, 1, 15), None]
    lines = [line(n, "1", Basis.LIST, as_of=day) for n, day in enumerate(days)]
    assert quality(lines).oldest == date(2026, 1, 15)
    assert quality(lines[2:]).oldest is None


def test_without_capital_cost_there_are_no_shares() -> None:
    found = quality([])
    assert not any([found.by_basis, found.quoted, found.stale, found.unknown])


@given(st.lists(st.tuples(st.integers(1, 10**9), st.sampled_from(list(Basis))), min_size=1))
def test_shares_add_up_to_one_exactly(prices: list[tuple[int, Basis]]) -> None:
    found = quality(line(n, str(price), basis) for n, (price, basis) in enumerate(prices))
    assert sum(found.by_basis.values()) == 1
    assert all(share % D("0.001") == 0 for share in found.by_basis.values())
