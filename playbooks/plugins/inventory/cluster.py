"""Ansible's view of a cluster spec: the same hosts, groups and variables as in its site."""

from __future__ import annotations

DOCUMENTATION = """
name: cluster
short_description: Takes a freehold cluster spec as an inventory
description:
  - Reads the spec that C(freehold render) reads, and gives the hosts, groups and variables that
    the inventory of the rendered site has.
  - Groups are one for each pool; C(accelerated) for hosts with GPUs, C(engines) for hosts that
    serve a model, C(gateways) for the host that clients reach; and C(engines_1) to C(engines_4)
    for the turns in which engines change.
  - The lock file beside the spec is read when there is one.
author: The freehold authors
requirements:
  - freehold on the controller (the Python package that this collection comes with)
options:
  plugin:
    description: >-
      What makes a file a cluster spec. All other keys are described by C(freehold schema).
    type: str
    required: true
    choices: [freehold.llm.cluster]
notes:
  - A spec with findings is refused with all of them.
  - Files that land on hosts are those of the rendered site, so playbooks are run there.
"""

EXAMPLES = """
# ansible-inventory -i cluster.yml --list
# ansible -i cluster.yml gpu -m ansible.builtin.ping
plugin: freehold.llm.cluster
version: 1
name: clinic
system: debian-13
nodes:
  gpu:
    hosts: {gpu-1: 10.20.0.11, gpu-2: 10.20.0.12}
    gpus: {model: l40s-48gb, count: 4}
    cpu: {cores: 64}
    memory: 512 GiB
    storage: {models: {size: 4 TB, kind: nvme}}
models:
  assistant:
    source: meta-llama/Llama-3.3-70B-Instruct
    precision: fp8
    workload: {users: 60, prompt: 2000, answer: 400, context: 16k}
isolation: restricted
gateway: {name: llm.clinic.internal, clients: [ehr, research]}
"""

from pathlib import Path
from typing import TYPE_CHECKING

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin

try:
    from freehold.cli.opening import open_spec, plan_of
    from freehold.findings.as_text import text_lines
    from freehold.lock import file as lock_file
    from freehold.render import inventory as rendered
    from freehold.render.host_files import pools
    from freehold.render.variables import levels, subjects
    from freehold.source import Source
except ImportError as error:
    MISSING: str | None = str(error)
else:
    MISSING = None

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ansible.inventory.data import InventoryData
    from ansible.parsing.dataloader import DataLoader

    from freehold.lock.file import Lock
    from freehold.plan.types import Plan
    from freehold.render.yaml import Plain
    from freehold.report import Report


class InventoryModule(BaseInventoryPlugin):
    """The inventory that `plugin: freehold.llm.cluster` names."""

    NAME = "freehold.llm.cluster"

    def verify_file(self, path: str) -> bool:
        """Whether `path` may be a spec: Ansible's `auto` plugin has seen its first key."""
        return bool(super().verify_file(path)) and path.endswith((".yml", ".yaml"))

    def parse(
        self, inventory: InventoryData, loader: DataLoader, path: str, cache: bool = True
    ) -> None:
        """Add the spec's hosts, groups and variables to `inventory`.

        Raises:
            AnsibleParserError: the spec has findings, or freehold is not installed.
        """
        super().parse(inventory, loader, path, cache)
        if MISSING is not None:
            raise AnsibleParserError(
                f"the spec is read by freehold, which this controller's Python lacks: {MISSING}"
            )
        plan, lock = _read(Path(path))
        self._add_hosts(plan)
        self._add_variables(plan, lock)

    def _add_hosts(self, plan: Plan) -> None:
        for host in plan.hosts:
            self.inventory.add_host(host.host.name)
            for name, value in rendered.connection(host).items():
                self.inventory.set_variable(host.host.name, name, value)
        for group, hosts in rendered.groups(plan).items():
            self.inventory.add_group(group)
            for host_name in hosts:
                self.inventory.add_child(group, host_name)

    def _add_variables(self, plan: Plan, lock: Lock | None) -> None:
        parts = pools(plan)
        known = levels(subjects(plan, parts, lock))
        self._set("all", {**rendered.everywhere(plan), **known.everywhere})
        for pool, shared in known.pools.items():
            self._set(pool, shared)
        for subject in subjects(plan, parts, lock):
            self._set(subject.host.host.name, known.own(subject))

    def _set(self, entity: str, variables: Mapping[str, Plain]) -> None:
        for name, value in variables.items():
            self.inventory.set_variable(entity, name, value)


def _read(path: Path) -> tuple[Plan, Lock | None]:
    opened = open_spec(path)
    plan = plan_of(opened)
    lock = _lock(path, opened.report) if plan is not None else None
    if plan is None or not opened.report.is_clean:
        lines = text_lines(opened.report.in_order(), opened.report.sources)
        raise AnsibleParserError("the spec has findings\n" + "\n".join(lines))
    return plan, lock


def _lock(path: Path, report: Report) -> Lock | None:
    beside = lock_file.beside(path)
    return lock_file.read(Source.read(beside), report) if beside.exists() else None
