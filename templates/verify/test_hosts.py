"""What lies and runs on each host is what the site says, and nothing else."""

import json
from typing import Any

import pytest
from testinfra.host import Host


def test_system_is_the_planned_one(host: Host, expected: dict[str, Any]) -> None:
    release = dict(
        line.split("=", 1)
        for line in host.file("/etc/os-release").content_string.splitlines()
        if "=" in line
    )
    for key, value in expected["os_release"].items():
        assert release[key].strip('"').startswith(value)


@pytest.mark.control("SUP-01")
def test_files_equal_the_manifest(host: Host, files: list[dict[str, Any]]) -> None:
    wanted = {
        file["host"]["dest"]: (
            file["sha256"],
            file["host"]["owner"],
            file["host"]["group"],
            file["host"]["mode"],
        )
        for file in files
    }
    found = {path: _identity(host, path) for path in wanted}
    assert found == wanted


def _identity(host: Host, path: str) -> tuple[str, str, str, str] | None:
    file = host.file(path)
    if not file.is_file or file.is_symlink:
        return None
    return file.sha256sum, file.user, file.group, f"{file.mode:04o}"


def test_units_run_and_start_at_boot(host: Host, units: list[str]) -> None:
    for unit in ["freehold-firewall.service", *units]:
        shown = host.check_output(
            "systemctl show -p ActiveState -p WantedBy -p UnitFileState %s", unit
        )
        state = dict(line.split("=", 1) for line in shown.splitlines())
        assert state["ActiveState"] == "active", host.run(
            "journalctl -u %s -n 30 --no-pager", unit
        ).stdout
        assert "multi-user.target" in state["WantedBy"] or state["UnitFileState"] == "enabled"


def test_no_unit_of_an_older_plan_is_left(host: Host, facts: dict[str, Any]) -> None:
    placed = set(
        host.check_output("find /etc/containers/systemd -name 'freehold-*.container'").split()
    )
    assert placed == {
        f"/etc/containers/systemd/freehold-{engine['name']}.container"
        for engine in facts["engines"]
    }


@pytest.mark.control("NET-02")
def test_only_declared_sockets_listen(host: Host, facts: dict[str, Any]) -> None:
    declared = {(one["protocol"], one["port"]) for one in facts["listeners"] if one["port"]}
    reachable = {
        (protocol, port)
        for protocol, address, port in _listening(host)
        if not address.startswith(("127.", "[::1]", "::1"))
    }
    loopback_only = {
        one["port"]
        for one in facts["listeners"]
        if one["port"] and one["address"].startswith("127.")
    }
    assert reachable - declared == set()
    assert {port for _, port in reachable} & loopback_only == set()


def _listening(host: Host) -> list[tuple[str, str, int]]:
    found = []
    for line in host.check_output("ss -Hltnu").splitlines():
        protocol, _, _, _, local, *_ = line.split()
        address, _, port = local.rpartition(":")
        found.append((protocol, address, int(port)))
    return found


def test_declared_sockets_listen(host: Host, facts: dict[str, Any]) -> None:
    listening = {(protocol, port) for protocol, _, port in _listening(host)}
    for one in facts["listeners"]:
        if one["protocol"] == "unix":
            assert host.file(one["address"]).is_socket
        else:
            assert (one["protocol"], one["port"]) in listening


@pytest.mark.control("CTR-01")
def test_images_are_the_locked_ones(
    host: Host, facts: dict[str, Any], expected: dict[str, Any]
) -> None:
    for name in facts["images"]:
        inspected = json.loads(host.check_output("podman image inspect %s", name))
        assert inspected[0]["Digest"] == expected["images"][name]


@pytest.mark.control("SUP-03")
def test_weights_are_the_locked_files_and_no_others(
    host: Host, facts: dict[str, Any], expected: dict[str, Any]
) -> None:
    for model in facts["weights"]:
        weights = expected["weights"][model]
        listing = "find %s -mindepth 1 -not -type d -printf '%%P %%y %%s\\n'"
        found = host.check_output(listing, weights["path"])
        wanted = {f"{path} f {size}" for path, size in weights["files"].items()}
        assert set(found.splitlines()) == wanted


@pytest.mark.control("SEC-02")
def test_secrets_are_readable_by_root_alone(host: Host) -> None:
    private = "find /etc/freehold -type f -name '*.key'"
    for path in host.check_output(private).split():
        file = host.file(path)
        assert (file.user, file.mode & 0o077) == ("root", 0), path
