"""Which price counts, in what currency, how old it is and how far it is believed."""

from datetime import date
from decimal import Decimal
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.catalog.load import builtin
from freehold.cli import main
from freehold.cost.exchange import listed
from freehold.cost.item import Basis, Category, Confidence, Range, UnitPrice
from freehold.cost.pricing import Priced, Pricing
from freehold.numerals import readings
from freehold.spec.cost import Cost
from freehold.spec.days import days
from freehold.spec.quotes import Quotes
from freehold.units import Money, Price

D = Decimal
L40S = "gpu.l40s-48gb"
BOOK_L40S = D("8755.0")  # USD: half of 8610 and 8900, of 2026-09-27


def pricing(*quotes: dict[str, Any], rates: dict[str, Any] | None = None, **cost: Any) -> Pricing:
    about = {"currency": "EUR", "horizon": "5 years", "electricity": "0.19 EUR/kWh"}
    section = Cost.model_validate({**about, "quotes": "quotes.yml", **cost})
    told = Quotes.model_validate({"version": 1, "rates": rates or {}, "quotes": quotes})
    return Pricing.of(section, told, builtin())


def quote(price: str = "7000.00 EUR", **more: Any) -> dict[str, Any]:
    return {"item": L40S, "price": price, **more}


def l40s(found: Pricing, quantity: int = 1, said: Money | None = None) -> UnitPrice:
    return found.price(L40S, Category.GPU, D(quantity), said).price


CONTRACT = quote("6000.00 EUR", kind="contract")
QUOTE = quote("6500.00 EUR", valid_until="2026-12-31")
LIST = quote("7000.00 EUR", kind="list", date="2026-11-01")
ESTIMATE = quote("7500.00 EUR", kind="estimate")
SAID = Money(D("6800.00"), "EUR")


@pytest.mark.parametrize(
    ("quotes", "said", "basis", "base"),
    [
        ([ESTIMATE, LIST, QUOTE, CONTRACT], SAID, Basis.CONTRACT, D(6000)),
        ([ESTIMATE, LIST, QUOTE], SAID, Basis.QUOTE, D(6500)),
        ([ESTIMATE, LIST], SAID, Basis.STATED, D(6800)),
        ([ESTIMATE, LIST], None, Basis.LIST, D(7000)),
        ([ESTIMATE], None, Basis.ESTIMATE, D(7500)),
        ([], None, Basis.ESTIMATE, BOOK_L40S * D("0.92")),
    ],
)
def test_the_most_binding_price_counts(
    quotes: list[dict[str, Any]], said: Money | None, basis: Basis, base: Decimal
) -> None:
    found = l40s(pricing(*quotes), said=said)
    assert (found.basis, found.base) == (basis, base)


def test_a_list_of_the_book_comes_before_the_users_estimate() -> None:
    nic = {"item": "nic.cx7_2x200", "price": "1000.00 EUR", "kind": "estimate"}
    found = pricing(nic).price("nic.cx7_2x200", Category.NETWORK).price
    assert (found.basis, found.base, found.source) == (Basis.LIST, D(2129) * D("0.92"), "fs")


def test_nothing_to_pay_comes_before_the_users_estimate() -> None:
    bundled = {"item": "licence.nvaie.bundled", "price": "900.00 EUR", "kind": "estimate"}
    found = pricing(bundled).price("licence.nvaie.bundled", Category.LICENCE).price
    assert (found.basis, found.base, found.confidence) == (Basis.INCLUDED, D(0), Confidence.HIGH)


def test_a_list_without_a_date_is_an_estimate() -> None:
    found = l40s(pricing(quote(kind="list")))
    assert (found.basis, found.is_stale, found.confidence) == (
        Basis.ESTIMATE, True, Confidence.LOW,
    )  # fmt: skip


def test_an_expired_quote_is_passed_over_and_named() -> None:
    old = quote("5000.00 EUR", vendor="Example", reference="Q-1", valid_until="2026-11-22")
    found = l40s(pricing(old))
    assert found.base == BOOK_L40S * D("0.92")
    assert found.note == (
        "quote Q-1 of Example was valid until 2026-11-22, the order is on 2026-11-23"
    )
    assert l40s(pricing({**old, "valid_until": "2026-11-23"})).base == D(5000)
    assert l40s(pricing(old, date="2026-11-22")).base == D(5000)


