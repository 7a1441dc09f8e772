"""`freehold bom`: the bill in each format, on stdout or in a file, held to its limits."""

import csv
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from jsonschema import Draft202012Validator

from cost.examples import EXAMPLES, example
from freehold.atomic import replace
from freehold.cli import main
from freehold.cost.export.as_csv import lines
from freehold.cost.export.as_json import encode
from freehold.lock.file import beside
from freehold.lock.write import write
from plans import locked

Capture = pytest.CaptureFixture[str]
CLINIC = str(EXAMPLES / "clinic")
RESULT = example("clinic")[2]


def test_what_people_get(capsys: Capture) -> None:
    assert main(["bom", CLINIC]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("clinic: bill of materials in EUR")
    for line in RESULT.lines:
        assert f"{line.need.item.id} " in out
    assert "unknown" in out
    assert "lines without a price" in out
    assert "% of the capital cost is quoted" in out
    assert "price book of " in out
    assert main(["bom", CLINIC]) == 0
    assert capsys.readouterr().out == out


def test_what_programs_get(capsys: Capture) -> None:
    assert main(["bom", CLINIC, "--format", "json"]) == 0
    out = capsys.readouterr().out
    assert out.encode() == encode(RESULT)
    assert main(["schema", "--of", "cost"]) == 0
    schema: Any = json.loads(capsys.readouterr().out)
    Draft202012Validator(schema).validate(json.loads(out))


def test_the_other_formats(capsys: Capture) -> None:
    assert main(["bom", CLINIC, "--format", "csv"]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out, newline="")))
    assert rows == list(csv.reader(io.StringIO(lines(RESULT).decode(), newline="")))
    assert main(["bom", CLINIC, "--format", "markdown"]) == 0
    assert capsys.readouterr().out.startswith("### clinic: what it costs")
    assert main(["bom", CLINIC, "--format", "cyclonedx"]) == 0
    assert json.loads(capsys.readouterr().out)["bomFormat"] == "CycloneDX"


def test_csv_ends_its_lines_as_the_standard_says(capsysbinary: Any) -> None:
    assert main(["bom", CLINIC, "--format", "csv"]) == 0
    assert capsysbinary.readouterr().out == lines(RESULT)


def test_a_workbook_to_a_pipe_and_to_a_file(capsysbinary: Any, tmp_path: Path) -> None:
    assert main(["bom", CLINIC, "--format", "xlsx"]) == 0
    piped = capsysbinary.readouterr().out
    path = tmp_path / "bom.xlsx"
    assert main(["bom", CLINIC, "--format", "xlsx", "-o", str(path)]) == 0
    out, err = capsysbinary.readouterr()
    assert out == b""
    assert err.decode() == f"{path}: written\n"
    assert path.read_bytes() == piped
    assert openpyxl.load_workbook(path)["Summary"]["A1"].value.startswith("clinic: ")


def test_no_terminal_gets_a_workbook(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert main(["bom", CLINIC, "--format", "xlsx"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "a terminal cannot show xlsx" in err
    assert main(["bom", CLINIC]) == 0


def test_a_file_is_replaced_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bom.json"
    path.write_text("old")
    assert main(["bom", CLINIC, "--format", "json", "-o", str(path)]) == 0
    assert path.read_bytes() == encode(RESULT)
    assert [one.name for one in tmp_path.iterdir()] == ["bom.json"]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("kind", ["directory", "link", "pipe", "nowhere"])
def test_what_is_no_file_is_refused(kind: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "out"
    target = tmp_path / "target"
    target.write_text("theirs")
    if kind == "directory":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(target)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path /= "bom.json"
    assert main(["bom", CLINIC, "-o", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    said = {"directory": "is a directory", "link": "is a symbolic link", "pipe": "is no plain file",
            "nowhere": "is no directory"}  # fmt: skip
    assert err.splitlines()[0] in {f"freehold: {path}: {said[kind]}",
                                   f"freehold: {path.parent}: {said[kind]}"}  # fmt: skip
    assert target.read_text() == "theirs"


def test_a_broken_limit_is_said_after_the_bill(capsys: Capture) -> None:
    assert main(["bom", CLINIC, "--max-capex", "1000.00"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("clinic: bill of materials")
    assert "error[cost-gate]: capital cost is at least" in err
    assert "gpu/gpu.l40s-48gb" in err


def test_a_spec_with_mistakes_or_without_money(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "cluster.yml"
    spec = (EXAMPLES / "workstation/cluster.yml").read_text()
    path.write_text(spec.replace("isolation:", "isolatoin:"))
    assert main(["bom", str(path)]) == 1
    assert "isolatoin" in capsys.readouterr().err
    path.write_text(spec.split("\ncost:")[0] + "\n")
    assert main(["bom", str(path)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "the spec says nothing about money" in err


def test_a_lock_beside_the_spec_gives_digests(tmp_path: Path, capsys: Capture) -> None:
    shutil.copytree(EXAMPLES / "clinic", tmp_path, dirs_exist_ok=True)
    plan = example("clinic")[0]
    lock = locked(plan)
    write(lock, beside(tmp_path / "cluster.yml"))
    words = ["bom", str(tmp_path), "--format", "cyclonedx"]
    assert main(words) == 0
    assert "b" * 64 in capsys.readouterr().out
    write(lock.model_copy(update={"images": {}}), beside(tmp_path / "cluster.yml"))
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["bomFormat"] == "CycloneDX"
    assert "error[lock-stale]" in err


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        replace(tmp_path / "taken", b"content")
    assert [one.name for one in tmp_path.iterdir()] == ["taken"]
