"""The page's first words: whether it fits, what it costs, and whether owning wins."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from freehold.cost.types import BreakEven, Result, Total
from freehold.diagnostics import Diagnostic
from freehold.plan.types import Plan
from freehold.render.report.amounts import Amounts, lacking, percent, plural
from freehold.render.report.devices import idle
from freehold.render.report.names import shortened
from freehold.render.report.service import Service, services
from freehold.render.report.subject import Subject

_NO_COST: Final = "Nothing is priced: the spec has no cost section."
_EXACT: Final = re.compile("([0-9][0-9,]*[.][0-9]+) [A-Z]{3}")
"""An amount to the minor unit."""
_CODE: Final = re.compile("`([^`]*)`")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that is read at a glance."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """A sentence, and whether it is good news: a sign stands before it."""

    sign: str
    meaning: str
    style: str
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The section."""

    style: str
    headline: str
    sentences: Sequence[str]
    figures: Sequence[Figure]
    points: Sequence[Point]


def good(text: str) -> Point:
    """Good news."""
    return Point("✓", "good:", "good", text)


def bad(text: str) -> Point:
    """Bad news."""
    return Point("✗", "bad:", "bad", text)


def note(text: str) -> Point:
    """What is neither, and must be known."""
    return Point("!", "note:", "note", text)


def verdict(subject: Subject) -> Verdict:
    """What comes of it, the worst first."""
    result, errors = subject.result, _errors(subject)
    failed = bool(errors) or bool(result and result.breaches)
    return Verdict(
        "bad" if failed else "note" if _slow(subject) else "good",
        _headline(subject),
        [*_hardware(subject.plan), *(_money(result) if result else [])],
        list(_figures(result)) if result else [],
        [
            *_findings(subject.findings),
            *_service(subject),
            *(_points(result) if result else []),
            *([] if result or errors else [note(_NO_COST)]),
        ],
    )


def _errors(subject: Subject) -> Sequence[Diagnostic]:
    return [found for found in subject.findings if found.severity == "error"]


def _slow(subject: Subject) -> Sequence[Service]:
    """Models that are too slow for all their users."""
    found = services(subject.plan, subject.users) if subject.plan else ()
    return [one for one in found if one.is_short]


def _headline(subject: Subject) -> str:
    errors, result = _errors(subject), subject.result
    if subject.plan is None:
        return f"It cannot be built as it is: {plural(len(errors), 'finding')} in the way"
    if errors:
        return f"It fits, with {plural(len(errors), 'finding')} in the way"
    slow = ", but is too slow for some users" if _slow(subject) else ""
    return "".join((f"It fits{slow}", *(_judged(result) if result else ())))


def _judged(result: Result) -> Iterator[str]:
    failed, compared = len(result.breaches), result.break_even
    yield f", but fails {plural(failed, 'limit')} that you set" if failed else ""
    if compared:
        won = sum(one.owning_wins is True for one in compared)
        unknown = sum(one.owning_wins is None for one in compared)
        count = {0: f"none of {plural(len(compared), 'alternative')}",
                 len(compared): "every alternative"}.get(
            won, f"{won} of {len(compared)} alternatives"
        )  # fmt: skip
        known = "known to be " if unknown else ""
        yield f"; owning is {known}cheaper than {count}"


def _hardware(plan: Plan | None) -> Iterator[str]:
    if plan is None:
        return
    served = ", ".join(route.model for route in plan.gateway.routes)
    with_gpus = f" with {plural(plan.gpus, 'GPU')}" if plan.gpus else ""
    hosts = plural(len(plan.hosts), "host")
    serve = "serves" if len(plan.hosts) == 1 else "serve"
    yield f"{hosts}{with_gpus} {serve} {served}, at isolation level {plan.level.value}."


def _service(subject: Subject) -> Iterator[Point]:
    if subject.plan is None:
        return
    if said := idle(subject.plan):
        yield note(said)
    for one in _slow(subject):
        yield note(
            f"{one.model}: of {one.asked:,} users at once, typically {one.typical:,} "
            f"({one.low:,} to {one.high:,}) are served as fast as asked for."
        )


