"""What is encoded reads back as it was meant, and never as a template."""

from pathlib import Path

import pytest
from ansible._internal._datatag._tags import TrustedAsTemplate
from ansible.parsing.dataloader import DataLoader
from hypothesis import given
from hypothesis import strategies as st

from freehold.render.yaml import Plain, decode, encode

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_reads_back(values: dict[str, Plain]) -> None:
    assert (decode(encode(values)) or {}) == values


HOSTILE = [
    "{{ lookup('pipe', 'id') }}", "{% if x %}", "{# x #}", "0644", "13", "1_000", "0x1f", "1e3",
    "12:30:45", "2026-11-24", "yes", "off", "null", "~", "", "=", "<<", "- x", "a: b", "# no",
    "!unsafe x", "&a", "*a", "line\nline", "tab\t", "\x85", "\u2028", "\x7f", "\U0001f600", "'",
    '"', "\\",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_ansible_reads_the_same_text_and_no_template(text: str, tmp_path: Path) -> None:
    (tmp_path / "vars.yml").write_bytes(encode({"value": [text], "nested": {"value": text}}))
    read = DataLoader().load_from_file(str(tmp_path / "vars.yml"), trusted_as_template=True)
    assert read == {"value": [text], "nested": {"value": text}}
    if "{" in text:
        assert not TrustedAsTemplate.is_tagged_on(read["value"][0])


def test_every_string_that_could_be_a_template_is_tagged() -> None:
    lines = encode({"a": "{{ x }}", "b": ["plain", {"c": "{% x %}"}], "mode": "0644"}).decode()
    assert lines.count("!unsafe") == 2
