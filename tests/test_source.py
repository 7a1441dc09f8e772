"""Whatever bytes come in: findings with a place in the file, or plain data."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from freehold.diagnostics import Span
from freehold.source import MAX_BYTES, MAX_FINDINGS, Source


def parse(text: str | bytes) -> Source:
    return Source.parse(text.encode() if isinstance(text, str) else text, "cluster.yml")


def rules(text: str | bytes) -> list[str]:
    return [found.rule for found in parse(text).findings]


def assert_inside(source: Source, span: Span | None) -> None:
    assert span is not None
    for line, column in ((span.line, span.column), (span.end_line, span.end_column)):
        assert 1 <= line <= max(1, len(source.lines))
        assert 1 <= column <= len(source.line(line)) + 2
    assert (span.line, span.column) <= (span.end_line, span.end_column)


YAML_LIKE = st.text(
    st.sampled_from(
        "ab:- \n\t{}[],&*!|>'\"#%@`?<=0123456789.~\\\r\ufeff\uffff\x85\u2028\x1b\u202e日é"
    ),
    max_size=80,
)


@given(st.binary(max_size=200) | YAML_LIKE.map(str.encode))
@example(b"\xef\xbb\xbf")
@example(b"\xef\xbb\xbf\xff")
@example(b"a: [b\n")
@example(b"? [a]\n: b")
@example(b"!")
@example(b"--- |\n\x00")
@example(b"'\r'")
def test_any_bytes_give_data_or_findings_in_the_file(content: bytes) -> None:
    source = parse(content)
    for found in source.findings:
        assert_inside(source, found.span)
    assert not (source.findings and source.root)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("on: yes\noff: no\ny: n\n", {"on": "yes", "off": "no", "y": "n"}),
        ("at: 22:22\nfrom: 1:30:00\n", {"at": "22:22", "from": "1:30:00"}),
        ("day: 2026-12-24\n", {"day": "2026-12-24"}),
        ("a: 010\nb: 0o10\nc: 0x1f\n", {"a": 10, "b": 8, "c": 31}),
        ("a: 1_000\n", {"a": "1_000"}),
        ("a: .inf\nb: .nan\nc: 1e400\n", {"a": ".inf", "b": ".nan", "c": "1e400"}),
        ("a: 1.50\nb: 5.\nc: .5\n", {"a": 1.5, "b": 5.0, "c": 0.5}),
        ("a: ~\nb:\nc: null\n", {"a": None, "b": None, "c": None}),
        ("a: '1'\nb: \"true\"\n", {"a": "1", "b": "true"}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
        ('a: "\\x41\\n"\n', {"a": "A\n"}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("\ufeffa: 1\n", {"a": 1}),
        ("a: {{ b }}\n".replace("{{ b }}", "'{{ b }} %h \\ \"'"), {"a": '{{ b }} %h \\ "'}),
        ("", None),
        ("# nothing\n", None),
        ("plain text", "plain text"),
        ("- 1\n- [2, {a: 3}]\n", [1, [2, {"a": 3}]]),
    ],
)
def test_reads_the_core_schema(text: str, data: object) -> None:
    assert parse(text).findings == ()
    assert parse(text).data() == data


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a: &x 1\nb: *x\n", "yaml-anchor"),
        ("a: !!python/object:os.system x\n", "yaml-anchor"),
        ("a: ! x\n", "yaml-anchor"),
        ("<<: {a: 1}\n", "yaml-anchor"),
        ("a: 1\n'a': 2\n", "yaml-duplicate-key"),
        ("1: a\n", "yaml-key-type"),
        ("null: a\n", "yaml-key-type"),
        ("? {a: b}\n: c\n", "yaml-key-type"),
        ("a: 1\n---\nb: 2\n", "yaml-several-documents"),
        ("a: [1\n", "yaml-syntax"),
        ("a:\n\t- b\n", "yaml-syntax"),
        ("%TAG ! tag:example.com,2000:\n---\n!x a\n", "yaml-anchor"),
        ("%YAML 9.9\n---\na: 1\n", "yaml-syntax"),
        ("a: b\x85c\n", "control-character"),
        ("a: b\u2028c\n", "control-character"),
        ("a: b\u2029c\n", "control-character"),
        ("# comment \u202e drowssap\n", "control-character"),
        ("a: b\x1b[31mc\n", "control-character"),
        ("a: b\rc\n", "control-character"),
        ("a: b\ufeffc\n", "control-character"),
        ("# é\ufffe", "control-character"),
        ("# é\uffff", "control-character"),
        ('a: "b\\x1bc"\n', "control-character"),
        ('a: "b\\u202Ec"\n', "control-character"),
        ('a: "b\\0c"\n', "control-character"),
        (b"a: \xff\n", "file-not-utf-8"),
        (b"a: \xed\xa0\x80\n", "file-not-utf-8"),
        ("a: 1\n".encode("utf-16"), "file-not-utf-8"),
        (b"#" * (MAX_BYTES + 1), "file-too-large"),
    ],
)
def test_refuses(text: str | bytes, rule: str) -> None:
    assert set(rules(text)) == {rule}


@pytest.mark.parametrize(
    "text",
    ["[" * 2**20, "{a: " * 2**18, "- " * 2**19, "? " * 2**19, "[" * 34 + "]" * 34],
    ids=["flow", "mappings", "block", "keys", "one-too-many"],
)
def test_nesting_is_refused_before_it_costs_anything(text: str) -> None:
    assert rules(text) == ["yaml-too-deep"]


def test_nesting_of_the_most_that_is_allowed() -> None:
    assert parse("[" * 33 + "]" * 33).findings == ()


def test_a_number_of_5000_digits_is_no_number() -> None:
    assert parse(f"a: {'7' * 5000}\n").data() == {"a": "7" * 5000}


def test_a_billion_laughs_are_never_unfolded() -> None:
    lines = ["a0: &a0 [ha]"] + [f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]" for n in range(1, 30)]
    found = rules("\n".join(lines))
    assert set(found) == {"yaml-anchor"}
    assert len(found) <= MAX_FINDINGS


def test_findings_end_at_a_number_that_a_person_can_read() -> None:
    assert len(rules("a: 1\n" * 5000)) == MAX_FINDINGS


@pytest.mark.parametrize(
    ("text", "loc", "marked"),
    [
        ("a: [1, 2]\n", ("a",), "[1, 2]"),
        ("a: {b: c}\n", ("a",), "{b: c}"),
        ("a:\n  b: c\n", ("a",), "a"),  # a block is marked at its key
        ("a:\nb: 1\n", ("a",), "a"),
        ("a: ''\n", ("a",), "''"),
        ("a: 'b c'\n", ("a",), "'b c'"),
        ("a: b\n", ("a", "not-in-the-file"), "b"),
        ("日本: 東京\n", ("日本",), "東京"),
        ("\ufeffa: b\r\n", ("a",), "b"),
        ("- {a: b}\n", (0, "a"), "b"),
    ],
)
def test_finds_the_place_of_a_value(text: str, loc: tuple[str | int, ...], marked: str) -> None:
    source = parse(text)
    span = source.find(loc)
    assert span.line == span.end_line
    assert source.line(span.line)[span.column - 1 : span.end_column - 1] == marked


def test_reads_no_more_of_a_file_than_it_may(tmp_path: Path) -> None:
    path = tmp_path / "cluster.yml"
    path.write_bytes(b"#" * 3 * MAX_BYTES)
    assert [found.rule for found in Source.read(path).findings] == ["file-too-large"]
