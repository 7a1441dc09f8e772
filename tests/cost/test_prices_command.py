"""`freehold prices`: list, check, import; and what is said of files of quotes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freehold.catalog.load import builtin
from freehold.cli import main
from freehold.cli.prices import _CATEGORIES
from freehold.cost.item import Category
from freehold.quotes.read import Found, read
from freehold.quotes.table import rows
from freehold.quotes.write import added, new_file
from freehold.report import Report
from freehold.source import Source
from freehold.spec.load import load_as
from freehold.spec.quotes import Quotes

Capture = pytest.CaptureFixture[str]
SPEC = """
plugin: freehold.llm.cluster
version: 1
name: mercy
system: debian-13
nodes:
  gpu:
    hosts: {gpu-1: 10.20.0.11}
    gpus: {model: l40s-48gb, count: 1}
    cpu: {cores: 32}
    memory: 256 GiB
    storage: {models: {size: 2 TB, kind: nvme}}
models:
  assistant:
    source: Qwen/Qwen3-8B
    precision: bf16
    workload: {users: 8, prompt: 1000, answer: 400, context: 8k}
isolation: open
gateway: {name: llm.mercy.internal, clients: [ehr]}
"""
COST = """
cost:
  currency: EUR
  horizon: 5 years
  electricity: 0.19 EUR/kWh
  use: {demand: 40 %}
  staff: {fte: 0.1, cost: 95000 EUR/year}
  quotes: quotes.yml
  lines: [{item: audit, price: 9000 EUR, every: 1 year}]
  alternatives:
    rented: {cloud: cloud_gpu.runpod_l40s_sec, egress_item: cloud_egress.aws}
    hosted: {api: api.groq.openai/gpt-oss-120b}
    mixed: {api: {assistant: api.openai.gpt-5}}
"""
QUOTES = """
version: 1
quotes:
  - {item: gpu.l40s-48gb, price: 7000 EUR, reference: Q-1, valid_until: 2026-12-31}
  - {item: gpu.l40s-48gb, price: 6000 EUR, reference: Q-0, valid_until: 2026-10-31}
