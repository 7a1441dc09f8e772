"""The report: one page about fit, cost and network, complete in itself."""

from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from freehold import __version__
from freehold.cost.types import Result
from freehold.diagnostics import visible
from freehold.render.report import service
from freehold.render.report.basis import basis
from freehold.render.report.break_even import break_even
from freehold.render.report.cash import cash
from freehold.render.report.devices import PARTS, devices
from freehold.render.report.network import network
from freehold.render.report.options import options
from freehold.render.report.purchase import purchase
from freehold.render.report.racks import racks
from freehold.render.report.subject import Subject
from freehold.render.report.uncertainty import uncertainty
from freehold.render.report.verdict import verdict


def page(subject: Subject) -> bytes:
    """The page, UTF-8: the same bytes for the same subject."""
    return _environment().get_template("report/page.html.j2").render(_values(subject)).encode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("freehold"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
        finalize=_shown,
    )


def _shown(value: object) -> object:
    """A value as a reader may see it: nothing hidden, and no `None`."""
    if isinstance(value, Markup):
        return value
    if not isinstance(value, (str, int, float)):
        raise TypeError(f"a page shows no {type(value).__name__}")
    return visible(str(value))


def _values(subject: Subject) -> Mapping[str, object]:
    plan, result = subject.plan, subject.result
    return {
        "name": subject.name,
        "style_name": _in_style(subject.name),
        "style_ordered": _in_style(_ordered(result)),
        "description": subject.description,
        "version": __version__,
        "parts": PARTS,
        "verdict": verdict(subject),
        "devices": devices(plan) if plan else None,
        "service": service.table(service.services(plan, subject.users)) if plan else None,
        "network": network(plan) if plan else None,
        **_money(result),
    }


def _money(result: Result | None) -> Mapping[str, object]:
    if result is None:
        return dict.fromkeys(("purchase", "cash", "options", "break_even", "uncertainty",
                              "racks", "basis", "ordered"))  # fmt: skip
    return {
        "purchase": purchase(result),
        "cash": cash(result),
        "options": options(result),
        "break_even": break_even(result),
        "uncertainty": uncertainty(result),
        "racks": racks(result.physics),
        "basis": basis(result),
        "ordered": result.conventions.ordered.isoformat(),
    }


def _in_style(text: str) -> str:
    """The text as it is written between quotes in a style sheet."""
    return "".join(
        letter if letter.isascii() and letter.isalnum() else f"\\{ord(letter):06x}"
        for letter in text
    )


def _ordered(result: Result | None) -> str:
    return f"prices of {result.conventions.ordered.isoformat()}" if result else ""
