"""Every example: what it renders to, and what the programs say that will read it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from freehold.cli import main
from freehold.cli.opening import open_spec, plan_of
from freehold.plan.types import Plan
from gateway import certificates
from gateway.haproxy import Proxy
from quadlet_program import generate
from tree import tree

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*/cluster.yml"))
COPIED = {
    "collections/ansible_collections/freehold/llm": ROOT / "playbooks",
    "verify": ROOT / "templates/verify",
}
"""What is the same in every site, and not committed with each."""
every_example = pytest.mark.parametrize("spec", EXAMPLES, ids=lambda spec: spec.parent.name)


def plan(spec: Path) -> Plan:
    made = plan_of(open_spec(spec))
    assert made is not None
    return made


def files_of(site: Path, host: str, pool: str) -> dict[str, str]:
    """The site's files that land on the host, by the path they have there."""
    folders = (site / "files/pools" / pool, site / "files/hosts" / host)
    return {f"/{path}": text for folder in folders for path, text in tree(folder).items()}


@every_example
def test_renders_as_committed(spec: Path, tmp_path: Path) -> None:
    assert main(["render", str(spec), "--unlocked", "-o", str(tmp_path / "site")]) == 0
    rendered, committed = tree(tmp_path / "site"), tree(spec.parent / "site")
    copies = {
        path: text
        for folder, original in COPIED.items()
        for path, text in rendered.items()
        if path.startswith(f"{folder}/") and path != "verify/expected.json"
        and text == (original / path.removeprefix(f"{folder}/")).read_text()
    }  # fmt: skip
    own = {path: text for path, text in rendered.items() if path not in copies}
    assert own == {path: text for path, text in committed.items() if path not in copies}
    assert {path.partition("/")[0] for path in copies} == {"collections", "verify"}


@every_example
def test_no_finding(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(spec)]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.slow
@every_example
def test_ansible_reads_the_playbooks(spec: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    main(["render", str(spec), "--unlocked", "-o", str(site)])
    program = Path(sys.executable).with_name("ansible-playbook")
    playbooks = sorted(path.name for path in site.glob("*.yml"))
    done = subprocess.run(
        [program, "--syntax-check", *playbooks],
        cwd=site,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(playbooks) == 3


@pytest.mark.slow
@every_example
def test_podman_reads_the_units(spec: Path, tmp_path: Path) -> None:
    for host in plan(spec).hosts:
        units = tmp_path / host.host.name
        units.mkdir()
        for path, text in files_of(spec.parent / "site", host.host.name, host.host.pool).items():
            if path.startswith("/etc/containers/systemd/"):
                (units / Path(path).name).write_text(text)
        made = generate(units)
        assert made.status == 0, made.said
        assert {engine.unit for engine in host.engines} <= made.services.keys()


@every_example
def test_haproxy_reads_the_gateway(spec: Path) -> None:
    # Not `tmp_path`, which is too long for the path of a socket.
    with tempfile.TemporaryDirectory(prefix="fh-") as folder:
        site = plan(spec)
        authority: Path | None = None
        for host in sorted(site.hosts, key=lambda host: host.host.name != site.gateway.host):
            files = files_of(spec.parent / "site", host.host.name, host.host.pool)
            proxy = Proxy(Path(folder) / host.host.name, files)
            proxy.root.mkdir()
            proxy.place()
            (proxy.folder / "keys.map").touch()
            if authority is None:
                authority = proxy.folder / "authority"
                certificates.make_authority(authority)
            shutil.copy(authority / "ca.crt", proxy.folder / "ca.crt")
            for certificate in host.proxy.certificates:
                certificates.issue(authority, certificate, proxy.tls)
            assert proxy.check() == ""


@every_example
@pytest.mark.skipif(os.geteuid() != 0, reason="nft -c asks the kernel, which needs root")
def test_nft_reads_the_firewall(spec: Path) -> None:
    for path in sorted((spec.parent / "site").rglob("firewall.nft")):
        command = ["unshare", "--net", "nft", "-c", "-f", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@every_example
def test_the_plan_is_data(spec: Path) -> None:
    shown = json.loads((spec.parent / "site/plan.json").read_text())
    assert shown["schema"] == 1
    assert [host["host"]["name"] for host in shown["hosts"]] == [
        host.host.name for host in plan(spec).hosts
    ]