"""


def site(folder: Path, spec: str = SPEC + COST, quotes: str = QUOTES) -> Path:
    (folder / "cluster.yml").write_text(spec)
    (folder / "quotes.yml").write_text(quotes)
    return folder


def listed(capsys: Capture, *words: str | Path) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["prices", "list", "--format", "json", *map(str, words)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    return {row["item"]: row for row in document["prices"]}


def test_categories_are_those_of_a_bill() -> None:
    assert set(_CATEGORIES) == {*(one.value for one in Category), "figure"}


def test_the_book_is_listed_in_its_own_currencies(capsys: Capture) -> None:
    found = listed(capsys)
    catalog = builtin()
    assert found.keys() == catalog.items.keys() | catalog.prices.by_item.keys()
    l40s = found["gpu.l40s-48gb"]
    assert (l40s["low"], l40s["base"], l40s["high"]) == ("8610", "8755.0", "8900")
    assert (l40s["currency"], l40s["standing"], l40s["date"]) == ("USD", "estimate", "2026-09-27")
    assert (l40s["age_days"], l40s["limit_days"], l40s["stale"]) == (57, 60, False)
    assert l40s["source_title"].startswith("French-language server-build guide")
    assert found["chassis.2u-4gpu"]["currency"] == "EUR"
    assert found["installation"]["currency"] is None
    assert found["ups"]["base"] is None
    assert found["api.groq.openai/gpt-oss-120b"]["tokens"] == {
        "input": "0.15", "output": "0.6", "cached": "0.075",
    }  # fmt: skip
    assert found["api.cerebras.gpt-oss-120b"]["tokens"]["cached"] is None


def test_figures_are_listed_where_they_are_asked_for(capsys: Capture) -> None:
    found = listed(capsys, "--category", "figure")
    assert len(found) == len(builtin().prices.figures)
    assert found["carbon.FRA"]["base"] == "56.039"


def test_the_text_is_a_table_for_people(capsys: Capture) -> None:
    assert main(["prices", "list", "--category", "api"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == [
        "ITEM", "PRICE", "PER", "STANDING", "DATE", "AGE", "CONFIDENCE", "SOURCE",
    ]  # fmt: skip
    assert len(lines) == 57
    groq = next(line for line in lines if line.startswith("api.groq.openai/gpt-oss-120b "))
    assert "0.15 in, 0.6 out USD" in groq
    assert groq.split()[-1] == "genai"
    assert main(["prices", "list", "--category", "memory"]) == 0
    out = capsys.readouterr().out
    assert "2,300.00 (1,500.00 to 3,100.00) USD" in out
    assert "83 d (stale)" in out
    assert main(["prices", "list", "--category", "facility"]) == 0
    assert "unknown" in next(
        line for line in capsys.readouterr().out.splitlines() if line.startswith("ups ")
    )


def test_with_a_spec_quotes_and_rates_are_applied(tmp_path: Path, capsys: Capture) -> None:
    found = listed(capsys, site(tmp_path))
    l40s = found["gpu.l40s-48gb"]
    assert (l40s["base"], l40s["standing"], l40s["reference"]) == ("7000", "quote", "Q-1")
    assert (l40s["valid_until"], l40s["source"], l40s["source_title"]) == (
        "2026-12-31", "quotes.yml", "",
    )  # fmt: skip
    assert l40s["expired"] == ["quote Q-0 was valid until 2026-10-31, the order is on 2026-11-23"]
    memory = found["memory.rdimm-128gb"]
    assert (memory["base"], memory["currency"]) == ("2668.000", "EUR")  # 2900 USD by 0.92
    assert (memory["original"], memory["original_currency"], memory["rate"]) == (
        "2900.0", "USD", "0.92",
    )  # fmt: skip
    assert found["api.openai.gpt-5"]["tokens"]["output"] == "9.20"
    assert found["audit"]["category"] == "other"


def test_a_spec_with_mistakes_or_without_cost_has_no_prices(
    tmp_path: Path, capsys: Capture
) -> None:
    for verb in ("list", "check"):
        assert main(["prices", verb, str(site(tmp_path, SPEC))]) == 1
        assert "the spec has no `cost`" in capsys.readouterr().err
        assert main(["prices", verb, str(site(tmp_path, SPEC.replace("name:", "nam:")))]) == 1
        assert "unknown-key" in capsys.readouterr().err
        broken = QUOTES.replace("7000 EUR", "'12,500.00 EUR'")
        assert main(["prices", verb, str(site(tmp_path, quotes=broken))]) == 1
        assert "write `12500.00 EUR`" in capsys.readouterr().err


def test_quotes_are_read_also_when_the_bill_has_no_currency(
    tmp_path: Path, capsys: Capture
) -> None:
    spec = SPEC + COST.replace("currency: EUR", "currency: EUX")
    assert main(["prices", "list", str(site(tmp_path, spec))]) == 1
    said = capsys.readouterr().err
    assert "ISO 4217 has no currency `EUX`" in said
    assert "use `EUR`" in said


def test_check_names_what_is_unknown_and_stale(tmp_path: Path, capsys: Capture) -> None:
    assert main(["prices", "check", str(site(tmp_path))]) == 1
    out, err = capsys.readouterr()
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert "83 days old, limit 30" in lines["memory.rdimm-128gb"]
    assert " unknown " in lines["insurance"]
    assert "Q-0 was valid until 2026-10-31" in lines["gpu.l40s-48gb"]  # said, but no fault
    assert "cloud_egress.aws" in lines  # of the alternatives
    assert "api.groq.openai/gpt-oss-120b" not in lines  # fresh
    assert "electricity" not in lines  # stated
    assert err.splitlines()[-1].endswith("prices are unknown or stale")


def test_check_names_a_currency_without_a_rate(tmp_path: Path, capsys: Capture) -> None:
    spec = SPEC + COST.replace("EUR", "GBP")
    assert main(["prices", "check", str(site(tmp_path, spec, "version: 1\nquotes: []\n"))]) == 1
    out = capsys.readouterr().out
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert "unknown: no rate from EUR" in lines["rails"]
    assert "unknown:" not in lines["insurance"]


def test_check_names_quotes_that_the_bill_does_not_take(tmp_path: Path, capsys: Capture) -> None:
    more = (
        "  - {item: gpu.t4-16gb, price: 10 EUR}\n"
        "  - {item: rails, price: 5 EUR, minimum: 1000}\n"
        "  - {item: freight, price: 5 EUR}\n"
    )
    quotes = QUOTES.rpartition("  - ")[0] + more
    main(["prices", "check", str(site(tmp_path, quotes=quotes))])
    idle = capsys.readouterr().err.splitlines()[-1]
    assert idle.startswith("quoted, but no price of the bill: ")
    assert idle.endswith("gpu.t4-16gb, rails")


def test_check_is_content_with_fresh_prices(tmp_path: Path, capsys: Capture) -> None:
    path = site(tmp_path)
    assert main(["prices", "check", "--format", "json", str(path)]) == 1
    faults = json.loads(capsys.readouterr().out)["faults"]
    fresh = "".join(
        f"  - {{item: {row['item']}, price: 10 EUR, valid_until: 2027-01-31}}\n"
        for row in faults
        if row["stale"] or row["standing"] == "unknown"
    )
    quotes = QUOTES.rpartition("  - ")[0] + fresh
    assert main(["prices", "check", "--format", "json", str(site(tmp_path, quotes=quotes))]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema": 1, "faults": []}


def imported(capsys: Capture, folder: Path, content: str | bytes, *words: str) -> tuple[int, str]:
    path = folder / "vendor.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    capsys.readouterr()
    status = main(["prices", "import", str(path), *words])
    out, err = capsys.readouterr()
    return status, out + err


def parsed(text: str) -> Quotes:
    source = Source.parse(text.encode(), "quotes.yml")
    found = load_as(Quotes, source, Report(source))
    assert found is not None
    return found


GERMAN = (
    "\ufeffItem;Description;Qty;Unit price (EUR);List Price;Supplier;Quote No.;Valid until;"
    "Lead time (weeks);Warranty (months);MPN;SKU;Date\r\n"
    'gpu.l40s-48gb;"L40S; ""48 GB""";8;7.800,00;9.200,00;Example GmbH;Q-1077;31.01.2027;12;36;'
    "900-2G133;A1;1.12.2026\r\n"
    "\r\n"
    "memory.rdimm-64gb;=cmd|' /C calc'!A0;;1.250,50;;+Example;@Q;2027-01-31;;;;;\r\n"
)


