"""The identity of what is bought and run, as CycloneDX 1.7: devices, software and models.

What CycloneDX has no field for, such as quantities, stands in properties that begin with
`freehold:`. There is no price in it. It has no clock: it is made on the day of the order, and its
serial number follows from the digests of the spec and the price book.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from freehold import __version__
from freehold.catalog.facts import Catalog
from freehold.cost.export.as_json import path
from freehold.cost.flows import HARDWARE
from freehold.cost.types import BomLine, Result
from freehold.cost.words import quantity
from freehold.lock.file import Hub, Lock, Model
from freehold.lock.wanted import wanted
from freehold.plan.types import Plan, Weights

Json = dict[str, object]
_SPDX: Final = frozenset({"Apache-2.0", "MIT"})
"""Those of the catalog's licences that are identifiers of SPDX."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What the document is about."""

    result: Result
    plan: Plan
    catalog: Catalog
    lock: Lock | None
    """Digests, where they are known."""


def encode(about: Inventory) -> bytes:
    """The document's bytes."""
    return f"{json.dumps(document(about), indent=1, ensure_ascii=False)}\n".encode()


def document(about: Inventory) -> Json:
    """The document as JSON's own types."""
    result = about.result
    components = [*_devices(result), *_systems(about.plan), *_images(about), *_models(about)]
    digests = f"{result.spec_digest} {result.price_book_digest}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_OID, digests).urn,
        "version": 1,
        "metadata": {
            "timestamp": f"{result.conventions.ordered.isoformat()}T00:00:00Z",
            "tools": {
                "components": [
                    {"type": "application", "name": "freehold", "version": __version__},
                ],
            },
            "component": {"type": "platform", "bom-ref": "cluster", "name": result.cluster},
        },
        "components": components,
        "dependencies": [{"ref": "cluster", "dependsOn": [one["bom-ref"] for one in components]}],
    }


def _devices(result: Result) -> Iterator[Json]:
    for line in result.lines:
        if line.need.item.category in HARDWARE:
            yield _device(line)


def _device(line: BomLine) -> Json:
    item, need = line.need.item, line.need
    found: Json = {"type": "device", "bom-ref": f"line:{line.id}", "name": item.description}
    if item.manufacturer:
        found["manufacturer"] = {"name": item.manufacturer}
    if line.vendor:
        found["supplier"] = {"name": line.vendor}
    return found | _properties(
        {
            "item": item.id,
            "category": item.category.value,
            "quantity": quantity(need.quantity),
            "unit": item.unit,
            "mpn": line.mpn or item.mpn,
            "sku": line.sku,
            "part-of": need.parent or "",
            "spare": "true" if need.is_spare else "",
            "hosts": " ".join(need.hosts),
            "spec-path": path(need.path),
        }
    )


def _systems(plan: Plan) -> Iterator[Json]:
    """The operating system, and what of its packages serves the stack."""
    system, hosts = plan.system, _properties({"hosts": " ".join(_all(plan))})
    release = system.os_release.get("VERSION_ID", "")
    yield _software("operating-system", plan.system_id, system.name, release) | hosts
    for name, version in {"podman": system.podman, **system.versions}.items():
        yield _software("application", name, name, version) | hosts


def _all(plan: Plan) -> Iterator[str]:
    return (one.host.name for one in plan.hosts)


def _software(kind: str, ref: str, name: str, version: str) -> Json:
    return {"type": kind, "bom-ref": f"{kind}:{ref}", "name": name, "version": version}


def _images(about: Inventory) -> Iterator[Json]:
    engines = [engine for host in about.plan.hosts for engine in host.engines]
    for reference in sorted({engine.image.reference for engine in engines}):
        mine = [engine for engine in engines if engine.image.reference == reference]
        name, _, tag = reference.rpartition(":")
        found = _software("container", reference, name, tag)
        digest = _digest(about.lock, reference)
        if digest:
            found["hashes"] = [_sha256(digest)]
            found["purl"] = _oci(name, tag, digest)
        engine = mine[0]
        yield found | _properties(
            {
                "engine": f"{engine.kind} {engine.version}",
                "hosts": " ".join(dict.fromkeys(one.host for one in mine)),
            }
        )


def _digest(lock: Lock | None, reference: str) -> str:
    image = lock.images.get(reference) if lock else None
    return image.digest.removeprefix("sha256:") if image else ""


def _oci(name: str, tag: str, digest: str) -> str:
    """The package URL of an image."""
    last = name.rpartition("/")[2].lower()
    return f"pkg:oci/{last}@sha256%3A{digest}?repository_url={name}&tag={tag}"


def _models(about: Inventory) -> Iterator[Json]:
    locked: Mapping[str, Model] = about.lock.models if about.lock else {}
    for name, weights in sorted(wanted(about.plan).models.items()):
        yield _model(about, weights, locked.get(name))


def _model(about: Inventory, weights: Weights, locked: Model | None) -> Json:
    revision = (locked.revision if locked else None) or weights.revision
    name = f"{weights.source}/{weights.file}" if weights.file else weights.source
    found: Json = {
        "type": "machine-learning-model",
        "bom-ref": f"model:{weights.model}",
        "name": name,
        **({"version": revision} if revision else {}),
        **_licences(about.catalog, weights.source),
        **_origin(weights.source, revision, locked),
    }
    if locked:
        found["components"] = [
            {"type": "file", "bom-ref": f"model:{weights.model}:{file}", "name": file,
             "hashes": [_sha256(of.sha256)]}
            for file, of in sorted(locked.files.items())
        ]  # fmt: skip
    hosts = [one.host.name for one in about.plan.hosts if weights.model in _served(one.weights)]
    return found | _properties({"model": weights.model, "hosts": " ".join(hosts)})


def _served(weights: tuple[Weights, ...]) -> set[str]:
    return {one.model for one in weights}


def _origin(source: str, revision: str | None, locked: Model | None) -> Json:
    """Where it comes from, when a hub is known to have it."""
    if not isinstance(locked, Hub):
        return {}
    return {
        "purl": f"pkg:huggingface/{source}@{revision}?repository_url={locked.url}",
        "externalReferences": [{"type": "distribution", "url": f"{locked.url}/{source}"}],
    }


def _licences(catalog: Catalog, source: str) -> Json:
    facts = catalog.models.get(source)
    if facts is None or not facts.licence:
        return {}
    key = "id" if facts.licence in _SPDX else "name"
    return {"licenses": [{"license": {key: facts.licence, "acknowledgement": "declared"}}]}


def _sha256(digest: str) -> Json:
    return {"alg": "SHA-256", "content": digest}


def _properties(values: Mapping[str, str]) -> Json:
    return {
        "properties": [
            {"name": f"freehold:{name}", "value": value} for name, value in values.items() if value
        ]
    }
