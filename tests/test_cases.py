"""Each folder of `cases/` is a spec with one mistake, and the text that a user then sees."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import freehold
from freehold.cli import main
from freehold.cli.explain import all_rules

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(path for path in CASES.iterdir() if path.is_dir())
WITHOUT_A_FOLDER = {
    "contradictory-pins": "of `freehold size`, which has no spec; see test_size.py",
    "bad-value": "for what pydantic may find in years to come; see test_load.py",
    "speed-unknown": "only advise says it, of a card; see test_advise.py",
    "file-too-large": "1 MiB in every clone; see test_source.py",
}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_case(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(folder)
    status = main(["check", "cluster.yml"])
    shown = capsys.readouterr().out
    if request.config.getoption("--regenerate"):
        (folder / "expected.txt").write_text(shown)
    expected = folder / "expected.txt"
    assert expected.exists(), "reviewed text is missing: pytest --regenerate writes it"
    assert shown == expected.read_text()
    assert f"[{folder.name}]: " in shown
    assert status == (1 if "error[" in shown else 0)


def test_every_rule_of_check_has_a_case() -> None:
    root = Path(freehold.__file__).parent
    folders = [root / "catalog", root / "plan", root / "rules", root / "spec"]
    files = [root / "beside.py", root / "source.py", *(f for d in folders for f in d.glob("*.py"))]
    named = re.compile(
        r'rule_text\(\s*"([a-z0-9-]+)"|^@(?:quote_)?rule\ndef ([a-z0-9_]+)', re.MULTILINE
    )
    rules = {
        one or other.replace("_", "-")
        for file in files
        for one, other in named.findall(file.read_text())
    }
    assert rules <= all_rules().keys()
    cases = {folder.name for folder in FOLDERS}
    assert sorted(rules - cases - WITHOUT_A_FOLDER.keys()) == []


def test_explain_knows_the_rules_of_every_module() -> None:
    program = """
        import importlib, pathlib, sys, freehold
        from freehold.cli.explain import all_rules
        from freehold.diagnostics import RULES
        explained = set(all_rules())
        root = pathlib.Path(freehold.__file__).parent
        for path in sorted(root.rglob("*.py")):
            text = path.read_text()
            if "rule_text(" in text and "templates" not in path.parts:
                name = ".".join(path.relative_to(root.parent).with_suffix("").parts)
                importlib.import_module(name)
        print(*sorted(set(RULES) - explained))
    """
    lines = "\n".join(line[8:] for line in program.splitlines())
    done = subprocess.run(
        [sys.executable, "-c", lines],
        env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == []
