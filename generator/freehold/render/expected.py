"""What the verification of a site compares its hosts with."""

from dataclasses import asdict
from typing import Final

from freehold.lock.file import Lock
from freehold.plan.types import Engine, Gateway, HostPlan, Listener, Plan
from freehold.render.yaml import Plain

SCHEMA: Final = 1
AUTHORITY: Final = "ca.crt"
"""Where the site keeps the certificate of its own authority, once applied."""


def expected(plan: Plan, lock: Lock | None) -> Plain:
    """The facts that `verify/` reads, beside the manifest's."""
    return {
        "schema": SCHEMA,
        "name": plan.name,
        "level": plan.level.value,
        "os_release": dict(plan.system.os_release),
        "ssh_port": plan.ssh_port,
        "gateway": _gateway(plan),
        "images": _images(plan, lock),
        "weights": _weights(plan, lock),
        "hosts": {host.host.name: _host(host) for host in plan.hosts},
    }


def _gateway(plan: Plan) -> Plain:
    gateway: Gateway = plan.gateway
    host = next(one.host for one in plan.hosts if one.host.name == gateway.host)
    return {
        "name": gateway.name,
        "host": gateway.host,
        "address": str(host.address),
        "port": gateway.port,
        "certificate_authority": None if gateway.certificate else AUTHORITY,
        "clients": {name: asdict(limits) for name, limits in gateway.clients.items()},
        "models": [route.model for route in gateway.routes],
    }


def _images(plan: Plan, lock: Lock | None) -> Plain:
    locked = lock.images if lock else {}
    return {
        image.local_name: locked[image.reference].digest
        for host in plan.hosts
        for image in host.images
        if image.reference in locked
    }


def _weights(plan: Plan, lock: Lock | None) -> Plain:
    locked = lock.models if lock else {}
    return {
        weights.model: {
            "path": weights.path,
            "files": {path: file.size for path, file in locked[weights.model].files.items()},
        }
        for host in plan.hosts
        for weights in host.weights
        if weights.model in locked
    }


def _host(host: HostPlan) -> Plain:
    return {
        "pool": host.host.pool,
        "address": str(host.host.address),
        "metrics_port": host.proxy.metrics_port,
        "listeners": [_listener(one) for one in host.listeners],
        "images": [image.local_name for image in host.images],
        "weights": [weights.model for weights in host.weights],
        "engines": [_engine(engine) for engine in host.engines],
    }


def _listener(listener: Listener) -> Plain:
    return {
        "protocol": listener.protocol,
        "address": listener.address,
        "port": listener.port,
        "process": listener.process,
    }


def _engine(engine: Engine) -> Plain:
    return {
        "name": engine.name,
        "unit": engine.unit,
        "container": f"freehold-{engine.name}",
        "model": engine.model,
        "socket": engine.socket,
        "container_user": engine.container_user,
        "id_map_base": engine.id_map_base,
        "weights_mount": f"/models/{engine.model}",
        "memory_limit": int(engine.memory_limit),
        "pids_limit": engine.pids_limit,
        "devices": list(engine.devices),
    }
