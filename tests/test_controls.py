"""Each control names tests that are there, and nothing claims a control that is not."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

import plans
from freehold.cli import main
from freehold.plan.controls import Control, catalogue, controls, explain
from freehold.render.site import render
from freehold.spec.cluster import Level

ROOT = Path(__file__).parent.parent
VERIFY = ROOT / "templates/verify"
ROLES = ROOT / "playbooks/roles"
CONTROLS = pytest.mark.parametrize(("name", "control"), catalogue().items(), ids=list(catalogue()))


def _functions(file: Path) -> dict[str, ast.FunctionDef]:
    parsed = ast.parse(file.read_text())
    return {one.name: one for one in parsed.body if isinstance(one, ast.FunctionDef)}


def _marked(function: ast.FunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        if found := re.fullmatch(r"pytest\.mark\.control\('(.+)'\)", ast.unparse(decorator)):
            yield found[1]


@CONTROLS
def test_tests_of_a_control_are_there(name: str, control: Control) -> None:
    for test in control.tests:
        path, _, function = test.partition("::")
        file = VERIFY / path.removeprefix("verify/") if path.startswith("verify/") else ROOT / path
        found = _functions(file)[function]
        if path.startswith("verify/"):
            assert name in _marked(found)


def test_marked_tests_are_of_a_control() -> None:
    for file in sorted(VERIFY.glob("test_*.py")):
        for function in _functions(file).values():
            for name in _marked(function):
                assert f"verify/{file.name}::{function.name}" in catalogue()[name].tests


@CONTROLS
def test_roles_of_a_control_are_there(name: str, control: Control) -> None:
    assert re.fullmatch("[A-Z]{3}-[0-9]{2}", name)
    roles = {path.name for path in ROLES.iterdir()} | {"render"}
    assert set(control.roles) <= roles


def test_each_level_contains_the_one_below() -> None:
    levels = [set(controls(level)) for level in Level]
    assert all(lower <= upper for lower, upper in pairwise(levels))
    assert levels[0] < levels[1] == set(catalogue())


def test_explain() -> None:
    text = explain("net-03")
    assert text is not None
    assert text.startswith("NET-03: Nothing is forwarded or translated\n")
    assert "restricted and stricter" in text
    assert "NIST SP 800-53 rev. 5: SC-7(20), SC-7(21)" in text
    assert explain("NET-99") is None


SECRET = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY|\bhf_[A-Za-z0-9]{30,}|\bsk-[A-Za-z0-9]{20,}"
    rb"|Bearer [A-Za-z0-9._~+/-]{20,}"
    rb"|(?i:password|secret|api_key)['\"]?\s*[:=]\s*['\"][^'\"{()\s]{6,}"
)


def test_a_site_holds_no_secret() -> None:
    plan = plans.clinic()
    for file in render(plan, plans.locked(plan)):
        assert SECRET.search(file.content) is None, file.path


@pytest.mark.parametrize(
    "leak",
    [
        b"-----BEGIN PRIVATE KEY-----",
        b"Authorization: Bearer 8rTq0yX2mLw9Zc4VbN7k",
        b"hf_abcdefghijklmnopqrstuvwxyz0123456789",
        b'api_key: "not-a-template"',
    ],
)
def test_a_secret_would_be_seen(leak: bytes) -> None:
    assert SECRET.search(b"before " + leak + b" after")


# What holds a client's key or the hub's token, or makes a key.
HOLDERS = re.compile(r"__gateway_secret|__weights_(token|headers)|openssl.+rand")
# The one task that is there to show a key to whoever asked for it.
SHOWS = "ansible.builtin.debug"


def _tasks() -> Iterator[tuple[str, dict[str, object]]]:
    for file in sorted(ROLES.glob("*/tasks/*.yml")):
        for task in yaml.safe_load(file.read_text()) or []:
            for one in (task, *task.get("block", ()), *task.get("rescue", ())):
                yield f"{file.relative_to(ROLES)}: {one.get('name')}", one


def test_tasks_with_secrets_say_nothing() -> None:
    sensitive = {
        where: (task.get("no_log"), task.get("diff"))
        for where, task in _tasks()
        if task.get("no_log") or (HOLDERS.search(str(task)) and SHOWS not in task)
    }
    assert len(sensitive) >= 6
    assert sensitive == dict.fromkeys(sensitive, (True, False))


def test_controls_are_explained_beside_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "NET-01"]) == 0
    assert capsys.readouterr().out == f"{explain('NET-01')}\n"
    assert main(["explain", "NET-1"]) == 2
    assert "use `NET-" in capsys.readouterr().err
    assert main(["explain"]) == 0
    assert "NET-12 " in capsys.readouterr().out
