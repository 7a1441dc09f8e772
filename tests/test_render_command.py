"""`freehold render`, `diff` and `apply` as a user meets them."""

import os
from pathlib import Path

import pytest

import plans
from freehold.cli import main
from freehold.lock import write as lock_file
from tree import tree


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("cluster.yml").write_text(plans.CLINIC.lstrip())
    return Path("cluster.yml")


@pytest.fixture
def locked(spec: Path) -> Path:
    lock_file.write(plans.locked(plans.clinic()), Path("cluster.lock.yml"))
    return spec


def test_prints_what_changed_and_says_what_is_next(
    locked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", str(locked), "-o", "out"]) == 0
    out, err = capsys.readouterr()
    assert sorted(out.splitlines()) == sorted(tree(Path("out")))
    assert len(err.splitlines()) == 3
    assert "freehold apply out" in err
    assert main(["render", str(locked), "-o", "out"]) == 0
    assert capsys.readouterr().out == ""


def test_check_fails_until_it_is_rendered(locked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", str(locked), "--check"]) == 1
    assert "site.yml" in capsys.readouterr().out.splitlines()
    assert not Path("site").exists()
    assert main(["render", str(locked)]) == 0
    assert main(["render", str(locked), "--check"]) == 0


def test_without_a_lock_it_is_refused(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", str(spec)]) == 1
    err = capsys.readouterr().err
    assert "error[lock-missing]: `cluster.lock.yml` does not exist" in err
    assert "freehold lock cluster.yml" in err
    assert "--unlocked" in err
    assert not Path("site").exists()
    assert main(["render", str(spec), "--unlocked"]) == 0
    assert "for review only" in capsys.readouterr().err


def test_a_lock_of_another_plan_is_refused(
    locked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked.write_text(locked.read_text().replace("3.3-70B", "3.1-70B"))
    assert main(["render", str(locked)]) == 1
    assert "error[lock-stale]" in capsys.readouterr().err


def test_hosts_without_address_are_refused(
    locked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = locked.read_text()
    locked.write_text(text.replace("hosts: {gpu-1: 10.20.0.11, gpu-2: 10.20.0.12}", "hosts: 8"))
    assert main(["render", str(locked)]) == 1
    err = capsys.readouterr().err
    assert "error[host-without-address]: 8 of 8 hosts of `gpu` have no address" in err
    assert "`gpu-1`, `gpu-2`, `gpu-3` and 5 more" in err


def test_edits_are_named_and_kept(locked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["render", str(locked)])
    Path("site/site.yml").write_text("edited")
    assert main(["render", str(locked)]) == 1
    assert "error[site-edited]: `site.yml`" in capsys.readouterr().err
    assert Path("site/site.yml").read_text() == "edited"
    assert main(["render", str(locked), "--force"]) == 0
    assert Path("site/site.yml").read_text() != "edited"


def test_a_link_in_the_site_cannot_be_rendered_over(
    locked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["render", str(locked)])
    Path("site/inventory/group_vars").rename("away")
    Path("site/inventory/group_vars").symlink_to(tmp_path / "away")
    before = tree(Path("away"))
    capsys.readouterr()
    assert main(["render", str(locked), "--force"]) == 2
    assert "error[site-link]: `inventory/group_vars`" in capsys.readouterr().err
    assert tree(Path("away")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(
    locked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o500)
    assert main(["render", str(locked)]) == 2
    tmp_path.chmod(0o700)
    assert "permission denied" in capsys.readouterr().err


def test_diff_prints_the_changes(locked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.yml").write_text(locked.read_text().replace("context: 16k", "context: 8k"))
    assert main(["diff", str(locked), "new.yml"]) == 0
    assert "+  --max-model-len 8192" in capsys.readouterr().out


def test_apply_wants_a_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", str(tmp_path)]) == 2
    assert "not a rendered site" in capsys.readouterr().err


@pytest.mark.slow
def test_apply_runs_ansible_with_its_options(
    locked: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    main(["render", str(locked)])
    capfd.readouterr()
    assert main(["apply", "site", "--", "--list-hosts"]) == 0
    assert "gpu-1" in capfd.readouterr().out


def test_apply_refuses_a_site_that_is_half_written(
    locked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["render", str(locked)])
    Path("site/.freehold").mkdir()
    Path("site/.freehold/steps.json").write_text("[]")
    assert main(["apply", "site"]) == 2
    assert "render it again" in capsys.readouterr().err
    assert main(["render", str(locked)]) == 0
    assert not Path("site/.freehold").exists()
