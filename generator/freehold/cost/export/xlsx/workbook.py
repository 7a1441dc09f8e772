"""The result as a workbook with live formulas, for whoever signs, and for whoever asks vendors.

Each formula carries the figure that it gives, so that readers that compute nothing show it too.
The same result gives the same bytes: the workbook is made on the day of the order.
"""

import io
from datetime import datetime, time
from typing import Final

from xlsxwriter import Workbook

from freehold.cost.export.xlsx import about, alternatives, bill, depreciation, payments, quotation
from freehold.cost.export.xlsx.context import DISCOUNT_RATE, TAX_RATE, Context
from freehold.cost.export.xlsx.sheet import Formats, Sheet
from freehold.cost.types import Result

_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
NAMES: Final = (
    "Summary", "BOM", "Cash flow", "Years", "Depreciation", "Alternatives",
    "Prices elsewhere", "Break-even", "Payments", "Assumptions", "Sources", "Request for quotation",
)  # fmt: skip


def encode(result: Result) -> bytes:
    """The workbook's bytes."""
    found = io.BytesIO()
    workbook = Workbook(found, _OPTIONS)
    made = datetime.combine(result.conventions.ordered, time())
    workbook.set_properties({"title": result.cluster, "created": made})
    formats = Formats(workbook, result.conventions)
    sheets = {name: Sheet(workbook, formats, name) for name in NAMES}
    context = Context(result)
    _fill(sheets, context)
    for name in (DISCOUNT_RATE, TAX_RATE):
        workbook.define_name(name, f"={context.cells[name]}")
    workbook.set_calc_mode("auto")
    workbook.close()
    return found.getvalue()


def _fill(sheets: dict[str, Sheet], context: Context) -> None:
    """Each sheet after those whose cells it refers to."""
    lines, paid = sheets["BOM"], sheets["Payments"]
    about.place_rates(sheets["Assumptions"], context)
    bill.write(lines, context)
    payments.write_payments(paid, context)
    payments.write_months(sheets["Cash flow"], paid, context)
    depreciation.write(sheets["Depreciation"], context)
    payments.write_years(sheets["Years"], paid, context)
    alternatives.write(sheets["Alternatives"], context)
    alternatives.write_prices(sheets["Prices elsewhere"], context)
    alternatives.write_curve(sheets["Break-even"], paid, context)
    about.write_assumptions(sheets["Assumptions"], context)
    about.write_sources(sheets["Sources"], context)
    quotation.write(sheets["Request for quotation"], context)
    about.write_summary(sheets["Summary"], lines, context)
