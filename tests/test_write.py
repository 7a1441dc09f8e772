"""A site is written whole or not at all, and nothing but its own files is touched."""

import fcntl
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from freehold.render import manifest, transaction
from freehold.render.files import SiteFile
from freehold.render.tree import Tree
from freehold.render.write import Outcome, compare, write
from tree import tree


def files(contents: dict[str, str]) -> Iterator[SiteFile]:
    yield from manifest.complete(SiteFile(path, text.encode()) for path, text in contents.items())


def rules(outcome: Outcome) -> list[tuple[str, str]]:
    return [(found.rule, found.file) for found in outcome.findings]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    write(folder, files({"README.md": "old", "files/a": "a", "files/gone/b": "b"}))
    return folder


def test_writes_what_is_given(site: Path) -> None:
    assert tree(site).keys() == {"README.md", "files/a", "files/gone/b", "manifest.json"}
    assert tree(site)["files/a"] == "a"


def test_a_second_time_changes_nothing(site: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    again = {"README.md": "old", "files/a": "a", "files/gone/b": "b"}
    assert compare(site, files(again)) == Outcome()
    assert write(site, files(again)) == Outcome()
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before


def test_modes_are_not_the_umasks(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write(tmp_path / "site", files({"files/a": "a"}))
    finally:
        os.umask(before)
    modes = {p.name: p.stat().st_mode & 0o777 for p in (tmp_path / "site").rglob("*")}
    assert modes == {"files": 0o755, "a": 0o644, "manifest.json": 0o644}
    assert (tmp_path / "site").stat().st_mode & 0o777 == 0o755


def test_removes_its_stale_files_and_keeps_others(site: Path) -> None:
    (site / "files/mine").write_text("mine")
    outcome = write(site, files({"README.md": "new", "files/a": "a", "files/c": "c"}))
    assert outcome.changed == ("README.md", "files/c", "files/gone/b", "manifest.json")
    assert tree(site).keys() == {"README.md", "files/a", "files/c", "files/mine", "manifest.json"}
    assert not (site / "files/gone").exists()


def test_check_says_what_would_change_and_changes_nothing(site: Path) -> None:
    before = tree(site)
    outcome = compare(site, files({"README.md": "new"}))
    assert outcome.changed == ("README.md", "files/a", "files/gone/b", "manifest.json")
    assert tree(site) == before


def test_an_edited_file_is_neither_replaced_nor_removed(site: Path) -> None:
    (site / "README.md").write_text("edited")
    (site / "files/gone/b").write_text("edited")
    before = tree(site)
    outcome = write(site, files({"README.md": "new", "files/a": "new"}))
    assert rules(outcome) == [("site-edited", "README.md"), ("site-edited", "files/gone/b")]
    assert tree(site) == before


def test_force_discards_edits(site: Path) -> None:
    (site / "README.md").write_text("edited")
    (site / "files/gone/b").write_text("edited")
    write(site, files({"README.md": "new"}), force=True)
    assert tree(site).keys() == {"README.md", "manifest.json"}
    assert tree(site)["README.md"] == "new"


def test_a_mode_that_lets_others_write_is_mended(site: Path) -> None:
    (site / "files/a").chmod(0o666)
    again = {"README.md": "old", "files/a": "a", "files/gone/b": "b"}
    assert write(site, files(again)).changed == ("files/a",)
    assert (site / "files/a").stat().st_mode & 0o777 == 0o644


def test_a_folder_with_a_foreign_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("somebody's")
    (tmp_path / "notes").write_text("somebody's")
    outcome = write(tmp_path, files({"README.md": "ours", "b": "ours"}))
    assert rules(outcome) == [("site-foreign", "README.md")]
    assert tree(tmp_path).keys() == {"README.md", "notes"}


def test_a_folder_with_foreign_files_beside_is_taken(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("somebody's")
    assert write(tmp_path, files({"README.md": "ours"})).findings == ()
    assert tree(tmp_path).keys() == {"README.md", "manifest.json", "notes"}


@pytest.mark.parametrize("obstacle", ["files", "files/a/b"])
def test_a_foreign_thing_of_another_kind_is_refused(tmp_path: Path, obstacle: str) -> None:
    (tmp_path / obstacle).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / obstacle).write_text("somebody's")
    outcome = write(tmp_path, files({"files/a": "ours"}))
    assert rules(outcome) == [("site-foreign", obstacle)]
    assert tree(tmp_path) == {obstacle: "somebody's"}


def test_files_and_folders_of_ours_may_swap(site: Path) -> None:
    write(site, files({"README.md/x": "x", "files/gone": "file"}))
    assert tree(site).keys() == {"README.md/x", "files/gone", "manifest.json"}


@pytest.mark.parametrize("link", ["files", "README.md", "files/new", "manifest.json", "elsewhere"])
def test_a_symbolic_link_is_refused(site: Path, tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    if (site / link).is_dir():
        (site / link).rename(tmp_path / "away")
    (site / link).unlink(missing_ok=True)
    (site / link).symlink_to(outside if link != "README.md" else outside / "kept")
    before = sorted(site.iterdir())
    outcome = write(site, files({"README.md": "new", "files/a": "new", "files/new/x": "new"}))
    assert rules(outcome) == [("site-link", link)]
    assert sorted(site.iterdir()) == before
    assert tree(outside) == {"kept": "kept"}


def test_a_site_that_is_a_symbolic_link_is_refused(site: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(site)
    before = tree(site)
    with pytest.raises(OSError, match="a symbolic link"):
        write(tmp_path / "link", files({"README.md": "new"}))
    assert tree(site) == before


def test_a_link_that_comes_later_is_not_followed(site: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()

    def racing() -> Iterator[SiteFile]:
        (site / "late").symlink_to(outside)
        yield SiteFile("late/x", b"x")

    before = tree(site)
    with pytest.raises(OSError, match="Not a directory"):
        write(site, racing())
    assert list(outside.iterdir()) == []
    assert tree(site) == before


def test_links_below_artifacts_are_the_operators(site: Path, tmp_path: Path) -> None:
    (site / "artifacts").symlink_to(tmp_path)
    assert write(site, files({"README.md": "new"})).findings == ()


def test_two_renders_at_once_are_refused(site: Path) -> None:
    with Tree.open(site) as held:
        fcntl.flock(held.handle, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError, match="another render"):
            write(site, files({"README.md": "new"}))


def test_a_manifest_cannot_reach_outside(site: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    text = (site / "manifest.json").read_text().replace('"files/a"', '"../kept"')
    (site / "manifest.json").write_text(text)
    outcome = write(site, files({"README.md": "new"}))
    assert ("site-foreign", "README.md") in rules(outcome)
    assert (tmp_path / "kept").read_text() == "kept"


@pytest.mark.parametrize(
    "journal",
    ['[[0, "../kept", true, false]]', '[[0, "/kept", true, false]]', "[[1, 2]]", "{}", "[" * 10**5],
    ids=["up", "absolute", "short", "mapping", "nested"],
)
def test_a_journal_of_somebody_else_moves_nothing(site: Path, tmp_path: Path, journal: str) -> None:
    (site / ".freehold/old").mkdir(parents=True)
    (site / ".freehold/old/0").write_text("theirs")
    (site / ".freehold/steps.json").write_text(journal)
    before = tree(tmp_path)
    outcome = write(site, files({"README.md": "new"}))
    assert rules(outcome) == [("site-journal", ".freehold/steps.json")]
    assert tree(tmp_path) == before


def test_a_thing_in_the_way_of_many_files_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("somebody's")
    outcome = write(tmp_path, files({"files/a": "ours", "files/b": "ours"}), force=True)
    assert rules(outcome) == [("site-foreign", "files")]
    assert "--force" not in outcome.findings[0].help


@pytest.mark.parametrize("name", ["README.md", "manifest.json"])
def test_an_empty_folder_in_the_place_of_a_file_is_refused(site: Path, name: str) -> None:
    (site / name).unlink()
    (site / name / "empty").mkdir(parents=True)
    outcome = write(site, files({"README.md": "new"}))
    assert ("site-foreign", name) in {(rule, path[: len(name)]) for rule, path in rules(outcome)}
    assert (site / name / "empty").is_dir()


def test_a_deep_folder_of_somebody_else_is_no_fault(site: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    with Tree.open(site) as opened, opened.folder(PurePosixPath("/".join("d" * 1500)), create=True):
        pass
    try:
        assert write(site, files({"README.md": "new"})).findings == ()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        subprocess.run(["rm", "-r", str(site / "d")], check=True)


def test_check_refuses_a_link_to_nowhere_as_render_does(tmp_path: Path) -> None:
    (tmp_path / "site").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OSError, match="a symbolic link"):
        compare(tmp_path / "site", files({"README.md": "new"}))


BIG = {"README.md": "new", "files/a": "x" * 200_000, "files/big": "y" * 2_000_000}


def test_a_file_that_cannot_be_written_leaves_the_old_site(site: Path) -> None:
    before = tree(site)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(OSError, match="large"):
            write(site, files(BIG))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    assert tree(site) == before
    assert not (site / ".freehold").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("may not mount a file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_leaves_the_old_site(small_disk: Path) -> None:
    site = small_disk / "site"
    write(site, files({"README.md": "old", "files/a": "a"}))
    before = tree(site)
    with pytest.raises(OSError, match="No space"):
        write(site, files(BIG))
    assert tree(site) == before
    assert not (site / ".freehold").exists()


def test_a_full_disk_leaves_nothing_of_a_new_site(small_disk: Path) -> None:
    with pytest.raises(OSError, match="No space"):
        write(small_disk / "of/a/new/site", files(BIG))
    assert list(small_disk.iterdir()) == []


def test_a_read_only_disk_leaves_the_old_site(small_disk: Path) -> None:
    site = small_disk / "site"
    write(site, files({"README.md": "old"}))
    before = tree(site)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert compare(site, files({"README.md": "new"})).changed == ("README.md", "manifest.json")
    with pytest.raises(OSError, match="Read-only"):
        write(site, files({"README.md": "new"}))
    assert tree(site) == before


def test_a_change_that_is_refused_half_way_is_undone(site: Path) -> None:
    before = tree(site)
    immutable = subprocess.run(
        ["chattr", "+i", str(site / "files/gone")], check=False, capture_output=True
    )
    if immutable.returncode:
        pytest.skip("may not make a folder immutable")
    try:
        with pytest.raises(OSError, match="not permitted"):
            write(site, files({"README.md": "new", "a/first": "1", "zz": "2"}))
    finally:
        subprocess.run(["chattr", "-i", str(site / "files/gone")], check=True)
    assert tree(site) == before
    assert not (site / "a").exists()


KILLED = """
import os, sys
from pathlib import Path
from freehold.render import manifest
from freehold.render.files import SiteFile
from freehold.render.transaction import Transaction
from freehold.render.write import write

count, make = 0, Transaction._make
def dying(self, step):
    global count
    if count == int(sys.argv[2]):
        os.kill(os.getpid(), 9)
    count += 1
    make(self, step)
Transaction._make = dying
new = {"README.md": "new", "files/a": "new", "files/new/c": "new"}
write(Path(sys.argv[1]), manifest.complete(SiteFile(p, t.encode()) for p, t in new.items()))
"""


@pytest.mark.parametrize("moved", range(5))
def test_a_killed_render_is_undone_by_the_next(site: Path, moved: int) -> None:
    before = tree(site)
    path = os.pathsep.join(sys.path)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(site), str(moved)],
        check=False, env={"PYTHONPATH": path},
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    outcome = compare(site, files({}))
    assert [found.rule for found in outcome.findings] == ["site-interrupted"]
    with Tree.open(site) as opened:
        transaction.clean(opened)
    assert tree(site) == before
    assert {p.name for p in site.iterdir()} == {"README.md", "files", "manifest.json"}
