"""What pydantic found, in our words: rule, message and remedy by the type of its error."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_interface
from typing import Any, Final

from freehold.diagnostics import nearest, rule_text
from freehold.report import Report
from freehold.spec.base import SHAPES
from freehold.spec.places import Place
from freehold.spec.texts import texts

MAX_SHOWN: Final = 60

rule_text(
    "unknown-key",
    """A key is none that freehold knows at this place.

    A misspelt key would otherwise be ignored in silence, and its default would take effect.
    """,
)
rule_text("missing-key", "A key that has no default is missing.")
rule_text("wrong-type", "A value is of another kind than its key asks: text for a number, say.")
rule_text(
    "bad-unit",
    """A quantity is not written as a number with one of its units.

    Units are part of every value, so that no reader has to guess between GB and GiB.
    """,
)
rule_text("bad-address", "A value is neither the IP address nor the network that its key asks.")
rule_text(
    "bad-name",
    """A name has characters, or a length, that some place where it is used does not take.

    Names become host names, file names, units and URLs, so their characters are few.
    """,
)
rule_text("repeated-name", "A list of names holds one of them twice.")
rule_text("not-a-choice", "A value is none of the words that its key takes.")
rule_text("out-of-range", "A number or a length is over or under what is possible.")
rule_text("bad-value", "A value is not what its key asks.")

_ADDRESS = "an IP address, such as `10.20.0.11`"
_NETWORK = "a network without host bits, such as `10.20.0.0/24`"
_TRUTHS = {"yes": "true", "on": "true", "1": "true", "no": "false", "off": "false", "0": "false"}
WANTED: Final[Mapping[str, str]] = {
    "address": _ADDRESS,
    "bool_type": "`true` or `false`",
    "clients": "a list of names, or names and their limits",
    "date": "a date, such as `2027-03-31`",
    "decimal_parsing": "a number, such as `1.5`",
    "decimal_type": "a number",
    "dict_type": "a mapping",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_attributes_type": "a mapping",
    "model_type": "a mapping",
    "network": _NETWORK,
    "string_type": "text",
    "tuple_type": "a list",
}
"""What a value should be, by the type of the error that says it is not."""
_WANTED_CLASSES = {
    "Decimal": "a number",
    "IPv4Address": _ADDRESS, "IPv6Address": _ADDRESS,
    "IPv4Network": _NETWORK, "IPv6Network": _NETWORK,
}  # fmt: skip
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}
_LENGTHS = {
    "string_too_long": ("at most", "max_length", "characters"),
    "string_too_short": ("at least", "min_length", "characters"),
    "too_long": ("at most", "max_length", "entries"),
    "too_short": ("at least", "min_length", "entries"),
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One of pydantic's errors, at its place in the file."""

    type: str
    at: Place
    name: str
    """The last step of pydantic's own place: the key, the index or an alternative."""
    value: Any
    written: str
    """The value as the file spells it; a number alone does not say how."""
    details: Mapping[str, Any]
    fallback: str

    @property
    def key(self) -> str:
        """The place as a reader would say it."""
        return dotted(self.at.loc) or "the file"

    @property
    def shown(self) -> str:
        """The offending value, short and on one line."""
        return f"`{_cut(self.written)}`" if self.is_unquoted else shown(self.value)

    @property
    def is_unquoted(self) -> bool:
        """Whether YAML takes the text for a number or a truth."""
        return isinstance(self.value, (bool, int, float))

    def nearest_key(self) -> str | None:
        """The key of the same model that may have been meant."""
        return nearest(self.name, self._keys())

    def _keys(self) -> Sequence[str]:
        return tuple(self.at.model.model_fields) if self.at.model else ()

    def known_keys(self) -> str:
        """All keys of the model, for a reader."""
        return ", ".join(f"`{key}`" for key in self._keys())

    def wanted(self) -> str:
        """What the value should be, when its kind is the mistake."""
        return WANTED.get(self.type) or _WANTED_CLASSES.get(str(self.details.get("class")), "")


