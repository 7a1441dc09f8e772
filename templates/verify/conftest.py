"""What the tests of this site share: its hosts, over the site's own inventory, and its facts.

Run in the site's folder, as whoever may become root on the hosts: `pytest verify/`.
A completion is asked for with the key in FREEHOLD_KEY.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import testinfra
from testinfra.host import Host

from gateway import Gateway

SITE = Path(__file__).resolve().parent.parent
EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text())
MANIFEST = json.loads((SITE / "manifest.json").read_text())
ENGINES = [
    (host, engine) for host, facts in EXPECTED["hosts"].items() for engine in facts["engines"]
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker in item.iter_markers("control"):
            item.user_properties.append(("control", marker.args[0]))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A table of the controls: how many proofs each has, and whether all of them hold."""
    proofs: dict[str, list[str]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name == "control":
                    proofs.setdefault(value, []).append(outcome)
    if proofs:
        terminalreporter.section("controls")
    for control, outcomes in sorted(proofs.items()):
        failed = sum(outcome in {"failed", "error"} for outcome in outcomes)
        skipped = outcomes.count("skipped")
        verdict = "FAILED" if failed else "not here" if skipped == len(outcomes) else "holds"
        passed = len(outcomes) - failed - skipped
        terminalreporter.write_line(
            f"{control:8} {verdict:9} {passed} passed, {failed} failed, {skipped} skipped"
        )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        names = [engine["name"] for _, engine in ENGINES]
        metafunc.parametrize("host_name,engine", ENGINES, ids=names)
    elif "host_name" in metafunc.fixturenames:
        metafunc.parametrize("host_name", list(EXPECTED["hosts"]))


_connected: dict[str, Host] = {}


def connect(name: str) -> Host:
    """The host, as root."""
    if name not in _connected:
        inventory = f"ansible://{name}?ansible_inventory={SITE / 'inventory'}"
        host = testinfra.get_host(inventory)
        if host.check_output("id -u") != "0":
            host = testinfra.get_host(f"{inventory}&sudo=True")
        _connected[name] = host
    return _connected[name]


@pytest.fixture
def host(host_name: str) -> Host:
    return connect(host_name)


@pytest.fixture
def facts(host_name: str) -> dict[str, Any]:
    """What the plan says of this host."""
    return dict(EXPECTED["hosts"][host_name])


@pytest.fixture
def units(facts: dict[str, Any]) -> list[str]:
    """What serves requests on this host."""
    engines = [engine["unit"] for engine in facts["engines"]]
    proxied = any(one["process"] == "haproxy" for one in facts["listeners"])
    return [*engines, *(["freehold-gateway.service"] if proxied else [])]


@pytest.fixture
def files(host_name: str, facts: dict[str, Any]) -> list[dict[str, Any]]:
    """The site's files that land on this host."""
    folders = (f"files/pools/{facts['pool']}/", f"files/hosts/{host_name}/")
    return [file for path, file in MANIFEST["files"].items() if path.startswith(folders)]


@pytest.fixture(scope="session")
def expected() -> dict[str, Any]:
    return dict(EXPECTED)


@pytest.fixture(scope="session")
def gateway_host() -> Host:
    return connect(EXPECTED["gateway"]["host"])


@pytest.fixture(scope="session")
def gateway() -> Gateway:
    """The gateway as a client on the controller sees it."""
    facts = EXPECTED["gateway"]
    authority = facts["certificate_authority"]
    return Gateway(
        name=facts["name"],
        address=facts["address"],
        port=facts["port"],
        authority=str(SITE / authority) if authority else None,
    )


@pytest.fixture(scope="session")
def key() -> str:
    """A client's key."""
    key = os.environ.get("FREEHOLD_KEY")
    if not key:
        pytest.fail(
            "set FREEHOLD_KEY to a client's key: without one no completion can be asked for"
        )
    return key


@pytest.fixture
def pid(host: Host, engine: dict[str, Any]) -> str:
    """The engine's process, seen from the host."""
    return host.check_output("podman inspect --format '{{.State.Pid}}' %s", engine["container"])


@pytest.fixture
def inspected(host: Host, engine: dict[str, Any]) -> dict[str, Any]:
    """What podman says of the engine's container."""
    return dict(json.loads(host.check_output("podman inspect %s", engine["container"]))[0])
