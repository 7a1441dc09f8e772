"""The controls that make up an isolation level, each with the test that proves it."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Final, Literal

import yaml
from pydantic import Field, TypeAdapter

from freehold.spec.base import Strict, Text
from freehold.spec.cluster import Level

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KINDS: Final = {
    "static": "on the rendered files",
    "host": "on the host",
    "network": "by probing from the network",
    "gpu": "on a host with GPUs",
}
STANDARDS: Final = {
    "nist": "NIST SP 800-53 rev. 5",
    "cis": "CIS Debian Linux 12 v1.1.0",
    "hipaa": "HIPAA, 45 CFR 164.312",
    "pci": "PCI DSS v4.0.1",
}
"""What controls are mapped to: they contribute to these, no more is claimed."""

Kind = Literal["static", "host", "network", "gpu"]
Standard = Literal["nist", "cis", "hipaa", "pci"]
Test = Annotated[str, Field(pattern=r"^(verify|tests)/[a-z0-9_/]+\.py::test_[a-z0-9_]+$")]


class Control(Strict):
    """One claim about a site that a test can refute."""

    title: Text
    level: Annotated[Level, Field(strict=False)]
    """The first level that has it; all stricter ones have it too."""
    kinds: Annotated[tuple[Kind, ...], Field(strict=False, min_length=1)]
    """Where the test looks."""
    configured: Text
    """What makes the claim true."""
    roles: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    """Who puts that on hosts; `render` when it holds for the rendered files themselves."""
    tests: Annotated[tuple[Test, ...], Field(strict=False, min_length=1)]
    """In a site's `verify/`, or in freehold's own `tests/`."""
    mutant: Text
    """A change that must make a test fail."""
    maps_to: dict[Standard, Annotated[tuple[str, ...], Field(strict=False, min_length=1)]]


@cache
def catalogue() -> Mapping[str, Control]:
    """Every control that this version configures and tests, by its id."""
    text = files("freehold.catalog").joinpath("controls.yml").read_text("utf-8")
    entries = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, in C where there is one
    return TypeAdapter(dict[str, Control]).validate_python(entries)


def controls(level: Level) -> Mapping[str, Control]:
    """The controls of a level, those of the levels below among them."""
    return {name: one for name, one in catalogue().items() if level.includes(one.level)}


def explain(name: str) -> str | None:
    """What a control is, for people; none if there is no such control."""
    control = catalogue().get(name.upper())
    if control is None:
        return None
    lines = [
        f"{name.upper()}: {control.title}",
        "",
        f"level:      {control.level} and stricter",
        f"configured: {control.configured}",
        f"roles:      {', '.join(control.roles)}",
        f"tested:     {', '.join(_KINDS[kind] for kind in control.kinds)}",
        *(f"            {test}" for test in control.tests),
        f"fails when: {control.mutant}",
        *(f"maps to:    {STANDARDS[name]}: {', '.join(ids)}" for name, ids in _mapped(control)),
    ]
    return "\n".join(lines)


def _mapped(control: Control) -> list[tuple[Standard, tuple[str, ...]]]:
    return sorted(control.maps_to.items())
