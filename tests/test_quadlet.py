"""Unit files as podman's generator and systemd read them."""

import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_sites import containers, rendered
from freehold.catalog.load import builtin
from freehold.plan.types import Engine
from freehold.render import quadlet
from quadlet_program import generate, values, words

IMAGE = "localhost/freehold/x:1"
HOSTILE = [
    "%n", "%%", "$HOME", "${HOME}", "$$", "a b", "'", '"', '"x" y', "a\\nb", "\\x41", "x\\y",
    "#", "{}", "*", "~", "a;b", "; rm", "&&", "|", "=", "é", "\u00a0", "模型", "\U0001f600",
    "--privileged", "-v /:/host", "%i$HOME\\%%", "\t"[:0] + "tab", "@x", "!x", "a'b\"c\\d e",
]  # fmt: skip
UNFIT = [
    "", ";", "a\\", "a\nPodmanArgs=--privileged", "a\r", "\x00", "\x1b[2J", "\x7f", "\x85",
    "\u2028", "\u2029", "a\tb",
]  # fmt: skip
FIT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1).filter(
    lambda text: text != ";" and not text.endswith("\\")
)


def unit(folder: Path, texts: list[str]) -> str:
    """The service of a unit that hands these words to its program."""
    lines = [f"Environment={quadlet.word(f'V{n}={text}')}" for n, text in enumerate(texts)]
    command = " \\\n  ".join(f"--flag {quadlet.word(text)}" for text in texts)
    text = f"[Container]\nImage={IMAGE}\nContainerName=x\nExec={command}\n" + "\n".join(lines)
    (folder / "x.container").write_text(text)
    made = generate(folder)
    assert made.status == 0, made.said
    (command,) = values(made.services["x.service"], "ExecStart")
    return command


def arrived(command: str) -> tuple[list[str], dict[str, str]]:
    """What the program gets, and its environment."""
    read = words(command)
    at = read.index(IMAGE)
    pairs = pairwise(read[:at])
    return read[at + 1 :], dict(b.split("=", 1) for a, b in pairs if a == "--env")


def test_hostile_words_arrive_unchanged(tmp_path: Path) -> None:
    arguments, environment = arrived(unit(tmp_path, HOSTILE))
    assert arguments == [word for text in HOSTILE for word in ("--flag", text)]
    assert environment == {f"V{n}": text for n, text in enumerate(HOSTILE)}


@settings(max_examples=60, deadline=None)
@given(st.lists(FIT, min_size=1, max_size=20))
def test_every_text_arrives_unchanged(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    arguments, environment = arrived(unit(tmp_path_factory.mktemp("units"), texts))
    assert arguments == [word for text in texts for word in ("--flag", text)]
    assert environment == {f"V{n}": text for n, text in enumerate(texts)}


@pytest.mark.parametrize("text", UNFIT)
def test_refuses_what_no_unit_file_can_carry(text: str) -> None:
    with pytest.raises(ValueError, match="unit file"):
        quadlet.word(text)


@pytest.mark.parametrize(
    "text", ["/a:/b", "/a,b", "/a b", "/../a", "a", "/a/", "/a%n", "/a\n", "/"]
)
def test_refuses_paths_that_mean_more_than_a_place(text: str) -> None:
    with pytest.raises(ValueError, match="path"):
        quadlet.path(text)


@pytest.mark.parametrize("site", ["vllm", "sglang", "llama.cpp"])
def test_podman_and_systemd_read_the_units(site: str, tmp_path: Path) -> None:
    for path, text in rendered(site).items():
        if path.startswith("/etc/containers/systemd/"):
            (tmp_path / Path(path).name).write_text(text)
    made = generate(tmp_path)
    assert made.status == 0, made.said
    assert "unsupported" not in made.said.lower()
    for engine in containers(site):
        (command,) = values(made.services[engine.unit], "ExecStart")
        read = words(command)
        at = read.index(engine.image.local_name)
        assert tuple(read[at + 1 :]) == engine.arguments
        assert set(_options(engine)) <= set(pairwise(read[:at]))
        assert {"--read-only", "--http-proxy=false", "--security-opt=no-new-privileges"} < set(read)
        assert not {"--privileged", "--publish", "-p", "--cap-add"} & set(read[:at])


def _options(engine: Engine) -> list[tuple[str, str]]:
    base = engine.id_map_base
    network = "none" if engine.socket else f"freehold-{engine.name}"
    return [
        ("--pull", "never"),
        ("--cap-drop", "all"),
        ("--user", "2000:2000"),
        ("--uidmap", f"0:{base}:65536"),
        ("--gidmap", f"0:{base}:65536"),
        ("--network", network),
        *(("--device", device) for device in engine.devices),
        *(("--env", f"{key}={value}") for key, value in engine.environment),
    ]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
@pytest.mark.skipif(not shutil.which("podman"), reason="needs podman, which the services start")
@pytest.mark.parametrize("site", ["vllm", "sglang", "llama.cpp"])
def test_systemd_finds_nothing_to_say(site: str, tmp_path: Path) -> None:
    units, services = tmp_path / "units", tmp_path / "services"
    units.mkdir()
    services.mkdir()
    for path, text in rendered(site).items():
        if path.startswith("/etc/containers/systemd/"):
            (units / Path(path).name).write_text(text)
    for name, text in generate(units).services.items():
        (services / name).write_text(text)
    # Not installed on this machine, but on hosts with GPUs.
    (services / "nvidia-cdi-refresh.service").write_text("[Service]\nExecStart=/bin/true\n")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
         *map(str, services.iterdir())],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.stderr, done.returncode) == ("", 0)


@pytest.mark.parametrize("site", ["vllm", "sglang", "llama.cpp"])
@pytest.mark.parametrize("system", sorted(builtin().systems))
def test_every_system_knows_the_keys(site: str, system: str) -> None:
    catalog = builtin()
    podman = _numbers(catalog.systems[system].podman)
    known = [
        key for since, keys in catalog.quadlet.items() if _numbers(since) <= podman for key in keys
    ]
    for path, text in rendered(site).items():
        assert quadlet.unknown_keys(text, known) == (), path


def test_an_unknown_key_is_found() -> None:
    text = "[Unit]\nAfter=x\n[Container]\nImage=x\n# Memory=1\nMemory=1\n[Service]\nMemoryMax=1\n"
    assert quadlet.unknown_keys(text, ["Image"]) == ("Memory",)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def test_a_unit_says_where_its_socket_and_weights_are() -> None:
    text = rendered("llama.cpp")["/etc/containers/systemd/freehold-tiny-0.container"]
    assert "AssertPathExists=/var/lib/freehold/weights/tiny\n" in text
    assert "Volume=/srv/freehold/models/tiny:/models/tiny:ro,nosuid,nodev,noexec,z\n" in text
    assert "Volume=/run/freehold/tiny-0:/run/engine:" in text


def test_the_socket_folder_is_the_engines_and_open_to_the_gateway_alone() -> None:
    text = rendered("llama.cpp")["/etc/tmpfiles.d/freehold-engine-tiny-0.conf"]
    line = text.splitlines()[-1]
    assert line == f"d /run/freehold/tiny-0 0710 {0x7000_0000 + 2000} haproxy -"


def test_refuses_to_print_another_thing() -> None:
    template = "host/etc/containers/systemd/engine.container.j2"
    with pytest.raises(TypeError, match="not str"):
        quadlet.view(template, "engine")
    (engine,) = containers("llama.cpp")
    with pytest.raises(ValueError, match="no device"):
        quadlet.view(template, replace(engine, devices=("/dev/mem",)))