def test_a_contract_that_has_ended_is_passed_over() -> None:
    found = l40s(pricing({**CONTRACT, "valid_until": "2026-10-01"}, LIST))
    assert (found.basis, found.base) == (Basis.LIST, D(7000))
    assert found.note.startswith("contract was valid until 2026-10-01")


@pytest.mark.parametrize(
    ("quantity", "base"),
    [(1, D(7000)), (7, D(7000)), (8, D(6400)), (99, D(6400)), (100, D(6900))],
)
def test_the_largest_price_break_that_is_reached_counts(quantity: int, base: Decimal) -> None:
    one = {"vendor": "Example", "reference": "Q-1"}
    breaks = (
        quote("6400.00 EUR", minimum=8, **one),
        quote("7000.00 EUR", **one),
        quote("6900.00 EUR", minimum=100, **one),
    )
    assert l40s(pricing(*breaks), quantity).base == base


def test_a_quantity_below_every_minimum_has_no_quote() -> None:
    assert l40s(pricing(quote(minimum=8)), 7).source == "guide_fr"


def test_the_newest_counts_and_then_the_cheapest() -> None:
    old = quote("5000.00 EUR", date="2026-10-01", vendor="A")
    new = quote("6000.00 EUR", date="2026-11-01", vendor="B")
    same = quote("5900.00 EUR", date="2026-11-01", vendor="C")
    undated = quote("100.00 EUR", vendor="D")
    assert l40s(pricing(undated, old, new)).vendor == "B"
    assert l40s(pricing(undated, old, new, same)).vendor == "C"


def test_other_quotes_that_hold_are_named() -> None:
    one = {"vendor": "A", "reference": "Q-1"}
    breaks = (quote("6400.00 EUR", minimum=8, **one), quote("7000.00 EUR", **one))
    other = quote("6100.00 EUR", date="2026-11-01", kind="list", vendor="B")
    old = quote("1.00 EUR", valid_until="2026-11-01", vendor="C")
    found = l40s(pricing(*breaks, other, old), 8)
    assert found.base == D(6400)
    assert found.note == (
        "also list of B of 2026-11-01: 6100.00 EUR; "
        "quote of C was valid until 2026-11-01, the order is on 2026-11-23"
    )
    assert l40s(pricing(other), said=SAID).note == "also list of B of 2026-11-01: 6100.00 EUR"
    assert l40s(pricing(other)).note == ""


def test_a_quote_brings_what_it_says_besides() -> None:
    told = quote(
        list="8000.00 EUR", low="6900.00 EUR", high="7700.00 EUR", mpn="900-2G133", sku="A-1",
        lead_time="84 days", warranty="3 years", vendor="Example", reference="Q-1",
        date="2026-11-20", valid_until="2026-12-20",
    )  # fmt: skip
    found = pricing(told).price(L40S, Category.GPU)
    assert found == Priced(
        UnitPrice(
            amount=Range(D(6900), D(7000), D(7700)), basis=Basis.QUOTE, list_amount=D(8000),
            currency="EUR", original=D("7000.00"), rate=D(1), source="quotes.yml",
            vendor="Example", reference="Q-1", as_of=date(2026, 11, 20),
            valid_until=date(2026, 12, 20), confidence=Confidence.HIGH, limit_days=60,
        ),
        "machines", "Example", "900-2G133", "A-1", Range.exactly(D(12)), 36,
    )  # fmt: skip


def test_a_quote_without_ends_has_none() -> None:
    assert l40s(pricing(quote())).amount == Range.exactly(D(7000))


def test_tax_is_taken_out_once() -> None:
    told = quote("1190.00 EUR", list="2380.00 EUR", high="1309.00 EUR", tax="included")
    found = l40s(pricing(told, tax={"rate": "19 %", "recoverable": True}))
    assert found.amount == Range(D(1000), D(1000), D(1100))
    assert found.list_amount == D(2000)
    assert found.original == D("1190.00")
    excluded = l40s(pricing(quote("1190.00 EUR"), tax={"rate": "19 %", "recoverable": True}))
    assert excluded.base == D(1190)


