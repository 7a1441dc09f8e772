"""The bill of a site, beside what it buys: files that a review reads line by line.

Only formats whose bytes are the same on any machine: a workbook is compressed, and a chart is
drawn, as the installed libraries do it; `freehold bom` and `freehold report` write those.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from freehold.cost.export import as_csv, as_json, as_markdown, cyclonedx
from freehold.cost.export.cyclonedx import Inventory
from freehold.cost.types import Result
from freehold.cost.words import total
from freehold.render.files import SiteFile

FOLDER: Final = "bom"


def files(about: Inventory) -> Iterator[SiteFile]:
    """All that `bom/` holds."""
    result = about.result
    yield SiteFile(f"{FOLDER}/bom.csv", as_csv.lines(result))
    yield SiteFile(f"{FOLDER}/cashflows.csv", as_csv.cashflows(result))
    yield SiteFile(f"{FOLDER}/cost.json", as_json.encode(result))
    yield SiteFile(f"{FOLDER}/cyclonedx.json", cyclonedx.encode(about))
    yield SiteFile(f"{FOLDER}/tco.md", as_markdown.encode(result))


def view(result: Result) -> Mapping[str, str]:
    """What the site's README says of it."""
    conventions = result.conventions
    currency = conventions.currency
    return {
        "capital": total(result.capex, currency),
        "owning": total(result.owning.nominal, currency),
        "months": str(conventions.horizon_months),
        "ordered": conventions.ordered.isoformat(),
        "book": conventions.price_book.isoformat(),
        "tax": conventions.tax,
    }
