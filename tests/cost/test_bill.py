"""Priced lines: exact to the cent, in an order and with ids that stay."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost.bought import bought, quote
from freehold.cost.item import Basis, Category, Confidence

D = Decimal
HARDWARE = {"server", "gpu", "cpu", "memory", "storage", "network", "facility"}


def test_quantity_by_price_rounded_line_by_line() -> None:
    """8 x 8123.4561 EUR = 64987.6488 EUR."""
    found = bought(quotes=quote("gpu.l40s-48gb", "8123.4561 EUR", valid_until="2026-12-31"))
    line = found.lines["gpu/gpu.l40s-48gb"]
    assert line.price.base == D("8123.4561")
    assert line.extended == D("64987.65")
    assert (line.tax, line.cost) == (D(0), D("64987.65"))


def test_numbers_and_ids() -> None:
    found = bought({"one": {}, "two": {}}).lines
    assert [line.number for line in found.values()] == list(range(1, len(found) + 1))
    names = list(found)
    assert names[0] == "one/chassis.2u-4gpu"
    assert names.index("two/gpu.l40s-48gb") > names.index("one/cable.dac-25g")
    assert {name.partition("/")[0] for name in names} == {"one", "two", "site"}


def test_each_line_is_of_a_group() -> None:
    """Whoever says its price, and if nobody does."""
    location = {"kind": "colocation", "power_included": True}
    found = bought(location=location, without=("support",))
    groups = {line.id: line.group for line in found.lines.values()}
    assert groups["site/support.hardware"] == "support"
    assert groups["site/rent"] == "space"
    assert groups["site/electricity"] == "energy"
    for line in found.lines.values():
        assert line.group == found.pricing.group(line.need.item.category)


def test_an_id_stays_when_prices_and_numbers_change() -> None:
    before = bought().lines.keys()
    more = bought({"gpu": {"hosts": 3}}, quotes=quote("gpu.l40s-48gb", "1.00 EUR"))
    assert before - {"site/gpu.l40s-48gb/spare"} <= more.lines.keys()


def test_a_price_break_counts_for_the_whole_order() -> None:
    """Two pools of four buy eight, and a spare: the break at nine holds."""
    breaks = quote("gpu.l40s-48gb", "8000.00 EUR") + quote(
        "gpu.l40s-48gb", "7000.00 EUR", minimum=9
    )
    two = bought({"one": {"hosts": 1}, "two": {"hosts": 1}}, quotes=breaks)
    assert two.lines["one/gpu.l40s-48gb"].price.base == 7000
    without = bought({"one": {"hosts": 1}, "two": {"hosts": 1}}, quotes=breaks, spares="none")
    assert without.lines["one/gpu.l40s-48gb"].price.base == 8000


@pytest.mark.parametrize(
    ("recoverable", "cost"), [(True, D("64000.00")), (False, D("76160.00"))]
)  # fmt: skip
def test_tax_costs_where_it_is_not_got_back(recoverable: bool, cost: Decimal) -> None:  # noqa: FBT001
    """19 % of 64000.00 is 12160.00."""
    found = bought(
        quotes=quote("gpu.l40s-48gb", "8000.00 EUR"),
        tax={"rate": "19 %", "recoverable": recoverable},
        staff={"fte": 1, "cost": "120000 EUR/year"},
    )
    line = found.lines["gpu/gpu.l40s-48gb"]
    assert (line.tax, line.cost) == (D("12160.00"), cost)
    wages = found.lines["site/staff"]
    assert (wages.extended, wages.tax, wages.cost) == (D("10000.00"), D(0), D("10000.00"))
    unknown = found.lines["site/freight"]
    assert (unknown.extended, unknown.tax, unknown.cost) == (None, None, None)


def test_the_discount_off_the_list() -> None:
    found = bought(quotes=quote("gpu.l40s-48gb", "8000.00 EUR", list="9000.00 EUR"))
    assert found.lines["gpu/gpu.l40s-48gb"].discount == D("0.111111")
    assert found.lines["gpu/rails"].discount is None
    assert found.lines["site/freight"].discount is None


def test_a_quote_says_more_than_the_price() -> None:
    found = bought(
        quotes=quote(
            "gpu.l40s-48gb", "8000.00 EUR", vendor="Example GmbH", mpn="X-1", sku="4711",
            lead_time="6 weeks", warranty="5 years",
        )
    )  # fmt: skip
    line = found.lines["gpu/gpu.l40s-48gb"]
    assert (line.vendor, line.mpn, line.sku, line.warranty_months) == (
        "Example GmbH", "X-1", "4711", 60,
    )  # fmt: skip
    assert line.lead_time is not None
    assert line.lead_time.base == 6
    usual = bought().lines["gpu/gpu.l40s-48gb"]
    assert (usual.mpn, usual.warranty_months) == ("900-2G133-0080-000", 36)
    assert usual.lead_time is not None
    assert usual.lead_time.base == 21


@pytest.mark.parametrize("without", ["gpu", "gpu.l40s-48gb"])
def test_what_is_not_bought_is_listed_with_the_reason(without: str) -> None:
    found = bought(without=(without,)).lines
    for name in ("gpu/gpu.l40s-48gb", "site/gpu.l40s-48gb/spare"):
        line = found[name]
        assert (line.price.basis, line.extended) == (Basis.INCLUDED, D(0))
        assert line.price.note == "not bought: `cost.without`"
        assert (line.group, line.price.confidence) == ("machines", Confidence.HIGH)
    assert found["gpu/cpu.epyc-9555p"].price.basis is not Basis.INCLUDED


def test_shares_of_hardware() -> None:
    found = bought(support="10 %", installation="5 %")
    metal = sum(
        line.extended or 0 for line in found.lines.values()
        if line.need.is_capital and line.need.item.category in HARDWARE
    )  # fmt: skip
    support = found.lines["site/support.hardware"]
    assert support.price.base == metal
    assert support.price.basis is Basis.STATED
    assert support.extended == round(metal / 10, 2)
    assert (support.need.every, support.need.prepaid) == (12, True)
    assert support.price.amount is not None
    assert support.price.amount.low == support.price.amount.high == metal
    installation = found.lines["site/installation"]
    assert (installation.price.base, installation.need.is_capital) == (metal, True)


def test_shares_of_the_book_have_its_ends() -> None:
    """8 to 12 % around 10 %."""
    line = bought().lines["site/support.hardware"]
    assert line.price.amount is not None
    assert line.price.amount.low * 10 == line.price.amount.base * 8
    assert line.price.amount.high * 10 == line.price.amount.base * 12
    assert line.price.basis is Basis.ESTIMATE
    assert line.need.quantity * line.price.amount.low == line.price.amount.base * D("0.08")


def test_shares_say_which_prices_they_lack() -> None:
    found = bought(location={"ups": "5 min"}).lines["site/support.hardware"]
    assert found.price.note.endswith("1 line has no price, which it would be a share of")
    assert found.extended is not None
    acme = {"name": "ACME", "count": 1, "vram": "40 GiB", "bandwidth": "1 TB/s",
            "compute_capability": "9.0"}  # fmt: skip
    two = bought({"gpu": {"gpus": acme}}, location={"ups": "5 min"})
    assert "2 lines have no price" in two.lines["site/support.hardware"].price.note


def test_a_share_of_unknown_prices_is_unknown() -> None:
    office = {"kind": "office"}
    acme = {"name": "ACME", "count": 1, "vram": "40 GiB", "bandwidth": "1 TB/s",
            "compute_capability": "9.0"}  # fmt: skip
    found = bought({"gpu": {"gpus": acme, "hosts": 1}}, whole=("gpu",), location=office)
    assert found.lines["site/support.hardware"].is_unknown
    assert found.lines["site/installation"].is_unknown


def test_a_share_of_nothing_is_nothing() -> None:
    found = bought(without=tuple(sorted(HARDWARE)))
    assert found.lines["site/support.hardware"].extended == 0


def test_a_quote_for_support_is_a_price_and_no_share() -> None:
    found = bought(
        quotes=quote("support.hardware", "9000.00 EUR") + quote("installation", "2500.00 EUR"),
        support="10 %",
    ).lines
    support, installation = found["site/support.hardware"], found["site/installation"]
    assert (support.extended, support.need.every) == (D("9000.00"), 12)
    assert support.need.path == installation.need.path == ("cost",)
    assert (support.need.item.unit, support.price.basis) == ("year", Basis.QUOTE)
    assert (installation.extended, installation.need.item.unit) == (D("2500.00"), "lot")


def test_shares_may_be_left_out() -> None:
    line = bought(without=("support",)).lines["site/support.hardware"]
    assert (line.price.basis, line.extended) == (Basis.INCLUDED, D(0))


def test_energy_each_month() -> None:
    """3169.6 W x 730 h x 1.5 = 3470.712 kWh; at 0.19 EUR 659.44 EUR."""
    line = bought(location={"pue": "1.5"}).lines["site/electricity"]
    assert line.need.quantity == D("3470.712")
    assert line.extended == D("659.44")
    assert (line.need.every, line.need.is_capital) == (1, False)
    assert line.price.basis is Basis.STATED


def test_cooling_by_its_own_price() -> None:
    """3169.6 W x 730 h = 2313.808 kWh; at 0.05 EUR 115.69 EUR."""
    found = bought(location={"cooling": "0.05 EUR/kWh"}).lines
    assert found["site/cooling"].extended == D("115.69")
    assert found["site/electricity"].need.quantity == D("2313.808")


@pytest.mark.parametrize(
    ("rent", "unit", "quantity", "extended"),
    [
        ("180 EUR/kW/month", "kW", D("4.77"), D("858.60")),
        ("900 EUR/rack/month", "rack", D(1), D("900.00")),
        ("300 EUR/host/month", "host", D(2), D("600.00")),
    ],
)
def test_rent_by_its_unit(rent: str, unit: str, quantity: Decimal, extended: Decimal) -> None:
    line = bought(location={"kind": "colocation", "rent": rent}).lines["site/rent"]
    assert (line.need.item.unit, line.need.quantity, line.extended) == (unit, quantity, extended)
    assert line.need.item.category is Category.SPACE


def test_an_unknown_rent_is_not_the_books() -> None:
    """The book has prices by kW and by rack, and nobody says which this one would be."""
    line = bought(location={"kind": "colocation"}).lines["site/rent"]
    assert line.is_unknown


@pytest.mark.parametrize("kind", ["contract", "quote", "list", "estimate"])
def test_a_rent_of_the_user_s_own_is_by_kilowatt_unless_the_spec_says_so(kind: str) -> None:
    own = quote("rent", "170 EUR", kind=kind)
    line = bought(quotes=own, location={"kind": "colocation"}).lines["site/rent"]
    assert (line.need.item.unit, line.price.base, line.price.basis) == ("kW", D(170), Basis(kind))
    assert line.extended == D("810.90")
    by_rack = {"kind": "colocation", "rent": "900 EUR/rack/month"}
    line = bought(quotes=own, location=by_rack).lines["site/rent"]
    is_ahead = kind in {"contract", "quote"}
    assert (line.need.item.unit, line.extended) == ("rack", D(170) if is_ahead else D(900))


def test_a_rent_that_is_quoted_no_more_is_unknown_and_says_why() -> None:
    old = quote("rent", "170 EUR", valid_until="2026-11-30")
    line = bought(quotes=old, location={"kind": "colocation"}).lines["site/rent"]
    assert line.is_unknown
    assert "was valid until 2026-11-30" in line.price.note


def test_energy_within_the_rent_is_not_paid_twice() -> None:
    location = {"kind": "colocation", "rent": "180 EUR/kW/month", "power_included": True}
    line = bought(location=location).lines["site/electricity"]
    assert (line.price.basis, line.extended) == (Basis.INCLUDED, D(0))
    assert line.price.note == "part of rent"


def test_prices_of_own_lines_yield_to_quotes() -> None:
    own: list[dict[str, Any]] = [
        {"item": "service.audit", "price": "900.00 EUR"},
        {"item": "service.review", "price": "900.00 EUR"},
    ]
    found = bought(lines=own, quotes=quote("service.audit", "800.00 EUR")).lines
    assert found["site/service.audit"].extended == D("800.00")
    assert found["site/service.review"].extended == D("900.00")
    assert found["site/service.review"].price.basis is Basis.STATED


def test_yen_has_no_cents() -> None:
    cost: dict[str, Any] = {"currency": "JPY", "electricity": "25 JPY/kWh"}
    lines = bought(quotes=quote("rails", "100.50 JPY"), **cost).lines
    assert lines["gpu/rails"].extended == D(201)
    assert str(lines["site/electricity"].extended).isdigit()


@settings(deadline=None, max_examples=30)
@given(
    st.decimals(D("0.01"), D(99_999), places=4),
    st.integers(1, 40),
    st.sampled_from(["half-up", "half-even"]),
)
def test_every_line_is_what_it_says(price: Decimal, hosts: int, rounding: str) -> None:
    found = bought(
        {"gpu": {"hosts": hosts}}, quotes=quote("gpu.l40s-48gb", f"{price} EUR"),
        rounding=rounding, tax={"rate": "7 %", "recoverable": False},
    )  # fmt: skip
    rounded = found.pricing.rounding
    for line in found.lines.values():
        if line.price.base is None:
            assert line.is_unknown
            continue
        assert line.extended == rounded(line.need.quantity * line.price.base)
        taxed = line.need.item.category is not Category.STAFF
        assert line.tax == (rounded(line.extended * D("0.07")) if taxed else 0)
        assert line.cost == line.extended + line.tax
