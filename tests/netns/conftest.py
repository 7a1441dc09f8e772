"""Worlds that are laid once, and tables loaded into them."""

import os
import subprocess
from collections.abc import Callable, Iterator

import pytest

from netns.probe import Prober
from netns.sites import Site
from netns.world import World

Load = Callable[[str], None]


@pytest.fixture(scope="session")
def _may_make_networks() -> None:
    if os.geteuid() != 0:
        if os.environ.get("CI") == "true":
            pytest.fail("network namespaces need root, and in CI no test may be left out")
        pytest.skip("network namespaces need root")


@pytest.fixture(scope="session")
def _worlds(_may_make_networks: None) -> Iterator[dict[str, Prober]]:
    made: dict[str, Prober] = {}
    yield made
    for prober in made.values():
        prober.close()
        prober.world.close()


@pytest.fixture
def prober(_worlds: dict[str, Prober], site: Site) -> Iterator[Prober]:
    """The world of the site's host, without any table."""
    if site.host not in _worlds:
        _worlds[site.host] = Prober(World(site.host))
    prober = _worlds[site.host]
    yield prober
    prober.world.host.run("nft", "flush", "ruleset")


@pytest.fixture
def load(prober: Prober) -> Load:
    """Loads a table as boot does."""

    def load(text: str) -> None:
        inside = ["nsenter", f"--net=/run/netns/{prober.world.host.name}"]
        subprocess.run([*inside, "nft", "-f", "-"], input=text, text=True, check=True)

    return load
