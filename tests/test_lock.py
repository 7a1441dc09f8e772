"""What a lock file holds, and whether it fits its spec."""

import subprocess
import sys
from pathlib import Path

import pytest

import locks
import oci
from freehold.diagnostics import RULES
from freehold.lock import write
from freehold.lock.check import check
from freehold.lock.file import EMPTY, Directory, File, Hub, Lock, archive_of, beside, read
from freehold.lock.progress import Progress
from freehold.lock.wanted import Wanted
from freehold.report import Report
from freehold.source import Source
from locks import REFERENCE, WANTED, lock_anew, put, said, wanting


@pytest.fixture
def report() -> Report:
    return Report(Source.parse(locks.SPEC, "cluster.yml"))


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    oci.archive(tmp_path / archive_of(REFERENCE))
    put(tmp_path / "models/tiny", {"model.safetensors": "weights", "config.json": "{}"})
    return tmp_path


def test_lies_beside_its_spec() -> None:
    assert beside(Path("sites/cluster.yml")) == Path("sites/cluster.lock.yml")


def test_reads_back_what_was_written(artifacts: Path, report: Report) -> None:
    lock = lock_anew(artifacts, report)
    content = write.text(lock)
    assert read(Source.parse(content, "cluster.lock.yml"), report) == lock
    assert said(report) == []
    assert write.text(lock) == content


@pytest.mark.parametrize("digits", ["1" * 40, "1" * 36 + "e444", "0" * 40, "1" * 37 + "e-1"])
def test_text_that_looks_like_a_number_stays_text(digits: str, report: Report) -> None:
    name = f"{digits}.json"
    files = {name: File(sha256="0" * 64, size=1), "1e4": File(sha256="1" * 60 + "e444", size=1)}
    revision = digits.replace("-", "0")
    model = Directory(origin="directory", source="1/2", revision=revision, files=files)
    lock = Lock(version=1, images={}, models={"tiny": model})
    assert read(Source.parse(write.text(lock), "cluster.lock.yml"), report) == lock


def test_the_order_of_finding_does_not_show(artifacts: Path, report: Report) -> None:
    lock = lock_anew(artifacts, report)
    tiny = lock.models["tiny"]
    other = tiny.model_copy(update={"files": dict(reversed(tiny.files.items()))})
    assert write.text(lock.model_copy(update={"models": {"tiny": other}})) == write.text(lock)


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("digest: sha256:", "digest: sha512:", "bad-name"),
        ("digest: sha256:", "digest: latest", "bad-name"),
        ("size: 7", "size: seven", "wrong-type"),
        ("size: 7", "size: -7", "out-of-range"),
        ("version: 1", "version: 2", "not-a-choice"),
        ("origin: directory", "origin: torrent", "bad-value"),
        ("source: test/tiny", "source: test/tiny\n    trust: true", "unknown-key"),
        ("model.safetensors:", "../../etc/shadow:", "bad-name"),
        ("archive: images/registry.test", "archive: /etc/shadow", "bad-value"),
    ],
)
def test_malformed(before: str, after: str, rule: str, artifacts: Path, report: Report) -> None:
    text = write.text(lock_anew(artifacts, report)).decode()
    assert text.count(before) == 1
    source = Source.parse(text.replace(before, after).encode(), "cluster.lock.yml")
    assert read(source, report) is None
    assert {(found.rule, found.file) for found in report.findings} == {(rule, "cluster.lock.yml")}
    assert all(found.span and found.span.line > 2 for found in report.findings)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "cluster.lock.yml"
    path.write_text("old")
    script = (
        "import resource, sys, signal; from pathlib import Path\n"
        "sys.dont_write_bytecode = True  # under the limit it would be cut short\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))\n"
        "from freehold.lock import file, write; write.write(file.EMPTY, Path(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    assert "File too large" in done.stderr
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"cluster.lock.yml": "old"}


def checked(lock: Lock, wanted: Wanted) -> Report:
    report = Report(Source.parse(locks.SPEC, "cluster.yml"))
    content = write.text(lock)
    source = Source.parse(content, "cluster.lock.yml")
    check(lock, source, wanted, report)
    assert {found.rule for found in report.findings} <= RULES.keys()
    return report


def test_a_fitting_lock_is_clean(artifacts: Path, report: Report) -> None:
    assert said(checked(lock_anew(artifacts, report), WANTED)) == []


def test_an_empty_lock_is_stale() -> None:
    report = checked(EMPTY, WANTED)
    assert said(report) == [
        ("lock-stale", f"the lock file has no digest of `{REFERENCE}`"),
        ("lock-stale", "the lock file has no files of `tiny`"),
    ]
    assert not report.is_clean


def test_another_source_or_file_is_stale(artifacts: Path, report: Report) -> None:
    lock = lock_anew(artifacts, report)
    assert said(checked(lock, wanting(source="test/other"))) == [
        ("lock-stale", "the lock file has `test/tiny` as `tiny`")
    ]
    assert said(checked(lock, wanting(file="q4.gguf"))) == [
        ("lock-stale", "the lock file has other files of `tiny`")
    ]


def test_a_directory_of_unknown_revision_is_pinned_by_its_files(
    artifacts: Path, report: Report
) -> None:
    lock = lock_anew(artifacts, report, wanting(revision="a" * 40))
    assert lock.models["tiny"].revision is None
    assert said(checked(lock, wanting(revision="a" * 40))) == []


def test_another_revision_contradicts(artifacts: Path, report: Report) -> None:
    lock = lock_anew(artifacts, report)
    files = lock.models["tiny"].files
    hub = Hub(
        origin="hub", source="test/tiny", revision="a" * 40, url="https://hub.test", files=files
    )
    lock = lock.model_copy(update={"models": {"tiny": hub}})
    assert said(checked(lock, wanting(revision="a" * 40))) == []
    assert said(checked(lock, wanting())) == []
    [found] = checked(lock, wanting(revision="b" * 40)).findings
    assert (found.rule, found.message) == (
        "lock-contradicted",
        f"the lock file has revision `{'a' * 40}`",
    )
    assert found.span
    assert found.span.line == 4


def test_what_nobody_needs_is_a_warning(artifacts: Path, report: Report) -> None:
    found = checked(lock_anew(artifacts, report), Wanted({}, {}))
    assert said(found) == [
        ("lock-unused", f"the spec does not name `{REFERENCE}`"),
        ("lock-unused", "the spec does not name `tiny`"),
    ]
    assert found.is_clean
    assert {one.file for one in found.findings} == {"cluster.lock.yml"}


def test_a_dangerous_file_written_in_by_hand_is_found(artifacts: Path, report: Report) -> None:
    lock = lock_anew(artifacts, report)
    tiny = lock.models["tiny"]
    files = {**tiny.files, "model.pt": File(sha256="0" * 64, size=1)}
    lock = lock.model_copy(update={"models": {"tiny": tiny.model_copy(update={"files": files})}})
    assert ("weights-format", "`model.pt` of `tiny` is a pickle, which runs code") in said(
        checked(lock, WANTED)
    )


def test_progress_is_for_terminals(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    progress.start("x", 2)
    progress.advance(1)
    progress.clear()
    assert capsys.readouterr() == ("", "")
