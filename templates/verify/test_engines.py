"""Each engine runs as confined as its unit says."""

import json
from typing import Any

import pytest
from testinfra.host import Host


def _status(host: Host, pid: str) -> dict[str, str]:
    lines = host.file(f"/proc/{pid}/status").content_string.splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


@pytest.mark.control("CTR-02")
def test_engine_has_no_privileges(host: Host, pid: str, inspected: dict[str, Any]) -> None:
    status = _status(host, pid)
    assert int(status["CapEff"], 16) == 0
    assert int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert inspected["HostConfig"]["Privileged"] is False
    assert inspected["HostConfig"]["ReadonlyRootfs"] is True


@pytest.mark.control("CTR-03")
def test_engine_is_nobody_on_the_host(host: Host, pid: str, engine: dict[str, Any]) -> None:
    inside, outside, count = host.file(f"/proc/{pid}/uid_map").content_string.split()[:3]
    assert (int(inside), int(outside)) == (0, engine["id_map_base"])
    assert int(count) == 65536
    uid = int(_status(host, pid)["Uid"].split()[0])
    assert uid == engine["id_map_base"] + engine["container_user"]


@pytest.mark.control("CTR-04")
def test_engine_cannot_write_weights(host: Host, pid: str, engine: dict[str, Any]) -> None:
    mounts = host.file(f"/proc/{pid}/mountinfo").content_string.splitlines()
    [options] = [line.split()[5] for line in mounts if line.split()[4] == engine["weights_mount"]]
    assert "ro" in options.split(",")
    assert not host.run("touch /proc/%s/root%s/probe", pid, engine["weights_mount"]).succeeded


@pytest.mark.control("CTR-06")
def test_engine_has_limits(host: Host, engine: dict[str, Any]) -> None:
    shown = host.check_output("systemctl show -p MemoryMax -p TasksMax %s", engine["unit"])
    limits = dict(line.split("=", 1) for line in shown.splitlines())
    assert int(limits["MemoryMax"]) <= engine["memory_limit"]
    assert int(limits["TasksMax"]) <= engine["pids_limit"]


@pytest.mark.control("API-04")
def test_engine_has_no_network(host: Host, pid: str, engine: dict[str, Any]) -> None:
    if engine["socket"] is None:
        pytest.skip("this engine cannot listen on a Unix socket; it has an internal network")
    interfaces = host.file(f"/proc/{pid}/net/dev").content_string.splitlines()[2:]
    assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]


@pytest.mark.control("NET-07")
def test_engine_cannot_reach_host_or_network(
    host: Host, pid: str, facts: dict[str, Any], expected: dict[str, Any]
) -> None:
    probe = f"bash -c 'exec 3<>/dev/tcp/{facts['address']}/{expected['ssh_port']}'"
    assert host.run(f"timeout 5 {probe}").succeeded, "the probe itself does not work"
    assert not host.run(f"timeout 5 nsenter -t {pid} -n {probe}").succeeded


@pytest.mark.control("NET-06")
def test_engine_resolves_no_name(host: Host, pid: str) -> None:
    servers = host.run("grep -s ^nameserver /proc/%s/root/etc/resolv.conf", pid).stdout.split()[
        1::2
    ]
    for server in servers:
        probe = f"bash -c 'exec 3<>/dev/tcp/{server}/53'"
        assert not host.run(f"timeout 3 nsenter -t {pid} -n {probe}").succeeded


@pytest.mark.control("SEC-03")
def test_no_secret_in_engine_arguments_or_environment(
    host: Host, pid: str, inspected: dict[str, Any]
) -> None:
    text = host.file(f"/proc/{pid}/cmdline").content_string.replace("\0", " ")
    text += host.file(f"/proc/{pid}/environ").content_string.replace("\0", "\n")
    text += json.dumps(inspected["Config"])
    for word in ("--api-key", "API_KEY=", "TOKEN=", "PASSWORD="):
        assert word not in text


@pytest.mark.control("API-05")
def test_engine_has_no_dangerous_switch(host: Host, pid: str) -> None:
    text = host.file(f"/proc/{pid}/cmdline").content_string.replace("\0", " ")
    text += host.file(f"/proc/{pid}/environ").content_string.replace("\0", "\n")
    forbidden = ("--trust-remote-code", "VLLM_SERVER_DEV_MODE", "VLLM_ALLOW_RUNTIME_LORA_UPDATING",
                 "VLLM_ALLOW_INSECURE_SERIALIZATION", "--rpc", "--tools")  # fmt: skip
    assert [word for word in forbidden if word in text] == []


def test_engine_metrics_are_on_loopback(
    host: Host, engine: dict[str, Any], facts: dict[str, Any]
) -> None:
    url = f"http://127.0.0.1:{facts['metrics_port']}/engines/{engine['name']}/metrics"
    assert "# TYPE" in host.check_output("curl -sf -m 10 %s", url)
