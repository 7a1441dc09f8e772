"""The command line: what it says where, and how it ends."""

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from freehold import __version__
from freehold.cli import main
from freehold.cli.main import COMMANDS
from freehold.source import Source
from freehold.spec.cluster import Cluster
from freehold.spec.schema import json_schema

CASES = Path(__file__).parent / "cases"
EXAMPLES = Path(__file__).parent.parent / "examples"
MISTAKEN = CASES / "cost-currency/cluster.yml"
VALID = MISTAKEN.read_text().replace("0.21 USD", "0.21 EUR")


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "cluster.yml"
    path.write_text(VALID)
    return path


def program(*words: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": ":".join(sys.path), **more.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "freehold", *words],
        env=environment, text=True, check=False, **more,
    )  # fmt: skip


def test_check_of_a_good_spec(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(spec)]) == 0
    assert capsys.readouterr() == ("", f"{spec}: no findings\n")


def test_a_directory_stands_for_its_spec(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(spec.parent)]) == 0
    assert capsys.readouterr().err == f"{spec}: no findings\n"


def test_check_of_a_mistaken_spec(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(MISTAKEN)]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("error[cost-currency]: ")
    assert err == f"{MISTAKEN}: 1 error\n"


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_check_for_programs(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(MISTAKEN), "--format", form]) == 1
    assert "cost-currency" in json.dumps(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_programs_get_a_document_without_findings_too(
    form: str, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(spec), "--format", form]) == 0
    assert json.loads(capsys.readouterr().out)


def test_a_warning_is_shown_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(CASES / "unencrypted-storage")]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("warning[unencrypted-storage]: ")
    assert err.endswith(": 1 warning\n")


def test_plan(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(spec)]) == 0
    out, err = capsys.readouterr()
    assert "assistant-0" in out
    assert "= KV cache" in out
    assert err == ""


def test_plan_for_programs(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(spec), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "mercy"


def test_a_plan_that_cannot_be_made_is_no_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(MISTAKEN)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "error[cost-currency]" in err
    assert err.endswith("1 error\n")


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "repeated-address"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Two hosts have one address.\n\nAnsible would")
    assert err == ""


def test_explain_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == sorted(lines)
    assert any(line.startswith("yaml-anchor ") for line in lines)


def test_explain_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "repeated-adress"]) == 2
    assert "use `repeated-address`" in capsys.readouterr().err


@pytest.mark.parametrize("kind", [[], ["gpus"], ["models"], ["engines"], ["systems"]])
def test_catalog(kind: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalog", *kind]) == 0
    known = {
        "gpus": "l40s-48gb ",
        "models": "Qwen/Qwen3-8B ",
        "engines": "vllm ",
        "systems": "debian-13 ",
    }
    out = capsys.readouterr().out
    assert [name for name in known if known[name] in out] == (kind or list(known))


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"freehold {__version__}\n"


@pytest.mark.parametrize(
    "words", [[], ["chek"], ["check"], ["check", "x", "--format", "xml"], ["--x"]]
)
def test_words_that_are_no_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: freehold")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"usage: freehold {command}")


@pytest.mark.parametrize("command", ["check", "plan"])
def test_a_spec_that_is_not_there(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "no\x1b[31mne.yml"
    assert main([command, str(missing)]) == 2
    shown = str(missing).replace("\x1b", "\\x1b")
    assert capsys.readouterr() == ("", f"freehold: {shown}: no such file or directory\n")


def test_a_directory_without_a_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path)]) == 2
    assert (
        capsys.readouterr().err == f"freehold: {tmp_path}/cluster.yml: no such file or directory\n"
    )


