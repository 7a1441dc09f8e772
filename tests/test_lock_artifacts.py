"""Locking what lies on this machine: OCI archives and directories of weights."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import locks
import oci
from freehold.lock.errors import CannotLockError
from freehold.lock.file import Directory, File, Image, archive_of
from freehold.lock.resolve import changes, resolve
from freehold.lock.wanted import Wanted
from freehold.report import Report
from freehold.source import Source
from locks import REFERENCE, WANTED, lock_anew, places, put, said, wanting


@pytest.fixture
def report() -> Report:
    return Report(Source.parse(locks.SPEC, "cluster.yml"))


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    oci.archive(tmp_path / archive_of(REFERENCE))
    put(tmp_path / "models/tiny", {"model.safetensors": "weights", "config.json": "{}"})
    return tmp_path


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_locks_the_digest_of_the_manifest(artifacts: Path, report: Report) -> None:
    layout = oci.Layout()
    digest = layout.image("hello")
    size = sum(len(blob) for name, blob in layout.blobs.items() if name != digest)
    assert lock_anew(artifacts, report).images == {
        REFERENCE: Image(
            digest=digest,
            platform="linux/amd64",
            size=size,
            archive="images/registry.test_engines_llama_b1.tar",
        )
    }


def test_an_index_gives_the_manifest_of_our_platform(tmp_path: Path, report: Report) -> None:
    layout = oci.Layout()
    layout.image("other", "arm64")
    digest = layout.image("ours")
    layout.index()
    layout.write(tmp_path / archive_of(REFERENCE))
    lock = lock_anew(tmp_path, report, Wanted({REFERENCE: "tiny"}, {}))
    assert lock.images[REFERENCE].digest == digest


def _flip(path: Path, near: bytes) -> None:
    content = bytearray(path.read_bytes())
    content[content.index(near)] ^= 1
    path.write_bytes(content)


def _cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"hello")])


def _docker_archive(path: Path) -> None:
    path.write_bytes(oci.tar({"manifest.json": b"[]", "repositories": b"{}"}))


def _without(path: Path, blob: Callable[[str], bool]) -> None:
    layout = oci.Layout()
    layout.image("hello")
    files = {name: c for name, c in layout.files().items() if not blob(name)}
    path.write_bytes(oci.tar(files))


def _other_platform(path: Path) -> None:
    layout = oci.Layout()
    layout.image("hello", "arm64")
    layout.write(path)


def _several(path: Path) -> None:
    layout = oci.Layout()
    layout.image("one")
    layout.image("two")
    layout.write(path)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda p: _flip(p, b"hello"), "are not what it says"),
        (lambda p: _flip(p, b"diff_ids"), "are not what it says"),
        (lambda p: _flip(p, b'"config"'), "are not what it says"),
        (_cut, "no complete tar file"),
        (lambda p: p.write_bytes(b"\x1f\x8b" + bytes(600)), "no complete tar file"),
        (_docker_archive, "it is a docker-archive"),
        (lambda p: _without(p, lambda name: name == "index.json"), "has no `index.json`"),
        (lambda p: _without(p, lambda name: len(name) > 60), "lacks the blob"),
        (_other_platform, "it is for `linux/arm64`, hosts are `linux/amd64`"),
        (_several, "2 of its 2 images are for `linux/amd64`"),
    ],
)
def test_refuses_an_archive(
    spoil: Callable[[Path], object], reason: str, artifacts: Path, report: Report
) -> None:
    spoil(artifacts / archive_of(REFERENCE))
    assert REFERENCE not in lock_anew(artifacts, report).images
    [(rule, message)] = said(report)
    assert rule == "image-archive"
    assert reason in message


def test_locks_a_directory(artifacts: Path, report: Report) -> None:
    put(artifacts / "models/tiny", {"README.md": "words", ".cache/x.json": "{}", "a/b.txt": "b"})
    assert lock_anew(artifacts, report).models == {
        "tiny": Directory(
            origin="directory",
            source="test/tiny",
            revision=None,
            files={
                "a/b.txt": File(sha256=sha256("b"), size=1),
                "config.json": File(sha256=sha256("{}"), size=2),
                "model.safetensors": File(sha256=sha256("weights"), size=7),
            },
        )
    }


def test_a_download_says_which_commit_it_is(artifacts: Path, report: Report) -> None:
    records = artifacts / "models/tiny/.cache/huggingface/download"
    put(records, {"config.json.metadata": "a" * 40 + "\netag\n1.5\n"})
    assert lock_anew(artifacts, report).models["tiny"].revision == "a" * 40
    put(records, {"model.safetensors.metadata": "b" * 40 + "\netag\n1.5\n"})
    assert lock_anew(artifacts, report).models["tiny"].revision is None


def test_a_named_file_is_all_that_is_locked(artifacts: Path, report: Report) -> None:
    put(artifacts / "models/tiny", {"q8.gguf": "8", "q4.gguf": "4"})
    lock = lock_anew(artifacts, report, wanting(file="q4.gguf"))
    assert lock.models["tiny"].files.keys() == {"q4.gguf"}


def test_a_named_part_stands_for_all_parts(artifacts: Path, report: Report) -> None:
    parts = [f"q8-0000{n}-of-00002.gguf" for n in (1, 2)]
    put(artifacts / "models/tiny", dict.fromkeys([*parts, "q8-00001-of-00003.gguf"], "x"))
    lock = lock_anew(artifacts, report, wanting(file=parts[0]))
    assert sorted(lock.models["tiny"].files) == parts


@pytest.mark.parametrize(
    ("contents", "rule", "reason"),
    [
        ({"pytorch_model.bin": ""}, "weights-format", "`pytorch_model.bin` of `tiny` is a pickle"),
        ({"old/model.PTH": ""}, "weights-format", "`old/model.PTH` of `tiny` is a pickle"),
        ({"modeling_tiny.py": ""}, "weights-code", "`modeling_tiny.py` of `tiny` is code"),
        ({"config.json": '{"auto_map": {}}'}, "weights-code", "has `auto_map`"),
        ({"config.json": '{"text": [{"auto_map": 1}]}'}, "weights-code", "has `auto_map`"),
        ({"tokenizer_config.json": '{"auto_map": 1}'}, "weights-code", "has `auto_map`"),
        ({"config.json": "[" * 100_000}, "weights-format", "`config.json` of `tiny` is not JSON"),
        ({"a b.txt": ""}, "weights-format", "'a b.txt' of `tiny` is no portable file name"),
        ({"a\nb.txt": ""}, "weights-format", "'a\\nb.txt' of `tiny` is no portable file name"),
    ],
)  # fmt: skip
def test_refuses_a_directory(
    contents: Mapping[str, str], rule: str, reason: str, artifacts: Path, report: Report
) -> None:
    put(artifacts / "models/tiny", contents)
    assert "tiny" not in lock_anew(artifacts, report).models
    [(found, message)] = said(report)
    assert found == rule
    assert reason in message


@pytest.mark.parametrize("target", ["/etc/hostname", "config.json", ".."])
def test_refuses_links(target: str, artifacts: Path, report: Report) -> None:
    (artifacts / "models/tiny/more.json").symlink_to(target)
    assert "tiny" not in lock_anew(artifacts, report).models
    assert said(report) == [("weights-format", "`more.json` of `tiny` is a symbolic link")]


def test_the_directory_itself_may_be_a_link(artifacts: Path, report: Report) -> None:
    folder = artifacts / "models/tiny"
    folder.rename(artifacts / "elsewhere")
    folder.symlink_to(artifacts / "elsewhere")
    assert "model.safetensors" in lock_anew(artifacts, report).models["tiny"].files


def test_refuses_a_model_without_weights(artifacts: Path, report: Report) -> None:
    lock_anew(artifacts, report, wanting(file="q4.gguf"))
    (artifacts / "models/tiny/model.safetensors").unlink()
    lock_anew(artifacts, report)
    assert said(report) == [
        ("weights-format", "`tiny` lacks `q4.gguf`"),
        ("weights-format", "`tiny` lacks a safetensors or GGUF file"),
    ]


def test_what_is_locked_stays(artifacts: Path, report: Report) -> None:
    old = lock_anew(artifacts, report)
    put(artifacts / "models/tiny", {"model.safetensors": "changed"})
    oci.archive(artifacts / archive_of(REFERENCE), "changed")
    assert resolve(WANTED, old, frozenset(), places(artifacts), report) == old
    new = resolve(WANTED, old, frozenset({"tiny", REFERENCE}), places(artifacts), report)
    assert new.models["tiny"].files["model.safetensors"].sha256 == sha256("changed")
    assert [line.split(":")[0] for line in changes(old, new)] == [
        "changed image registry.test/engines/llama",
        "changed model tiny",
    ]


def test_what_the_spec_changed_is_found_anew(artifacts: Path, report: Report) -> None:
    old = lock_anew(artifacts, report)
    wanted = replace(wanting(source="test/other"), images={})
    new = resolve(wanted, old, frozenset(), places(artifacts), report)
    assert new.models["tiny"].source == "test/other"
    assert list(changes(old, new)) == [
        f"removed image {REFERENCE}",
        "changed model tiny: 2 files, revision unknown",
    ]


def test_nothing_here_and_nobody_to_ask(tmp_path: Path, report: Report) -> None:
    with pytest.raises(
        CannotLockError,
        match=r"cannot be fetched: .*refused; or put the model's files into .*/models/tiny",
    ):
        lock_anew(tmp_path, report, replace(WANTED, images={}))