def shown(value: object) -> str:
    """A value in backticks, cut when long."""
    kinds: Mapping[type, str] = {dict: "a mapping", list: "a list", type(None): "nothing"}
    if type(value) in kinds:
        return kinds[type(value)]
    words = str(value).lower() if isinstance(value, bool) else str(value)
    if not words:
        return "empty text"
    return f"`{_cut(words)}`"


def refuse(mistakes: Sequence[Mistake], report: Report) -> None:
    """Report the mistakes of one place as one finding."""
    mistake = mistakes[0]
    if mistake.type == "missing":
        rule, message, remedy = _missing(mistakes)
    elif all(other.wanted() for other in mistakes):
        rule, message, remedy = _wrong_type(mistakes)
    else:
        mistake = next(other for other in mistakes if not other.wanted())
        rule, message, remedy = _SAID.get(mistake.type, _bad_value)(mistake)
    at_key = mistake.at.at_key or mistake.type in _AT_KEY
    say = report.refuse_key if at_key else report.refuse
    say(rule, message, mistake.at.loc + mistake.details.get("at", ()), help=remedy)


Said = tuple[str, str, str]


def _unknown(mistake: Mistake) -> Said:
    close = mistake.nearest_key()
    remedy = f"use `{close}`" if close else f"keys known here: {mistake.known_keys()}"
    where = dotted(mistake.at.loc[:-1])
    message = f"unknown key {shown(mistake.name)}" + (f" in {where}" if where else "")
    return "unknown-key", message, remedy


def _missing(mistakes: Sequence[Mistake]) -> Said:
    mistake = mistakes[0]
    keys = _listed([f"`{other.name}`" for other in mistakes], "and")
    model = mistake.at.model
    about = texts(model).get(mistake.name, "") if model and len(mistakes) == 1 else ""
    first = about.partition(". ")[0].rstrip(".")
    remedy = f"add {keys}" + (f": {first[0].lower()}{first[1:]}" if first else "")
    return "missing-key", f"{mistake.key} lacks {keys}", remedy


def _wrong_type(mistakes: Sequence[Mistake]) -> Said:
    mistake = mistakes[0]
    wants = list(dict.fromkeys(other.wanted() for other in mistakes))
    if "a number" in wants and "a whole number" in wants:
        wants.remove("a whole number")
    wanted = _listed(wants, "or")
    addresses = all(other.type in {"address", "network"} for other in mistakes)
    rule = "bad-address" if addresses else "wrong-type"
    found = f'`"{mistake.value}"`' if _is_quoted_number(mistake.value) else mistake.shown
    return rule, f"{mistake.key} must be {wanted}, not {found}", _remedy_of_type(mistake, wanted)


def _remedy_of_type(mistake: Mistake, wanted: str) -> str:
    value = mistake.value
    remedies = (
        (mistake.type == "network", _network_around(value)),
        (wanted == "text" and mistake.is_unquoted, f'"{mistake.written}"'),
        ("number" in wanted and _is_quoted_number(value), value),
        (wanted == WANTED["bool_type"], _TRUTHS.get(str(value).lower())),
        (wanted == "a list" and isinstance(value, (str, int)), f"[{mistake.written}]"),
    )
    remedy = next((words for applies, words in remedies if applies and words), None)
    if remedy:
        return f"write `{remedy}`"
    if mistake.type in {"model_type", "model_attributes_type"}:
        return f"write a mapping; keys known here: {mistake.known_keys()}"
    return f"write {wanted}"


def _is_quoted_number(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value) is not None


def _network_around(value: object) -> str | None:
    try:
        return str(ip_interface(value).network) if isinstance(value, str) else None
    except ValueError:
        return None


def _unit(mistake: Mistake) -> Said:
    details = mistake.details
    message = f"{details['what']} is written like {details['example']}, not {mistake.shown}"
    matched = re.fullmatch(r"([0-9.]+) ?([A-Za-z/]+)", str(mistake.value))
    unit = nearest(matched[2], details.get("units", ())) if matched else None
    if matched and unit and unit != matched[2]:
        return "bad-unit", message, f"write `{matched[1]} {unit}`"
    units = _listed([f"`{unit}`" for unit in details.get("units", ()) if unit], "or")
    remedy = f"write a number and one of {units}" if units else f"write {details['what']} like that"
    return "bad-unit", message, details.get("remedy", remedy)


