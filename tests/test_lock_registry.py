"""Locking images of a registry that really answers."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import oci
from freehold.lock.errors import CannotLockError
from freehold.lock.registry import from_registry


def _needs(*programs: str) -> None:
    if lacking := [program for program in programs if shutil.which(program) is None]:
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up(f"no {' and no '.join(lacking)}: apt-get install docker-registry skopeo")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry on loopback, as `HOST:PORT`."""
    _needs("docker-registry", "skopeo")
    folder = tmp_path_factory.mktemp("registry")
    address = f"127.0.0.1:{_free_port()}"
    configuration = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(folder / "blobs")}},
        "http": {"addr": address},
    }
    (folder / "config.yml").write_text(json.dumps(configuration))
    command = ["docker-registry", "serve", str(folder / "config.yml")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        _wait_for(address)
        yield address
        server.terminate()


def _wait_for(address: str) -> None:
    host, _, port = address.partition(":")
    for _ in range(100):
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"nothing listens on {address}")


def _push(archive: Path, reference: str) -> None:
    source, target = f"oci-archive:{archive}", f"docker://{reference}"
    options = ("--quiet", "--all", "--preserve-digests", "--dest-tls-verify=false")
    subprocess.run(["skopeo", "copy", *options, source, target], check=True, capture_output=True)


def _inspected(reference: str) -> str:
    command = ["skopeo", "inspect", "--tls-verify=false", "--format={{.Digest}}",
               f"docker://{reference}"]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_tag_becomes_the_digest_that_skopeo_shows(registry: str, tmp_path: Path) -> None:
    digest = oci.archive(tmp_path / "one.tar", "one")
    reference = f"{registry}/engines/llama:b1"
    _push(tmp_path / "one.tar", reference)
    locked = from_registry(reference)
    assert locked.digest == digest == _inspected(reference)
    assert locked.archive is None
    oci.archive(tmp_path / "two.tar", "two")
    _push(tmp_path / "two.tar", reference)
    assert from_registry(reference).digest == _inspected(reference) != digest


def test_of_several_platforms_ours_is_locked(registry: str, tmp_path: Path) -> None:
    layout = oci.Layout()
    layout.image("theirs", "arm64")
    ours = layout.image("ours")
    index = layout.index()
    layout.write(tmp_path / "both.tar")
    reference = f"{registry}/engines/both:b1"
    _push(tmp_path / "both.tar", reference)
    assert _inspected(reference) == index
    assert from_registry(reference).digest == ours


def test_refuses_an_image_of_another_platform(registry: str, tmp_path: Path) -> None:
    layout = oci.Layout()
    layout.image("theirs", "arm64")
    layout.write(tmp_path / "theirs.tar")
    reference = f"{registry}/engines/theirs:b1"
    _push(tmp_path / "theirs.tar", reference)
    with pytest.raises(CannotLockError, match="it is for `linux/arm64`, hosts are `linux/amd64`"):
        from_registry(reference)


def test_says_what_the_registry_says(registry: str) -> None:
    with pytest.raises(CannotLockError, match="manifest unknown") as caught:
        from_registry(f"{registry}/engines/absent:b1")
    assert "\n" not in str(caught.value)
    with pytest.raises(CannotLockError, match="connection refused"):
        from_registry(f"127.0.0.1:{_free_port()}/engines/llama:b1")


def test_says_that_skopeo_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CannotLockError, match="no `skopeo` to ask its registry with"):
        from_registry("registry.test/engines/llama:b1")