def test_a_vendors_table_becomes_quotes(tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "quotes.yml"
    status, said = imported(capsys, tmp_path, GERMAN, "-o", str(target))
    assert status == 0, said
    assert "2 quotes written" in said
    assert "not looked at: Description" in said
    first, second = parsed(target.read_text()).quotes
    assert first.model_dump(mode="json", exclude_defaults=True) == {
        "item": "gpu.l40s-48gb", "price": "7800.00 EUR", "list": "9200.00 EUR", "minimum": "8",
        "vendor": "Example GmbH", "reference": "Q-1077", "mpn": "900-2G133", "sku": "A1",
        "date": "2026-12-01", "valid_until": "2027-01-31", "lead_time": "12 weeks",
        "warranty": "3 years",
    }  # fmt: skip
    assert (second.vendor, second.reference, str(second.price)) == ("+Example", "@Q", "1250.50 EUR")
    assert target.stat().st_mode & 0o777 == 0o644


def test_without_a_file_the_quotes_are_shown(tmp_path: Path, capsys: Capture) -> None:
    status, said = imported(capsys, tmp_path, "item,price\nups,12500.00 EUR\n")
    assert (status, said) == (0, "version: 1\nquotes:\n  - item: ups\n    price: 12500.00 EUR\n")


@pytest.mark.parametrize(
    "content",
    [
        "ITEM\tNet\tCcy\nups\t12,500.00\tEUR\n".encode("utf-16"),
        b"item;net price;currency\rups;12500;EUR",
        b'"item","unit_price","currency"\n"ups","12500.00","EUR"\n',
        b"item,price EUR\nups,12500\n",
        b"item,price\nups,EUR 12500\n",
    ],
)
def test_tables_come_in_many_forms(tmp_path: Path, capsys: Capture, content: bytes) -> None:
    status, said = imported(capsys, tmp_path, content)
    assert status == 0, said
    assert parsed(said).quotes[0].price.amount == 12500
    assert parsed(said).quotes[0].price.currency == "EUR"


def test_what_all_rows_have_in_common_can_be_an_option(tmp_path: Path, capsys: Capture) -> None:
    words = ("--currency", "USD", "--vendor", "Example", "--reference", "Q-1", "--kind", "list",
             "--date", "1.12.2026", "--valid-until", "2026-12-31")  # fmt: skip
    status, said = imported(
        capsys, tmp_path, "item,price,vendor\nups,100,\nrails,7 EUR,Other\n", *words
    )
    assert status == 0, said
    first, second = parsed(said).quotes
    assert (str(first.price), first.vendor, first.reference) == ("100 USD", "Example", "Q-1")
    assert (first.kind, str(first.date), str(first.valid_until)) == (
        "list", "2026-12-01", "2026-12-31",
    )  # fmt: skip
    assert (str(second.price), second.vendor) == ("7 EUR", "Other")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--currency", "XAU"), "`--currency`: `XAU` is no currency"),
        (("--valid-until", "03/04/2027"), "`--valid-until`: `03/04/2027` may be"),
        (("--vendor", "x" * 501), "`--vendor`: the text has 501 characters"),
    ],
)
def test_an_option_that_means_nothing_is_refused(
    tmp_path: Path, capsys: Capture, words: Sequence[str], message: str
) -> None:
    status, said = imported(capsys, tmp_path, "item,price\nups,100\n", *words)
    assert status == 2
    assert message in said


