"""The report's page: complete in itself, safe, the same bytes every time, and readable."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import plans
from cost import made, markup
from cost.markup import Element
from freehold.cost.types import NamedPrice, Result
from freehold.diagnostics import Diagnostic, Span, visible
from freehold.render.report.page import page
from freehold.render.report.subject import Subject

TEMPLATES = Path(__file__).parents[2] / "templates/report"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
LEASED = replace(
    made.BREACHED,
    lease=replace(made.ALTERNATIVE, name="lease", units=None, prices=()),
    spread=None,
)
FINDINGS = (
    Diagnostic("does-not-fit", "a model is too large", Span(7, 3), "cluster.yml", help="buy more"),
    Diagnostic("stale", "a price is old", None, "cluster.yml", help="ask", severity="warning"),
)


def subject(result: Result | None = made.RESULT, **more: Any) -> Subject:
    given: dict[str, Any] = {
        "name": "clinic", "description": "Two servers", "plan": plans.clinic(), "result": result,
        "findings": (),
    }  # fmt: skip
    return Subject(**(given | more))


@cache
def whole() -> Element:
    return markup.read(shown("all"))


SUBJECTS = {
    "all": subject(),
    "leased": subject(LEASED),
    "without money": subject(None),
    "warned": subject(findings=FINDINGS[1:]),
    "does not fit": subject(None, plan=None, findings=FINDINGS),
}


@cache
def shown(of: str) -> bytes:
    return page(SUBJECTS[of])


every_subject = pytest.mark.parametrize("of", SUBJECTS)


@every_subject
def test_a_page_needs_nothing_else(of: str) -> None:
    content = shown(of)
    assert content.startswith(b"<!doctype html>\n")
    found = markup.read(content)
    tags = {element.tag for element in found.every()}
    assert tags.isdisjoint(
        {
            "script",
            "link",
            "img",
            "image",
            "iframe",
            "object",
            "embed",
            "form",
            "base",
            "foreignobject",
        }
    )
    policies = [
        meta.attributes["content"]
        for meta in found.every("meta")
        if meta.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == [POLICY]
    for element in found.every():
        for key, value in element.attributes.items():
            assert not key.startswith("on")
            assert key not in {"src", "srcset", "action", "xlink:href"}
            assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)", value))
            if key == "href":
                assert value.startswith("#")
    (style,) = (element.text for element in found.every("style"))
    assert "url(" not in style
    assert "@import" not in style


@every_subject
def test_ids_are_unique_and_what_is_referred_to_is_there(of: str) -> None:
    found = markup.read(shown(of))
    ids = [element.attributes["id"] for element in found.every() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    for element in found.every():
        for key, value in element.attributes.items():
            wanted = re.findall(r"url\(#([^)]*)\)", value)
            if key == "href":
                wanted.append(value[1:])
            if key == "aria-labelledby":
                wanted += value.split()
            assert set(wanted) <= set(ids), element.attributes


@every_subject
def test_a_page_can_be_heard(of: str) -> None:
    found = markup.read(shown(of))
    assert next(found.every("html")).attributes["lang"] == "en"
    levels = [int(heading.tag[1]) for heading in found.every("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    for before, after in pairwise(levels):
        assert after <= before + 1
    for table in found.every("table"):
        assert next(table.every("caption")).text
        assert all(heading.attributes["scope"] in {"col", "row"} for heading in table.every("th"))
        widths = {len(list(row.every("th", "td"))) for row in table.every("tr")}
        assert len(widths) == 1
    for image in found.every("svg"):
        is_said = image.attributes.get("role") == "img" and (
            image.attributes.get("aria-label")
            or all(next(image.every(tag)).text for tag in ("title", "desc"))
        )
        assert is_said or image.attributes.get("aria-hidden") == "true"


def test_charts_are_text_in_the_colours_of_the_page() -> None:
    charts = [svg for svg in whole().every("svg") if svg.attributes.get("class") == "chart"]
    assert len(charts) == 5
    for chart in charts:
        assert {"width", "height"}.isdisjoint(chart.attributes)
        assert list(chart.every("text"))
        for element in chart.every():
            for key in ("style", "fill", "stroke"):
                assert "#" not in element.attributes.get(key, "").replace("url(#", "")
            assert "font-family" not in element.attributes.get("style", "")


@pytest.mark.slow
def test_the_same_bytes_in_another_process() -> None:
    code = (
        "import sys, plans; from cost import made;"
        "from freehold.render.report.page import page;"
        "from freehold.render.report.subject import Subject;"
        "sys.stdout.buffer.write("
        "page(Subject('clinic', 'Two servers', plans.clinic(), made.RESULT, ())))"
    )
    environment = {
        "PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo",
        "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True
    )
    assert done.stdout == shown("all")


def test_a_style_of_the_users_own_changes_nothing() -> None:
    import matplotlib  # noqa: PLC0415 - what is changed here

    with matplotlib.rc_context({"font.size": 40, "axes.facecolor": "red", "svg.fonttype": "path"}):
        assert page(subject()) == shown("all")


# Text from users.


def structure(content: bytes) -> set[tuple[str, tuple[str, ...]]]:
    found = markup.read(content)
    return {(element.tag, tuple(sorted(element.attributes))) for element in found.every()}


def spoiled(text: str) -> Subject:
    """A subject with the text wherever somebody else's text can be."""
    result = made.RESULT
    item = replace(made.GPU, description=text, manufacturer=text, mpn=text)
    line = result.lines[0]
    price = replace(line.price, vendor=text, reference=text, note=text, source=text)
    need = replace(line.need, item=item, hosts=(text,), path=("nodes", text), parent=text)
    line = replace(line, need=need, price=price, mpn=text, vendor=text)
    costs = replace(
        made.ALTERNATIVE, name=text, description=text, note=text,
        prices=(NamedPrice(text, text, text, price), *made.ALTERNATIVE.prices),
    )  # fmt: skip
    even = replace(made.BREAK_EVEN, alternative=text, verdict=text, irr_note=text)
    assert result.spread
    spread = replace(
        result.spread,
        tornado=(replace(result.spread.tornado[0], label=text, low_value=text, high_value=text),),
        quantiles=(result.spread.quantiles[0], replace(result.spread.quantiles[1], name=text)),
    )
    rack = replace(result.physics.racks[0], hosts=((text, 1, 4),), others=((text, 9, 1),))
    physics = replace(result.physics, racks=(rack,), carbon_source=text, formulas={text: text})
    breach = replace(made.BREACHED.breaches[0], message=text, line=text)
    finding = Diagnostic("rule", text, Span(1, 1), text, help=text, severity="warning")
    result = replace(
        result, lines=(line, *result.lines[1:]), alternatives=(costs,), break_even=(even,),
        spread=spread, physics=physics, breaches=(breach,), assumptions=(text,),
        sources={text: text}, spec_digest=text,
        quality=replace(result.quality, unknown=(text,)),
    )  # fmt: skip
    return subject(result, name=text, description=text, findings=(finding,))