def test_quotes_use_the_users_rate_with_its_date() -> None:
    rates = {"USD": {"rate": "0.90 EUR", "date": "2026-11-20"}}
    found = l40s(pricing(quote("8000.00 USD"), rates=rates))
    assert (found.base, found.original, found.currency) == (D(7200), D("8000.00"), "USD")
    assert (found.rate, found.rate_date, found.rate_source, found.rate_range) == (
        D("0.90"), date(2026, 11, 20), "quotes.yml", None,
    )  # fmt: skip


def test_quotes_never_use_the_books_rate() -> None:
    assert l40s(pricing(quote("8000.00 USD"))).source == "guide_fr"


def test_the_book_uses_the_users_rate_before_its_own() -> None:
    own = l40s(pricing(rates={"USD": "0.90 EUR"}))
    assert (own.base, own.rate_source) == (BOOK_L40S * D("0.90"), "quotes.yml")
    book = l40s(pricing())
    assert (book.rate, book.rate_date, book.rate_source) == (
        D("0.92"), date(2026, 9, 27), "guide_fr",
    )  # fmt: skip
    assert book.amount == Range(D(8610) * D("0.92"), D("8755.0") * D("0.92"), D(8900) * D("0.92"))
    assert book.rate_range == Range(D("0.95"), D(1), D("1.05"))  # 0.874 and 0.966 by 0.92


def test_a_rate_that_says_nothing_is_not_used() -> None:
    wrong = {"USD": "0.90 GBP", "CHF": "0.00 EUR", "EUR": "2.00 EUR"}
    found = pricing(rates=wrong)
    assert found.own_rates == {}
    euro = found.rate("EUR")
    assert euro is not None
    assert euro.rate == D(1)


def test_the_books_rate_holds_the_other_way_round() -> None:
    found = pricing(currency="USD", electricity="0.19 USD/kWh")
    price = found.price("chassis.2u-4gpu", Category.SERVER).price
    assert price.currency == "EUR"
    assert price.base is not None
    assert found.rounding(price.base) == D("5434.78")  # 5000 / 0.92
    assert price.rate_range is not None
    # 1 / 1.05 and 1 / 0.95
    ends = (price.rate_range.low, price.rate_range.high)
    assert [round(end, 6) for end in ends] == [D("0.952381"), D("1.052632")]
    assert l40s(found).base == BOOK_L40S


def test_without_a_rate_the_price_is_unknown_and_says_why() -> None:
    found = l40s(pricing(currency="JPY", electricity="30 JPY/kWh"))
    assert (found.base, found.basis, found.confidence) == (None, Basis.UNKNOWN, Confidence.NONE)
    assert (found.original, found.currency) == (BOOK_L40S, "USD")
    assert found.note == "there is no rate from USD to JPY"
    bluefield = pricing().price("nic.bf3_b3220_gbp", Category.NETWORK).price
    assert "there is no rate from GBP to EUR" in bluefield.note


def test_a_book_without_rates_has_none() -> None:
    assert listed(builtin().prices, "JPY") == {}


@given(st.decimals("0.0001", "10000", places=4))
def test_a_rate_and_its_inverse_cancel(rate: Decimal) -> None:
    book = builtin().prices
    exchange = book.rates["USD"]["EUR"].model_copy(
        update={"value": rate, "low": rate / 2, "high": rate * 2}
    )
    other = book.model_copy(update={"rates": {"USD": {"EUR": exchange}}})
    back = listed(other, "USD")["EUR"]
    assert abs(back.rate * rate - 1) < D("1e-24")
    assert back.inverse.range is not None
    assert abs(back.inverse.range.high - 2) < D("1e-24")


def test_what_the_book_has_no_entry_of_is_unknown() -> None:
    found = pricing().price("freight", Category.SERVICE)
    assert found.price == UnitPrice(None, Basis.UNKNOWN)
    assert found.group == "service"


def test_a_quote_only_entry_is_unknown_and_dated() -> None:
    found = pricing().price("ups", Category.FACILITY).price
    assert (found.base, found.basis, found.as_of) == (None, Basis.UNKNOWN, date(2026, 11, 23))
    assert found.note == "no price verified: require a quote"