@pytest.mark.parametrize(
    ("content", "message", "place"),
    [
        ("", "the file holds no table", "1:1"),
        ("\n,\n", "the file holds no table", "1:1"),
        ("item,cost\nups,1\n", "no column is the price", "1:1"),
        ("what,price\nups,1\n", "no column is the item", "1:1"),
        ("item,price,net\n", "`net` and `price` are both the price", "1:12"),
        ("item,price\n,5 EUR\n", "this row has no item", "2:1"),
        ("item,price\nups,\n", "this row has no price", "2:1"),
        ("item,price\nups\n", "this row has no price", "2:1"),
        ("item,price\na b,5 EUR\n", "item: `a b` is no item's id", "2:1"),
        ("item,price\nups,five EUR\n", "price: `five EUR` is no amount", "2:5"),
        ("item,price\nups,. EUR\n", "price: `.` is no number", "2:5"),
        ("item,price\nups,-5 EUR\n", "price: `-5` is negative", "2:5"),
        ("item,price\nups,=5 EUR\n", "price: `=5` is no number", "2:5"),
        ('item,price\nups,"1,250 EUR"\n', "price: `1,250` may be `1250` or `1.250`", "2:5"),
        ("item,price\nups,5\n", "price: `5` has no currency", "2:5"),
        ("item,price\nups,EUR 5 USD\n", "has two currencies, EUR and USD", "2:5"),
        ("item,price\nups,5 XAU\n", "price: `XAU` is no currency", "2:5"),
        ("item,price,currency\nups,5,EURO\n", "currency: `EURO` is no currency", "2:7"),
        ("item,price,currency\nups,5 USD,EUR\n", "`5 USD` is in a row in EUR", "2:5"),
        ("item,price,list\nups,5 EUR,x EUR\n", "list: `x EUR` is no amount", "2:11"),
        ("item,price,date\nups,5 EUR,soon\n", "date: `soon` is no day", "2:11"),
        ("item,price,valid until\nups,5 EUR,3/4/27\n", "valid until: `3/4/27` is no day", "2:11"),
        ("item,price,lead time\nups,5 EUR,6-8\n", "lead time: `6-8` is no number of weeks", "2:11"),
        ("item,price,lead time\nups,5 EUR,0\n", "lead time: `0` is no number of weeks", "2:11"),
        ("item,price,warranty\nups,5 EUR,x\n", "warranty: `x` is no number of months", "2:11"),
        ("item,price,qty\nups,5 EUR,0\n", "minimum: the quantity is zero", "2:11"),
        (f"item,price,vendor\nups,5 EUR,{'x' * 501}\n", "the text has 501 characters", "2:11"),
        ("item,price\nups,7.800,00\n", "3 cells, where the first row has 2", "2:11"),
        ("item,price\nups,5 EUR\nups,6 EUR\n", "line 2 has a price of this item already", "3:1"),
        ('item,price\nups,"5 EUR\n', "a quote is open until the end of the file", "2:5"),
        ('item,price\nups,"5" EUR\n', "text follows the end of a quoted cell", "2:8"),
        ("item,price,vendor\nups,5 EUR,a\u202eb\n", "the character U+202E is hidden here", "2:11"),
    ],
)
def test_a_mistake_is_shown_at_its_line_and_column(
    tmp_path: Path, capsys: Capture, content: str, message: str, place: str
) -> None:
    target = tmp_path / "quotes.yml"
    status, said = imported(capsys, tmp_path, content, "-o", str(target))
    assert status == 1
    assert message in said
    assert f"vendor.csv:{place}\n" in said
    assert not target.exists()


