"""The roles' inputs, each as far up the inventory as it is true: all, a pool, or one host."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Final

from freehold.lock.file import Hub, Lock
from freehold.lock.file import Model as LockedModel
from freehold.plan.proxy import AUTHORITY_FOLDER
from freehold.plan.storage import RECEIPTS, directories
from freehold.plan.types import Certificate, HostPlan, Image, Plan, Weights
from freehold.render.host_files import Pool, entries
from freehold.render.inventory import roles
from freehold.render.yaml import Plain

Variables = Mapping[str, Plain]

MIB: Final = 2**20
PLACES_FILES: Final = frozenset({"host", "engine", "gateway", "isolation", "telemetry"})


@dataclass(frozen=True, slots=True)
class Subject:
    """One host and what its variables are made from."""

    plan: Plan
    host: HostPlan
    pool: Pool
    lock: Lock | None


@dataclass(frozen=True, slots=True)
class Levels:
    """All variables of a site; each name stands on one level only."""

    everywhere: Variables
    pools: Mapping[str, Variables]

    def own(self, subject: Subject) -> Variables:
        """What the host does not share."""
        above = self.everywhere.keys() | self.pools[subject.pool.name].keys()
        return {name: v for name, v in inputs(subject).items() if name not in above}


def levels(subjects: Iterable[Subject]) -> Levels:
    """What all hosts of the site, and all hosts of each pool, have in common."""
    pools: dict[str, dict[str, Plain]] = {}
    for subject in subjects:
        here = inputs(subject)
        shared = pools.setdefault(subject.pool.name, dict(here))
        _keep_common(shared, here)
    everywhere = dict(next(iter(pools.values()), {}))
    for shared in pools.values():
        _keep_common(everywhere, shared)
    only = {
        name: {key: value for key, value in shared.items() if key not in everywhere}
        for name, shared in pools.items()
    }
    return Levels(everywhere, only)


def inputs(subject: Subject) -> Variables:
    """Every input of every role that runs on the host."""
    found: dict[str, Plain] = {}
    for role in roles(subject.host):
        found.update(_INPUTS[role](subject))
        if role in PLACES_FILES:
            found.update(_files(role, subject))
    return found


def _keep_common(shared: dict[str, Plain], other: Variables) -> None:
    for name in [n for n, value in shared.items() if n not in other or other[n] != value]:
        del shared[name]


def _files(role: str, subject: Subject) -> Variables:
    placed = subject.pool.placed(subject.host)
    return {
        f"{role}_pool_files": entries(placed.shared, f"files/pools/{subject.pool.name}", role),
        f"{role}_host_files": entries(placed.own, f"files/hosts/{subject.host.host.name}", role),
    }


def _host(subject: Subject) -> Variables:
    system = subject.plan.system
    packages = {name for role in roles(subject.host) for name in system.packages.get(role, ())}
    return {
        "host_system": {
            "id": system.os_release["ID"],
            "version_id": system.os_release["VERSION_ID"],
            "package_manager": system.package_manager,
            "podman": system.podman,
        },
        "host_packages": sorted(packages),
    }


def _gpu(subject: Subject) -> Variables:
    card = subject.host.host.card
    if card is None:
        return {}
    drivers = {one.minimum_driver for one in subject.host.engines if one.minimum_driver}
    return {
        "gpu_card": {
            "name": card.name,
            "count": card.count,
            "mig": card.mig.profile if card.mig else None,
            "instances": card.mig.count if card.mig else 0,
            "vram_mib": (card.vram_smi or card.vram) // MIB,
            "minimum_driver": max(drivers, key=_numbers, default=None),
        }
    }


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def _storage(subject: Subject) -> Variables:
    models = [_locked(weights, subject.lock) for weights in subject.host.weights]
    sizes = (file.size for model in models if model for file in model.files.values())
    return {
        "storage_directories": [asdict(one) for one in directories(subject.host.weights)],
        "storage_needed_bytes": sum(sizes),
    }


def _weights(subject: Subject) -> Variables:
    models = subject.host.weights
    return {"weights_models": [_model(one, _locked(one, subject.lock)) for one in models]}


def _locked(weights: Weights, lock: Lock | None) -> LockedModel | None:
    return lock.models.get(weights.model) if lock else None


def _model(weights: Weights, locked: LockedModel | None) -> Plain:
    files = locked.files if locked else {}
    return {
        "model": weights.model,
        "path": weights.path,
        "gid": weights.gid,
        "source": weights.source,
        "revision": locked.revision if locked else weights.revision,
        "origin": locked.origin if locked else "directory",
        "url": locked.url if isinstance(locked, Hub) else None,
        "files": [{"path": path, **one.model_dump()} for path, one in sorted(files.items())],
    }


def _engine(subject: Subject) -> Variables:
    return {
        "engine_images": [_image(image, subject.lock) for image in subject.host.images],
        "engine_units": [
            {
                "unit": one.unit,
                "socket": one.socket,
                "start_timeout": one.start_timeout,
                "receipt": f"{RECEIPTS}/{one.weights.model}",
            }
            for one in subject.host.engines
        ],
    }


def _image(image: Image, lock: Lock | None) -> Plain:
    locked = lock.images.get(image.reference) if lock else None
    archive = locked.archive if locked else None
    return {
        "reference": image.reference,
        "local_name": image.local_name,
        "digest": locked.digest if locked else None,
        "origin": "archive" if archive else "registry",
        "archive": archive,
    }


def _gateway(subject: Subject) -> Variables:
    site, proxy = subject.plan.gateway, subject.host.proxy
    own = [{"certificate": site.certificate, "key": site.key}] if site.certificate else []
    return {
        "gateway_name": site.name,
        "gateway_authority_host": site.host,
        "gateway_authorities": [AUTHORITY_FOLDER] if proxy.authority else [],
        "gateway_certificates": [_certificate(one) for one in proxy.certificates],
        "gateway_own_certificates": own if proxy.gateway else [],
        "gateway_clients": sorted(site.clients) if proxy.gateway else [],
    }


def _certificate(certificate: Certificate) -> Plain:
    return {
        "name": certificate.name,
        "section": certificate.section,
        "domain": certificate.domain,
        "purpose": certificate.purpose.value,
    }


def _none(_: Subject) -> Variables:
    return {}


_INPUTS: Final[Mapping[str, Callable[[Subject], Variables]]] = {
    "host": _host,
    "gpu": _gpu,
    "storage": _storage,
    "isolation": _none,
    "weights": _weights,
    "engine": _engine,
    "gateway": _gateway,
    "telemetry": _none,
}


def subjects(plan: Plan, pools: Iterable[Pool], lock: Lock | None) -> Iterator[Subject]:
    """Every host of the plan."""
    for pool in pools:
        for host in pool.hosts:
            yield Subject(plan, host, pool, lock)
