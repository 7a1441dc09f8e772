"""Colours of charts: they are drawn with stand-ins, which become properties of the page's style.

So a chart follows the reader's light or dark scheme, and the style alone knows colours.
"""

from collections.abc import Mapping
from typing import Final

INK: Final = "#000001"
QUIET: Final = "#000002"
LINE: Final = "#000003"
PAPER: Final = "#000004"
GOOD: Final = "#000005"
BAD: Final = "#000006"
SERIES: Final = tuple(f"#0000{number:02x}" for number in range(0x11, 0x19))
"""Told apart from one another in both schemes, and in grey."""

PROPERTIES: Final[Mapping[str, str]] = {
    INK: "var(--ink)",
    QUIET: "var(--quiet)",
    LINE: "var(--line)",
    PAPER: "var(--paper)",
    GOOD: "var(--good)",
    BAD: "var(--bad)",
    **{colour: f"var(--series-{number})" for number, colour in enumerate(SERIES, 1)},
}
"""What each stand-in is in the page."""
