"""From a file's values to a model, with every mistake found at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from freehold.report import Report
from freehold.source import Node, Source
from freehold.spec.cluster import Cluster
from freehold.spec.mistakes import WANTED, Mistake, refuse
from freehold.spec.places import place

Model = TypeVar("Model", bound=BaseModel)


def load(source: Source, report: Report) -> Cluster | None:
    """The cluster that `source` describes, unless the report says why there is none."""
    return load_as(Cluster, source, report)


def load_as(model: type[Model], source: Source, report: Report) -> Model | None:
    """What `source` describes as a `model`, unless the report says why there is none."""
    report.findings.extend(source.findings)
    if source.root is None:
        if not source.findings:
            report.refuse(
                "file-empty",
                "the file holds no value",
                (),
                help="write a mapping of keys and values",
            )
        return None
    try:
        return model.model_validate(source.data())
    except ValidationError as error:
        for mistakes in _merged(_mistakes(model, source, source.root, error)):
            refuse(mistakes, report)
    return None


def _mistakes(
    model: type[BaseModel], source: Source, root: Node, error: ValidationError
) -> Iterator[Mistake]:
    for raw in error.errors(include_url=False):
        at = place(model, root, raw["loc"])
        name = str(raw["loc"][-1]) if raw["loc"] else ""
        value, details = raw["input"], raw.get("ctx", {})
        yield Mistake(raw["type"], at, name, value, source.written(at.loc), details, raw["msg"])


def _merged(mistakes: Iterable[Mistake]) -> Iterator[Sequence[Mistake]]:
    """The mistakes by place, without what alternatives say that were not meant."""
    by_place: defaultdict[object, list[Mistake]] = defaultdict(list)
    for mistake in _meant(mistakes):
        by_place[mistake.at.loc, mistake.at.at_key, mistake.type == "missing"].append(mistake)
    unknown = [m for group in by_place.values() for m in group if m.type == "extra_forbidden"]
    for group in by_place.values():
        if rest := [mistake for mistake in group if not _is_misspelt(mistake, unknown)]:
            yield rest


def _meant(mistakes: Iterable[Mistake]) -> Iterator[Mistake]:
    by_union: defaultdict[object, list[Mistake]] = defaultdict(list)
    for number, mistake in enumerate(mistakes):
        union = mistake.at.union
        by_union[number if union is None else union].append(mistake)
    for group in by_union.values():
        meant = [m for m in group if m.at.loc != m.at.union or not _is_of_another_kind(m)]
        yield from meant or group


def _is_of_another_kind(mistake: Mistake) -> bool:
    is_mapping = isinstance(mistake.value, dict)
    return mistake.type in WANTED or (is_mapping and mistake.type == "literal_error")


def _is_misspelt(mistake: Mistake, unknown: Iterable[Mistake]) -> bool:
    """Whether a missing key is there under a name that is another mistake already."""
    return mistake.type == "missing" and any(
        other.at.loc[:-1] == mistake.at.loc and other.nearest_key() == mistake.name
        for other in unknown
    )
