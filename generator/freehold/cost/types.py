"""The result that every table, file and page about money prints, as frozen values.

Money is `Decimal` in the currency of the bill; a figure that is not known is `None`, never
zero. Amounts of lines and of cash flows are rounded to the currency's minor unit, and a total
is the sum of what is printed. Positive is what is paid, negative what comes back. Prices of one,
rates, and money by tokens keep their digits. Powers are watts, energies kWh, masses kg.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from freehold.cost.item import Basis, Category, Item, Range, UnitPrice
from freehold.source import Loc


@dataclass(frozen=True, slots=True)
class Need:
    """A quantity of an item that the plan needs, before anyone has priced it."""

    item: Item
    quantity: Decimal
    path: Loc
    """Where the spec causes it, such as `("nodes", "gpu", "memory")`."""
    hosts: tuple[str, ...]
    """The hosts that hold or need it."""
    is_capital: bool
    every: int | None = None
    """Months between payments; none when it is paid once."""
    prepaid: bool = False
    """Whether a term is paid at its beginning, not at the end of each period."""
    parent: str | None = None
    """The item that this is part of, and paid with: nothing more is paid for it."""
    is_spare: bool = False
    percent_of: tuple[Category, ...] = ()
    """Categories whose capital `quantity` is a fraction of: the price is then their sum."""
    note: str = ""
    """Why so many, such as the formula of the spares."""


@dataclass(frozen=True, slots=True)
class BomLine:
    """A need with its price."""

    number: int
    """From 1 on, in the order of the list."""
    id: str
    """Unique and the same as long as its item, pool and purpose are: `gpu/gpu.l40s-48gb`."""
    need: Need
    price: UnitPrice
    extended: Decimal | None
    """Quantity by price, rounded: paid once, or each `every` months. None: not known."""
    discount: Decimal | None
    """1 - net / list, where both are known; a fraction."""
    tax: Decimal | None
    """On `extended`."""
    cost: Decimal | None
    """What it costs the buyer: with tax where that is not got back."""
    group: str
    """Lines of one group become dearer and cheaper together."""
    vendor: str = ""
    mpn: str = ""
    sku: str = ""
    lead_time: Range | None = None
    """In weeks: the quote's, else the item's."""
    warranty_months: int | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether nobody says what it costs."""
        return self.extended is None


@dataclass(frozen=True, slots=True)
class Total:
    """A sum of lines, which may lack some."""

    amount: Decimal
    unknown: int = 0
    """Lines without a price; the total is then at least `amount`."""


@dataclass(frozen=True, slots=True)
class Rack:
    """A rack and what stands in it."""

    number: int
    hosts: tuple[tuple[str, int, int], ...]
    """Name, lowest rack unit (from 1), and height of each host, from the bottom up."""
    others: tuple[tuple[str, int, int], ...]
    """Item, lowest rack unit and height of switches and so on."""
    units: int
    used_units: int
    maximum_power: Decimal
    """All that stands in it at its most."""
    feed: Decimal
    """What one feed carries."""
    weight: Decimal
    weight_limit: Decimal | None
    outlets: int
    outlets_used: int
    phases: tuple[Decimal, ...] = ()
    """Watts on each phase of one feed, when the other has failed; one for a feed of one phase."""


@dataclass(frozen=True, slots=True)
class Physics:
    """Power, energy, space and mass of the whole."""

    maximum_power: Decimal
    typical_power: Decimal
    idle_power: Decimal
    it_energy: Decimal
    """kWh a year of the machines: typical in hours with requests, idle in other powered hours."""
    facility_energy: Decimal
    """kWh a year that are paid: by the PUE."""
    pue: Decimal | None
    rack_units: int
    weight: Decimal
    racks: tuple[Rack, ...]
    carbon_factor: Decimal | None
    """g CO2 equivalent for each kWh."""
    carbon_source: str
    formulas: Mapping[str, str]


class Stage(StrEnum):
    """What a cash flow is for."""

    PURCHASE = "purchase"
    TERM = "term"
    """A prepaid term, first or renewed."""
    REFRESH = "refresh"
    RUNNING = "running"
    LEASE = "lease"
    BRIDGE = "bridge"
    """Rented until the machines serve."""
    OVERFLOW = "overflow"
    RESIDUAL = "residual"
    """Negative: what is got for the hardware at the end."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Money that changes hands on a day."""

    on: date
    line: str
    """The BOM line's id, or the alternative's name."""
    category: Category
    stage: Stage
    amount: Decimal
    """Nominal, rounded."""
    discounted: Decimal
    """On the day of the order, rounded."""
    drivers: tuple[str, ...] = ()
    """Ids of the uncertain factors that it depends on."""
    covers: int = 1
    """Months from `on` on that it pays for, where it is paid ahead; for the accrual view."""


