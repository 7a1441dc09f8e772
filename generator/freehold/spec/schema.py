"""The spec's format as JSON Schema, for editors that check and complete while one types."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from freehold.spec.base import Strict
from freehold.spec.cluster import Cluster
from freehold.spec.texts import texts

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> JsonSchemaValue:
    """The schema, in the 2020-12 dialect, without an `$id`: it belongs to this version alone."""
    schema = Cluster.model_json_schema(schema_generator=_InOrder)
    models = {m.__name__: m for m in _below(Strict) if m.__module__.startswith(__package__)}
    for name, definition in {Cluster.__name__: schema, **schema["$defs"]}.items():
        for key, text in texts(models[name]).items() if name in models else ():
            definition["properties"][key]["description"] = text
    return {"$schema": DIALECT} | _worded(schema)


def _below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        yield each
        yield from _below(each)


class _InOrder(GenerateJsonSchema):
    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:  # noqa: ARG002 - pydantic's signature
        """Keep the spec's own order of keys."""
        return value


def _worded(schema: JsonSchemaValue) -> JsonSchemaValue:
    """The schema with every shape in words, where a reader of a schema looks for it."""
    worded = {key: _in(item) for key, item in schema.items() if key != "shape"}
    shape = schema.get("shape")
    if isinstance(shape, str):
        about = worded.get("description")
        worded["description"] = f"{about} ({shape})" if about else shape
    return worded


def _in(value: Any) -> Any:
    if isinstance(value, dict):
        return _worded(value)
    return [_in(item) for item in value] if isinstance(value, list) else value
