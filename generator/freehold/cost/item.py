"""What can be bought, and what one of it costs, as frozen values.

A figure that is not known is `None`, never zero.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Category(StrEnum):
    """What a line is, for subtotals, for limits on the age of a price, and for draws."""

    SERVER = "server"
    GPU = "gpu"
    CPU = "cpu"
    MEMORY = "memory"
    STORAGE = "storage"
    NETWORK = "network"
    """NICs, switches, optics, cables."""
    FACILITY = "facility"
    """Racks, PDUs, UPS."""
    SERVICE = "service"
    """Installation, freight, insurance, decommissioning."""
    LICENCE = "licence"
    SUPPORT = "support"
    SPACE = "space"
    ENERGY = "energy"
    STAFF = "staff"
    ISOLATION = "isolation"
    OTHER = "other"
    CLOUD = "cloud"
    API = "api"


class Basis(StrEnum):
    """What a price rests on; of several, the first in this order is taken."""

    CONTRACT = "contract"
    QUOTE = "quote"
    STATED = "stated"
    """Written in the spec itself."""
    LIST = "list"
    ESTIMATE = "estimate"
    INCLUDED = "included"
    """Nothing is paid: another line pays for it, or the spec says that it is owned."""
    UNKNOWN = "unknown"


class Confidence(StrEnum):
    """How far a price is to be believed."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Range:
    """A figure, and the ends between which it is expected to lie: `low <= base <= high`."""

    low: Decimal
    base: Decimal
    high: Decimal

    @classmethod
    def exactly(cls, value: Decimal) -> "Range":
        """A range without width."""
        return cls(value, value, value)


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What one of something costs in the currency of the bill, without tax, and who says so."""

    amount: Range | None
    """None when nobody does."""
    basis: Basis
    list_amount: Decimal | None = None
    """Before the discount, where the vendor gave it."""
    currency: str = ""
    """Of the source."""
    original: Decimal | None = None
    """In that currency."""
    rate: Decimal = Decimal(1)
    """What one unit of that currency is worth in that of the bill."""
    rate_range: Range | None = None
    """By what is reckoned with: its `base` is 1."""
    rate_date: date | None = None
    rate_source: str = ""
    source: str = ""
    vendor: str = ""
    reference: str = ""
    as_of: date | None = None
    valid_until: date | None = None
    confidence: Confidence = Confidence.NONE
    is_stale: bool = False
    """Older, on the day of the order, than its category's limit."""
    limit_days: int | None = None
    note: str = ""
    """Such as a quote that was passed over since it had expired."""

    @property
    def base(self) -> Decimal | None:
        """What is reckoned with."""
        return self.amount.base if self.amount else None


@dataclass(frozen=True, slots=True)
class Power:
    """Of one of something, in watts."""

    maximum: Decimal
    """For breakers, PDUs and a UPS."""
    typical: Decimal
    """While requests come; for energy."""
    idle: Decimal
    """While powered without requests; for energy."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be bought, apart from its price."""

    id: str
    """As in the price book and in quotes, such as `gpu.l40s-48gb`."""
    description: str
    category: Category
    unit: str
    """What one of it is: `each`, `GPU`, `host`, `year`, `kWh` …"""
    manufacturer: str = ""
    mpn: str = ""
    power: Power | None = None
    rack_units: int = 0
    weight: Decimal = Decimal(0)
    """In kg."""
    lead_time: Range | None = None
    """In weeks."""
    warranty_months: int | None = None
    life_months: int | None = None
    """What capital is written off over, and replaced after; none for what is not capital."""
    annual_failure_rate: Range | None = None
    """A fraction; of what spares are kept of."""
    residual: bool = False
    """Whether it can be sold at the end."""
    source: str = ""
