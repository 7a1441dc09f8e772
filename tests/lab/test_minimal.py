"""`examples/minimal`, from the spec to an answered request, on one host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from lab.program import ProgramError
from lab.site import Site

if TYPE_CHECKING:
    from lab.lab import Lab

MINIMAL = Path(__file__).parents[2] / "examples/minimal"


@pytest.fixture(scope="module")
def site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The example, applied."""
    site = Site.of(lab, lab.nspawn("box-1"), MINIMAL, tmp_path_factory.mktemp("minimal"))
    site.render()
    site.apply()
    return site


def test_a_keyed_chat_is_answered_over_tls(site: Site) -> None:
    status, answer = site.chat("tiny", site.keys["demo"])
    assert status == 200, answer
    assert json.loads(answer)["choices"][0]["message"]["role"] == "assistant"


def test_no_key_no_answer(site: Site) -> None:
    assert site.chat("tiny", None)[0] == 401
    assert site.chat("tiny", "fh-" + "0" * 64)[0] == 401


def test_a_second_apply_changes_nothing(site: Site) -> None:
    again = site.apply()
    assert again.changed == 0, again.completed.stdout
    assert again.tasks > 40


def test_check_mode_works_on_a_finished_host(site: Site) -> None:
    assert site.apply("--check").changed == 0


def test_the_site_verifies(site: Site) -> None:
    report = site.folder / "verified.xml"
    said = site.verify("--junit", report).stdout
    assert "NET-02   holds" in said
    assert "FAILED" not in said
    cases = ElementTree.parse(report).iter("testcase")
    proved = {one.get("value") for case in cases for one in case.iter("property")}
    assert {"API-02", "CTR-02", "NET-02", "SUP-01"} <= proved


def test_a_broken_promise_is_found(site: Site) -> None:
    # A listener that nobody declared, and a file that is not as rendered.
    [host] = site.hosts
    host.ssh("systemd-run --unit=stray python3 -m http.server 8088")
    host.ssh("echo '# edited' >> /etc/freehold/gateway/clients.map")
    try:
        with pytest.raises(ProgramError) as failed:
            site.verify("--", "-k", "declared or manifest")
    finally:
        host.ssh("systemctl stop stray")
        host.ssh("sed -i '/^# edited$/d' /etc/freehold/gateway/clients.map")
    assert "NET-02   FAILED" in str(failed.value)
    assert "SUP-01   FAILED" in str(failed.value)
