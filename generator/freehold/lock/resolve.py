"""Finds the bytes of all that a plan names: kept, on this machine, or asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from freehold.lock.archive import from_archive
from freehold.lock.check import differs
from freehold.lock.directory import from_directory
from freehold.lock.errors import CannotLockError
from freehold.lock.file import Image, Lock, Model, archive_of
from freehold.lock.formats import Refused
from freehold.lock.hub import HubClient
from freehold.lock.progress import Progress
from freehold.lock.registry import from_registry
from freehold.lock.wanted import Wanted
from freehold.plan.types import Weights
from freehold.report import Report


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look, this machine first."""

    artifacts: Path
    archives: Mapping[str, Path]
    """OCI archives elsewhere, by image reference."""
    directories: Mapping[str, Path]
    """Weights elsewhere, by model."""
    hub: HubClient
    progress: Progress

    def archive(self, reference: str) -> Path | None:
        """The image's archive on this machine, if there is one."""
        path = self.archives.get(reference, self.artifacts / archive_of(reference))
        return path if reference in self.archives or path.exists() else None

    def directory(self, model: str) -> Path | None:
        """The model's directory on this machine, if there is one."""
        path = self.directories.get(model, self.artifacts / "models" / model)
        return path if model in self.directories or path.exists() else None

    def find_image(self, reference: str) -> Image | Refused:
        """The image in an archive, else in its registry.

        Raises:
            CannotLockError: there is no archive, and the registry does not answer.
        """
        archive = self.archive(reference)
        if archive:
            return from_archive(reference, archive, self.progress)
        try:
            return from_registry(reference)
        except CannotLockError as error:
            path = self.artifacts / archive_of(reference)
            raise CannotLockError(f"{error}; or put its OCI archive at {path}") from error

    def find_model(self, weights: Weights) -> Model | tuple[Refused, ...]:
        """The model in a directory, else in the hub.

        Raises:
            CannotLockError: there is no directory, and the hub does not answer.
        """
        directory = self.directory(weights.model)
        if directory:
            return from_directory(weights, directory, self.progress)
        try:
            return self.hub.model(weights)
        except CannotLockError as error:
            path = self.artifacts / "models" / weights.model
            raise CannotLockError(f"{error}; or put the model's files into {path}") from error


def resolve(
    wanted: Wanted, old: Lock, update: frozenset[str], places: Places, report: Report
) -> Lock:
    """The lock of `wanted`: what `old` says where it still holds, and the rest found anew.

    Raises:
        CannotLockError: something cannot be found.
    """
    return Lock(
        version=1,
        images=dict(_images(wanted, old, update, places, report)),
        models=dict(_models(wanted, old, update, places, report)),
    )


def _images(
    wanted: Wanted, old: Lock, update: frozenset[str], places: Places, report: Report
) -> Iterator[tuple[str, Image]]:
    for reference, model in wanted.images.items():
        if reference in old.images and reference not in update:
            yield reference, old.images[reference]
            continue
        found = places.find_image(reference)
        if isinstance(found, Image):
            yield reference, found
        else:
            report.refuse(found.rule, found.message, ("models", model), help=found.help)


def _models(
    wanted: Wanted, old: Lock, update: frozenset[str], places: Places, report: Report
) -> Iterator[tuple[str, Model]]:
    for name, weights in wanted.models.items():
        kept = old.models.get(name)
        if kept and name not in update and not differs(kept, weights):
            yield name, kept
            continue
        found = places.find_model(weights)
        if not isinstance(found, tuple):
            yield name, found
            continue
        for refused in found:
            report.refuse(refused.rule, refused.message, ("models", name), help=refused.help)


def changes(old: Lock, new: Lock) -> Iterator[str]:
    """What `new` says otherwise than `old`, a line each."""
    for kind, before, after in (
        ("image", old.images, new.images),
        ("model", old.models, new.models),
    ):
        for name in sorted(before.keys() | after.keys()):
            if name not in after:
                yield f"removed {kind} {name}"
            elif before.get(name) != after[name]:
                verb = "changed" if name in before else "added"
                yield f"{verb} {kind} {name}: {_summary(after[name])}"


def _summary(entry: Image | Model) -> str:
    if isinstance(entry, Image):
        return entry.digest
    files = "1 file" if len(entry.files) == 1 else f"{len(entry.files)} files"
    return f"{files}, revision {entry.revision or 'unknown'}"
