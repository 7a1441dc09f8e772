"""The spec itself is an inventory, and the same one as the rendered site's."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import plans
from freehold.lock import write as lock_file
from freehold.render.site import render
from freehold.render.write import write

GENERATOR = Path(__file__).parent.parent / "generator"


def ansible(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONPATH": str(GENERATOR),
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_HOME": str(cwd / ".ansible"),
    }
    command = [sys.executable, "-m", "ansible", *words]
    return subprocess.run(
        command, cwd=cwd, env=environment, check=False, capture_output=True, text=True
    )


def listed(path: Path, cwd: Path) -> Any:
    found = ansible("inventory", "-i", str(path), "--list", cwd=cwd)
    assert found.returncode == 0, found.stderr
    assert "WARNING" not in found.stderr
    return json.loads(found.stdout, object_hook=unwrapped)


def unwrapped(value: dict[str, Any]) -> Any:
    return value["__ansible_unsafe"] if value.keys() == {"__ansible_unsafe"} else value


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "cluster.yml"
    path.write_text(plans.CLINIC.lstrip())
    return path


@pytest.mark.slow
@pytest.mark.parametrize("locked", [True, False])
def test_is_the_rendered_inventory(spec: Path, tmp_path: Path, *, locked: bool) -> None:
    plan = plans.clinic()
    lock = plans.locked(plan) if locked else None
    if lock is not None:
        lock_file.write(lock, tmp_path / "cluster.lock.yml")
    site = tmp_path / "site"
    write(site, render(plan, lock))
    ours, rendered = listed(spec, tmp_path), listed(site / "inventory", tmp_path)
    assert ours == rendered
    assert ours["gpu"]["hosts"] == ["gpu-1", "gpu-2"]
    assert ours["_meta"]["hostvars"]["gpu-1"]["ansible_host"] == "10.20.0.11"


@pytest.mark.slow
def test_findings_are_shown_as_ours(spec: Path, tmp_path: Path) -> None:
    spec.write_text(spec.read_text().replace("precision: fp8", "precision: fp9"))
    found = ansible("inventory", "-i", str(spec), "--list", cwd=tmp_path)
    line = next(n for n, line in enumerate(spec.read_text().splitlines(), 1) if "fp9" in line)
    assert f"cluster.yml:{line}" in found.stderr
    assert "= help:" in found.stderr


@pytest.mark.slow
def test_a_file_of_another_plugin_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "hosts.yml"
    other.write_text("all: {hosts: {a: {}}}\n")
    assert listed(other, tmp_path)["ungrouped"]["hosts"] == ["a"]


@pytest.mark.slow
def test_the_plugin_documents_itself(tmp_path: Path) -> None:
    shown = ansible("doc", "-t", "inventory", "freehold.llm.cluster", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "the inventory of the rendered site has" in " ".join(shown.stdout.split())
    assert "plugin: freehold.llm.cluster" in shown.stdout


@pytest.mark.slow
def test_the_collection_builds(tmp_path: Path) -> None:
    playbooks = GENERATOR.parent / "playbooks"
    built = ansible(
        "galaxy", "collection", "build", str(playbooks), "--output-path", str(tmp_path),
        cwd=tmp_path,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "freehold-llm-0.1.0.tar.gz").exists()
