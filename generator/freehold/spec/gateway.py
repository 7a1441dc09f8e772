"""The one way in: names, clients and their limits."""

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from freehold.spec.base import DomainName, HostName, HostPath, Port, Slug, Strict
from freehold.units import Bytes, RequestRate


class Client(Strict):
    """What one client may ask for; each has a key of its own."""

    requests: RequestRate = RequestRate(600)
    concurrency: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Requests in flight at once."""
    body: Bytes = Bytes(2**20)
    """The largest request body; over 1 MiB goes to the model's own path."""


class Certificate(Strict):
    """A certificate that already lies on the gateway's host."""

    certificate: HostPath
    """The certificate and its chain, PEM."""
    key: HostPath


def _clients(value: object) -> object:
    if not isinstance(value, list):
        return value
    if any(not isinstance(name, str) for name in value):
        raise PydanticCustomError("clients", "not a list of names", {})
    clients: dict[str, object] = {}
    for number, name in enumerate(value):
        if name in clients:
            details = {"name": name, "at": (number,)}
            raise PydanticCustomError("repeated", "`{name}` is listed twice", details)
        clients[name] = {}
    return clients


class Gateway(Strict):
    """Where clients find the models."""

    name: DomainName
    """The name in the certificate and in clients' base URL."""
    host: HostName | None = None
    """The host that runs it; the spec's first host when left out."""
    port: Port = 443
    clients: Annotated[
        dict[Slug, Client],
        BeforeValidator(_clients, json_schema_input_type=list[Slug] | dict[Slug, Client]),
        Field(min_length=1, max_length=1000),
    ]
    """Client names, or names and limits."""
    certificate: Certificate | None = None
    """A certificate of your own; else the site's own authority issues one."""
