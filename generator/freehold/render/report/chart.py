"""Charts: drawn by matplotlib, and made part of the page as an inline SVG image."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast
from xml.etree import ElementTree as Xml

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.typing import RcKeyType

from freehold.diagnostics import visible
from freehold.render.report import colours

WIDTH: Final = 400
"""In points: wide enough for labels, narrow enough to be read on a telephone."""
_POINTS: Final = 72
LETTERS: Final = 60
"""Letters that fit beside one another."""
_STYLE: Final[dict[RcKeyType, Any]] = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "freehold",
    "text.parse_math": False,  # a name may have a dollar sign
    "font.family": "DejaVu Sans",  # comes with matplotlib, and is wider than what a page shows
    "font.size": 11,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": colours.LINE,
    "axes.labelcolor": colours.QUIET,
    "axes.titlecolor": colours.INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": False,
    "grid.color": colours.LINE,
    "grid.linewidth": 0.8,
    "xtick.color": colours.LINE,
    "ytick.color": colours.LINE,
    "xtick.labelcolor": colours.QUIET,
    "ytick.labelcolor": colours.QUIET,
    "text.color": colours.INK,
    "legend.frameon": False,
    "hatch.color": colours.PAPER,
    "hatch.linewidth": 1.2,
}
_NO_METADATA: Final = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_COLOUR: Final = re.compile("#[0-9a-f]{6}")
_REFERENCE: Final = re.compile(r"url\(#([^)]+)\)")
_HREF: Final = "{http://www.w3.org/1999/xlink}href"


@dataclass(frozen=True, slots=True)
class Chart:
    """An image, and what it says in words for those who do not see it."""

    name: str
    """Unique in the page; its ids begin with it."""
    title: str
    description: str
    caption: str
    image: Markup


@dataclass(frozen=True, slots=True)
class Words:
    """What a chart is called, and says."""

    name: str
    title: str
    description: str
    caption: str


@contextmanager
def style() -> Iterator[None]:
    """Draw in the page's style, whatever the user has matplotlib do elsewhere."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def axes(height: float) -> Axes:
    """An empty chart as wide as all, and `height` points high."""
    figure = Figure(figsize=(WIDTH / _POINTS, height / _POINTS), layout="constrained")
    FigureCanvasSVG(figure)
    return figure.subplots()


def label(drawn: Axes, height: float, text: str, *, is_bold: bool = False) -> None:
    """A row's name at the left edge, at `height` of the axis; no line crosses it."""
    drawn.annotate(
        fitting(text), (0, height), (2, 0), xycoords=("axes fraction", "data"),
        textcoords="offset points", va="center", annotation_clip=False, fontsize=10,
        fontweight="bold" if is_bold else "normal",
        bbox={"facecolor": colours.PAPER, "edgecolor": "none", "pad": 1},
    ).set_in_layout(False)  # fmt: skip


def fitting(text: str, letters: int = LETTERS) -> str:
    """The text as far as a chart has room for it; a table beside it has all of it."""
    text = visible(text)
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def chart(drawn: Axes, words: Words) -> Chart:
    """What was drawn, as part of a page."""
    figure = cast("Figure", drawn.figure)  # as `axes` made it
    for text in cast("list[Text]", figure.findobj(Text)):
        text.set_text(visible(text.get_text()))
    stream = io.BytesIO()
    with warnings.catch_warnings():
        # The reader's browser has letters that the font which we measure with may lack.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(stream, format="svg", metadata=_NO_METADATA)
    root = Xml.fromstring(stream.getvalue())  # noqa: S314 - we have just written it
    image = _Image(words.name, _definitions(root)).inline(root, words)
    return Chart(words.name, words.title, words.description, words.caption, image)


def _definitions(root: Xml.Element) -> dict[str, str]:
    """Numbers of what is referred to, by the ids that matplotlib gave."""
    inside = (element for defs in root.iter() if _tag(defs) == "defs" for element in defs)
    ids = (element.get("id") for element in inside)
    return {name: str(number) for number, name in enumerate(filter(None, ids), 1)}


@dataclass(frozen=True, slots=True)
class _Image:
    name: str
    definitions: dict[str, str]

    def inline(self, root: Xml.Element, words: Words) -> Markup:
        clean = self._clean(root)
        clean.attrib = {
            "class": "chart",
            "viewBox": root.attrib["viewBox"],
            "role": "img",
            "aria-labelledby": f"{self.name}-title {self.name}-description",
        }
        for place, tag in enumerate(("title", "desc")):
            text = Xml.Element(tag, id=f"{self.name}-{('title', 'description')[place]}")
            text.text = visible((words.title, words.description)[place])
            clean.insert(place, text)
        # What ElementTree writes is escaped, and the elements are matplotlib's and ours.
        return Markup(Xml.tostring(clean, encoding="unicode"))  # noqa: S704

    def _clean(self, old: Xml.Element) -> Xml.Element:
        """The element without namespace, style sheet, fonts, and ids that nobody refers to."""
        new = Xml.Element(_tag(old), dict(self._attributes(old)))
        new.text = old.text if _tag(old) == "text" else None
        new.extend(self._clean(child) for child in old if _tag(child) not in {"style", "metadata"})
        return new

    def _attributes(self, element: Xml.Element) -> Iterator[tuple[str, str]]:
        for key, value in element.attrib.items():
            if key == "id":
                if value in self.definitions:
                    yield "id", self._id(value)
            elif key == _HREF:
                yield "href", f"#{self._id(value.removeprefix('#'))}"
            elif key == "d":
                yield "d", " ".join(value.split())
            elif key == "style":
                yield "style", self._style(value)
            else:
                yield key, self._value(value)

    def _id(self, old: str) -> str:
        return f"{self.name}-{self.definitions[old]}"

    def _style(self, text: str) -> str:
        kept = (part.strip() for part in text.split(";") if "font-family" not in part)
        return self._value("; ".join(kept))

    def _value(self, text: str) -> str:
        text = _REFERENCE.sub(lambda found: f"url(#{self._id(found[1])})", text)
        return _COLOUR.sub(lambda found: colours.PROPERTIES[found[0]], text)


def _tag(element: Xml.Element) -> str:
    return element.tag.rpartition("}")[2]
