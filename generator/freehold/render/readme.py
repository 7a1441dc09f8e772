"""What the README of a site says about this very cluster."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Final

from freehold import __version__
from freehold.lock.file import Directory, Lock
from freehold.plan.types import Engine, Host, HostPlan, Plan
from freehold.render.markdown import text

HTTPS_PORT: Final = 443
AUTHORITY: Final = (
    "`/etc/freehold/gateway/authority/`, which must not leave for anywhere less guarded"
)


def view(plan: Plan, lock: Lock | None) -> Mapping[str, object]:
    """The values of the README's template, encoded for Markdown."""
    gateway = plan.gateway
    return {
        "name": text(plan.name),
        "description": text(plan.description),
        "version": __version__,
        "locked": lock is not None,
        "level": plan.level.value,
        "system": text(plan.system.name),
        "gateway": gateway,
        "own_authority": gateway.certificate is None,
        "hosts": [_host(host) for host in plan.hosts],
        "models": list(_models(plan)),
        "clients": ", ".join(f"`{name}`" for name in gateway.clients),
        "client": next(iter(gateway.clients)),
        "artifacts": list(_artifacts(lock)) if lock else [],
        "curl": _curl(plan),
        "backup": list(_backup(plan)),
        "divided": list(_divided(plan)),
        "unit": next(engine.unit for host in plan.hosts for engine in host.engines),
    }


def _host(plan: HostPlan) -> Mapping[str, str]:
    return {
        "name": plan.host.name,
        "pool": plan.host.pool,
        "address": str(plan.host.address or "none yet"),
        "gpus": _gpus(plan.host),
        "serves": ", ".join(_serves(plan)) or "nothing",
    }


def _gpus(host: Host) -> str:
    if host.card is None:
        return "none"
    whole = f"{host.card.count} × {text(host.card.name)}"  # noqa: RUF001 - not the letter x
    mig = host.card.mig
    return f"{whole}, each as {mig.count} of `{mig.profile}`" if mig else whole


def _divided(plan: Plan) -> Iterator[Mapping[str, object]]:
    """How the GPUs of each pool with MIG instances are made."""
    cards = {of.host.pool: of.host.card for of in plan.hosts}
    for pool, card in cards.items():
        if card and card.mig:
            profiles = ",".join([card.mig.profile] * card.mig.count)
            yield {"pool": pool, "profiles": profiles, "gpus": card.count}


def _serves(plan: HostPlan) -> Iterator[str]:
    if plan.proxy.gateway is not None:
        yield "the gateway"
    for replica in plan.replicas:
        gpus = ", ".join(replica.devices)
        yield f"`{replica.name}` on {f'GPU {gpus}' if gpus else 'the CPU'}"


def _models(plan: Plan) -> Iterator[Mapping[str, object]]:
    engines: dict[str, list[Engine]] = {}
    for host in plan.hosts:
        for engine in host.engines:
            engines.setdefault(engine.model, []).append(engine)
    for route in plan.gateway.routes:
        first, *others = engines[route.model]
        yield {
            "name": route.model,
            "source": first.weights.source,
            "engine": f"{first.kind} {first.version}",
            "replicas": 1 + len(others),
            "context": f"{route.context:,}",
        }


def _artifacts(lock: Lock) -> Iterator[Mapping[str, str]]:
    for reference, image in sorted(lock.images.items()):
        where = f"`{image.archive}`" if image.archive else f"none: hosts pull `{reference}`"
        yield {"where": where, "proof": f"`{image.digest}`"}
    for name, model in sorted(lock.models.items()):
        hosts_download = f"none: hosts download `{model.source}` at `{model.revision}`"
        where = f"`models/{name}/`" if isinstance(model, Directory) else hosts_download
        size = sum(file.size for file in model.files.values())
        proof = f"{len(model.files)} files, {size:,} bytes, each with its SHA-256 in `lock.yml`"
        yield {"where": where, "proof": proof}


def _curl(plan: Plan) -> str:
    gateway = plan.gateway
    port = "" if gateway.port == HTTPS_PORT else f":{gateway.port}"
    question = {
        "model": gateway.routes[0].model,
        "messages": [{"role": "user", "content": "Good morning"}],
    }
    lines = [
        ["curl"] + ([] if gateway.certificate else ["--cacert", "ca.crt"]),
        ["--header", "Content-Type: application/json"],
        ["--data", json.dumps(question)],
        [f"https://{gateway.name}{port}/v1/chat/completions"],
    ]
    words = [shlex.join(line) for line in lines]
    # In double quotes, for the shell to fill in.
    words.insert(1, '--header "Authorization: Bearer $FREEHOLD_KEY"')
    return " \\\n  ".join(words)


def _backup(plan: Plan) -> Iterator[str]:
    yield "the spec, its lock file, and this folder: they make the site again"
    if plan.gateway.certificate is None:
        yield f"the site's authority, on `{plan.gateway.host}`: {AUTHORITY}"
