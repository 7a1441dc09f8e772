"""What every part of a spec has in common."""

import re
from contextlib import suppress
from datetime import date
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError, PydanticKnownError


class Strict(BaseModel):
    """Frozen, without unknown keys, and without one type standing in for another."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


SHAPES: Final[dict[str, str]] = {}
"""What text must be, in words, by its pattern."""


def shaped(regex: str, shape: str, maximum: int) -> Any:
    """A field of text that matches all of `regex`, called `shape` in words."""
    SHAPES[f"^{regex}$"] = shape
    # Rust's regex has no look-around, and `$` there never matches before a newline.
    return Field(pattern=f"^{regex}$", max_length=maximum, json_schema_extra={"shape": shape})


_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"

Slug = Annotated[
    str, shaped("[a-z][a-z0-9]*(-[a-z0-9]+)*", "a name of lower-case words joined by `-`", 40)
]
PoolName = Annotated[
    str, shaped("[a-z][a-z0-9_]*", "a name of lower-case letters, digits and `_`", 40)
]
HostName = Annotated[str, shaped(_LABEL, "a host name of one label, such as `gpu-1`", 63)]
DomainName = Annotated[
    # A last label that begins with a digit makes a browser and curl see an IPv4 address.
    str,
    shaped(
        rf"({_LABEL}\.)*[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?",
        "a domain name, such as `llm.mercy.internal`",
        253,
    ),
]
Repository = Annotated[
    str,
    shaped(
        "[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*",
        "an organisation and a repository, such as `Qwen/Qwen3-8B`",
        192,
    ),
]
Revision = Annotated[str, shaped("[0-9a-f]{40}", "a commit of 40 hexadecimal digits", 40)]
FileName = Annotated[
    str,
    shaped("[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*", "a relative path", 255),
]
ImageName = Annotated[
    str,
    shaped(
        # https://github.com/distribution/reference/blob/v0.6.0/reference.go
        r"[a-z0-9]+([.-]+[a-z0-9]+)*(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+"
        r":[A-Za-z0-9_][A-Za-z0-9._-]{0,127}",
        "an image with registry and tag, such as `docker.io/vllm/vllm-openai:v0.33.0`",
        255,
    ),
]
HostPath = Annotated[
    str, shaped("(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+", "an absolute path without `..`", 255)
]
Currency = Annotated[str, shaped("[A-Z]{3}", "an ISO 4217 currency code, such as `EUR`", 3)]


def _date(value: object) -> date:
    if type(value) is date:
        return value
    if isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise PydanticCustomError("date", "not a date", {})


IsoDate = Annotated[date, BeforeValidator(_date)]
"""A day, such as `2026-12-01`."""


def _one(value: object) -> object:
    # To Python, and so to pydantic's Literal, `true` and `1.0` are 1 too.
    if type(value) is not int:
        raise PydanticKnownError("literal_error", {"expected": "1"})
    return value


FormatVersion = Annotated[Literal[1], BeforeValidator(_one)]
"""The version of a file's format."""
Text = Annotated[str, Field(max_length=500)]
ComputeCapability = Annotated[
    str, shaped(r"[0-9]{1,2}\.[0-9]", "a compute capability, such as `8.9`", 4)
]
CardName = Annotated[
    str, shaped(r"[!-~]([ -~]*[!-~])?", "a card's name in ASCII, such as `NVIDIA L40S`", 100)
]
Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1, le=100_000)]


def _address(value: Any) -> Any:
    for kind in (IPv4Address, IPv6Address):
        try:
            return kind(value) if isinstance(value, (str, kind)) else value
        except ValueError:
            continue
    raise PydanticCustomError("address", "not an IP address, such as `10.20.0.11`", {"got": value})


def _network(value: Any) -> Any:
    for kind in (IPv4Network, IPv6Network):
        try:
            return kind(value) if isinstance(value, (str, kind)) else value
        except ValueError:
            continue
    raise PydanticCustomError(
        "network", "not a network without host bits, such as `10.20.0.0/24`", {"got": value}
    )


def _unscoped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv6Address) and address.scope_id:
        raise PydanticCustomError("address", "an address without a scope", {})
    return address


Address = Annotated[IPv4Address | IPv6Address, BeforeValidator(_address), AfterValidator(_unscoped)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]
