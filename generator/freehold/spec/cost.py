"""Money: what the bill is made out in, over how long, and what it is compared with."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from freehold.spec.base import Currency, FileName, IsoDate, PoolName, Slug, Strict, Text, shaped
from freehold.units import Bytes, Change, Duration, Money, Percent, Power, Price, Speed

OWNING: Final = "owning"
LEASE: Final = "lease"
"""What owning and leasing are called beside the alternatives, which may not be called so."""

ItemId = Annotated[
    str,
    shaped("[A-Za-z0-9][A-Za-z0-9._/+-]*", "an item's id, such as `gpu.l40s-48gb`", 120),
]


def _per(what: str, example: str, *units: str) -> AfterValidator:
    def check(price: Price) -> Price:
        if price.per not in units:
            raise PydanticCustomError(
                "unit", "{what} is written like {example}",
                {"what": what, "example": f"`{example}`", "got": str(price)},
            )  # fmt: skip
        return price

    return AfterValidator(check)


PerKwh = Annotated[Price, _per("a price of energy", "0.19 EUR/kWh", "kWh")]


class Tax(Strict):
    """Value added tax, goods and services tax, or sales tax."""

    rate: Percent
    recoverable: bool
    """Whether it is got back: then it is shown, and costs nothing."""


class Kind(StrEnum):
    """What stands around the machines."""

    SERVER_ROOM = "server-room"
    """Of your own: racks, power distribution and a UPS are bought."""
    COLOCATION = "colocation"
    """Rented: its rent buys space, power distribution and a UPS."""
    OFFICE = "office"
    """Workstations: neither a rack nor a switch is bought."""


class RackSpec(Strict):
    """What one rack holds and feeds."""

    units: Annotated[int, Field(ge=1, le=60)] = 42
    power: Power | None = None
    """What its feed and breakers carry without a break; that of its PDU when left out."""
    weight: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """The most that its feet or the floor carry, in kg."""
    count: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Racks that there are; as many as it takes when left out."""


class Location(Strict):
    """Where the machines stand."""

    kind: Annotated[Kind, Field(strict=False)] = Kind.SERVER_ROOM
    pue: Annotated[Decimal, Field(strict=False, ge=1, le=5, max_digits=6)] | None = None
    """Energy of the facility by energy of its machines."""
    cooling: PerKwh | None = None
    """What cooling costs for each kWh of the machines, instead of a PUE."""
    rack: RackSpec = RackSpec()
    feeds: Literal["N", "N+1", "2N"] = "2N"
    """Power distribution: with `2N`, each of two PDUs of a rack carries all of it."""
    ups: Duration | None = None
    """How long a UPS of your own carries the machines; none is bought when left out."""
    rent: (
        Annotated[Price, _per("a rent", "180 EUR/kW/month", "kW/month", "rack/month", "host/month")]
        | None
    ) = None
    """Of colocation."""
    power_included: bool = False
    """Whether the rent includes energy."""
    carbon: Annotated[Decimal, Field(strict=False, ge=0, le=2000, max_digits=8)] | None = None
    """Grams of CO2 equivalent for each kWh of a contract (market-based)."""
    country: (
        Annotated[str, shaped("[A-Z][A-Z][A-Z]", "an ISO 3166-1 alpha-3 code, such as `DEU`", 60)]
        | None
    ) = None
    """The country whose grid's average counts (location-based)."""


class Use(Strict):
    """How much of what the machines can do is asked of them; each appears in one formula only."""

    powered: Percent = Percent(1)
    """Share of all hours in which the machines are on."""
    demand: Percent = Percent(1)
    """Share of the powered hours in which requests come."""
    load: Percent = Percent(1)
    """Throughput in those hours, by that of the workload's busiest hour."""
    goodput: Percent = Percent(1)
    """Share of the tokens that somebody can use: without aborted and repeated answers."""
    cached: Percent = Percent(0)
    """Share of the input that an API would bill at the price of cached input."""
    batch: Percent = Percent(0)
    """Share of the tokens that could wait for a batch."""
    throughput: dict[Slug, Speed] = {}  # noqa: RUF012 - pydantic copies it
    """Output of all replicas of a model together that you measured, instead of the plan's.

    It is what they make, and what is asked for in the busiest hour, unless users by the workload's
    `speed` is more.
    """


class Staff(Strict):
    """People who run the stack."""

    fte: Annotated[Decimal, Field(strict=False, ge=0, le=1000, max_digits=8)]
    """Full-time equivalents."""
    cost: Annotated[Price, _per("a yearly cost", "95000 EUR/year", "year")]
    """Of one, with all that an employer pays besides."""


class Spares(Strict):
    """Parts on the shelf."""

    service_level: Percent = Percent("0.95")
    """How likely a failed part is replaced from the shelf."""
    resupply: Duration | None = None
    """How long a new one takes; each item's lead time when left out."""


class Life(Strict):
    """How long things are used, and written off over."""

    servers: Duration = Duration.parse("5 years")
    network: Duration = Duration.parse("5 years")
    facility: Duration = Duration.parse("10 years")


class Escalation(Strict):
    """How prices change each year."""

    electricity: Change = Change(0)
    staff: Change = Change(0)
    support: Change = Change(0)
    space: Change = Change(0)
    licences: Change = Change(0)
    hardware: Change = Change(0)
    """Of what replaces worn-out hardware."""
    cloud: Change = Change(0)
    api: Change = Change(0)