def test_a_price_that_is_only_shown_is_shown() -> None:
    found = pricing().price("gpu.b300-sxm-268gb", Category.GPU).price
    assert found.base is None
    assert found.note == "45000 USD (msrp, 2026) does not count: nobody sells at it"
    h200 = builtin().prices.by_item["gpu.rtx-pro-6000-bse-96gb"]
    assert [one.only_shown for _, _, one in h200] == ["", "nobody sells at it"]
    grey = pricing().price("storage.nvme-15.36tb", Category.STORAGE).price
    assert grey.note.startswith("2900 to 3000 USD (street, 2026-09) does not count: grey market")


def test_ends_that_are_ours_are_marked() -> None:
    found = pricing().price("memory.rdimm-96gb", Category.MEMORY).price
    assert found.amount == Range(
        D(2100) * D("0.85") * D("0.92"), D(2100) * D("0.92"), D(2100) * D("1.30") * D("0.92")
    )
    assert found.note == "ends by freehold: -15 % and +30 %; dated 2026-09"
    tariff = pricing().price("cloud_gpu.aws_p4de", Category.CLOUD).price
    assert tariff.amount == Range.exactly(D("27.44705") * D("0.92"))
    assert tariff.note == ""


@pytest.mark.parametrize(
    ("day", "is_stale"), [("2026-11-26", False), ("2026-11-27", True), ("2026-09-01", False)]
)
def test_a_price_is_stale_after_its_limit(day: str, is_stale: bool) -> None:  # noqa: FBT001 - a case
    # Of 2026-09-27, and 60 days for GPUs.
    assert l40s(pricing(date=day)).is_stale is is_stale


@pytest.mark.parametrize(
    ("told", "is_stale"),
    [
        ({"date": "2026-01-01", "valid_until": "2026-12-31"}, False),
        ({"date": "2026-01-01"}, True),
        ({}, True),
        ({"date": "2026-10-01"}, False),
        ({"date": "2026-01-01", "kind": "contract"}, False),
    ],
)
def test_a_quote_is_stale_when_nothing_says_that_it_holds(
    told: dict[str, str],
    is_stale: bool,  # noqa: FBT001 - a case
) -> None:
    assert l40s(pricing(quote(**told))).is_stale is is_stale


@pytest.mark.parametrize(
    ("found", "confidence"),
    [
        (pricing(CONTRACT), Confidence.HIGH),
        (pricing(QUOTE), Confidence.HIGH),
        (pricing(quote()), Confidence.MEDIUM),  # a quote that nobody dated
        (pricing(LIST), Confidence.MEDIUM),
        (pricing({**LIST, "date": "2026-01-01"}), Confidence.LOW),
        (pricing(ESTIMATE), Confidence.LOW),
        (pricing(), Confidence.LOW),
    ],
)
def test_confidence_follows_from_what_a_price_rests_on(
    found: Pricing, confidence: Confidence
) -> None:
    assert l40s(found).confidence is confidence


def test_the_books_lists_are_believed_when_verified_and_fresh() -> None:
    found = pricing()
    nvaie = found.price("licence.nvaie.5y", Category.LICENCE).price
    assert (nvaie.basis, nvaie.confidence) == (Basis.LIST, Confidence.MEDIUM)
    server = found.price("server.l40s-48gb-x4", Category.SERVER).price
    assert (server.basis, server.is_stale, server.confidence) == (Basis.LIST, True, Confidence.LOW)
    unverified = found.price("nic.cx7_2x200", Category.NETWORK).price
    assert (unverified.is_stale, unverified.confidence) == (False, Confidence.LOW)


def test_what_the_spec_states_is_taken_as_it_is() -> None:
    found = pricing().stated(Price(D("0.19"), "EUR", "kWh"), "by contract", Category.ENERGY)
    assert found.group == "energy"
    assert found.price == UnitPrice(
        Range.exactly(D("0.19")), Basis.STATED, currency="EUR", original=D("0.19"),
        source="the spec", as_of=date(2026, 11, 23), confidence=Confidence.MEDIUM,
        note="by contract",
    )  # fmt: skip
    assert pricing().stated(SAID).price.note == ""


