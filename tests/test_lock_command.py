"""`freehold lock`: what it writes, leaves, and says."""

import shutil
from pathlib import Path

import pytest

import oci
from freehold.cli import main
from freehold.lock.file import archive_of, beside
from locks import NOWHERE, put

EXAMPLE = Path(__file__).parents[1] / "examples/minimal"
LLAMA = "ghcr.io/ggml-org/llama.cpp:server-b11669"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """The smallest example, with an image and weights beside it."""
    for name in ("cluster.yml", "catalog.yml"):
        shutil.copy(EXAMPLE / name, tmp_path / name)
    oci.archive(tmp_path / "artifacts" / archive_of(LLAMA))
    put(tmp_path / "artifacts/models/tiny", {"tiny.gguf": "weights"})
    return tmp_path / "cluster.yml"


def test_lock_writes_and_then_leaves_the_file(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lock", str(spec)]) == 0
    assert [line.split(": ")[0] for line in capsys.readouterr().out.splitlines()] == [
        f"added image {LLAMA}",
        "added model tiny",
    ]
    before = beside(spec).stat()
    assert main(["lock", str(spec.parent)]) == 0
    assert capsys.readouterr() == ("", "")
    assert beside(spec).stat() == before
    assert main(["check", str(spec)]) == 0


def test_lock_updates_what_is_named(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lock", str(spec)]) == 0
    put(spec.parent / "artifacts/models/tiny", {"tiny.gguf": "changed"})
    oci.archive(spec.parent / "artifacts" / archive_of(LLAMA), "changed")
    capsys.readouterr()
    assert main(["lock", str(spec), "--update", "tiny"]) == 0
    assert capsys.readouterr().out == "changed model tiny: 1 file, revision unknown\n"
    assert main(["lock", str(spec), "--update"]) == 0
    assert capsys.readouterr().out.startswith(f"changed image {LLAMA}: sha256:")


def test_lock_takes_bytes_from_elsewhere(spec: Path, tmp_path: Path) -> None:
    artifacts = spec.parent / "artifacts"
    artifacts.rename(tmp_path / "elsewhere")
    image = f"{LLAMA}={tmp_path / 'elsewhere' / archive_of(LLAMA)}"
    weights = f"tiny={tmp_path / 'elsewhere/models/tiny'}"
    assert main(["lock", str(spec), "--image", image, "--weights", weights]) == 0
    assert main(["lock", str(spec), "--artifacts", str(tmp_path / "elsewhere"), "--update"]) == 0


def test_lock_leaves_the_old_file_when_it_fails(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lock", str(spec)]) == 0
    before = beside(spec).read_bytes()
    put(spec.parent / "artifacts/models/tiny", {"tiny.py": "code"})
    assert main(["lock", str(spec), "--update"]) == 1
    assert "error[weights-code]: `tiny.py` of `tiny` is code" in capsys.readouterr().err
    shutil.rmtree(spec.parent / "artifacts/models")
    assert main(["lock", str(spec), "--update", "--hub", NOWHERE]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert said.err.startswith(f"freehold: {NOWHERE}/api/models/freehold/tiny-random-llama/")
    assert beside(spec).read_bytes() == before


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--update", "nope"], "freehold: --update: the spec has no `nope`; it has "),
        (["--image", "nope=x.tar"], "freehold: --image: the spec has no `nope`; it has "),
        (["--weights", "nope=x"], "freehold: --weights: the spec has no `nope`; it has tiny"),
        (["--weights", "nope"], "`nope` is not written like NAME=PATH"),
        (["--weights", "tiny=/nowhere"], "freehold: /nowhere: not a directory"),
        (["--hub", "http://hub.test"], "freehold: `http://hub.test` is not HTTPS"),
    ],
)
def test_lock_cannot(
    words: list[str], reason: str, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lock", str(spec), *words]) == 2
    assert reason in capsys.readouterr().err
    assert not beside(spec).exists()


def test_a_malformed_lock_is_not_written_over_in_silence(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    beside(spec).write_text("version: 1\nimages: {}\n")
    assert main(["lock", str(spec)]) == 1
    assert "error[missing-key]" in capsys.readouterr().err
    assert beside(spec).read_text() == "version: 1\nimages: {}\n"
    assert main(["lock", str(spec), "--update"]) == 0
    assert main(["check", str(spec)]) == 0
