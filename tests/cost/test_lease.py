"""Leasing the hardware instead of buying it."""

from decimal import Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from cost.sites import CLINIC, COST, ENERGY, MACHINE, assembled, bill, item, line
from cost.test_flows import terms
from freehold.cost.finance import pmt
from freehold.cost.item import Category
from freehold.cost.lease import implicit_rate, payments, rent
from freehold.cost.money import EXACT
from freehold.cost.types import Costs, Stage
from freehold.spec.cost import Lease
from freehold.units import Duration, Percent

D = Decimal
BILL = bill(
    line(MACHINE, "100000.00"), line(item(Category.SERVICE), "5000.00", is_capital=True),
    line(ENERGY, "500.00", every=1), line(item(Category.OTHER), None, every=1),
)  # fmt: skip


def agreed(rate: str, term: str, buyout: str = "0 %", *, advance: bool = False) -> Lease:
    return Lease(
        rate=Percent.parse(rate), term=Duration.parse(term), buyout=Percent.parse(buyout),
        advance=advance,
    )  # fmt: skip


def leased(words: str) -> Costs:
    found = assembled(f"{CLINIC}{COST}  lease: {words}\n", BILL).lease
    assert found
    return found


def test_each_month_is_paid_at_its_end() -> None:
    """PMT(6 %/12, 36, 100000) is 3042.19."""
    found = rent(terms(), agreed("6 %", "36 months"), D("100000.00"))
    assert len(found) == 36
    assert {str(flow.amount) for flow in found} == {"3042.19"}
    assert (str(found[0].on), str(found[-1].on)) == ("2027-03-31", "2030-02-28")


def test_in_advance_with_a_buy_out() -> None:
    found = rent(terms(), agreed("6 %", "36 months", "10 %", advance=True), D("100000.00"))
    assert (str(found[0].on), str(found[35].on)) == ("2027-03-01", "2030-02-01")
    exact = pmt(D("0.005"), 36, D(-100_000), D(10_000), 1)
    assert found[0].amount == exact.quantize(D("0.01")) == D("2774.10")
    assert (str(found[36].on), found[36].amount) == ("2030-02-28", D("10000.00"))
    assert {flow.stage for flow in found} == {Stage.LEASE}
    assert {(flow.line, flow.category) for flow in found} == {("lease", Category.OTHER)}


def test_what_is_owed_at_the_end_of_the_horizon_is_paid_then() -> None:
    """Three months of service in six; 36 payments are promised."""
    found = rent(terms(6), agreed("0 %", "36 months", "1 %"), D("3600.00"))
    assert sum(flow.amount for flow in found) == D("3600.00")
    assert [str(flow.on) for flow in found[:3]] == ["2027-03-31", "2027-04-30", "2027-05-31"]
    assert {str(flow.on) for flow in found[2:]} == {"2027-05-31"}


def test_a_lease_keeps_all_but_the_purchase_of_hardware() -> None:
    found = assembled(f"{CLINIC}{COST}  lease: {{rate: 6 %, term: 36 months}}\n", BILL)
    own, other = found.owning, found.lease
    assert other
    kept = [flow for flow in own.flows if flow.amount != 100_000]
    assert [flow for flow in other.flows if flow.stage is not Stage.LEASE] == kept
    assert other.nominal.amount == own.nominal.amount - 100_000 + 36 * D("3042.19")
    assert other.nominal.unknown == own.nominal.unknown == 1
    assert other.npv.amount == sum(flow.discounted for flow in other.flows)
    assert other.npv.unknown == 1
    assert other.description == "The hardware leased over 3 years at 6 % a year"
    assert other.units
    assert own.units
    assert other.units.at_least
    assert (other.units.per_million_blended or 0) > (own.units.per_million_blended or 0)
    assert other.name == "lease"
    assert other.note == (
        "36 payments of 3,042.19 EUR at each month's end, 0.00 EUR at the end of the term; "
        "implicit rate 6.00 % a year"
    )


def test_at_the_discount_rate_a_lease_in_advance_is_dearer_than_cash_by_its_interest() -> None:
    cheap = leased("{rate: 0 %, term: 3 years, advance: true}")
    assert "at each month's beginning" in cheap.note
    assert "implicit rate 0.00 %" in cheap.note


def test_there_is_no_lease_of_nothing() -> None:
    text = f"{CLINIC}{COST}  lease: {{rate: 6 %, term: 36 months}}\n"
    assert assembled(text, bill(line(MACHINE, None))).lease is None
    assert assembled(CLINIC + COST, BILL).lease is None


def test_payments_below_a_cent_have_no_rate() -> None:
    tiny = bill(line(MACHINE, "0.01"))
    found = assembled(f"{CLINIC}{COST}  lease: {{rate: 6 %, term: 36 months}}\n", tiny).lease
    assert found
    assert "implicit rate not defined" in found.note


@given(
    st.decimals(10_000, 10_000_000, places=2), st.integers(0, 30), st.integers(2, 84),
    st.integers(0, 40), st.sampled_from([0, 1]),
)  # fmt: skip
def test_at_the_implicit_rate_the_payments_are_worth_the_price(
    price: Decimal, rate: int, months: int, buyout: int, due: int
) -> None:
    words = agreed(f"{rate} %", f"{months} months", f"{buyout} %", advance=bool(due))
    monthly = implicit_rate(terms(), words, price) / 12
    payment, left = payments(terms(), words, price)
    assert months * payment + left >= price - D("0.005") * (months + 1)
    with localcontext(EXACT):
        rents = [payment * (1 + monthly) ** -(n + 1 - due) for n in range(months)]
        worth = sum(rents, left * (1 + monthly) ** -months)
    assert abs(worth - price) < D("1e-9")