@dataclass(frozen=True, slots=True)
class Year:
    """A year from the day of the order on, in both views."""

    number: int
    starts: date
    ends: date
    """The last day."""
    cash: Decimal
    discounted: Decimal
    depreciation: Decimal
    disposal: Decimal
    """What capital is worth in the books when the horizon ends, less what is got for it then: a
    loss, or a gain when negative. Zero in all years but the last."""
    accrual: Decimal
    """Depreciation, disposal, and running cost where it is used up: over all years, the cash."""
    by_category: Mapping[Category, Decimal]
    """Cash."""


@dataclass(frozen=True, slots=True)
class Writeoff:
    """The depreciation of a line's capital."""

    line: str
    cost: Decimal
    residual: Decimal
    method: str
    from_day: date
    months: int
    by_year: tuple[Decimal, ...]
    """In the years of the horizon."""
    book_value: Decimal
    """At the end of the horizon."""


@dataclass(frozen=True, slots=True)
class Demand:
    """The tokens that are asked for, and what the machines could do; each year of service."""

    input_tokens: Decimal
    output_tokens: Decimal
    """Served by the machines or the overflow, useful ones only."""
    capacity_output_tokens: Decimal
    """That the machines can make in the hours with demand."""
    overflow_input_tokens: Decimal
    overflow_output_tokens: Decimal
    peak_output_speed: Decimal
    """Tokens per second that are asked of all models in the busiest hour."""
    utilisation: Decimal
    """Output by what the machines could make in all hours of the year."""
    users: int
    by_model: Mapping[str, tuple[Decimal, Decimal]]
    """Input and output of each model."""
    source: str
    """Where the throughput comes from."""
    formula: str
    overflow_by_model: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    """Input and output of each model above what its replicas make."""

    @property
    def overflow_tokens(self) -> Decimal:
        """Input and output that the machines do not serve."""
        return self.overflow_input_tokens + self.overflow_output_tokens


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """Over the years of service; `None` where there are no tokens or no total."""

    per_million_input: Decimal | None
    per_million_output: Decimal | None
    per_million_blended: Decimal | None
    per_user_month: Decimal | None
    per_gpu_hour: Decimal | None
    """What the machines cost by the hours of their GPUs: without a bridge's and an overflow's."""
    kwh_per_million: Decimal | None
    """Of the tokens that the machines themselves serve."""
    kgco2e_per_million: Decimal | None
    """Of the tokens that the machines themselves serve."""
    input_weight: Decimal
    """The share of the cost that input bears: the time of prompts by that of prompts and answers.
    Zero where that is not known; input and output then have no cost of their own."""
    at_least: bool
    """Whether lines without a price are missing in it."""


@dataclass(frozen=True, slots=True)
class NamedPrice:
    """What an alternative bills for one of something."""

    item: str
    """As in the price book and in quotes."""
    description: str
    unit: str
    """What it is the price of: `instance hour`, `GPU hour`, `GB`, `million input tokens` …"""
    price: UnitPrice
    since: date | None = None
    """The day that it was announced to be billed from; none where it holds already."""


@dataclass(frozen=True, slots=True)
class Costs:
    """An option's totals over the horizon."""

    name: str
    description: str
    flows: tuple[Flow, ...]
    nominal: Total
    npv: Total
    units: UnitCosts | None
    prices: tuple[NamedPrice, ...] = ()
    """What an alternative bills in its first month, and what is announced for later days."""
    note: str = ""


