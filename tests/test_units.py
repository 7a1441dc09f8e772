"""Quantities: exact, with units, and printed as they are written."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from freehold.units import (
    Bandwidth,
    Bytes,
    Duration,
    Money,
    Power,
    Price,
    Quantity,
    RequestRate,
    Tokens,
)  # fmt: skip

KINDS = [Bytes, Tokens, Duration, Bandwidth, Power, RequestRate]


@pytest.mark.parametrize(
    ("kind", "text", "number"),
    [
        (Bytes, "48 GiB", 48 * 2**30),
        (Bytes, "4 TB", 4 * 10**12),
        (Bytes, "1.5 GiB", 3 * 2**29),
        (Bytes, "7B", 7),
        (Tokens, "16k", 16384),
        (Tokens, "2000", 2000),
        (Tokens, 2000, 2000),
        (Duration, "2 s", 2000),
        (Duration, "500 ms", 500),
        (Duration, "1.5 s", 1500),
        (Bandwidth, "864 GB/s", 864 * 10**9),
        (Power, "0.35 kW", 350),
        (RequestRate, "10/s", 600),
        (RequestRate, "600/min", 600),
    ],
)
def test_reads(kind: type[Quantity], text: object, number: int) -> None:
    assert kind.parse(text) == number


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Bytes, "48"), (Bytes, "48 gb"), (Bytes, "48 Gib"), (Bytes, "-1 GiB"), (Bytes, "0 GiB"),
        (Bytes, "0.3 B"), (Bytes, "48  GiB"), (Bytes, "48 GiB\n"), (Bytes, " 48 GiB"),
        (Bytes, "\uff14\uff18 GiB"), (Bytes, "1e3 GiB"), (Bytes, "1,5 GiB"), (Bytes, 48),
        (Bytes, 4.5), (Bytes, None), (Bytes, True), (Bytes, ["1 B"]), (Bytes, "9" * 5000 + " B"),
        (Tokens, 0), (Tokens, -1), (Tokens, True), (Tokens, 2.5), (Tokens, "16 K"),
        (Duration, "2"), (Duration, "0.1 ms"), (RequestRate, "1/h"), (Power, "1 w"),
    ],
)  # fmt: skip
def test_refuses(kind: type[Quantity], value: object) -> None:
    with pytest.raises(PydanticCustomError):
        kind.parse(value)


@given(st.sampled_from(KINDS), st.integers(1, 10**18))
def test_prints_what_it_reads_back(kind: type[Quantity], number: int) -> None:
    written = str(kind(number))
    if sum(character.isdigit() for character in written) <= 15:  # the most that a spec may have
        assert kind.parse(written) == number


@given(st.sampled_from(KINDS), st.text(max_size=30))
def test_any_text_is_read_or_refused(kind: type[Quantity], text: str) -> None:
    with suppress(PydanticCustomError):
        assert kind.parse(text) > 0


def test_a_price_keeps_its_digits() -> None:
    price = Price.parse("0.190 EUR/kWh")
    assert (price.amount, price.currency, price.per) == (Decimal("0.190"), "EUR", "kWh")
    assert str(price) == "0.190 EUR/kWh"


@pytest.mark.parametrize(
    "text", ["0.19", "0.19 EUR", "0,19 EUR/kWh", "0.19 eur/kWh", "1 EUR/kWh\n", 5]
)
def test_refuses_a_price(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        Price.parse(text)


def test_money_keeps_its_digits() -> None:
    assert str(Money.parse("7200.00 EUR")) == "7200.00 EUR"


@pytest.mark.parametrize("text", ["7200", "7200 Euro", "EUR 7200", "7.200,00 EUR", "-1 EUR", 7200])
def test_refuses_money(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        Money.parse(text)


def test_seconds_are_rounded_up() -> None:
    assert Duration.parse("1001 ms").seconds == 2
