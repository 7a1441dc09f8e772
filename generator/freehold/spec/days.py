"""Days as people write them."""

import re
from contextlib import suppress
from datetime import date
from typing import Final

_YEAR_FIRST: Final = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")


def days(text: str) -> tuple[date, ...]:
    """What `text` may mean.

    One day for `2026-12-01`, `2026/12/1`, `1.12.2026`, `13/12/2026` and `12/13/2026`; two for
    `01/12/2026`, which is in December or in January; none for what is no day.
    """
    if matched := _YEAR_FIRST.fullmatch(text.strip()):
        return _real((matched[1], matched[3], matched[4]))
    if matched := _YEAR_LAST.fullmatch(text.strip()):
        day_first = (matched[4], matched[3], matched[1])
        if matched[2] == ".":  # nobody puts the month first before a point
            return _real(day_first)
        return _real(day_first, (matched[4], matched[1], matched[3]))
    return ()


def _real(*candidates: tuple[str, str, str]) -> tuple[date, ...]:
    found: dict[date, None] = {}
    for year, month, day in candidates:
        with suppress(ValueError):
            found[date(int(year), int(month), int(day))] = None
    return tuple(found)
