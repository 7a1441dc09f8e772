"""A site holds the bill of its plan: listed, compared, replaced and removed as its other files."""

import json
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

import plans
from cost import made
from freehold.catalog.load import builtin
from freehold.cli import main
from freehold.cost.export import as_csv, as_json, as_markdown, cyclonedx
from freehold.cost.export.cyclonedx import Inventory
from freehold.cost.types import Total
from freehold.render import bom
from freehold.render.site import render
from freehold.render.write import compare, write

EXAMPLES = Path(__file__).parents[2] / "examples"
BILL = Inventory(made.RESULT, plans.clinic(), builtin(), None)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clinic") / "site"
    assert write(folder, render(plans.clinic(), None, BILL)).findings == ()
    return folder


def test_it_is_what_the_exporters_write(site: Path) -> None:
    assert (site / "bom/cost.json").read_bytes() == as_json.encode(made.RESULT)
    assert (site / "bom/bom.csv").read_bytes() == as_csv.lines(made.RESULT)
    assert (site / "bom/cashflows.csv").read_bytes() == as_csv.cashflows(made.RESULT)
    assert (site / "bom/tco.md").read_bytes() == as_markdown.encode(made.RESULT)
    assert (site / "bom/cyclonedx.json").read_bytes() == cyclonedx.encode(BILL)


def test_the_manifest_lists_it(site: Path) -> None:
    listed = json.loads((site / "manifest.json").read_text())["files"]
    inside = {path for path in listed if path.startswith("bom/")}
    assert inside == {file.path for file in bom.files(BILL)}
    assert inside == {f"bom/{path.name}" for path in (site / "bom").iterdir()}
    assert not any("host" in listed[path] for path in inside)


def test_the_same_cost_gives_the_same_bytes(site: Path) -> None:
    assert compare(site, render(plans.clinic(), None, BILL)).changed == ()


def test_another_price_changes_the_bill_and_what_the_readme_says_of_it(site: Path) -> None:
    dearer = replace(made.RESULT, capex=Total(Decimal("80000.00"), 1))
    changed = set(compare(site, render(plans.clinic(), None, replace(BILL, result=dearer))).changed)
    assert {"README.md", "bom/cost.json", "manifest.json"} <= changed
    assert all(path.startswith("bom/") for path in changed - {"README.md", "manifest.json"})


def test_a_bill_edited_by_hand_is_not_replaced(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write(site, render(plans.clinic(), None, BILL))
    (site / "bom/bom.csv").write_text("cheaper\n")
    assert write(site, render(plans.clinic(), None, BILL)).findings
    assert (site / "bom/bom.csv").read_text() == "cheaper\n"


def test_without_a_cost_section_an_old_bill_is_removed(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write(site, render(plans.clinic(), None, BILL))
    outcome = write(site, render(plans.clinic(), None))
    assert {path for path in outcome.changed if path.startswith("bom/")} == {
        file.path for file in bom.files(BILL)
    }
    assert not (site / "bom").exists()
    assert "What it costs" not in (site / "README.md").read_text()


def test_the_readme_says_what_it_costs(site: Path) -> None:
    text = (site / "README.md").read_text()
    assert "| to buy | at least 76,161.20 EUR, 1 line without a price |" in text
    assert "| to own for 24 months | at least 76,149.30 EUR, 1 line without a price |" in text
    for file in bom.files(BILL):
        assert f"`{file.path.removeprefix('bom/')}`" in text


@pytest.mark.parametrize("name", ["workstation", "clinic", "bank"])
def test_render_writes_it(name: str, tmp_path: Path) -> None:
    words = ["render", str(EXAMPLES / name), "--unlocked", "-o", str(tmp_path / "site")]
    assert main(words) == 0
    found = json.loads((tmp_path / "site/bom/cost.json").read_text())
    assert found["cluster"] == name
    assert main([*words, "--check"]) == 0


def test_render_warns_of_a_broken_limit_and_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(EXAMPLES / "clinic", tmp_path, dirs_exist_ok=True)
    spec = tmp_path / "cluster.yml"
    spec.write_text(spec.read_text().replace("gates: {unknown: true}", "gates: {tco: 1.00 EUR}"))
    assert main(["render", str(tmp_path), "--unlocked", "-o", str(tmp_path / "new")]) == 0
    said = capsys.readouterr().err
    assert "warning[cost-gate]: the cost of owning is at least" in said
    assert "\n1 warning\n" in said
    found = json.loads((tmp_path / "new/bom/cost.json").read_text())
    assert [breach["gate"] for breach in found["breaches"]] == ["tco"]


def test_render_writes_none_without_a_cost_section(tmp_path: Path) -> None:
    words = ["render", str(EXAMPLES / "minimal"), "--unlocked", "-o", str(tmp_path / "site")]
    assert main(words) == 0
    assert not (tmp_path / "site/bom").exists()
