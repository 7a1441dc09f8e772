"""docs/cost.md speaks of every key and option, and what it shows can be used as it stands."""

import argparse
import doctest
import re
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from freehold.cli.gates import add_gates
from freehold.cost.item import Basis
from freehold.report import Report
from freehold.source import Source
from freehold.spec.cost import Cost, Gates, Location, Use
from freehold.spec.load import load_as
from freehold.spec.quotes import Quotes

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/cost.md").read_text()
SNIPPETS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


def test_it_names_every_key_and_no_other() -> None:
    rows = re.findall(r"^\| (`.*?) \|", TEXT, re.MULTILINE)
    named = {key for row in rows for key in re.findall(r"`([a-z_]+)", row)}
    assert set(Cost.model_fields) - named == set()
    assert named - set(Cost.model_fields) <= {"none"}
    (use,) = (row for row in rows if row.startswith("`use"))
    assert set(re.findall(r"[a-z_]+", use)) - {"use"} == set(Use.model_fields)
    about_location = TEXT[TEXT.index("| `location`") :].partition("\n")[0]
    assert set(Location.model_fields) - {"kind"} <= set(re.findall(r"`([a-z_]+)`", about_location))


def test_it_names_every_limit() -> None:
    parser = argparse.ArgumentParser()
    add_gates(parser)
    options = re.findall(r"--(?:max|min|no)-[a-z-]+", parser.format_help())
    assert [option for option in options if f"`{option}`" not in TEXT] == []
    shown = yaml.safe_load(next(text for text in SNIPPETS if "gates:" in text))["gates"]
    assert set(shown) <= set(Gates.model_fields)
    TypeAdapter(Gates).validate_python(shown)


def test_the_quotes_are_quotes() -> None:
    (text,) = (text for text in SNIPPETS if text.startswith("version: 1"))
    report = Report(Source.parse(text.encode(), "quotes.yml"))
    assert load_as(Quotes, report.source, report)
    assert report.findings == []


def test_the_shortest_section_is_one() -> None:
    TypeAdapter(Cost).validate_python(yaml.safe_load(SNIPPETS[0])["cost"])


def test_it_tells_the_precedence_of_prices_in_the_order_of_the_code() -> None:
    said = TEXT[TEXT.index("The first that there is") :].partition("**unknown**")[0]
    places = [said.index(word) for word in ("contract", "quote", "states", "list", "estimate")]
    assert places == sorted(places)
    assert [basis.value for basis in Basis][:5] == [
        "contract", "quote", "stated", "list", "estimate",
    ]  # fmt: skip


def test_the_functions_of_finance_give_what_is_shown() -> None:
    found = doctest.testfile(str(ROOT / "docs/cost.md"), module_relative=False)
    assert found.attempted > 0
    assert found.failed == 0


def test_it_writes_to_no_place_that_others_share() -> None:
    assert "/tmp" not in TEXT
