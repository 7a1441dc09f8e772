"""Encodes engines for podman's quadlet, systemd and tmpfiles.d.

A line break in a value would be a further directive, and a backslash at the end would swallow
one, without a word from podman. What follows a pattern is held to it; free words are quoted.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from freehold.plan.engine_kind import CACHE, MODELS, RUN
from freehold.plan.storage import RECEIPTS
from freehold.plan.types import Address, Engine

_PATH: Final = re.compile(r"(/[A-Za-z0-9_][A-Za-z0-9._-]*)+")
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_IMAGE: Final = re.compile(r"localhost(/[a-z0-9._-]+)+:[A-Za-z0-9_][A-Za-z0-9._-]*")
_DEVICE: Final = re.compile(r"nvidia\.com/gpu=[0-9]{1,3}(:[0-9]{1,2})?")
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PREFIX: Final = 30
"""Of an engine's own network: the bridge, the container, and no third."""


def view(template: str, about: object) -> Mapping[str, object]:
    """The encoded values that `template` prints of an engine."""
    if not isinstance(about, Engine):
        raise TypeError(f"{template} prints an engine, not {type(about).__name__}")
    return _VIEWS[template](about)


def _container(engine: Engine) -> Mapping[str, object]:
    return {
        "name": name(engine.name),
        "image": image(engine.image.local_name),
        "arguments": lines(engine.arguments),
        "environment": [variable(key, value) for key, value in engine.environment],
        "devices": [_matched(_DEVICE, device, "device") for device in engine.devices],
        "weights": path(engine.weights.path),
        "container_weights": path(f"{MODELS}/{engine.weights.model}"),
        "receipt": path(f"{RECEIPTS}/{engine.weights.model}"),
        "user": int(engine.container_user),
        "id_map_base": int(engine.id_map_base),
        "memory": int(engine.memory_limit),
        "pids": int(engine.pids_limit),
        "shm": int(engine.shm_size),
        "start_timeout": int(engine.start_timeout),
        "cache": path(CACHE),
        "run": path(RUN),
        "socket": path(engine.socket) if engine.socket else None,
        "socket_folder": path(_folder(engine.socket)) if engine.socket else None,
        "address": engine.address and address(engine.address),
        "port": engine.port and int(engine.port),
    }


def _network(engine: Engine) -> Mapping[str, object]:
    if engine.address is None:
        raise ValueError(f"{engine.name} has no network")
    third, fourth = str(engine.address).split(".")[2:]
    return {
        "name": name(engine.name),
        "subnet": f"{engine.address - 2}/{_PREFIX}",
        "gateway": address(engine.address - 1),
        "interface": f"fh-{third}-{fourth}",
    }


def _socket_folder(engine: Engine) -> Mapping[str, object]:
    if engine.socket is None:
        raise ValueError(f"{engine.name} has no socket")
    return {
        "name": name(engine.name),
        "socket_folder": path(_folder(engine.socket)),
        "user": int(engine.id_map_base + engine.container_user),
    }


_UNITS: Final = "host/etc/containers/systemd"
_VIEWS: Final[Mapping[str, Callable[[Engine], Mapping[str, object]]]] = {
    f"{_UNITS}/engine.container.j2": _container,
    f"{_UNITS}/engine.network.j2": _network,
    "host/etc/tmpfiles.d/freehold-engine.conf.j2": _socket_folder,
}


def _folder(socket: str) -> str:
    return socket.rpartition("/")[0]


def lines(words: Sequence[str]) -> list[str]:
    """A command line, one flag with its value to a line, for a unit file."""
    grouped: list[list[str]] = []
    for one in words:
        if one.startswith("--") or not grouped:
            grouped.append([])
        grouped[-1].append(word(one))
    return [" ".join(group) for group in grouped]


def word(text: str) -> str:
    """One word of a command line or of `Environment=`, as systemd and quadlet read it.

    Raises:
        ValueError: no unit file can carry the text.
    """
    # podman loses an empty word, and hands `;` to systemd, which ends the command there.
    if _CONTROL.search(text) or text.endswith("\\") or text in {"", ";"}:
        raise ValueError(f"{text!r} does not fit on a line of a unit file")
    if re.fullmatch(r"[A-Za-z0-9_./:=,@+-]+", text):
        return text
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    # systemd itself expands `%` everywhere, and `$` in commands.
    return f'"{quoted.replace("%", "%%").replace("$", "$$")}"'


def variable(key: str, value: str) -> str:
    """One assignment of `Environment=`."""
    return word(f"{_matched(_VARIABLE, key, 'variable')}={value}")


def path(text: str) -> str:
    """An absolute path whose characters mean nothing to systemd or podman.

    Raises:
        ValueError: it is not one.
    """
    return _matched(_PATH, text, "path")


def name(text: str) -> str:
    """A replica's name."""
    return _matched(_NAME, text, "name")


def image(text: str) -> str:
    """An image's local name."""
    return _matched(_IMAGE, text, "image")


def address(value: Address) -> str:
    """An address."""
    return str(value)


def _matched(pattern: re.Pattern[str], text: str, noun: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"{text!r} is no {noun} that a unit file can carry")
    return text


def unknown_keys(unit: str, known: Iterable[str]) -> tuple[str, ...]:
    """The keys of quadlet's own sections that podman would refuse, and the whole unit with them."""
    allowed = frozenset(known)
    section = ""
    unknown = []
    for line in unit.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif section in {"Container", "Network"} and (found := re.match(r"([A-Za-z]+)=", line)):
            unknown += [] if found[1] in allowed else [found[1]]
    return tuple(unknown)
