"""From values to a cluster: every mistake at once, each at its place."""

from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import Field

from freehold.catalog.load import OwnCatalog
from freehold.diagnostics import Diagnostic
from freehold.report import Report
from freehold.rules.check import check
from freehold.source import Source
from freehold.spec.base import Strict
from freehold.spec.load import load, load_as
from test_source import YAML_LIKE, assert_inside

SPEC = (Path(__file__).parent / "cases/cost-currency/cluster.yml").read_text()


GPUS = "{model: l40s-48gb, count: 1}"
SECOND = "gpu-2: 10.20.0.12"


def found_in(text: str) -> list[Diagnostic]:
    report = Report(Source.parse(text.encode(), "cluster.yml"))
    cluster = load(report.source, report)
    if cluster is not None:
        check(cluster, report)
    assert (cluster is None) == any(f.rule != "cost-currency" for f in report.findings)
    return report.in_order()


def edited(old: str, new: str) -> str:
    assert old in SPEC
    return SPEC.replace(old, new, 1)


def marked(text: str, found: Diagnostic) -> str:
    assert found.span
    line = text.split("\n")[found.span.line - 1]
    return line[found.span.column - 1 : found.span.end_column - 1]


@pytest.mark.parametrize(
    ("old", "new", "rule", "mark", "said"),
    [
        # Of the alternatives only the one that was meant is spoken of, once.
        (SECOND, "int: 5", "wrong-type", "5", "an IP address"),
        (SECOND, "gpu-2: 10.20.0.12/24", "bad-address", "10.20.0.12/24", "an IP address"),
        (SECOND, "gpu-2: fe80::1%eth0", "bad-address", "fe80::1%eth0", "an IP address"),
        (GPUS, "l40s", "wrong-type", "l40s", "`model`, `count`"),
        (GPUS, "{model: x, count: 1, vrm: x}", "unknown-key", "vrm", "keys known"),
        (GPUS, "{catalog: {model: x}, count: 1}", "missing-key", "gpus", "`model`"),
        ("[ehr, research]", "[1, 2]", "wrong-type", "[1, 2]", "a list of names"),
        ("[ehr, research]", "[ehr, 'a b']", "bad-name", "'a b'", "`a-b`"),
        ("[ehr, research]", "{ehr: {body: 2 mib}}", "bad-unit", "2 mib", "`2 MiB`"),
        ("[ehr, research]", "[]", "out-of-range", "[]", "at least 1 entry"),
        ("bf16", "[bf16]", "not-a-choice", "[bf16]", "a list"),
        ("bf16", "1", "not-a-choice", "1", "`1`"),
        ("isolation: open", "isolation: Open", "not-a-choice", "Open", "`open`"),
        ("version: 1", "version: true", "not-a-choice", "true", "`1`"),
        ("version: 1", "version: 1.0", "not-a-choice", "1.0", "`1`"),
        ("debian-13", "13", "wrong-type", "13", '`"13"`'),
        ("debian-13", "013", "wrong-type", "013", 'not `013` write `"013"`'),
        ("debian-13", "13.10", "wrong-type", "13.10", '`"13.10"`'),
        ("llm.mercy.internal", "10.20.0.11", "bad-name", "10.20.0.11", "a domain name"),
        ("256 GiB", "9000 PiB", "bad-unit", "9000 PiB", "at most 8191 PiB"),
        ("8k", "9" * 30, "bad-unit", "9" * 30, "at most"),
        ("bf16", "bf16\n    engine: {name: vllm, image: docker.io/../x:1}", "bad-name",
         "docker.io/../x:1", "an image"),
        ("name: mercy", "name: True", "wrong-type", "True", '`"True"`'),
        ("bf16", "bf16\n    replicas: 0x2711", "out-of-range", "0x2711", "is `0x2711`"),
        ("256 GiB", "256", "bad-unit", "256", "`GiB`"),
        ("256 GiB", "0 GiB", "bad-unit", "0 GiB", "more than zero"),
        ("8k", "8.5", "bad-unit", "8.5", "a number of tokens"),
        ("0.21 USD/kWh", "0.21 USD/MWh", "bad-unit", "0.21 USD/MWh", "a price of energy"),
        ("EUR", "eur", "bad-name", "eur", "ISO 4217"),
        ("isolation: open", "isolation: open\nnetwork: {hosts: 10.20.0.1/24}", "bad-address",
         "10.20.0.1/24", "`10.20.0.0/24`"),
        ("isolation: open", "isolation: open\nnetwork: {admin: 10.0.0.0/8}", "wrong-type",
         "10.0.0.0/8", "`[10.0.0.0/8]`"),
        ("isolation: open", "isolation: open\nnetwork: {egress: [{to: x, port: 1}]}", "bad-address",
         "x", "an IP address"),
        ("isolation: open", "isolation: open\nnetwork: {egress: [{to: 5, port: 1}]}", "wrong-type",
         "5", "a network"),
        ("bf16", "bf16\n    engine: {name: vllm, arguments: {--x: []}}", "wrong-type",
         "[]", "text"),
        ("bf16", "bf16\n    engine: {name: vllm, arguments: {x: 1}}", "bad-name", "x", "a flag"),
        ("bf16", "bf16\n    engine: vlm", "not-a-choice", "vlm", "`vllm`"),
        ("name: mercy", "name: mercy\ndescription: " + "x" * 501, "out-of-range", "x" * 501, "500"),
        ("name: mercy", "name: " + "x" * 41, "out-of-range", "x" * 41, "40"),
        ("    cpu: {cores: 32}", "    cpu:", "wrong-type", "cpu", "nothing"),
    ],
)  # fmt: skip
def test_one_mistake_is_one_finding(old: str, new: str, rule: str, mark: str, said: str) -> None:
    text = edited(old, new)
    first = next(found for found in found_in(text) if found.rule != "cost-currency")
    assert first.rule == rule
    assert marked(text, first) == mark
    assert said in f"{first.message} {first.help}"
    assert [f.rule for f in found_in(text) if f.span == first.span] == [rule]