def _money(result: Result) -> Iterator[str]:
    amounts = Amounts(result.conventions.currency, result.conventions.minor_units)
    owning, rate = result.owning, result.conventions.discount_rate
    today = f", {amounts.short(owning.npv.amount)} in money of the day of the order" if rate else ""
    least = amounts.at_least(owning.nominal.unknown)
    yield (
        f"Buying takes {amounts.total(result.capex)}; owning it for {horizon(result)} takes "
        f"{least}{amounts.short(owning.nominal.amount)}{today}{lacking(owning.nominal)}."
    )


def horizon(result: Result) -> str:
    """How long it is reckoned over."""
    years, months = divmod(result.conventions.horizon_months, 12)
    parts = [plural(years, "year")] * bool(years) + [plural(months, "month")] * bool(months)
    return " and ".join(parts)


def _figures(result: Result) -> Iterator[Figure]:
    amounts = Amounts(result.conventions.currency, result.conventions.minor_units)

    def total(name: str, found: Total, note: str) -> Figure:
        return Figure(name, f"{amounts.at_least(found.unknown)}{amounts.short(found.amount)}", note)

    owning = result.owning
    yield total("To buy", result.capex, "capital cost")
    yield total(f"Total in {horizon(result)}", owning.nominal, "all that is paid (TCO)")
    rate = result.conventions.discount_rate
    if rate is not None:
        yield total("Present value", owning.npv, f"NPV at {percent(rate, 1)} a year")
    yield from _unit_figures(result, amounts)


def _unit_figures(result: Result, amounts: Amounts) -> Iterator[Figure]:
    units = result.owning.units
    least = "at least " if units and units.at_least else ""
    if units and units.per_million_blended is not None:
        price = amounts.short(units.per_million_blended)
        yield Figure("A million tokens", f"{least}{price}", "input and output as asked for")
    if units and units.per_user_month is not None:
        price = amounts.short(units.per_user_month)
        yield Figure("A user and month", f"{least}{price}")


def _findings(findings: Sequence[Diagnostic]) -> Iterator[Point]:
    for found in findings:
        where = f" ({found.file}, line {found.span.line})" if found.span else ""
        say = bad if found.severity == "error" else note
        yield say(_quoted(f"{found.message}{where}. Remedy: {found.help}."))


def _points(result: Result) -> Iterator[Point]:
    for breach in result.breaches:
        line = f" (line {breach.line})" if breach.line else ""
        yield bad(_sentence(f"{breach.message.rstrip('.')}{line}"))
    spread = result.spread.quantiles if result.spread else ()
    chances = {one.name: one.probability_owning_wins for one in spread}
    for even in result.break_even:
        yield _against(even, chances.get(even.alternative), result)
    yield from _quality(result)


def _against(one: BreakEven, chance: Decimal | None, result: Result) -> Point:
    amounts = Amounts(result.conventions.currency, result.conventions.minor_units)
    text = _EXACT.sub(
        lambda found: amounts.short(Decimal(found[1].replace(",", ""))), _sentence(one.verdict)
    )
    if chance is not None:
        text = f"{text} Over the ranges of prices, owning is cheaper in {percent(chance)} of cases."
    say = {True: good, False: bad, None: note}[one.owning_wins]
    return say(text)


def _quality(result: Result) -> Iterator[Point]:
    quality = result.quality
    yield note(f"{percent(quality.quoted)} of the capital cost is quoted or under contract.")
    if quality.unknown:
        unknown = plural(len(quality.unknown), "line")
        yield note(
            f"{unknown} without a price: totals are floors. Missing: "
            f"{shortened(quality.unknown, 6)}."
        )
    if quality.stale_lines:
        yield note(
            f"{plural(len(quality.stale_lines), 'price')} older than the limit, "
            f"{percent(quality.stale)} of the capital cost."
        )


def _sentence(text: str) -> str:
    text = _quoted(text[:1].upper() + text[1:])
    return text if text.endswith(".") else f"{text}."


def _quoted(text: str) -> str:
    """Words of the spec in a reader's quotation marks."""
    return _CODE.sub("“\\1”", text)
