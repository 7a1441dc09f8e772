"""A checkpoint's config.json: its figures, each bounded, with what transformers fills in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from freehold.diagnostics import rule_text
from freehold.report import Report
from freehold.source import Data, Loc

MOST: Final = 10_000_000
"""The largest figure that the catalog takes."""
MOST_LAYERS: Final = 1000

CONFIG_VALUE: Final = rule_text(
    "config-value",
    """A value in a checkpoint's config.json is missing, or is none that a model can have.

    Sizes follow from it. What transformers fills in when a key is absent is filled in here
    too; hidden size and number of layers are never guessed.
    """,
)


@dataclass(frozen=True, slots=True)
class Config:
    """The values of one object of a config.json, and where they stand."""

    values: Mapping[str, Data]
    defaults: Mapping[str, Data]
    """What transformers takes where a key is absent."""
    at: Loc
    report: Report

    def value(self, name: str) -> Data:
        """The value as written, be it none; what transformers fills in where it is not."""
        return self.values[name] if name in self.values else self.defaults.get(name)

    def optional(self, *names: str, least: int = 1, most: int = MOST) -> int | None:
        """The whole number under the first of the names that has one."""
        name = next((name for name in names if self.value(name) is not None), None)
        if name is None:
            return None
        found = self.value(name)
        if isinstance(found, int) and not isinstance(found, bool) and least <= found <= most:
            return found
        got = f"{found}"[:40]
        self.refuse(name, f"is `{got}`, not a whole number from {least} to {most}")
        return None

    def count(self, *names: str, least: int = 1, most: int = MOST) -> int:
        """The whole number under one of the names; a finding and `least` where none is."""
        found = self.optional(*names, least=least, most=most)
        if found is None and all(self.value(name) is None for name in names):
            self.refuse(names[0], "is missing")
        return least if found is None else found

    def flag(self, name: str) -> bool:
        """Whether the switch is on."""
        found = self.value(name)
        if found is not None and not isinstance(found, bool):
            self.refuse(name, f"is `{str(found)[:40]}`, not `true` or `false`")
        return found is True

    def text(self, name: str) -> str:
        """The text; empty where there is none."""
        found = self.value(name)
        if found is not None and not isinstance(found, str):
            self.refuse(name, f"is `{str(found)[:40]}`, not text")
        return found if isinstance(found, str) else ""

    def words(self, name: str) -> tuple[str, ...]:
        """The list's texts and numbers as text; none where there is no list."""
        found = self.value(name)
        if found is not None and not isinstance(found, list):
            self.refuse(name, f"is `{str(found)[:40]}`, not a list")
        return tuple(str(word) for word in found) if isinstance(found, list) else ()

    def part(self, name: str) -> "Config | None":
        """The object under `name`, if there is one."""
        found = self.values.get(name)
        if not isinstance(found, dict):
            return None
        return Config(found, {}, (*self.at, name), self.report)

    def refuse(self, name: str, what: str) -> None:
        """Add a finding about the value of `name`."""
        path = ".".join(str(step) for step in (*self.at, name))
        self.report.refuse(
            CONFIG_VALUE, f"`{path}` {what}", (*self.at, name),
            help="use the config.json of the repository as it was published",
        )  # fmt: skip
