"""HAProxy accepts whatever is rendered, without a warning."""

import tempfile
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import certificates
from gateway.client import NAME
from gateway.haproxy import Proxy
from gateway.site import Site, engine, host, plan, rendered, replica

pytestmark = pytest.mark.slow

SLUG = st.from_regex("[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,5}){0,3}", fullmatch=True)
ADDRESSES = st.sampled_from([("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")])
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "requests": st.integers(1, 10**9).map("{}/min".format),
        "concurrency": st.integers(1, 10_000),
        "body": st.integers(1, 2**40).map("{} B".format),
    },
)


def _site(models: Sequence[str], clients: object, at: tuple[str, str]) -> Site:
    hosts = [host("gpu-1", at[0]), host("gpu-2", at[1])]
    replicas = [
        replica(model, n, on) for model in models for n, on in enumerate(("gpu-1", "gpu-2"))
    ]
    # Every third engine is one that cannot listen on a socket.
    engines = {
        one: engine(one, at=(ip_address("10.89.0.2"), 30000) if n % 3 == 2 else None)
        for n, one in enumerate(replicas)
    }
    return plan(hosts, engines, {"name": NAME, "clients": clients})


def _complaints(site: Site, authority: Path) -> list[str]:
    found = []
    for name, one in site.proxies.items():
        with tempfile.TemporaryDirectory(prefix="fh-") as folder:
            proxy = Proxy(Path(folder), rendered(one))
            proxy.place()
            (proxy.folder / "keys.map").write_text("")
            (proxy.folder / "ca.crt").write_text((authority / "ca.crt").read_text())
            for certificate in one.certificates:
                for end, source in (("crt", "ca.crt"), ("key", "ca.key")):
                    text = (authority / source).read_text()
                    (proxy.tls / f"{certificate.name}.{end}").write_text(text)
            found += [f"{name}: {line}" for line in proxy.check().splitlines()]
    return found


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    files = rendered(_site(["a"], ["ehr"], ("10.0.0.1", "10.0.0.2")).proxies["gpu-1"])
    (folder / "authority.cnf").write_text(files["/etc/freehold/gateway/authority/authority.cnf"])
    certificates.make_authority(folder)
    return folder


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    models=st.lists(SLUG, min_size=1, max_size=4, unique=True),
    clients=st.dictionaries(SLUG, LIMITS, min_size=1, max_size=4),
    at=ADDRESSES,
)
def test_any_site(
    authority: Path, models: list[str], clients: dict[str, object], at: tuple[str, str]
) -> None:
    assert _complaints(_site(models, clients, at), authority) == []


def test_many_models_and_clients(authority: Path) -> None:
    # HAProxy takes 64 words on a line.
    models = [f"model-{number}" for number in range(40)]
    clients = [f"client-{number}" for number in range(1000)]
    assert _complaints(_site(models, clients, ("10.0.0.1", "10.0.0.2")), authority) == []
