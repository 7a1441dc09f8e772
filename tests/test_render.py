"""A plan becomes a site that Ansible, a reviewer and a second run can read."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import plans
from freehold.lock.file import Lock
from freehold.plan.rollout import turns
from freehold.plan.types import Plan
from freehold.render import inventory
from freehold.render.host_files import content, pools
from freehold.render.site import render
from freehold.render.variables import inputs, subjects
from freehold.render.write import compare, write
from freehold.render.yaml import decode
from tree import tree

PLAYBOOKS = Path(__file__).parent.parent / "playbooks"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plans.clinic()


@pytest.fixture(scope="module")
def lock(plan: Plan) -> Lock:
    return plans.locked(plan)


@pytest.fixture(scope="module")
def site(plan: Plan, lock: Lock, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clinic") / "site"
    assert write(folder, render(plan, lock)).findings == ()
    return folder


def ansible(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ansible", *words]
    return subprocess.run(command, cwd=site, check=False, capture_output=True, text=True)


def test_the_same_plan_gives_the_same_bytes(lock: Lock, site: Path) -> None:
    assert compare(site, render(plans.clinic(), lock)).changed == ()


def test_paths_are_unique(plan: Plan, lock: Lock) -> None:
    paths = [file.path for file in render(plan, lock)]
    assert len(paths) == len(set(paths))


@pytest.mark.slow
@pytest.mark.parametrize("playbook", ["site", "verify", "rotate_keys"])
def test_ansible_accepts_the_playbooks(site: Path, playbook: str) -> None:
    checked = ansible(site, "playbook", "--syntax-check", f"{playbook}.yml")
    assert checked.returncode == 0, checked.stderr
    assert "WARNING" not in checked.stderr


def test_every_role_gets_exactly_its_inputs(plan: Plan, lock: Lock) -> None:
    given_by_playbook = {"freehold_root", "freehold_artifacts"}
    for subject in subjects(plan, pools(plan), lock):
        wanted: set[str] = set()
        for role in inventory.roles(subject.host):
            wanted |= options(role).keys()
        assert inputs(subject).keys() == wanted - given_by_playbook, subject.host.host.name


def options(role: str) -> Mapping[str, Any]:
    specs = (PLAYBOOKS / "roles" / role / "meta/argument_specs.yml").read_text()
    return dict(yaml.safe_load(specs)["argument_specs"]["main"]["options"])


def test_every_input_has_the_keys_that_its_role_declares(plan: Plan, lock: Lock) -> None:
    for subject in subjects(plan, pools(plan), lock):
        given = inputs(subject)
        for role in inventory.roles(subject.host):
            for name, option in options(role).items():
                assert_shape(name, given.get(name), option.get("options"))


def assert_shape(name: str, value: Any, keys: Mapping[str, Any] | None) -> None:
    items = value if isinstance(value, list) else [value]
    for item in items:
        if keys is not None and item is not None:
            assert item.keys() == keys.keys(), name
            for key, inner in keys.items():
                assert_shape(f"{name}.{key}", item[key], inner.get("options"))


def test_roles_run_where_the_inventory_says() -> None:
    plays = yaml.safe_load((PLAYBOOKS / "playbooks/site.yml").read_text())
    found: dict[str, set[str]] = {}
    for play in plays:
        if ":!" in play["hosts"]:  # hosts that a role takes leave of
            continue
        for role in roles_of(play):
            found.setdefault(role, set()).update(play["hosts"].split(":"))
    turned = {f"engines_{turn}" for turn in range(1, 5)}
    assert found.pop("engine") - turned == set(inventory.ROLES["engine"])
    expected = {role: set(on) for role, on in inventory.ROLES.items() if role != "engine"}
    assert found == expected


def roles_of(play: Mapping[str, Any]) -> list[str]:
    named = [role["role"] for role in play.get("roles", [])]
    named += [task["ansible.builtin.import_role"]["name"] for task in play.get("tasks", [])]
    return [name.removeprefix("freehold.llm.") for name in named]


def test_looks_at_everything_before_it_changes_anything() -> None:
    plays = yaml.safe_load((PLAYBOOKS / "playbooks/site.yml").read_text())
    looks = [play for play in plays if "preflight" in play["tags"]]
    assert plays[: len(looks)] == looks
    assert all(play["any_errors_fatal"] for play in looks)
    looked = {role for play in looks for role in roles_of(play)}
    having = {path.parts[-3] for path in (PLAYBOOKS / "roles").glob("*/tasks/preflight.yml")}
    assert looked == having


def test_a_string_of_the_spec_is_no_template(site: Path) -> None:
    for path in (site / "inventory").rglob("*.yml"):
        for line in path.read_text().splitlines():
            assert "{{" not in line or "!unsafe" in line, path


def test_variables_stand_once_as_far_up_as_they_are_true(site: Path) -> None:
    everywhere = decode((site / "inventory/group_vars/all.yml").read_bytes())
    pool = decode((site / "inventory/group_vars/gpu.yml").read_bytes())
    hosts = [decode(path.read_bytes()) for path in (site / "inventory/host_vars").iterdir()]
    assert "host_system" in everywhere
    assert "weights_models" in pool
    assert everywhere.keys().isdisjoint(pool)
    for own in hosts:
        assert own.keys().isdisjoint(everywhere)
        assert own.keys().isdisjoint(pool)


def test_what_a_pool_shares_is_in_the_site_once(site: Path) -> None:
    firewall = "usr/local/sbin/freehold-firewall"
    assert (site / "files/pools/gpu" / firewall).exists()
    assert not (site / "files/hosts/gpu-1" / firewall).exists()
    unit = "etc/containers/systemd/freehold-assistant-0.container"
    assert (site / "files/hosts/gpu-1" / unit).exists()
    assert not (site / "files/pools/gpu" / unit).exists()


def test_every_host_gets_every_file_of_its_plan(plan: Plan, lock: Lock, site: Path) -> None:
    for subject in subjects(plan, pools(plan), lock):
        given: Mapping[str, Any] = inputs(subject)
        placed = {
            entry["dest"]: entry
            for name, entries in given.items()
            if name.endswith(("_pool_files", "_host_files"))
            for entry in entries
        }
        assert placed.keys() == {file.path for file in subject.host.files}
        for file in subject.host.files:
            entry = placed[file.path]
            assert (site / entry["src"]).read_bytes() == content(file)
            assert (entry["owner"], entry["group"], entry["mode"]) == (
                file.owner, file.group, file.mode,
            )  # fmt: skip


def test_the_manifest_has_every_file_and_its_digest(site: Path) -> None:
    manifest = json.loads((site / "manifest.json").read_text())
    on_disk = {
        path.relative_to(site).as_posix(): path for path in site.rglob("*") if path.is_file()
    }
    del on_disk["manifest.json"]
    assert manifest["files"].keys() == on_disk.keys()
    for name, path in on_disk.items():
        entry = manifest["files"][name]
        assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert int(entry["mode"], 8) == path.stat().st_mode & 0o777
        assert ("host" in entry) == name.startswith("files/")
        if "host" in entry:
            assert name.endswith(entry["host"]["dest"])


def test_the_plan_is_there_in_bytes(site: Path) -> None:
    plan = json.loads((site / "plan.json").read_text())
    assert plan["schema"] == 1
    assert [host["host"]["name"] for host in plan["hosts"]] == ["gpu-1", "gpu-2", "spare-1"]
    assert plan["hosts"][0]["host"]["memory"] == 512 * 2**30
    assert plan["hosts"][0]["replicas"][0]["gpus"] == [0, 1, 2, 3]


def test_the_collection_is_the_one_in_the_repository(site: Path) -> None:
    copy = tree(site / "collections/ansible_collections/freehold/llm")
    ours = {p: t for p, t in tree(PLAYBOOKS).items() if "__pycache__" not in p}
    assert copy == ours


def test_a_locked_site_holds_its_lock(site: Path) -> None:
    assert "sha256:" in (site / "lock.yml").read_text()
    assert "sha256:" in (site / "README.md").read_text()


def test_the_runbook_says_how_instances_are_made(tmp_path: Path) -> None:
    divided = plans.CLINIC.replace("l40s-48gb, count", "h200-sxm5-141gb, mig: 3g.71gb, count")
    small = divided.replace("Llama-3.3-70B", "Llama-3.1-8B").replace("tensor_parallel: 4", "")
    write(tmp_path, render(plans.planned(small), None))
    readme = (tmp_path / "README.md").read_text()
    assert "| 4 × NVIDIA H200, each as 2 of `3g.71gb` |" in readme  # noqa: RUF001 - as printed
    assert "on GPU 0:0" in readme
    assert "nvidia-smi mig --create-gpu-instance 3g.71gb,3g.71gb --default" in readme
    assert "start nvidia-cdi-refresh.service" in readme
    assert readme.count("```") % 2 == 0
    card = yaml.safe_load((tmp_path / "inventory/group_vars/gpu.yml").read_text())["gpu_card"]
    assert (card["count"], card["mig"], card["instances"]) == (4, "3g.71gb", 2)
    assert card["vram_mib"] == 143771
    replica = json.loads((tmp_path / "plan.json").read_text())["hosts"][0]["replicas"][0]
    assert replica["instance"] == {"number": 0, "of": 2, "profile": "3g.71gb"}
    assert replica["why"].startswith("1 of the 8 instances of 69.50 GiB on a host")


@pytest.mark.slow
def test_an_unlocked_site_refuses_to_be_applied(plan: Plan, tmp_path: Path) -> None:
    write(tmp_path, render(plan, None))
    assert not (tmp_path / "lock.yml").exists()
    assert "without a lock" in (tmp_path / "README.md").read_text()
    applied = ansible(tmp_path, "playbook", "site.yml")
    assert applied.returncode != 0
    assert "freehold lock SPEC" in applied.stdout
    assert "Gathering Facts" not in applied.stdout


def test_no_file_names_the_machine_that_rendered_it(site: Path) -> None:
    here = (str(Path(__file__).parent.parent), str(site.parent))
    assert not [path for path, text in tree(site).items() if any(one in text for one in here)]


def test_replicas_of_a_model_change_in_different_turns() -> None:
    large = plans.large(9)
    taken = turns(large.hosts)
    assert sorted(taken.values()) == [1, 1, 1, 2, 2, 3, 3, 4, 4]
    groups = inventory.groups(large)
    assert set().union(*(groups[f"engines_{n}"] for n in range(1, 5))) == set(groups["engines"])
