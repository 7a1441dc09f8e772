"""The catalog's models, each read when it is asked for: a spec names a few of many."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

import yaml
from pydantic import TypeAdapter

from freehold.catalog.facts import ModelFacts
from freehold.catalog.read import LOADER


class Models(Mapping[str, ModelFacts]):
    """Models by repository, and each one's further checkpoints under their own names."""

    def __init__(self, text: str) -> None:
        """Of a file of YAML whose keys alone begin a line."""
        parts = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
        self._texts = {part.partition(":")[0]: part for part in parts}
        self._read: dict[str, ModelFacts] = {}

    def __getitem__(self, repository: str) -> ModelFacts:
        """The model, or the one that the checkpoint of this name is of."""
        if repository not in self._texts:
            return self._checkpoints[repository]
        if repository not in self._read:
            content = yaml.load(self._texts[repository], Loader=LOADER)  # noqa: S506 - our own file
            self._read |= TypeAdapter(dict[str, ModelFacts]).validate_python(content)
        return self._read[repository]

    def __iter__(self) -> Iterator[str]:
        """Checkpoints first, then models."""
        return iter((*self._checkpoints, *self._texts))

    def __len__(self) -> int:
        """Of both."""
        return len(self._texts) + len(self._checkpoints)

    @cached_property
    def _checkpoints(self) -> Mapping[str, ModelFacts]:
        return checkpoints({repository: self[repository] for repository in self._texts})


def checkpoints(models: Mapping[str, ModelFacts]) -> dict[str, ModelFacts]:
    """The models' further checkpoints, under their own names."""
    return {
        repository: facts.model_copy(update={**dict(checkpoint), "checkpoints": {}})
        for facts in models.values()
        for repository, checkpoint in facts.checkpoints.items()
        if repository not in models
    }
