"""The price book: what every entry carries, which one counts, and what is on its shelves."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from freehold.catalog.currencies import currencies
from freehold.catalog.load import builtin
from freehold.catalog.price_book import Entry, Evidence, Kind, first_day, price_book
from freehold.catalog.read import read
from freehold.cost.item import Basis, Category, Range

D = Decimal
BOOK = price_book()
ENTRIES = {name: entry for shelf in BOOK.prices.values() for name, entry in shelf.items()}
EVERY = {**ENTRIES, **BOOK.figures}


def entry(**fields: Any) -> Entry:
    about = {"name": "x", "per": "each", "kind": "list", "date": "2026-11-01", "source": "nvaie"}
    return Entry.model_validate({**about, "evidence": "secondary-quote", **fields})


@pytest.mark.parametrize(
    ("period", "day"),
    [
        ("2026-09-27", date(2026, 9, 27)),
        ("2026-09", date(2026, 9, 1)),
        ("2026-Q1", date(2026, 1, 1)),
        ("2026-Q3", date(2026, 7, 1)),
        ("2025-Q4", date(2025, 10, 1)),
        ("2026-H1", date(2026, 1, 1)),
        ("2026-H2", date(2026, 7, 1)),
        ("2026", date(2026, 1, 1)),
    ],
)
def test_a_period_counts_as_its_first_day(period: str, day: date) -> None:
    assert first_day(period) == day


@pytest.mark.parametrize("text", ["", "autumn", "2026-13", "2026-Q5", "2026-H3", "2026-Q1-02"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        first_day(text)
    with pytest.raises(ValidationError):
        entry(date=text)


def test_the_facts_are_all_there() -> None:
    assert len(EVERY) == len(ENTRIES) + len(BOOK.figures) == 316
    assert sum(one.verified for one in EVERY.values()) == 128
    assert BOOK.date == date(2026, 11, 23)
    agreeing = [one for one in EVERY.values() if one.evidence is Evidence.TWO_DATASETS]
    assert len(agreeing) == 49
    assert sum(name.startswith("carbon.") for name in BOOK.figures) == 27


def test_every_entry_names_a_source_that_the_book_has() -> None:
    assert {one.source for one in EVERY.values()} <= BOOK.sources.keys()
    assert {e.source for into in BOOK.rates.values() for e in into.values()} <= BOOK.sources.keys()


def test_no_figure_was_a_binary_fraction() -> None:
    def floats(value: object) -> list[object]:
        if isinstance(value, dict):
            return [found for inner in value.values() for found in floats(inner)]
        if isinstance(value, list):
            return [found for inner in value for found in floats(inner)]
        return [value] if isinstance(value, float) else []

    assert floats(read("prices.yml")) == floats(read("offers.yml")) == []


def test_what_entries_price_can_be_bought() -> None:
    catalog = builtin()
    unknown = [
        (name, item)
        for name, one in ENTRIES.items()
        for item in one.items
        if item not in catalog.items
    ]
    assert unknown == []


def test_an_entry_without_items_prices_itself() -> None:
    assert BOOK.chosen("switch.qm9700") == ENTRIES["switch.qm9700"]
    assert BOOK.chosen("api.openai.o3") == ENTRIES["api.openai.o3"]


def test_which_entry_counts_is_never_left_to_their_order() -> None:
    for item, entries in BOOK.by_item.items():
        merits = [(one.as_of, one.verified) for _, _, one in entries if not one.only_shown]
        assert len(merits) < 2 or merits[0] != merits[1], item


def test_the_newest_counts_and_not_what_is_only_shown() -> None:
    names = {item: [name for _, name, _ in found] for item, found in BOOK.by_item.items()}
    assert names["memory.rdimm-64gb"][0] == "ram.rdimm64_sep26"
    assert names["gpu.h100-sxm5-80gb"][0] == "gpu.h100sxm"
    # DGX is newer, but with support.
    assert names["server.h100-sxm5-80gb-x8"] == ["server.dgx_h100", "server.a_8xh100"]
    chosen = BOOK.chosen("server.h100-sxm5-80gb-x8")
    assert chosen is not None
    assert chosen.range().base == D("250141.80")
    assert BOOK.chosen("gpu.b300-sxm-268gb") is None  # an MSRP alone
    assert BOOK.chosen("nothing") is None


@pytest.mark.parametrize("kind", [Kind.USED, Kind.MSRP, Kind.FORECAST])
def test_prices_that_nobody_pays_are_only_shown(kind: Kind) -> None:
    found = [one for one in ENTRIES.values() if one.kind is kind]
    assert found
    assert all(one.only_shown for one in found)


def test_what_nobody_publishes_stays_unknown() -> None:
    for item in ("ups", "licence.rhel-9", "gpu.mi325x-256gb"):
        found = BOOK.chosen(item)
        assert found is not None
        assert found.basis is Basis.UNKNOWN
        with pytest.raises(ValueError, match="has no figure"):
            found.range()


@pytest.mark.parametrize(
    ("fields", "basis"),
    [
        ({"kind": "list"}, Basis.LIST),
        ({"kind": "reserved"}, Basis.LIST),
        ({"kind": "list", "evidence": "recalled"}, Basis.ESTIMATE),
        ({"kind": "street"}, Basis.ESTIMATE),
        ({"kind": "contract"}, Basis.ESTIMATE),
        ({"kind": "bundled"}, Basis.INCLUDED),
    ],
)
def test_a_published_price_that_somebody_read_is_a_list_price(
    fields: dict[str, str], basis: Basis
) -> None:
    assert entry(amount={"value": "5"}, **fields).basis is basis


def test_an_entry_of_tokens_has_a_basis_and_no_figure() -> None:
    told = entry(tokens={"input": "1", "output": "2"})
    assert told.basis is Basis.LIST
    assert not told.is_exact


def test_a_range_is_the_sources_own_or_ours() -> None:
    both = entry(amount={"low": "8610", "high": "8900"})
    assert both.range(D(15), D(30)) == Range(D(8610), D(8755), D(8900))
    middle = entry(amount={"low": "2.5", "central": "4", "high": "6"})
    assert middle.range() == Range(D("2.5"), D(4), D(6))
    one = entry(amount={"value": "200"})
    assert one.range(D(15), D(30)) == Range(D(170), D(200), D(260))
    assert one.range() == Range.exactly(D(200))
    stated = entry(amount={"value": "200", "spread": "40"})
    assert stated.range(D(15), D(30)) == Range(D(120), D(200), D(280))
    assert (one.is_exact, stated.is_exact, both.is_exact) == (True, False, False)


def test_a_percentage_is_also_a_fraction() -> None:
    found = BOOK.chosen("support.hardware")
    assert found is not None
    assert found.fraction == Range(D("0.08"), D("0.1"), D("0.12"))


def test_a_drive_is_priced_by_its_terabytes() -> None:
    found = BOOK.chosen("storage.hdd-16tb")
    assert found is not None
    assert found.range() == Range(D(45) * 16, D("75.5") * 16, D(106) * 16)
    assert found.per == "each"
    assert entry(amount={"value": "3", "spread": "10"}).of_pieces(D(4)).range().high == D("13.2")
    known = entry(amount={"low": "1", "central": "2", "high": "4"})
    assert known.of_pieces(D(2)).range() == Range(D(2), D(4), D(8))
    assert known.of_pieces(None) is known
    unknown = entry()
    assert unknown.of_pieces(D(2)) is unknown


def test_a_price_with_tax_is_only_shown() -> None:
    with pytest.raises(ValidationError, match="a price with tax is only shown"):
        entry(tax="included")
    assert entry(tax="included", only_shown="for households").tax == "included"


def test_apis_keep_tiers_hours_and_days() -> None:
    apis = BOOK.all_of(Category.API)
    tier = apis["api.openai.gpt-5.4"].long_context[0]
    assert (tier.above, tier.input, tier.output) == (272_000, D(5), D("22.5"))
    later = apis["api.google.gemini-3.8-flash"].next[0]
    assert (later.effective, later.input, later.cached) == (date(2027, 1, 1), D("1.5"), D("0.15"))
    peak = apis["api.deepseek.deepseek-v4-flash"].peak
    assert peak is not None
    assert (peak.utc, peak.output) == (("01:00-04:00", "06:00-10:00"), D("1.2"))
    other = apis["api.mistral.mistral-large-4"].other_dataset
    assert other is not None
    assert other.output == D("4.18")
    assert BOOK.all_of(Category.ISOLATION) == {}


def test_clouds_say_which_gpus_and_how_many() -> None:
    clouds = BOOK.all_of(Category.CLOUD)
    rented = {name: one for name, one in clouds.items() if name.startswith("cloud_gpu.")}
    gpus = builtin().gpus
    assert len(rented) == 55
    assert all(one.gpu in gpus and one.gpus for one in rented.values())
    reserved = rented["cloud_gpu.azure_nd96_h100_3y"]
    assert (reserved.gpus, reserved.gpu, str(reserved.term)) == (8, "h100-sxm5-80gb", "3 years")


def test_every_category_has_a_limit_and_a_group() -> None:
    assert BOOK.categories.keys() == set(Category)
    limits = {category.value: habits.limit for category, habits in BOOK.categories.items()}
    assert limits["memory"] == limits["storage"] == limits["cloud"] == limits["api"] == 30
    assert limits["gpu"] == limits["server"] == 60
    assert limits["licence"] == 180
    assert limits["energy"] == limits["staff"] == 365
    assert BOOK.categories[Category.GPU].group == BOOK.categories[Category.SERVER].group


def test_currencies_are_those_of_iso_4217() -> None:
    known = currencies()
    by_units = dict.fromkeys((0, 2, 3, 4), 0)
    for units in known.minor_units.values():
        by_units[units] += 1
    assert by_units == {0: 17, 2: 139, 3: 7, 4: 2}
    assert len(known.unpayable) == 13
    assert not known.unpayable & known.minor_units.keys()
    assert (known.minor_units["EUR"], known.minor_units["JPY"]) == (2, 0)
    assert (known.minor_units["KWD"], known.minor_units["CLF"]) == (3, 4)
    assert "XAU" in known.unpayable