def _name(mistake: Mistake) -> Said:
    shape = SHAPES.get(mistake.details["pattern"], "of the right form")
    pattern = re.compile(mistake.details["pattern"])
    words = re.sub(r"[^a-z0-9.]+", "-", str(mistake.value).lower()).strip("-.")
    for close in (words, words.replace(".", "-"), re.sub("[.-]", "_", words)):
        if close and close.isascii() and pattern.fullmatch(close):
            return "bad-name", f"{mistake.shown} is not {shape}", f"rename it, such as to `{close}`"
    return "bad-name", f"{mistake.shown} is not {shape}", f"write {shape}"


def _choice(mistake: Mistake) -> Said:
    choices = re.findall(r"'([^']+)'|([0-9]+)", mistake.details["expected"])
    words = [word or number for word, number in choices]
    close = nearest(str(mistake.value), words) or (words[0] if len(words) == 1 else None)
    listed = _listed([f"`{word}`" for word in words], "or")
    remedy = f"use `{close}`" if close else f"use {listed}"
    return "not-a-choice", f"{mistake.key} cannot be {mistake.shown}", remedy


def _range(mistake: Mistake) -> Said:
    which, bound = _BOUNDS[mistake.type]
    limit = f"{mistake.details[bound]:g}"
    message = f"{mistake.key} is {mistake.shown}, but must be {which} {limit}"
    return "out-of-range", message, f"write a number of {which} {limit}"


def _between(mistake: Mistake) -> Said:
    least, most = mistake.details["least"], mistake.details["most"]
    message = f"{mistake.key} is {mistake.shown}, but must be {least} to {most}"
    return "out-of-range", message, f"write {least} to {most}"


def _length(mistake: Mistake) -> Said:
    which, bound, unit = _LENGTHS[mistake.type]
    limit = mistake.details[bound]
    unit = {"entries": "entry", "characters": "character"}[unit] if limit == 1 else unit
    message = f"{mistake.key} has {len(mistake.value)}, but must have {which} {limit} {unit}"
    verb = "shorten it to" if which == "at most" else "write"
    return "out-of-range", message, f"{verb} {which} {limit} {unit}"


def _repeated(mistake: Mistake) -> Said:
    message = f"{mistake.key} lists `{mistake.details['name']}` twice"
    return "repeated-name", message, "keep one of the two"


def _bad_value(mistake: Mistake) -> Said:
    message = mistake.fallback[:1].lower() + mistake.fallback[1:]
    return "bad-value", f"{mistake.key}: {message}, not {mistake.shown}", "write another value"


def _listed(words: Sequence[str], last: str) -> str:
    *most, end = words or ("",)
    return f"{', '.join(most)} {last} {end}" if most else end


def dotted(loc: tuple[str | int, ...]) -> str:
    """A place in backticks, such as `` `cost.lines[0].price` ``; nothing for the file itself."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{_cut(step)}" for step in loc)
    words = "".join(steps).removeprefix(".")
    return f"`{words}`" if words else ""


def _cut(words: str) -> str:
    return words if len(words) <= MAX_SHOWN else f"{words[:MAX_SHOWN]}…"


_SAID: Final[Mapping[str, Callable[[Mistake], Said]]] = {
    "extra_forbidden": _unknown,
    "unit": _unit,
    "string_pattern_mismatch": _name,
    "repeated": _repeated,
    "enum": _choice,
    "literal_error": _choice,
    "between": _between,
    **dict.fromkeys(_BOUNDS, _range),
    **dict.fromkeys(_LENGTHS, _length),
}
# Point at the name, not the value, when the name is the mistake.
_AT_KEY: Final = {"extra_forbidden", "missing"}
