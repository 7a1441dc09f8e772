"""Whether a lock covers a plan, and says the same as its spec."""

from pathlib import Path
from typing import Final

from freehold.diagnostics import rule_text
from freehold.lock.file import Lock, Model, beside, read
from freehold.lock.formats import dangers, selected
from freehold.lock.wanted import Wanted, wanted
from freehold.plan.types import Plan, Weights
from freehold.report import Report
from freehold.source import Source

STALE: Final = rule_text(
    "lock-stale",
    """The lock file says nothing about an image or model of the spec, or is about another.

    The spec has changed since it was locked. What the lock lacks has no digest, and cannot
    be checked on a host.
    """,
)
CONTRADICTED: Final = rule_text(
    "lock-contradicted",
    """The spec pins one revision of a model, and the lock file another.

    Both claim to say which bytes run, and only one can be right.
    """,
)
UNUSED: Final = rule_text("lock-unused", "The lock file lists what the spec no longer names.")


def check_beside(spec: Path, plan: Plan, report: Report) -> Lock | None:
    """The lock beside `spec`, compared with its plan; none when there is none to read.

    Raises:
        OSError: the lock file cannot be read.
    """
    path = beside(spec)
    if not path.exists():
        return None
    source = Source.read(path)
    lock = read(source, report)
    if lock is not None:
        check(lock, source, wanted(plan), report)
    return lock


def check(lock: Lock, source: Source, needed: Wanted, report: Report) -> None:
    """Report where `lock`, read from `source`, and the plan it is for disagree."""
    for reference, model in needed.images.items():
        if reference not in lock.images:
            report.refuse(
                STALE,
                f"the lock file has no digest of `{reference}`",
                ("models", model),
                help=f"run `freehold lock {report.source.name}`",
            )
    for name, weights in needed.models.items():
        if name not in lock.models:
            report.refuse_key(
                STALE,
                f"the lock file has no files of `{name}`",
                ("models", name),
                help=f"run `freehold lock {report.source.name}`",
            )
        else:
            _compare(lock.models[name], weights, report)
    _warn_of_unused(lock, needed, report.about(source))


def differs(locked: Model, weights: Weights) -> bool:
    """Whether a locked model is no longer the one that the spec asks for."""
    return (
        locked.source != weights.source
        or not _same_revision(locked, weights)
        or not _same_selection(locked, weights)
    )


def _same_revision(locked: Model, weights: Weights) -> bool:
    # A directory without a record of its download is pinned by its files alone.
    return None in (weights.revision, locked.revision) or weights.revision == locked.revision


def _same_selection(locked: Model, weights: Weights) -> bool:
    return set(selected(locked.files, weights.file)) == set(locked.files)


def _compare(locked: Model, weights: Weights, report: Report) -> None:
    loc = ("models", weights.model)
    remedy = f"run `freehold lock {report.source.name}`"
    dangerous = tuple(dangers(weights.model, locked.files))
    for refused in dangerous:
        report.refuse_key(refused.rule, refused.message, loc, help=refused.help)
    if locked.source != weights.source:
        message = f"the lock file has `{locked.source}` as `{weights.model}`"
        report.refuse(STALE, message, (*loc, "source"), help=remedy)
    elif not dangerous and not _same_selection(locked, weights):
        message = f"the lock file has other files of `{weights.model}`"
        report.refuse(STALE, message, (*loc, "file"), help=remedy)
    if not _same_revision(locked, weights):
        message = f"the lock file has revision `{locked.revision}`"
        report.refuse(CONTRADICTED, message, (*loc, "revision"), help=remedy)


def _warn_of_unused(lock: Lock, needed: Wanted, report: Report) -> None:
    names = [("images", name) for name in lock.images if name not in needed.images]
    names += [("models", name) for name in lock.models if name not in needed.models]
    for loc in names:
        span = report.source.find(loc, key=True)
        remedy = "run `freehold lock` to drop it"
        report.add(
            UNUSED, f"the spec does not name `{loc[1]}`", span, help=remedy, severity="warning"
        )
