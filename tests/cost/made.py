"""A small result made by hand, with known sums: every kind of line and of alternative once."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from freehold.cost.item import Basis, Category, Confidence, Item, Power, Range, UnitPrice
from freehold.cost.types import (
    BomLine,
    Breach,
    BreakEven,
    Conventions,
    Costs,
    Crossing,
    Demand,
    Driver,
    Flow,
    NamedPrice,
    Need,
    Outcome,
    Physics,
    Quality,
    Quantiles,
    Rack,
    Result,
    Spread,
    Stage,
    Swing,
    Total,
    UnitCosts,
    Writeoff,
    Year,
)

D = Decimal
ORDERED = date(2026, 12, 1)
SERVICE = date(2027, 3, 1)

CONVENTIONS = Conventions(
    currency="EUR", minor_units=2, rounding="half-up", ordered=ORDERED, in_service=SERVICE,
    ends=date(2028, 12, 1), horizon_months=24, service_months=21, hours_per_month=730,
    discount_rate=None, day_count="actual/365", timing="at the end of each month",
    tax="19 % on each line, not got back", price_book=date(2026, 11, 28),
    tax_rate=D("0.19"), tax_recoverable=False,
)  # fmt: skip

GPU = Item(
    id="gpu.l40s-48gb", description="NVIDIA L40S 48 GB", category=Category.GPU, unit="GPU",
    manufacturer="NVIDIA", mpn="900-2G133-0080-000", power=Power(D(350), D(250), D(35)),
    weight=D("1.2"), lead_time=Range(D(13), D(20), D(30)), warranty_months=36, life_months=60,
    annual_failure_rate=Range(D("0.01"), D("0.02"), D("0.05")), residual=True, source="nvidia",
)  # fmt: skip
SWITCH = Item(
    id="switch.25g", description="Switch with 24 ports", category=Category.NETWORK, unit="each",
    rack_units=1, weight=D(8), life_months=60,
)  # fmt: skip
ENERGY = Item(id="energy", description="Electricity", category=Category.ENERGY, unit="kWh")
SUPPORT = Item(id="support", description="Support", category=Category.SUPPORT, unit="year")
CABLE = Item(id="cable", description="Cable", category=Category.NETWORK, unit="each")


def line(number: int, item: Item, quantity: str, price: str | None, **more: Any) -> BomLine:
    """A line; `price` in EUR, taxed at 19 %."""
    basis = more.pop("basis", Basis.LIST if price else Basis.UNKNOWN)
    list_amount = D(more.pop("list_amount")) if "list_amount" in more else None
    vendor = more.pop("vendor", "")
    need = Need(
        item=item, quantity=D(quantity), path=("nodes", "gpu"), hosts=("gpu-1", "gpu-2"),
        is_capital=more.pop("is_capital", True), **more,
    )  # fmt: skip
    known = D(price) if price is not None else None
    extended = (known * D(quantity)).quantize(D("0.01"), "ROUND_HALF_UP") if known else known
    tax = None if extended is None else (extended * D("0.19")).quantize(D("0.01"), "ROUND_HALF_UP")
    return BomLine(
        number=number, id=f"gpu/{item.id}", need=need,
        price=UnitPrice(
            amount=Range(known * D("0.9"), known, known * D("1.2")) if known else None,
            basis=basis, list_amount=list_amount, currency="EUR", original=known, vendor=vendor,
            source="nvidia", as_of=date(2026, 11, 1), confidence=Confidence.MEDIUM,
        ),
        extended=extended,
        discount=1 - known / list_amount if known and list_amount else None,
        tax=tax, cost=None if extended is None or tax is None else extended + tax,
        group=item.category.value, vendor=vendor, mpn=item.mpn, lead_time=item.lead_time,
        warranty_months=item.warranty_months,
    )  # fmt: skip


LINES = (
    line(1, GPU, "8", "8000", list_amount="10000", basis=Basis.QUOTE, vendor="Reseller"),
    line(2, SWITCH, "1", None),
    line(3, CABLE, "3", "0.335"),
    line(4, ENERGY, "1000", "0.19", is_capital=False, every=1),
    line(5, SUPPORT, "1", "1200", is_capital=False, every=12, prepaid=True),
)
# 8 * 8000 = 64000.00 + 12160.00 tax; 3 * 0.335 = 1.005 -> 1.01 + 0.19 tax;
# 190.00 + 36.10 each month; 1200.00 + 228.00 each year.


def flow(on: date, of: BomLine, stage: Stage, amount: str, covers: int = 1) -> Flow:
    """Money of a line; nothing is discounted."""
    return Flow(
        on=on, line=of.id, category=of.need.item.category, stage=stage, amount=D(amount),
        discounted=D(amount), covers=covers,
    )  # fmt: skip


def _months() -> list[date]:
    """The last day of each month of service."""
    firsts = [date(2027, month, 1) for month in range(4, 13)]
    firsts += [date(2028, month, 1) for month in range(1, 13)]
    return [first - timedelta(1) for first in firsts]


FLOWS = (
    flow(ORDERED, LINES[0], Stage.PURCHASE, "76160.00"),
    flow(ORDERED, LINES[2], Stage.PURCHASE, "1.20"),
    flow(SERVICE, LINES[4], Stage.TERM, "1428.00", covers=12),
    *(flow(day, LINES[3], Stage.RUNNING, "226.10") for day in _months()),
    flow(date(2028, 3, 1), LINES[4], Stage.TERM, "1428.00", covers=12),
    flow(date(2028, 11, 30), LINES[0], Stage.RESIDUAL, "-7616.00"),
)
# 76160.00 + 1.20 + 2 * 1428.00 + 21 * 226.10 - 7616.00 = 76149.30
NOMINAL = D("76149.30")

UNITS = UnitCosts(
    per_million_input=D("0.5"), per_million_output=D("2.0"), per_million_blended=D("0.9"),
    per_user_month=D("100.5"), per_gpu_hour=D("0.62"), kwh_per_million=D("1.5"),
    kgco2e_per_million=D("0.3"), input_weight=D("0.25"), at_least=True,
)  # fmt: skip

ALTERNATIVE = Costs(
    name="hyperscaler", description="8 GPUs on demand",
    flows=tuple(
        Flow(on=day, line="hyperscaler", category=Category.CLOUD, stage=Stage.RUNNING,
             amount=D("9000.00"), discounted=D("9000.00"))
        for day in _months()
    ),
    nominal=Total(D("189000.00")), npv=Total(D("189000.00")), units=UNITS,
    prices=(
        NamedPrice(
            "cloud_gpu.made", "8x L40S (on-demand)", "instance hour",
            UnitPrice(
                Range(D("11.50"), D("11.50"), D("13.80")), Basis.LIST, currency="USD",
                original=D("12.50"), rate=D("0.92"), rate_date=date(2026, 11, 23),
                source="nvidia", as_of=date(2025, 12, 23), is_stale=True, limit_days=90,
                confidence=Confidence.LOW,
            ),
        ),
        NamedPrice(
            "cloud_gpu.made", "8x L40S (on-demand)", "instance hour", LINES[0].price,
            date(2027, 1, 1),
        ),
    ),
    note="list price",
)  # fmt: skip


def _cumulative() -> tuple[tuple[date, Decimal, Decimal], ...]:
    found = []
    owning = D("76161.20")
    for number, day in enumerate(_months()):
        owning += D("226.10") + (D("1428.00") if number in {0, 12} else 0)
        found.append((day, owning, (number + 1) * D("9000.00")))
    return tuple(found)


BREAK_EVEN = BreakEven(
    alternative="hyperscaler", outcome=Outcome.ONCE,
    crossings=(Crossing(date(2027, 12, 1), 12, to_owning=True),), owning_wins=True,
    saving=D("112850.70"), threshold_hours_per_day=D("7.5"), threshold_tokens_per_day=D(500000),
    verdict="Owning is cheaper from December 2027 on.", cumulative=_cumulative(),
    irr=D("0.712"), payback_months=10, discounted_payback_months=10,
)  # fmt: skip

# Paid by 2027-11-30: 76161.20 + 1428.00 + 9 * 226.10.
# Used up by then: 9 of 60 months of 68544.00, 9 of 21 of 1.20, 9 of 12 of a term, 9 * 226.10.
# At the end 52169.60 are in the books, and 7616.00 are got for them.
YEARS = (
    Year(1, ORDERED, date(2027, 11, 30), D("79624.10"), D("79624.10"), D("10282.11"),
         D(0), D("13388.01"), {Category.GPU: D("76160.00")}),
    Year(2, date(2027, 12, 1), date(2028, 11, 30), D("-3474.80"), D("-3474.80"), D("13709.49"),
         D("44553.60"), D("62761.29"), {}),
)  # fmt: skip

RESULT = Result(
    cluster="made", conventions=CONVENTIONS, spec_digest="a" * 64, price_book_digest="b" * 64,
    lines=LINES, capex=Total(D("76161.20"), 1), opex_year=Total(D("4141.20")),
    by_category={
        Category.GPU: Total(D("76160.00")), Category.NETWORK: Total(D("1.20"), 1),
    },
    physics=Physics(
        maximum_power=D(2800), typical_power=D(2000), idle_power=D(280), it_energy=D(12000),
        facility_energy=D(15000), pue=D("1.25"), rack_units=9, weight=D("60.5"),
        racks=(
            Rack(1, (("gpu-1", 1, 4), ("gpu-2", 5, 4)), (("switch.25g", 9, 1),), 42, 9, D(2800),
                 D(7400), D("60.5"), D(1000), 20, 5),
        ),
        carbon_factor=D(380), carbon_source="ember", formulas={"it_energy": "power by hours"},
    ),
    owning=Costs(
        name="owning", description="2 hosts with 8 GPUs", flows=FLOWS, nominal=Total(NOMINAL, 1),
        npv=Total(NOMINAL, 1), units=UNITS,
    ),
    years=YEARS,
    writeoffs=(
        Writeoff("gpu/gpu.l40s-48gb", D("76160.00"), D("7616.00"), "straight-line", SERVICE, 60,
                 (D("10281.60"), D("13708.80")), D("52169.60")),
        Writeoff("gpu/cable", D("1.20"), D(0), "straight-line", SERVICE, 21,
                 (D("0.51"), D("0.69")), D(0)),
    ),
    lease=None,
    demand=Demand(
        input_tokens=D(10**9), output_tokens=D(2 * 10**8), capacity_output_tokens=D(10**9),
        overflow_input_tokens=D(0), overflow_output_tokens=D(0), peak_output_speed=D("450.5"),
        utilisation=D("0.2"), users=40, by_model={"assistant": (D(10**9), D(2 * 10**8))},
        source="the plan's capacity model", formula="speed by hours",
    ),
    alternatives=(ALTERNATIVE,), break_even=(BREAK_EVEN,),
    spread=Spread(
        seed=2**63 - 1, draws=1000, distribution="pert",
        drivers=(Driver("gpu", "GPUs", Range(D("0.9"), D(1), D("1.2")), "gpu", "low", "high"),),
        tornado=(Swing("gpu", "GPUs", D("70000.00"), D("90000.00"), "7,200", "9,600"),),
        quantiles=(
            Quantiles("owning", D("72000.00"), D("76000.00"), D("85000.00"), None),
            Quantiles("hyperscaler", D("150000.00"), D("189000.00"), D("200000.00"), D("0.97")),
        ),
    ),
    quality=Quality(
        by_basis={Basis.QUOTE: D("0.999"), Basis.LIST: D("0.001")}, quoted=D("0.999"),
        stale=D(0), unknown=("gpu/switch.25g",), stale_lines=(), oldest=date(2026, 11, 1),
    ),
    breaches=(),
    assumptions=("Residual value is 10 % of the price.",),
    sources={"nvidia": "A street price, https://example.test/l40s"},
)  # fmt: skip

BREACHED = replace(
    RESULT,
    breaches=(Breach("capex", "capital cost is above 70,000.00 EUR", "gpu/gpu.l40s-48gb"),),
)