def test_alternatives_keep_their_entries() -> None:
    found = pricing()
    cloud = found.cloud("cloud_gpu.aws_p5")
    assert cloud is not None
    assert (cloud.gpus, cloud.amount and cloud.range().base) == (8, D("55.04"))
    assert found.cloud("api.openai.o3") is None
    assert found.cloud("cloud_gpu.none") is None
    api = found.api("api.openai.o3")
    assert api is not None
    told = found.listed(api, Category.API)
    assert (told.amount, told.basis, told.confidence) == (None, Basis.LIST, Confidence.MEDIUM)
    assert (told.currency, told.rate, told.as_of) == ("USD", D("0.92"), date(2026, 11, 23))
    assert told.limit_days == 30
    output = found.listed(api, Category.API, Range.exactly(D(8)))
    assert output.amount == Range.exactly(D("7.36"))


def test_the_rule_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "price-precedence"]) == 0
    assert "a quote that is valid on the day of the" in capsys.readouterr().out


def test_thousands_of_quotes_are_looked_up_by_item() -> None:
    many = [quote(f"{number}.00 EUR", reference=f"Q-{number}") for number in range(1, 5001)]
    found = pricing(*many, *({**one, "item": f"part-{n}"} for n, one in enumerate(many)))
    started = process_time()
    for number in range(2000):
        found.price(f"part-{number}", Category.OTHER)
    assert l40s(found).base == D(1)
    assert process_time() - started < 2


def test_groups_are_those_of_categories() -> None:
    found = pricing()
    assert found.group(Category.GPU) == found.group(Category.SERVER) == "machines"
    assert found.group(Category.MEMORY) != found.group(Category.STORAGE)


def test_minor_units_are_the_currencys() -> None:
    assert pricing(currency="KWD", electricity="0.05 KWD/kWh").rounding.minor_units == 3
    half_even = pricing(currency="JPY", electricity="9 JPY/kWh", rounding="half-even").rounding
    assert (half_even.minor_units, half_even(D("2.5"))) == (0, D(2))
    assert pricing(currency="JPY", electricity="9 JPY/kWh").rounding(D("2.5")) == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12500", ("12500",)),
        ("12500.00", ("12500.00",)),
        ("12,500.00", ("12500.00",)),
        ("12.500,00", ("12500.00",)),
        ("12 500,5", ("12500.5",)),
        ("12\u202f500", ("12500",)),
        ("12'500.50", ("12500.50",)),
        ("1,234,567", ("1234567",)),
        ("1.234.567,89", ("1234567.89",)),
        ("12,5", ("12.5",)),
        ("0,125", ("0.125",)),
        ("1234.567", ("1234.567",)),
        ("12,500", ("12500", "12.500")),
        ("12.500", ("12500", "12.500")),
        ("0", ("0",)),
        (" 7 ", ("7",)),
        ("12,50,000", ()),
        ("1,2.3", ()),
        ("12,345,67", ()),
        ("-5", ()),
        ("", ()),
        ("1e5", ()),
    ],
)
def test_a_number_is_read_where_it_means_one_thing(text: str, found: tuple[str, ...]) -> None:
    assert readings(text) == found


@given(st.integers(0, 10**12), st.sampled_from([",", "'", " ", "\u00a0"]))
def test_groups_of_three_are_read_back(number: int, separator: str) -> None:
    written = f"{number:,}.50".replace(",", separator)
    assert readings(written) == (f"{number}.50",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-12-01", (date(2026, 12, 1),)),
        ("2026/12/1", (date(2026, 12, 1),)),
        ("1.12.2026", (date(2026, 12, 1),)),
        ("03.04.2027", (date(2027, 4, 3),)),
        ("13/12/2026", (date(2026, 12, 13),)),
        ("12/13/2026", (date(2026, 12, 13),)),
        ("05/05/2026", (date(2026, 5, 5),)),
        ("03/04/2027", (date(2027, 4, 3), date(2027, 3, 4))),
        ("2026-02-30", ()),
        ("30/02/2026", ()),
        ("1.12.26", ()),
        ("soon", ()),
    ],
)
def test_a_day_is_read_where_it_means_one(text: str, found: tuple[date, ...]) -> None:
    assert days(text) == found