def test_a_misspelt_key_is_not_missing_too() -> None:
    found = found_in(edited("precision: bf16", "precison: bf16"))
    assert [f.rule for f in found] == ["unknown-key"]
    assert "`precision`" in found[0].help


def test_all_mistakes_come_at_once() -> None:
    text = edited("version: 1", "version: 2").replace("256 GiB", "256").replace("[ehr", "[EHR")
    assert [f.rule for f in found_in(text)] == ["not-a-choice", "bad-unit", "bad-name"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "file-empty"), ("# nothing\n", "file-empty"), ("---\n", "wrong-type"),
        ("text\n", "wrong-type"), ("- a\n", "wrong-type"), ("{}\n", "missing-key"),
    ],
)  # fmt: skip
def test_a_root_that_is_no_mapping(text: str, rule: str) -> None:
    found = found_in(text)
    assert [f.rule for f in found] == [rule]
    assert_inside(Source.parse(text.encode(), "x"), found[0].span)


def test_what_we_have_no_words_for_is_said_in_pydantics() -> None:
    class Even(Strict):
        size: Annotated[int, Field(multiple_of=2)]

    report = Report(Source.parse(b"size: 3\n", "x.yml"))
    assert load_as(Even, report.source, report) is None
    assert [f.rule for f in report.findings] == ["bad-value"]
    assert "`size`: input should be a multiple of 2, not `3`" in report.findings[0].message


NASTY = [
    "a\nb", "a\n[Service]\nExecStart=/bin/sh",
    "{{ lookup('pipe', 'id') }}", "{% raw %}", "%h", "$HOME",
    "a\\", "`id`", "$(id)", "a;b", "a b", "'", '"', "../x", "/etc/passwd", "-rf", "\u0130", "a\tb",
    "x" * 900, "\uff41", "é", "#", "", " ", "!unsafe x", "null ", "a: b",
]  # fmt: skip
NAMES = ["name: mercy", "gpu-1", "assistant", "Qwen/Qwen3-8B", "llm.mercy.internal", "ehr", "gpu:"]


