"""The lab, for tests that ask real hosts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab.lab import Lab
from lab.needs import missing

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("lab")


@pytest.fixture(scope="session", autouse=True)
def _fit() -> None:
    """Skip where a lab cannot be; where everything is checked, say that it must be."""
    if lacking := "; ".join(missing()):
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up(lacking)


@pytest.fixture(scope="module")
def lab(_fit: None) -> Iterator[Lab]:
    """A lab of the module's own, since sites give their hosts the same addresses."""
    with Lab() as lab:
        yield lab


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show, with a failure, what the hosts said on their consoles."""
    report = yield
    lab = getattr(item, "funcargs", {}).get("lab")
    if report.failed and isinstance(lab, Lab):
        report.sections += [
            (f"console of {host.name}", host.console()[-4000:]) for host in lab.hosts
        ]
    return report
