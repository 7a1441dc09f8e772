"""Findings as they are shown: to people, to programs, to code hosts."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from freehold.cli.explain import all_rules
from freehold.diagnostics import Diagnostic, Span, nearest, visible
from freehold.findings.as_json import json_lines
from freehold.findings.as_sarif import sarif_lines
from freehold.findings.as_text import MAX_WIDTH, summary, text_lines, width_of
from freehold.report import Report
from freehold.source import Source


def shown(line: str, span: Span, **more: Any) -> list[str]:
    found = Diagnostic("bad-name", "a message", span, "cluster.yml", **more)
    return list(text_lines([found], {"cluster.yml": Source("cluster.yml", [line], None)}))


def test_shows_the_line_and_marks_all_of_the_text() -> None:
    assert shown("    on: [n1]", Span(1, 10, 1, 12), label="4 here", help="do that") == [
        "error[bad-name]: a message",
        " --> cluster.yml:1:10",
        "  |",
        "1 |     on: [n1]",
        "  |          ^^ 4 here",
        "  = help: do that",
    ]


def test_the_gutter_is_as_wide_as_the_line_number() -> None:
    found = Diagnostic("bad-name", "a message", Span(100, 1, 100, 2), "x")
    lines = list(text_lines([found], {"x": Source("x", ["a"] * 100, None)}))
    assert lines[1:] == ["   --> x:100:1", "    |", "100 | a", "    | ^"]


@pytest.mark.parametrize(
    ("line", "span", "text", "marks"),
    [
        ("a: 日本 x", Span(1, 4, 1, 6), "a: 日本 x", "   ^^^^"),
        ("日本: x", Span(1, 5, 1, 6), "日本: x", "      ^"),
        ("e\u0301: x", Span(1, 5, 1, 6), "e\u0301: x", "   ^"),
        ("\ta", Span(1, 2, 1, 3), "    a", "    ^"),
        ("a\x1b[31mb", Span(1, 2, 1, 3), "a\\x1b[31mb", " ^^^^"),
        ("a\u202eb", Span(1, 3, 1, 4), "a\\u202eb", "       ^"),
        ("ab", Span(1, 3, 1, 3), "ab", "  ^"),
        ("abc", Span(1, 2, 2, 1), "abc", " ^^"),
    ],
)
def test_marks_stand_under_the_text(line: str, span: Span, text: str, marks: str) -> None:
    assert shown(line, span)[3:5] == [f"1 | {text}", f"  | {marks}"]


@given(st.text(max_size=400), st.integers(1, 400), st.integers(0, 300))
def test_any_line_is_shown_safely(line: str, column: int, length: int) -> None:
    line = line.replace("\n", "")
    column = min(column, len(line) + 1)
    lines = shown(line, Span(1, column, 1, column + length), label=line[:20], help=line)
    for said in lines:
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", said)
    if line:
        text, marks = lines[3][4:], lines[4][4:].split("^")[0]
        assert width_of(text) <= MAX_WIDTH
        assert width_of(marks) <= MAX_WIDTH


@given(st.text("ab 日", min_size=1, max_size=400), st.data())
def test_the_marked_text_is_never_cut_away(line: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(line) - 1))
    marked = line[:at] + "X" + line[at + 1 :]
    text, marks = (said[4:] for said in shown(marked, Span(1, at + 1, 1, at + 2))[3:5])
    assert width_of(text[: text.index("X")]) == len(marks) - 1


def test_a_line_of_a_mebibyte_costs_nothing() -> None:
    line = "a" * 2**20
    for _ in range(200):
        assert "X" not in shown(line, Span(1, 2**19, 1, 2**20))[3]


def test_colour_only_when_asked_for() -> None:
    found = Diagnostic("bad-name", "a message", Span(1, 1, 1, 2), "x")
    sources = {"x": Source("x", ["a"], None)}
    assert "\x1b" not in "".join(text_lines([found], sources))
    coloured = "\n".join(text_lines([found], sources, colour=True))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert coloured != plain
    assert plain == "\n".join(text_lines([found], sources))


@pytest.mark.parametrize(
    ("severities", "said"),
    [
        ([], "no findings"), (["error"], "1 error"), (["warning"] * 2, "2 warnings"),
        (["warning", "error", "error"], "2 errors, 1 warning"),
    ],
)  # fmt: skip
def test_summary(severities: list[Any], said: str) -> None:
    assert summary([Diagnostic("x", "", None, "", severity=kind) for kind in severities]) == said


def test_findings_come_in_order_of_their_place() -> None:
    spec = Source.parse(b"a: 1\nb: {c: 2, d: 3}\n", "cluster.yml")
    quotes = Source.parse(b"x: 1\n", "quotes.yml")
    report = Report(spec)
    report.about(quotes).refuse("r", "5", ("x",), help="")
    report.refuse("r", "4", ("b", "d"), help="")
    report.warn("r", "3", ("b", "c"), help="")
    report.refuse("r", "2", ("a",), help="")
    report.refuse_key("r", "1", ("a",), help="")
    assert [found.message for found in report.in_order()] == ["1", "2", "3", "4", "5"]
    assert [found.file for found in report.in_order()][-1] == "quotes.yml"
    assert not report.is_clean


@pytest.mark.parametrize(
    ("word", "known", "close"),
    [
        ("replcas", ["replicas", "revision"], "replicas"),
        ("VLLM", ["vllm"], "vllm"),
        ("xyz", ["replicas"], None),
        ("x", [], None),
    ],
)
def test_nearest(word: str, known: list[str], close: str | None) -> None:
    assert nearest(word, known) == close


@given(st.text())
def test_what_is_visible_stays_what_it_is(text: str) -> None:
    assert visible(visible(text)) == visible(text)


FOUND = [
    Diagnostic("bad-name", "a `b`", Span(2, 3, 2, 5), "my specs/clüster.yml", "label", "help"),
    Diagnostic("anywhere", "c", Span(1, 1, 1, 1), "x", severity="warning"),
    Diagnostic("bad-name", "d\x1b", None, "x"),
]


def test_json() -> None:
    document = json.loads("".join(json_lines(FOUND)))
    assert document["version"] == 1
    assert document["findings"][0] == {
        "rule": "bad-name", "severity": "error", "message": "a `b`", "file": "my specs/clüster.yml",
        "place": {"line": 2, "column": 3, "end_line": 2, "end_column": 5},
        "label": "label", "help": "help",
    }  # fmt: skip
    assert document["findings"][2]["place"] is None


# What code hosts read of https://docs.oasis-open.org/sarif/sarif/v2.1.0/, no key besides.
TEXT = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
}
LINE = {"type": "integer", "minimum": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object", "required": required, "properties": properties,
        "additionalProperties": False,
    }  # fmt: skip


def many(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "uniqueItems": True}


REGION = closed(["startLine"], startLine=LINE, startColumn=LINE, endLine=LINE, endColumn=LINE)
URI = {"type": "string", "pattern": "^[A-Za-z0-9._~/%-]+$"}
LOCATION = closed([], artifactLocation=closed([], uri=URI), region=REGION)
RULE = closed(
    ["id"], id={"type": "string"}, shortDescription=TEXT, fullDescription=TEXT,
    defaultConfiguration=closed([], level=LEVEL),
)  # fmt: skip
RESULT = closed(
    ["message"], ruleId={"type": "string"}, ruleIndex={"type": "integer", "minimum": -1},
    level=LEVEL, message=TEXT, locations=many(closed([], physicalLocation=LOCATION)),
)  # fmt: skip
DRIVER = closed(
    ["name"], name={"type": "string"}, version={"type": "string"}, rules=many(RULE)
)  # fmt: skip
RUN = closed(
    ["tool"], tool=closed(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": RESULT},
)  # fmt: skip
LOG = {
    "type": "object", "required": ["version", "runs"],
    "properties": {"version": {"const": "2.1.0"}, "runs": {"type": "array", "items": RUN}},
}  # fmt: skip


def test_sarif() -> None:
    assert {found.rule for found in FOUND} <= all_rules().keys()
    log = json.loads("".join(sarif_lines(FOUND)))
    Draft202012Validator(LOG).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    first = run["results"][0]
    assert first["message"]["text"] == "a `b`\nlabel\nhelp: help"
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "my%20specs/cl%C3%BCster.yml"},
        "region": {"startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 5},
    }
    assert [result["level"] for result in run["results"]] == ["error", "warning", "error"]


def test_sarif_without_findings() -> None:
    Draft202012Validator(LOG).validate(json.loads("".join(sarif_lines([]))))