NASTY = (
    "</style><script>alert(1)</script>", "\"><img src=x onerror='alert(1)'>", "]]>", "<!--",
    "$x^2$", "\u202eevil\u2066", "javascript:alert(1)", "{{ 7 * 7 }}", "</title>", "\x00\x1b[2J",
    "a\nb", "\ud800", "\\22 } body { display: none", "&lt;b&gt;", "</svg><a href=//x>",
)  # fmt: skip


@cache
def plainly() -> set[tuple[str, tuple[str, ...]]]:
    return structure(page(spoiled("plain")))


@settings(max_examples=2, deadline=None)
@given(st.text(min_size=1, max_size=40))
@example("".join(NASTY))
@example("".join(reversed(NASTY)))
def test_no_text_becomes_markup(text: str) -> None:
    content = page(spoiled(text))
    assert structure(content) <= plainly()
    found = markup.read(content)
    words = " ".join(visible(text).split())
    assert words in next(found.every("h1")).text
    for element in found.every():
        assert visible(element.text.replace("\n", " ")) == element.text
        assert "javascript" not in element.attributes.get("href", "")


# Colours.


def colours() -> dict[str, dict[str, str]]:
    """The properties of both schemes."""
    style = (TEMPLATES / "style.css.j2").read_text()
    light, dark = style.split("@media screen and (prefers-color-scheme: dark)")
    named = re.compile(r"--([a-z0-9-]+): (#[0-9a-f]{6})")
    first = dict(named.findall(light))
    return {"light": first, "dark": first | dict(named.findall(dark))}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme: str) -> None:
    known = colours()[scheme]
    for ground in ("paper", "card"):
        for text in ("ink", "quiet", "good", "bad", "note"):
            assert contrast(known[text], known[ground]) >= 4.5, (text, ground)
    assert contrast(known["series-1"], known["paper"]) >= 4.5  # links, and text on hosts
    assert contrast(known["series-7"], known["paper"]) >= 4.5
    for name, colour in known.items():
        if name.startswith("series-") or name in {"weights", "activations", "overhead", "cache"}:
            assert contrast(colour, known["paper"]) >= 3, name


def test_templates_decide_nothing() -> None:
    for template in TEMPLATES.iterdir():
        tags = re.findall(r"{[{%].*?[%}]}", template.read_text(), re.DOTALL)
        for tag in tags:
            assert not re.search(
                r"default\(|\|\s*(safe|round|int|float)|[^-'\"{%]\s[-+*/]\s", tag
            ), tag
            assert "safe" not in tag