def test_every_mistake_is_shown_at_once(tmp_path: Path, capsys: Capture) -> None:
    table = 'item,price,currency,date\nfoo,"1,250",EUR,3/4/2027\n,-5,XAU,31/02/2027\n'
    status, said = imported(capsys, tmp_path, table)
    assert status == 1
    assert said.count("error[") == 6
    assert said.count("XAU` is") == 1
    assert "nothing in a bill is called `foo`" in said


def test_units_of_spans_are_understood(tmp_path: Path, capsys: Capture) -> None:
    table = (
        "item,price,delivery time,warranty\nups,1 EUR,10 days,36\nrails,1 EUR,2 Months,2 months\n"
        "rack.42u,1 EUR,8 wks,1 month\n"
    )
    status, said = imported(capsys, tmp_path, table)
    assert status == 0
    spans = [(str(one.lead_time), str(one.warranty)) for one in parsed(said).quotes]
    assert spans == [("10 days", "3 years"), ("2 months", "2 months"), ("8 weeks", "1 month")]


def test_an_unknown_item_is_kept_with_a_warning(tmp_path: Path, capsys: Capture) -> None:
    status, said = imported(capsys, tmp_path, "item,price\ngpu.l40-s-48gb,5 EUR\nzz,5 EUR\n")
    assert status == 0
    assert "use `gpu.l40s-48gb`, or name it in `cost.lines`" in said
    assert "2 warnings" in said


def test_a_table_that_is_no_text_cannot_be_read(tmp_path: Path, capsys: Capture) -> None:
    status, said = imported(capsys, tmp_path, b"item,price\nups,\xff\n")
    assert (status, "is not UTF-8 text" in said) == (2, True)
    status, said = imported(capsys, tmp_path, b"x" * (2**20 + 1))
    assert (status, "is larger than 1 MiB" in said) == (2, True)
    assert main(["prices", "import", str(tmp_path / "none.csv")]) == 2


OLD = """\
# ours
version: 1

quotes: # by vendor
    - item: rails # keep
      price: 100.00 EUR

# what one is worth
rates: {USD: 0.9 EUR}
"""


