"""An image that no one carries over: locked and fetched by its digest from a registry."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from lab.engine import engine
from lab.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.lab import Lab

MINIMAL = Path(__file__).parents[2] / "examples/minimal"
REGISTRY = "10.77.0.1:5000"
IMAGE = f"{REGISTRY}/engines/llama-server:b11669"
CERTIFICATE = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
               "-subj", "/CN=registry", "-addext", "subjectAltName=IP:10.77.0.1")  # fmt: skip


@pytest.fixture(scope="module")
def registry(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The certificate of a registry that has the engine's image."""
    folder = tmp_path_factory.mktemp("registry")
    key, certificate = folder / "registry.key", folder / "registry.crt"
    lab.run(["openssl", *CERTIFICATE, "-keyout", key, "-out", certificate])
    configuration = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(folder / "blobs")}},
        "http": {"addr": REGISTRY, "tls": {"certificate": str(certificate), "key": str(key)}},
    }
    (folder / "config.yml").write_text(json.dumps(configuration))
    command = [*lab.lan.inside, "docker-registry", "serve", str(folder / "config.yml")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        _await(lab, certificate)
        lab.run(["skopeo", "copy", "--quiet", "--preserve-digests",
                 f"oci-archive:{engine().archive}", f"docker://{IMAGE}"],
                env={"SSL_CERT_FILE": str(certificate)})  # fmt: skip
        yield certificate
        server.terminate()


def _await(lab: Lab, certificate: Path) -> None:
    for _ in range(100):
        asked = lab.run(
            ["curl", "-sf", "--cacert", certificate, f"https://{REGISTRY}/v2/"], check=False
        )
        if asked.returncode == 0:
            return
        time.sleep(0.1)
    pytest.fail(f"nothing answers at {REGISTRY}")


@pytest.fixture(scope="module")
def site(lab: Lab, registry: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The minimal example with an image of its own, applied as far as its engine."""
    site = Site.of(lab, lab.nspawn("box-1"), MINIMAL, tmp_path_factory.mktemp("site"))
    site.rewrite(
        "precision: f16", f"precision: f16\n    engine: {{name: llama.cpp, image: '{IMAGE}'}}"
    )
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(registry))
        site.render()
    [host] = site.hosts
    trusted = f"/etc/containers/certs.d/{REGISTRY}"
    host.ssh("mkdir", "-p", trusted)
    host.put(registry, f"{trusted}/ca.crt")
    site.apply("--tags", "host,storage,weights,engine")
    return site


def test_the_lock_has_the_digest_that_was_pushed(site: Site) -> None:
    lock = yaml.safe_load((site.folder / "cluster.lock.yml").read_text())
    assert lock["images"][IMAGE]["digest"] == engine().digest
    assert lock["images"][IMAGE]["archive"] is None


def test_the_host_runs_the_locked_image(site: Site) -> None:
    [host] = site.hosts
    assert host.ssh("systemctl is-active freehold-tiny-0.service").stdout.strip() == "active"
    [name] = site.expected["images"]
    shown = host.ssh("podman", "image", "inspect", name).stdout
    assert json.loads(shown)[0]["Digest"] == engine().digest
    assert site.apply("--tags", "host,storage,weights,engine").changed == 0
