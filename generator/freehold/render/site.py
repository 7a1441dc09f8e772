"""From a plan to the files of its site, in the order in which they are made."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import freehold
from freehold.cost.export.cyclonedx import Inventory
from freehold.lock import write as lock_file
from freehold.lock.file import Lock
from freehold.plan.types import Plan
from freehold.render import bom, inventory, manifest, plan_json, readme
from freehold.render.expected import expected
from freehold.render.files import SiteFile
from freehold.render.fill import fill
from freehold.render.host_files import Pool, pools, site_files
from freehold.render.variables import Variables, levels, subjects
from freehold.render.yaml import encode

PLAYBOOKS: Final = ("site.yml", "verify.yml", "rotate_keys.yml")
_PACKAGES: Final = Path(freehold.__file__).parent.parent
_COLLECTION: Final = "collections/ansible_collections/freehold/llm"
_PLAYBOOKS: Final = _PACKAGES / "ansible_collections/freehold/llm"
_VERIFY: Final = _PACKAGES / "freehold/templates/verify"


def render(plan: Plan, lock: Lock | None, bill: Inventory | None = None) -> Iterator[SiteFile]:
    """Every file of the site; without a lock, of one that refuses to be applied.

    With what the plan costs, its bill is part of the site.
    """
    yield from manifest.complete(_files(plan, lock, bill))


def _files(plan: Plan, lock: Lock | None, bill: Inventory | None) -> Iterator[SiteFile]:
    parts = pools(plan)
    yield from _project(plan, lock, bill)
    yield from _inventory(plan, parts, lock)
    for pool in parts:
        yield from site_files(pool)
    yield from _collection()
    yield from _verification(plan, lock)
    yield SiteFile("plan.json", b"".join(plan_json.document(plan)))
    if bill is not None:
        yield from bom.files(bill)
    if lock is not None:
        yield SiteFile("lock.yml", lock_file.text(lock))


def _project(plan: Plan, lock: Lock | None, bill: Inventory | None) -> Iterator[SiteFile]:
    view = {**readme.view(plan, lock), "bill": bom.view(bill.result) if bill else None}
    yield SiteFile("README.md", fill("site/README.md.j2", view))
    yield SiteFile("ansible.cfg", fill("site/ansible.cfg.j2", {}))
    for name in PLAYBOOKS:
        yield SiteFile(name, fill(f"site/{name}.j2", {"locked": lock is not None}))


def _inventory(plan: Plan, parts: tuple[Pool, ...], lock: Lock | None) -> Iterator[SiteFile]:
    yield SiteFile("inventory/hosts.yml", encode(inventory.document(plan)))
    known = levels(subjects(plan, parts, lock))
    yield from _variables("group_vars/all", known.everywhere)
    for pool, shared in known.pools.items():
        yield from _variables(f"group_vars/{pool}", shared)
    for subject in subjects(plan, parts, lock):
        yield from _variables(f"host_vars/{subject.host.host.name}", known.own(subject))


def _variables(name: str, variables: Variables) -> Iterator[SiteFile]:
    if variables:
        yield SiteFile(f"inventory/{name}.yml", encode(variables))


def _collection() -> Iterator[SiteFile]:
    for path in _sources(_PLAYBOOKS):
        yield SiteFile(f"{_COLLECTION}/{path}", (_PLAYBOOKS / path).read_bytes())


def _verification(plan: Plan, lock: Lock | None) -> Iterator[SiteFile]:
    for path in _sources(_VERIFY):
        yield SiteFile(f"verify/{path}", (_VERIFY / path).read_bytes())
    facts = json.dumps(expected(plan, lock), indent=1)
    yield SiteFile("verify/expected.json", facts.encode() + b"\n")


def _sources(folder: Path) -> list[str]:
    """The files that we wrote below the folder, without what running them left there."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(
        path.as_posix()
        for path in paths
        if not any(part == "__pycache__" or part.startswith(".") for part in path.parts)
    )