def test_a_file_that_is_there_keeps_every_line(tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "quotes.yml"
    target.write_text(OLD)
    table = "item,price\nups,12 USD\nrails,100.00 EUR\n"
    status, said = imported(capsys, tmp_path, table, "-o", str(target))
    assert status == 0, said
    assert "1 quotes added, 1 were there already" in said
    entry = "    - item: ups\n      price: 12 USD\n"
    assert target.read_text() == OLD.replace("100.00 EUR\n", f"100.00 EUR\n{entry}")
    before = target.stat().st_ino
    status, said = imported(capsys, tmp_path, table, "-o", str(target))
    assert "0 quotes added, 2 were there already" in said
    assert target.stat().st_ino == before  # not written again


def test_ends_of_lines_stay_what_they_are(tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "quotes.yml"
    target.write_bytes(b"version: 1\r\nquotes:\r\n- {item: rails, price: 1 EUR}")
    assert imported(capsys, tmp_path, "item,price\nups,2 EUR\n", "-o", str(target))[0] == 0
    assert target.read_bytes() == (
        b"version: 1\r\nquotes:\r\n- {item: rails, price: 1 EUR}\r\n"
        b"- item: ups\r\n  price: 2 EUR\r\n"
    )


@pytest.mark.parametrize(
    ("old", "rule"),
    [
        ("version: 1\nquotes: []\n", "quotes-not-added"),
        ("version: 1\nquotes: [{item: rails, price: 1 EUR}]\n", "quotes-not-added"),
        ("version: 1\nquotes:\n  - {item: ups, price: 1 EUR}\n", "quote-exists"),
        ("version: 2\nquotes: []\n", "not-a-choice"),
        ("{", "yaml-syntax"),
        ("", "file-empty"),
    ],
)
def test_a_file_that_cannot_be_extended_stays_as_it_is(
    tmp_path: Path, capsys: Capture, old: str, rule: str
) -> None:
    target = tmp_path / "quotes.yml"
    target.write_text(old)
    status, said = imported(capsys, tmp_path, "item,price\nups,2 EUR\n", "-o", str(target))
    assert (status, f"error[{rule}]" in said) == (1, True)
    assert target.read_text() == old


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=8)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=5))
@settings(deadline=None)
def test_a_table_that_was_quoted_is_read_back(table: list[list[str]]) -> None:
    text = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in table)
    report = Report(Source("t", text.split("\n"), None))
    found = [[cell.text for cell in row] for row in rows(text, ",", report)]
    assert found == [row for row in table if any(row)]
    assert report.is_clean


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4, unique_by=lambda pair: pair[1]))
@settings(deadline=None)
def test_any_text_survives_into_a_file_that_loads(texts: list[tuple[str, str]]) -> None:
    quotes = [
        {"item": "ups", "price": "1.00 EUR", "vendor": vendor, "reference": reference}
        for vendor, reference in texts
    ]
    first = new_file(quotes[:1])
    old = Report(Source.parse(first.encode(), "quotes.yml"))
    addition = added(quotes, old)
    assert addition is not None
    assert (addition.added, addition.known) == (len(quotes) - 1, 1)
    found = [(quote.vendor, quote.reference) for quote in parsed(addition.text).quotes]
    assert found == texts


def test_a_report_about_a_table_has_no_quotes_of_it() -> None:
    report = Report(Source("t", ["item"], None))
    assert read("item", {}, {}, report) == Found([], [])


@pytest.mark.parametrize(
    ("price", "remedy"),
    [
        ("12,500.00 EUR", "write `12500.00 EUR`"),
        ("12.500,00 eur", "write `12500.00 EUR`"),
        ("12 500 EUR", "write `12500 EUR`"),
        ("12500EUR", "write `12500 EUR`"),
        ("12,500 EUR", "write `12500 EUR` or `12.500 EUR`, whichever is meant"),
        ("-5.00 EUR", "write what is paid, which is never less than nothing"),
        ("1,2,3 EUR", "write an amount of money like that"),
        ("many EUR", "write an amount of money like that"),
    ],
)
def test_an_amount_written_otherwise_gets_its_remedy(
    tmp_path: Path, capsys: Capture, price: str, remedy: str
) -> None:
    quotes = f"version: 1\nquotes:\n  - {{item: ups, price: '{price}'}}\n"
    assert main(["check", str(site(tmp_path, quotes=quotes))]) == 1
    out = capsys.readouterr().out
    assert "error[bad-unit]" in out
    assert f"= help: {remedy}\n" in out


def test_quotes_are_added_to_no_link(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "table.csv").write_text("item,price\nups,5 EUR\n")
    old = "version: 1\nquotes:\n  - {item: rails, price: 5 EUR}\n"
    (tmp_path / "real.yml").write_text(old)
    link = tmp_path / "link.yml"
    link.symlink_to(tmp_path / "real.yml")
    assert main(["prices", "import", str(tmp_path / "table.csv"), "-o", str(link)]) == 2
    assert f"freehold: {link}: is no plain file\n" in capsys.readouterr().err
    assert link.is_symlink()
    assert (tmp_path / "real.yml").read_text() == old


def test_a_comma_between_braces_gets_its_remedy(tmp_path: Path, capsys: Capture) -> None:
    quotes = "version: 1\nquotes:\n  - {item: ups, price: 12,500.00 EUR}\n"
    assert main(["check", str(site(tmp_path, quotes=quotes))]) == 1
    out = capsys.readouterr().out
    assert "between braces a comma ends a value: write the number without it" in out


def test_a_price_of_energy_gets_its_remedy(tmp_path: Path, capsys: Capture) -> None:
    assert main(["check", str(site(tmp_path, SPEC + COST.replace("0.19 EUR", "0,19 EUR")))]) == 1
    assert "= help: write `0.19 EUR/kWh`\n" in capsys.readouterr().out
