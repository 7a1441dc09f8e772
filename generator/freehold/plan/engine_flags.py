"""An engine's command line, held against the flags that its version has."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from freehold.catalog.facts import EngineVersion, Flag
from freehold.diagnostics import nearest, rule_text
from freehold.report import Report
from freehold.source import Loc

UNKNOWN: Final = rule_text(
    "flag-unknown",
    """The engine's version has no such flag.

    Engines rename and remove flags between releases, and refuse to start with one that they do
    not know. The catalog holds the flags of each version, read from its own argument parser.
    """,
)
VALUE: Final = rule_text(
    "flag-value",
    """The engine's flag does not take this value.

    A flag without a value is written `true`. A value cannot begin with `-`, which an engine may
    read as a further flag, and cannot be empty, be `;`, hold a line break or end in a backslash,
    which a unit file cannot carry.
    """,
)
RESERVED: Final = rule_text(
    "flag-reserved",
    """The flag is decided by the plan, or would undo what the plan promises.

    Sockets, weights, parallelism and memory follow from the spec and are checked against each
    other. Flags that run code from weights, open further ways in or out, or write prompts to
    logs stay off at every isolation level.
    """,
)

REPEATED: Final = rule_text(
    "flag-repeated",
    """Two spellings of one flag of the engine are set.

    A flag and what turns it off, or a flag and its other name: an engine heeds the last of
    them, or none, and a reader of the spec cannot know which.
    """,
)

Pin = str | int | bool | Decimal


@dataclass(frozen=True, slots=True)
class Argument:
    """One flag of a command line, with its value if it has one."""

    flag: str
    value: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """What the engine's parser reads."""
        return (self.flag,) if self.value is None else (self.flag, self.value)


class FlagTable:
    """The flags of one engine version by every spelling."""

    def __init__(self, version: EngineVersion) -> None:
        """Read the flags that `version` has."""
        self.of = f"{version.name} {version.version}"
        self._by_spelling = dict(_spellings(version.flags))

    def flag(self, spelling: str) -> Flag | None:
        """The flag that is spelt so."""
        found = self._by_spelling.get(spelling)
        return found[1] if found else None

    def name(self, spelling: str) -> str:
        """The flag's first name; the spelling itself when there is no such flag."""
        found = self._by_spelling.get(spelling)
        return found[0] if found else spelling

    def spellings(self, spelling: str) -> frozenset[str]:
        """All spellings of the flag, those that turn it off among them."""
        flag = self.flag(spelling)
        return frozenset({self.name(spelling), *(flag.aliases if flag else ())})

    def nearest(self, spelling: str) -> str | None:
        """The flag whose spelling is most like it."""
        return nearest(spelling, self._by_spelling)

    def check(self, arguments: Iterable[Argument]) -> None:
        """Refuse what freehold itself would get wrong.

        Raises:
            ValueError: the version lacks a flag, or the flag does not take that value.
        """
        for argument in arguments:
            flag = self.flag(argument.flag)
            problem = "no such flag" if flag is None else _problem(flag, argument.value)
            if problem:
                raise ValueError(f"{self.of}: {' '.join(argument.words)}: {problem}")


def _spellings(flags: Mapping[str, Flag]) -> Iterator[tuple[str, tuple[str, Flag]]]:
    for name, flag in flags.items():
        for spelling in (name, *flag.aliases):
            yield spelling, (name, flag)


@dataclass(frozen=True, slots=True)
class PinRules:
    """What users may not pin of an engine, and what to do instead."""

    reserved: Mapping[str, str]
    removed: Mapping[str, str]
    """Flags of earlier versions, and what became of them."""


def pinned(
    pins: Mapping[str, Pin], table: FlagTable, rules: PinRules, loc: Loc, report: Report
) -> tuple[Argument, ...]:
    """The flags that a user pins, as far as they may be."""
    good: list[Argument] = []
    for spelling, value in pins.items():
        at = (*loc, spelling)
        flag = table.flag(spelling)
        if spelling in rules.removed or flag is None:
            _refuse_unknown(spelling, table, rules, at, report)
        elif help_ := _reserved(spelling, table, rules):
            message = f"`{spelling}` is not for the spec to set"
            report.refuse_key(RESERVED, message, at, help=help_)
        elif problem := _problem(flag, _written(value)):
            report.refuse(VALUE, f"`{spelling}` {problem}", at, help=_remedy(flag))
        elif other := _other(spelling, good, table):
            message = f"`{spelling}` and `{other}` are one flag of {table.of}"
            report.refuse_key(REPEATED, message, at, help="keep one of the two")
        else:
            good.append(Argument(spelling, _written(value)))
    return tuple(good)


def merged(
    decided: Sequence[Argument], pins: Sequence[Argument], table: FlagTable
) -> tuple[Argument, ...]:
    """The plan's flags and the user's; where both set one, the user's."""
    theirs = {table.name(pin.flag) for pin in pins}
    ours = (argument for argument in decided if table.name(argument.flag) not in theirs)
    return (*ours, *pins)


def _other(spelling: str, pins: Iterable[Argument], table: FlagTable) -> str | None:
    """The pin that sets the same flag under another spelling."""
    name = table.name(spelling)
    return next((pin.flag for pin in pins if table.name(pin.flag) == name), None)


def _refuse_unknown(
    spelling: str, table: FlagTable, rules: PinRules, at: Loc, report: Report
) -> None:
    meant = table.nearest(spelling)
    usual = f"use `{meant}`" if meant else "remove it"
    report.refuse_key(
        UNKNOWN,
        f"{table.of} has no flag `{spelling}`",
        at,
        help=rules.removed.get(spelling, usual),
    )


def _reserved(spelling: str, table: FlagTable, rules: PinRules) -> str | None:
    """Why the flag is kept from users, under whichever spelling it is reserved."""
    spellings = sorted(table.spellings(spelling))
    return next((rules.reserved[one] for one in spellings if one in rules.reserved), None)


def _written(value: Pin) -> str | None:
    if value is True:
        return None
    return "false" if value is False else str(value)


def _problem(flag: Flag, value: str | None) -> str | None:
    if not flag.takes_value:
        return None if value is None else "takes no value"
    if value is None:
        return "needs a value"
    if flag.choices is not None and value not in flag.choices:
        return f"takes {_listed(flag.choices)}, not `{value}`"
    return _unwritable(value)


def _unwritable(value: str) -> str | None:
    if value.startswith("-") and not _is_number(value):
        return f"takes no value that begins with `-`: `{value}`"
    if value in {"", ";"} or not value.isprintable() or value.endswith("\\"):
        return "takes no empty value, no line break, no lone `;` and no `\\` at the end"
    return None


def _is_number(value: str) -> bool:
    return value.removeprefix("-").replace(".", "", 1).isdecimal() and value.isascii()


def _listed(choices: Sequence[str]) -> str:
    return ", ".join(f"`{choice}`" for choice in choices)


def _remedy(flag: Flag) -> str:
    if not flag.takes_value:
        return "write `true`, or remove the flag"
    if flag.choices is not None:
        return f"write one of {_listed(flag.choices)}"
    return "write the value that the engine's own documentation gives"
