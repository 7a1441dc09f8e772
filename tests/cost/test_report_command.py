"""`freehold report` as a user meets it."""

import os
import re
from pathlib import Path

import pytest

from cost import markup
from freehold.cli import main
from tree import tree

EXAMPLES = Path(__file__).parents[2] / "examples"
CASES = Path(__file__).parents[1] / "cases"
Capture = pytest.CaptureFixture[str]


def test_a_page_of_an_example(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "page.html"
    assert main(["report", str(EXAMPLES / "clinic"), "-o", str(path)]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{path}: It fits" in err
    assert err.endswith("; owning is known to be cheaper than none of 3 alternatives\n")
    assert path.stat().st_mode & 0o777 == 0o644
    assert sorted(tree(tmp_path)) == ["page.html"]
    first = path.read_bytes()
    assert main(["report", str(EXAMPLES / "clinic"), "-o", str(path)]) == 0
    assert path.read_bytes() == first
    found = markup.read(first)
    assert next(found.every("h1")).text == "clinic: fit, cost and network"
    # The purposes' cash is the cash of the years, to the cent.
    head, *rows, sums = markup.table(found, "Cash paid")
    for column in range(1, len(head)):
        paid = sum(cents(row[column]) for row in rows)
        assert paid == cents(sums[column])


def cents(amount: str) -> int:
    return int(amount.replace(",", "").replace(".", ""))


def test_it_lies_beside_the_spec(tmp_path: Path, capsys: Capture) -> None:
    for file in (EXAMPLES / "minimal").glob("*.yml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert main(["report", str(tmp_path)]) == 0
    assert capsys.readouterr().err.endswith("report.html: It fits\n")
    text = next(markup.read((tmp_path / "report.html").read_bytes()).every("main")).text
    assert "Nothing is priced: the spec has no cost section." in text


@pytest.mark.parametrize("case", ["does-not-fit", "unknown-key"])
def test_a_page_says_what_is_wrong(case: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "page.html"
    assert main(["report", str(CASES / case), "-o", str(path)]) == 1
    err = capsys.readouterr().err
    assert "error[" in err
    assert "It cannot be built as it is: " in err
    found = markup.read(path.read_bytes())
    assert "Remedy: " in next(found.every("main")).text


def test_limits_that_are_broken(tmp_path: Path, capsys: Capture) -> None:
    for file in (EXAMPLES / "clinic").glob("*.yml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    spec = tmp_path / "cluster.yml"
    spec.write_text(re.sub("(?m)^  gates: .*$", "  gates: {tco: 1 EUR}", spec.read_text()))
    assert main(["report", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert ", but fails 1 limit that you set; " in said
    assert "error[cost-gate]: the cost of owning is at least" in said
    assert "look at line " in said
    assert b"cost-gate" not in (tmp_path / "report.html").read_bytes()


def test_an_option_is_a_limit_too(tmp_path: Path, capsys: Capture) -> None:
    words = ["report", str(EXAMPLES / "clinic"), "-o", str(tmp_path / "page.html")]
    assert main([*words, "--max-tco", "1"]) == 1
    said = capsys.readouterr().err
    assert "error[cost-gate]: the cost of owning is at least" in said
    assert ", but fails 1 limit that you set; " in said
    text = next(markup.read((tmp_path / "page.html").read_bytes()).every("main")).text
    assert "over the limit of 1 EUR" in text


def test_a_limit_needs_a_cost_section(tmp_path: Path, capsys: Capture) -> None:
    words = ["report", str(EXAMPLES / "minimal"), "-o", str(tmp_path / "page.html")]
    assert main([*words, "--no-unknown"]) == 1
    assert "error[" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["directory", "link", "pipe", "spec"])
@pytest.mark.parametrize("words", [["report"], ["bom", "--format", "json"]])
def test_nothing_but_a_file_is_replaced(
    tmp_path: Path, capsys: Capture, kind: str, words: list[str]
) -> None:
    for file in (EXAMPLES / "workstation").glob("*.yml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / ("cluster.yml" if kind == "spec" else "page.html")
    if kind == "directory":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(tmp_path / "quotes.yml")
    elif kind == "pipe":
        os.mkfifo(path)
    before = path.lstat()
    assert main([*words, str(tmp_path), "-o", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"freehold: {path}: is ")
    assert "  = help: name " in err
    assert (path.lstat().st_ino, path.lstat().st_mode) == (before.st_ino, before.st_mode)


def test_a_page_that_cannot_be_written(tmp_path: Path, capsys: Capture) -> None:
    words = ["report", str(EXAMPLES / "minimal"), "-o", str(tmp_path / "missing/page.html")]
    assert main(words) == 2
    assert f"freehold: {tmp_path}/missing: is no directory\n" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_failure_leaves_the_old_page(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")
    tmp_path.chmod(0o500)
    assert main(["report", str(EXAMPLES / "minimal"), "-o", str(path)]) == 2
    tmp_path.chmod(0o700)
    assert path.read_text() == "old"