class Lease(Strict):
    """A lease of the hardware, as an alternative to its purchase."""

    rate: Percent
    """Nominal interest a year."""
    term: Duration
    buyout: Percent = Percent(0)
    """Of the price, at the end of the term."""
    advance: bool = False
    """Whether each month is paid at its beginning."""


class Line(Strict):
    """Something to pay that does not follow from the machines."""

    item: ItemId
    description: Text = ""
    quantity: Annotated[Decimal, Field(strict=False, gt=0, max_digits=12)] = Decimal(1)
    price: Money | None = None
    """Of one, when no quote has it."""
    every: Duration | None = None
    """How often it is paid, from the start of service on; once when left out."""
    capital: bool | None = None
    """Whether it is written off; what is paid once is, when left out."""
    pool: PoolName | None = None
    """The pool that needs it; all when left out."""


class Cloud(Strict):
    """The same demand on rented GPUs."""

    cloud: ItemId
    """The instance, by its id in the price book."""
    instances: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """As many as hold the GPUs that replicas are on, when left out."""
    paid: Literal["demand", "powered", "always"] = "always"
    """The hours that are paid; reserved instances are paid always."""
    prepaid: Duration | None = None
    """The term that is paid at its beginning, whole; monthly when left out."""
    support: Percent = Percent(0)
    """Of the instances' price."""
    egress: Bytes | None = None
    """Data that leaves each month."""
    egress_item: ItemId | None = None
    staff: Staff | None = None

    @property
    def items(self) -> tuple[str, ...]:
        """What it is priced by."""
        return (self.cloud, *filter(None, [self.egress_item]))


class Api(Strict):
    """The same demand at an API that bills tokens."""

    api: ItemId | dict[Slug, ItemId]
    """One id of the price book for all models, or one for each."""
    uplift: Percent = Percent(0)
    """For data residency."""
    staff: Staff | None = None

    @property
    def items(self) -> tuple[str, ...]:
        """What it is priced by."""
        return (self.api,) if isinstance(self.api, str) else tuple(self.api.values())


def _kind_of_alternative(value: object) -> str:
    keys = value if isinstance(value, dict) else {}
    return "api" if "api" in keys or isinstance(value, Api) else "cloud"


Alternative = Annotated[
    Annotated[Cloud, Tag("cloud")] | Annotated[Api, Tag("api")], Discriminator(_kind_of_alternative)
]


class Gates(Strict):
    """Limits that `bom`, `tco` and `report` fail at."""

    capex: Money | None = None
    tco: Money | None = None
    """Nominal, over the horizon."""
    per_million_tokens: Money | None = None
    """Blended."""
    quoted: Percent | None = None
    """The least share of capital cost that contracts and valid quotes cover."""
    stale: Percent | None = None
    """The most of capital cost that may rest on prices older than their category's limit."""
    unknown: bool = True
    """Whether lines without a price pass."""


class Bounds(Strict):
    """The ends of an uncertain factor, by what is reckoned with."""

    low: Change
    high: Change


Factor = Literal["electricity", "staff", "support", "space", "hardware", "residual", "fx", "load"]


class Uncertainty(Strict):
    """How ranges of prices become ranges of totals."""

    ranges: dict[Factor, Bounds] = {}  # noqa: RUF012 - pydantic copies it
    """Of factors whose range neither the price book nor a quote has, such as
    `electricity: {low: -20 %, high: 40 %}`."""

    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 1
    draws: Annotated[int, Field(ge=100, le=100_000)] = 10_000
    distribution: Literal["pert", "triangular"] = "pert"


class Cost(Strict):
    """What the bill is made out in, over how long, and what it is compared with."""

    currency: Currency
    horizon: Duration
    """From the day of the order on."""
    electricity: PerKwh
    date: IsoDate | None = None
    """The day of the order, on which prices must be valid; the price book's when left out."""
    quotes: FileName | None = None
    """A file of your vendors' quotes, beside the spec."""
    discount_rate: Percent | None = None
    """What capital costs a year (nominal WACC); nothing is discounted when left out."""
    tax: Tax | None = None
    location: Location = Location()
    lead_time: Duration | None = None
    """From the order to the first request; the longest of what is bought when left out."""
    use: Use | None = None
    staff: Staff | None = None
    support: Percent | None = None
    """Of the price of hardware each year; the price book's when left out."""
    installation: Percent | None = None
    """Of the price of hardware; the price book's when left out."""
    spares: Spares | Literal["none"] = Spares()
    residual: Percent | None = None
    """Of the price of hardware, at the end of the horizon; the price book's when left out."""
    life: Life = Life()
    depreciation: Literal["straight-line", "declining-balance"] = "straight-line"
    escalation: Escalation = Escalation()
    lease: Lease | None = None
    whole: Annotated[tuple[PoolName, ...], Field(strict=False)] = ()
    """Pools whose machines are bought whole, although their parts have prices."""
    without: Annotated[tuple[ItemId, ...], Field(strict=False)] = ()
    """Items, or categories such as `network`, that are not bought, for instance since you own
    them; each is listed with that reason."""
    lines: Annotated[tuple[Line, ...], Field(strict=False, max_length=1000)] = ()
    alternatives: dict[Slug, Alternative] = {}  # noqa: RUF012 - pydantic copies it
    overflow: Slug | None = None
    """The alternative that takes the demand above what the machines can do; refused without."""
    bridge: Slug | None = None
    """The alternative that serves from the order until the machines do: neither reserved nor
    prepaid."""
    gates: Gates = Gates()
    uncertainty: Uncertainty = Uncertainty()
    hours_per_month: Annotated[int, Field(ge=672, le=744)] = 730
    rounding: Literal["half-up", "half-even"] = "half-up"
