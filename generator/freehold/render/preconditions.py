"""What a plan still lacks to become a site."""

from pathlib import Path
from typing import Final

from freehold.diagnostics import rule_text
from freehold.lock import check as lock_check
from freehold.lock import file as lock_file
from freehold.lock.file import Lock
from freehold.plan.types import Plan
from freehold.report import Report

LOCK_MISSING: Final = rule_text(
    "lock-missing",
    """There is no lock file beside the spec.

    A tag or a branch can mean other bytes tomorrow. The lock file says which bytes the site
    runs; hosts refuse all others. `--unlocked` renders a site to be read, not applied.
    """,
)
HOST_WITHOUT_ADDRESS: Final = rule_text(
    "host-without-address",
    """A host of the spec has no address, so no rendered file can name it.

    Planning and pricing need no addresses: machines that are not bought yet are counted.
    """,
)
_SHOWN: Final = 3


def locked(spec: Path, plan: Plan, report: Report) -> Lock | None:
    """The lock beside the spec, if it is there and is for this plan.

    Raises:
        OSError: the lock file cannot be read.
    """
    path = lock_file.beside(spec)
    if not path.exists():
        report.refuse_key(
            LOCK_MISSING, f"`{path.name}` does not exist", ("models",),
            help=f"run `freehold lock {spec}`, or render a site for review: `--unlocked`",
        )  # fmt: skip
        return None
    return lock_check.check_beside(spec, plan, report)


def check_addresses(plan: Plan, report: Report) -> None:
    """Refuse hosts that nothing can reach, a finding for each pool."""
    for pool, hosts in plan.pools.items():
        reached = {one.host.name for one in plan.hosts if one.host.address is not None}
        missing = [name for name in hosts if name not in reached]
        if missing:
            lacking = f"{len(missing)} of {len(hosts)} hosts of `{pool}`"
            report.refuse(
                HOST_WITHOUT_ADDRESS,
                f"{lacking} have no address: {_few(missing)}",
                ("nodes", pool, "hosts"),
                help="write each host with its address: `hosts: {gpu-1: 10.20.0.11}`",
            )


def _few(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
