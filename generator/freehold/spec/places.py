"""Where in the file, and in which model, one of pydantic's errors lies."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Tag

from freehold.source import Loc, Node


@dataclass(frozen=True, slots=True)
class Place:
    """A place that the file has, the innermost model there, and where alternatives begin."""

    loc: Loc
    model: type[BaseModel] | None = None
    union: Loc | None = None
    at_key: bool = False


def place(model: type[BaseModel], root: Node, loc: Loc) -> Place:
    """The place of pydantic's `loc`, without the steps that only name alternatives."""
    walk = _Walk(model, root)
    for step in loc:
        walk.take(step)
    return Place(tuple(walk.loc), walk.model, walk.union, at_key=walk.at_key)


class _Walk:
    """Follows a loc through the types and through the file at once."""

    def __init__(self, model: type[BaseModel], root: Node) -> None:
        self.loc: list[str | int] = []
        self.node: Node | None = root
        self.model: type[BaseModel] | None = model
        self.union: Loc | None = None
        self.at_key = False
        self._kinds: list[Any] = [model]

    def take(self, step: str | int) -> None:
        if step == "[key]":
            self.at_key = True
            return
        if len(self._kinds) > 1:
            self._choose(str(step))
            return
        kind = self._kinds[0] if self._kinds else None
        self._enter(step)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(step))
            self._kinds = list(_alternatives(field.annotation)) if field else []
        else:
            self._kinds = list(_alternatives(_inside(kind)))
        inner = self._kinds[0] if len(self._kinds) == 1 else None
        self._note_model(inner)

    def _enter(self, step: str | int) -> None:
        if self.node is None:
            return
        if isinstance(self.node.children, list) and isinstance(step, str):
            # A list of names stands for a mapping with empty values.
            values = [child.value for child in self.node.children]
            step = values.index(step) if step in values else step
        below = self.node.child(step)
        if below is not None:
            self.loc.append(step)
        self.node = below or self.node

    def _choose(self, label: str) -> None:
        if self.union is None:
            self.union = tuple(self.loc)
        chosen = [kind for kind in self._kinds if _is_called(kind, label)]
        self._kinds = [_bare(kind) for kind in chosen[:1]]
        self._note_model(self._kinds[0] if self._kinds else None)

    def _note_model(self, kind: object) -> None:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            self.model = kind


def _alternatives(annotation: Any) -> Iterator[Any]:
    bare = _bare(annotation)
    if _tag(annotation):
        yield annotation
    elif get_origin(bare) in {Union, UnionType}:
        for arm in get_args(bare):
            yield from _alternatives(arm)
    elif bare is not type(None):
        yield bare


def _bare(annotation: Any) -> Any:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def _tag(annotation: Any) -> str:
    extras = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return next((extra.tag for extra in extras if isinstance(extra, Tag)), "")


def _is_called(kind: Any, label: str) -> bool:
    if tag := _tag(kind):
        return tag == label
    name = getattr(get_origin(kind) or kind, "__name__", "")
    return label.startswith(name) or label.removeprefix("constrained-").startswith(name)


def _inside(kind: Any) -> Any:
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return arguments[1]
    return arguments[0] if arguments else None