@pytest.mark.parametrize("old", NAMES)
@pytest.mark.parametrize("nasty", NASTY)
def test_a_name_is_refused_when_it_could_be_more_than_a_name(old: str, nasty: str) -> None:
    quoted = quote(nasty)
    new = {"name: mercy": f"name: {quoted}", "gpu:": f"{quoted}:"}.get(old, quoted)
    found = [f for f in found_in(edited(old, new)) if f.rule != "cost-currency"]
    assert found
    assert found[0].rule in {"bad-name", "out-of-range"}


@pytest.mark.parametrize("nasty", [text for text in NASTY if len(text) <= 500])
def test_free_text_is_carried_as_it_is(nasty: str) -> None:
    text = edited("name: mercy", f"name: mercy\ndescription: {quote(nasty)}")
    report = Report(Source.parse(text.encode(), "cluster.yml"))
    cluster = load(report.source, report)
    assert cluster is not None
    assert cluster.description == nasty


def quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


VALUES = st.recursive(
    st.sampled_from([
        "x", "1", "0", "-1", "1.5", "true", "null", "48 GiB", "10.0.0.1", "10.0.0.0/8", "''", "yes",
        "vllm", "5 years", "9" * 60, "'é'", "~", "0.19 EUR/kWh", "int", "catalog", "2026-01-01",
    ]),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
    | st.dictionaries(
        st.sampled_from(["model", "vram", "count", "int", "catalog", "hosts", "to", "--x", "A b"]),
        inner, max_size=3,
    ).map(lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"),
    max_leaves=5,
)  # fmt: skip
PLACES = [
    "mercy", "debian-13", "1", GPUS, "l40s-48gb", "{cores: 32}", "32", "256 GiB",
    "{models: {size: 2 TB, kind: nvme, encrypted: true}}", "nvme", "Qwen/Qwen3-8B", "bf16",
    "{users: 8, prompt: 1000, answer: 400, context: 8k}", "8k", "open", "llm.mercy.internal",
    "[ehr, research]", "EUR", "5 years", "0.21 USD/kWh", "10.20.0.11",
]  # fmt: skip


@given(st.sampled_from(PLACES), VALUES)
@example("8k", "1")  # less than a prompt and its answer
def test_any_value_at_any_place_is_loaded_or_refused_there(place: str, value: str) -> None:
    source = Source.parse(edited(f": {place}", f": {value}").encode(), "cluster.yml")
    report = Report(source)
    cluster = load(source, report)
    if cluster is not None:
        check(cluster, report)
    assert cluster is not None or report.findings
    for found in report.findings:
        assert_inside(source, found.span)
        assert found.help
        assert found.message.isprintable()


@given(YAML_LIKE)
@example("---")
def test_any_text_is_loaded_or_refused(text: str) -> None:
    source = Source.parse(text.encode(), "cluster.yml")
    report = Report(source)
    assert load(source, report) is None
    assert report.findings
    for found in report.findings:
        assert_inside(source, found.span)


def test_numbers_stay_what_they_were_written_as() -> None:
    arguments = "{--share: 0.9, --eager: true, --seed: 7, --dtype: 'auto'}"
    text = edited("bf16", f"bf16\n    engine: {{name: vllm, arguments: {arguments}}}")
    report = Report(Source.parse(text.encode(), "cluster.yml"))
    cluster = load(report.source, report)
    assert cluster is not None
    engine = cluster.models["assistant"].engine
    assert engine is not None
    shown: dict[str, Any] = {key: str(value) for key, value in engine.arguments.items()}
    assert shown == {"--share": "0.9", "--eager": "True", "--seed": "7", "--dtype": "auto"}
    assert cluster.nodes["gpu"].hosts == {
        "gpu-1": IPv4Address("10.20.0.11"), "gpu-2": IPv4Address("10.20.0.12"),
    }  # fmt: skip


def test_a_missing_key_of_a_base_says_what_it_is() -> None:
    text = "gpus: {mine: {name: Mine, vendor: nvidia, vram: 1 GiB, bandwidth: 1 GB/s,\n"
    text += "  date: '2026-11-01'}}\n"
    report = Report(Source.parse(text.encode(), "catalog.yml"))
    assert load_as(OwnCatalog, report.source, report) is None
    assert [found.help for found in report.findings] == [
        "add `source`: where the figures were read"
    ]