class Outcome(StrEnum):
    """Whether owning becomes cheaper than an alternative."""

    NEVER = "never"
    ALWAYS = "always"
    """From the first day on."""
    ONCE = "once"
    MORE_THAN_ONCE = "more-than-once"
    UNKNOWN = "unknown"
    """A price is missing that could turn it."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A day on which the lower cumulative cost changes sides."""

    on: date
    month: int
    to_owning: bool


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Owning against one alternative, by cumulative cash."""

    alternative: str
    outcome: Outcome
    crossings: tuple[Crossing, ...]
    owning_wins: bool | None
    """At the horizon, by NPV."""
    saving: Decimal | None
    """NPV of the alternative less NPV of owning."""
    threshold_hours_per_day: Decimal | None
    """Hours of the workload's busiest load a day from which on owning is cheaper over the horizon.
    None when there are none: all powered hours are not enough; owning is cheaper only up to some
    hours, which the verdict then says; or prices are missing."""
    threshold_tokens_per_day: Decimal | None
    """Tokens in those hours; None also when the demand is not known."""
    verdict: str
    """A sentence."""
    cumulative: tuple[tuple[date, Decimal, Decimal], ...]
    """Day, owning, alternative: at the end of each month."""
    irr: Decimal | None = None
    """Internal rate of return a year of buying instead of renting: a fraction. It is of the
    nominal differences by day; none where no single rate is known."""
    irr_note: str = ""
    """Why there is none."""
    payback_months: int | None = None
    """The month since the order from which on owning stays cheaper by what has been paid; zero
    when it always is, none when it never is, or when prices are missing that could turn it."""
    discounted_payback_months: int | None = None
    """The same by discounted payments."""


@dataclass(frozen=True, slots=True)
class Driver:
    """An uncertain factor, by its base: `range.base` is 1."""

    id: str
    label: str
    range: Range
    group: str
    """Drivers of one group are drawn at one quantile."""
    low_value: str
    high_value: str
    """The ends as a reader knows them, such as `0.15 EUR/kWh`."""


@dataclass(frozen=True, slots=True)
class Swing:
    """What one group alone, at its ends, makes of the NPV of owning."""

    group: str
    label: str
    low: Decimal
    high: Decimal
    low_value: str
    high_value: str


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Of a drawn total."""

    name: str
    """`owning`, or the alternative's name."""
    p10: Decimal
    p50: Decimal
    p90: Decimal
    probability_owning_wins: Decimal | None
    """By NPV, a fraction; none for owning itself, and where prices are missing."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What the ranges of prices make of the totals."""

    seed: int
    draws: int
    distribution: str
    drivers: tuple[Driver, ...]
    tornado: tuple[Swing, ...]
    """The widest first."""
    quantiles: tuple[Quantiles, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """How far the capital cost can be believed; shares are fractions of known capital cost."""

    by_basis: Mapping[Basis, Decimal]
    """Adds up to 1 exactly, in steps of 0.001."""
    quoted: Decimal
    """Contracts and valid quotes."""
    stale: Decimal
    unknown: tuple[str, ...]
    """Ids of lines without a price."""
    stale_lines: tuple[str, ...]
    oldest: date | None


@dataclass(frozen=True, slots=True)
class Breach:
    """A gate that the result fails."""

    gate: str
    message: str
    line: str | None
    """The BOM line that breaks it, or weighs most in it."""


@dataclass(frozen=True, slots=True)
class Conventions:
    """What every reader must know to recompute the figures."""

    currency: str
    minor_units: int
    rounding: str
    ordered: date
    in_service: date
    ends: date
    """The first day after the horizon."""
    horizon_months: int
    service_months: int
    hours_per_month: int
    discount_rate: Decimal | None
    day_count: str
    timing: str
    """When running cost is paid."""
    tax: str
    price_book: date
    tax_rate: Decimal | None = None
    """A fraction; none where no tax is reckoned with."""
    tax_recoverable: bool = False
    """Whether it is got back."""


@dataclass(frozen=True, slots=True)
class Result:
    """All that is known about the cost of a plan."""

    cluster: str
    conventions: Conventions
    spec_digest: str
    """SHA-256 of the spec, and of the quotes after it."""
    price_book_digest: str
    lines: tuple[BomLine, ...]
    capex: Total
    opex_year: Total
    """What recurs, by the year, at the prices of the day of the order."""
    by_category: Mapping[Category, Total]
    """Capital and once-paid cost."""
    physics: Physics
    owning: Costs
    years: tuple[Year, ...]
    writeoffs: tuple[Writeoff, ...]
    lease: Costs | None
    demand: Demand | None
    alternatives: tuple[Costs, ...]
    break_even: tuple[BreakEven, ...]
    spread: Spread | None
    quality: Quality
    breaches: tuple[Breach, ...] = ()
    assumptions: tuple[str, ...] = ()
    """Sentences: what was taken for granted that the spec does not state."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Title and address of every source that a price rests on, by its id."""
