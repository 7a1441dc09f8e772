"""Collects findings about one spec while it is checked and planned."""

from dataclasses import dataclass, field

from freehold.diagnostics import Diagnostic, Severity, Span
from freehold.source import Loc, Source


@dataclass(slots=True)
class Report:
    """All findings so far, each placed in a file's text."""

    source: Source
    findings: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    """Every file that findings point into, by name."""

    def __post_init__(self) -> None:
        """Know the file by its name."""
        self.sources[self.source.name] = self.source

    def about(self, source: Source) -> "Report":
        """The same report, with places in another file."""
        return Report(source, self.findings, self.sources)

    @property
    def errors(self) -> int:
        """How many of the findings so far stop the work."""
        return sum(found.severity == "error" for found in self.findings)

    @property
    def is_clean(self) -> bool:
        """Whether nothing found so far stops the work."""
        return self.errors == 0

    def refuse(self, rule: str, message: str, loc: Loc, *, label: str = "", help: str) -> None:  # noqa: A002 - the field's name
        """Add an error at the value of `loc`."""
        self.add(rule, message, self.source.find(loc), label=label, help=help)

    def refuse_key(self, rule: str, message: str, loc: Loc, *, label: str = "", help: str) -> None:  # noqa: A002 - the field's name
        """Add an error at the key of `loc`, when the name is the mistake."""
        self.add(rule, message, self.source.find(loc, key=True), label=label, help=help)

    def warn(self, rule: str, message: str, loc: Loc, *, label: str = "", help: str) -> None:  # noqa: A002 - the field's name
        """Add a warning at the value of `loc`."""
        span = self.source.find(loc)
        self.add(rule, message, span, label=label, help=help, severity="warning")

    def add(  # noqa: PLR0913 - a finding's fields
        self,
        rule: str,
        message: str,
        span: Span,
        *,
        label: str = "",
        help: str,  # noqa: A002 - the field's name
        severity: Severity = "error",
    ) -> None:
        """Add a finding at `span`."""
        self.findings.append(
            Diagnostic(rule, message, span, self.source.name, label, help, severity)
        )

    def in_order(self) -> list[Diagnostic]:
        """The findings by their place: the spec's first, from top to bottom."""
        files = list(self.sources)
        return sorted(self.findings, key=lambda found: (files.index(found.file), *_place(found)))


def _place(found: Diagnostic) -> tuple[int, int, str, str]:
    span = found.span or Span(0, 0)
    return span.line, span.column, found.rule, found.message
