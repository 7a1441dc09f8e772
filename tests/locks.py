"""What the tests of locking have in common: a model and an image that are wanted."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from freehold.lock.file import EMPTY, Lock
from freehold.lock.hub import HubClient
from freehold.lock.progress import Progress
from freehold.lock.resolve import Places, resolve
from freehold.lock.wanted import Wanted
from freehold.lock.web import Web
from freehold.plan.types import Weights
from freehold.report import Report

REFERENCE = "registry.test/engines/llama:b1"
SPEC = b"""\
models:
  tiny:
    source: test/tiny
    revision: null
    file: null
"""
WEIGHTS = Weights(
    model="tiny", source="test/tiny", revision=None, file=None, path="/models/tiny", gid=1
)
WANTED = Wanted(images={REFERENCE: "tiny"}, models={"tiny": WEIGHTS})
NOWHERE = "http://127.0.0.1:9"  # the discard port, where nothing listens


def wanting(
    *, revision: str | None = None, file: str | None = None, source: str = "test/tiny"
) -> Wanted:
    weights = replace(WEIGHTS, revision=revision, file=file, source=source)
    return replace(WANTED, models={"tiny": weights})


def places(artifacts: Path) -> Places:
    progress = Progress()
    return Places(artifacts, {}, {}, HubClient(NOWHERE, Web(None), progress), progress)


def lock_anew(artifacts: Path, report: Report, wanted: Wanted = WANTED) -> Lock:
    return resolve(wanted, EMPTY, frozenset(), places(artifacts), report)


def put(folder: Path, contents: Mapping[str, str]) -> Path:
    for name, text in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def said(report: Report) -> list[tuple[str, str]]:
    return [(found.rule, found.message) for found in report.findings]