def test_a_spec_that_is_a_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cluster.yml").mkdir()
    assert main(["check", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"freehold: {tmp_path}/cluster.yml: is a directory\n"


def test_a_path_that_no_file_can_have(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "a" * 300]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "fault" not in err


def test_no_words_for_a_terminal_without_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "cluster.yml"
    path.write_text("名: x\n")
    done = program("check", path, capture_output=True, env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, "\\u540d" in done.stdout) == (1, True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
@pytest.mark.parametrize("words", [["check", str(MISTAKEN)], ["explain"], ["schema"], ["catalog"]])
def test_a_full_disk_is_one_line(words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = program(*words, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "freehold: no space left on device"
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_enough() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = program("schema", stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize(("spec", "status"), [(MISTAKEN, 1), ("nowhere.yml", 2)])
def test_closed_streams_change_no_status(closed: str, spec: str | Path, status: int) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m freehold check "$1" {closed}', sys.executable, str(spec)],
        env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (status, False)


class Failing(io.StringIO):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def writelines(self, _: Any) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt(), "freehold: interrupted\n"),
        (OSError(errno.EIO, "Input/output error", "x"), "freehold: x: input/output error\n"),
        (
            ValueError("odd\x1b"),
            "freehold: a fault of freehold itself, to be reported: "
            "ValueError at test_cli.py:{line}: odd\\x1b\n",
        ),
    ],
)  # fmt: skip
def test_whatever_happens_is_one_line(
    error: BaseException, said: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("sys.stdout", Failing(error))
    assert main(["explain"]) == 2
    line = Failing.writelines.__code__.co_firstlineno + 1
    assert capsys.readouterr().err == said.replace("{line}", str(line))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no such file or directory"),
        ({"quotes.yml": "elsewhere.yml"}, "`quotes.yml` is a symbolic link"),
        ({"quotes.yml": None}, "it is no plain file"),
    ],
    ids=["missing", "link", "directory"],
)
def test_a_named_file_lies_beside_the_spec(
    files: dict[str, str | None], said: str, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_text(VALID + "  quotes: quotes.yml\n")
    (spec.parent / "elsewhere.yml").write_text("version: 1\nquotes: []\n")
    for name, target in files.items():
        path = spec.parent / name
        path.symlink_to(target) if target else path.mkdir()
    assert main(["check", str(spec)]) == 1
    out = capsys.readouterr().out
    assert "error[file-not-beside]: " in out
    assert said in out


def test_a_directory_on_the_way_is_no_link_either(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_text(VALID + "  quotes: vendors/quotes.yml\n")
    (spec.parent / "true").mkdir()
    (spec.parent / "true/quotes.yml").write_text("version: 1\nquotes: []\n")
    (spec.parent / "vendors").symlink_to("true")
    assert main(["check", str(spec)]) == 1
    assert "`vendors` is a symbolic link" in capsys.readouterr().out


def test_quotes_are_read(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(VALID + "  quotes: quotes.yml\n")
    quotes = spec.parent / "quotes.yml"
    quotes.write_text(
        "version: 1\nrates: {USD: 0.92 EUR}\nquotes: [{item: gpu.l40s-48gb, price: 7 USD}]\n"
    )
    assert main(["check", str(spec)]) == 0
    quotes.write_text(quotes.read_text().replace("0.92 EUR", "0.92 CHF"))
    assert main(["check", str(spec)]) == 1
    assert f"--> {quotes}:2:" in capsys.readouterr().out


def test_the_schema_is_a_schema() -> None:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    assert "$id" not in schema
    assert schema["properties"].keys() == Cluster.model_fields.keys()
    assert "shape" not in json.dumps(schema)


def test_the_schema_takes_every_valid_spec() -> None:
    validator = Draft202012Validator(json_schema())
    examples = [path.read_text() for path in sorted(EXAMPLES.glob("*/cluster.yml"))]
    named = VALID.replace("[ehr, research]", "{ehr: {requests: 60/min}, research: {}}")
    with_engine = VALID.replace("bf16", "bf16\n    engine: vllm")
    pinned = VALID.replace("bf16", "bf16\n    engine: {name: vllm, arguments: {--seed: 1}}")
    for text in (VALID, named, with_engine, pinned, *examples):
        assert [e.message for e in validator.iter_errors(data(text))] == []


@pytest.mark.parametrize(
    "rule",
    [
        "unknown-key",
        "missing-key",
        "wrong-type",
        "bad-unit",
        "not-a-choice",
        "out-of-range",
        "bad-name",
    ],
)
def test_the_schema_refuses_what_check_refuses(rule: str) -> None:
    validator = Draft202012Validator(json_schema())
    assert list(validator.iter_errors(data((CASES / rule / "cluster.yml").read_text())))


def data(text: str) -> Any:
    return Source.parse(text.encode(), "cluster.yml").data()


def test_check_imports_no_more_than_it_needs(spec: Path) -> None:
    code = (
        "import sys; from freehold.cli import main; status = main(['check', sys.argv[1]]);"
        "print(status, *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(spec)],
        env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    status, *modules = done.stdout.split()
    assert status == "0"
    assert not {"ansible", "jinja2", "asyncio", "requests"} & set(modules)
