"""The same demand on rented GPUs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from freehold.catalog.price_book import Entry, Kind
from freehold.cost.alternatives.contract import Contract
from freehold.cost.alternatives.setting import Setting, Span
from freehold.cost.calendar import months
from freehold.cost.drivers import Uncertain
from freehold.cost.item import Category, UnitPrice
from freehold.cost.money import EXACT
from freehold.cost.pricing import Priced
from freehold.cost.types import Flow, NamedPrice, Stage
from freehold.plan.types import Plan
from freehold.spec.cost import Cloud

_GIGABYTE: Final = Decimal(10**9)
_PAID: Final = {
    "demand": "paid in hours with requests",
    "powered": "paid in hours in which the machines would be powered",
    "always": "paid always",
}


@dataclass(frozen=True, slots=True)
class CloudOffer:
    """Instances of one kind."""

    name: str
    spec: Cloud
    setting: Setting
    entry: Entry | None
    """The price book's; none of an instance that only a quote knows."""
    instances: int
    priced: Priced
    """An hour of an instance, or of a GPU, as the book's entry is."""
    egress: UnitPrice | None
    """Of a gigabyte; none where the spec has no data leave."""

    @classmethod
    def of(cls, name: str, spec: Cloud, setting: Setting) -> "CloudOffer":
        """What the spec says, at the prices of the user or of the book."""
        pricing = setting.pricing
        entry = pricing.cloud(spec.cloud)
        instances = spec.instances or -(-_used_gpus(setting.plan) // (_gpus_of(entry) or 1))
        priced = pricing.price(spec.cloud, Category.CLOUD, Decimal(instances))
        item, leaving = spec.egress_item, _gigabytes(spec)
        egress = pricing.price(item, Category.CLOUD, leaving).price if item and leaving else None
        return cls(name, spec, setting, entry, instances, priced, egress)

    @property
    def price(self) -> UnitPrice:
        """Of an instance, or of a GPU of it."""
        return self.priced.price

    @property
    def prices(self) -> tuple[NamedPrice, ...]:
        """What is billed: the instances, and the data that leave."""
        what = f"{self.entry.name} ({self.entry.kind})" if self.entry else self.spec.cloud
        found = [NamedPrice(self.spec.cloud, what, self.unit, self.price)]
        if self.egress and self.spec.egress_item:
            item, name = self.spec.egress_item, self._egress_name
            found.append(NamedPrice(item, name, "GB that leaves", self.egress))
        return tuple(found)

    @property
    def unit(self) -> str:
        """What it is the price of."""
        return self.entry.per if self.entry else "instance hour"

    @property
    def paid(self) -> str:
        """The hours that are paid: all of what is reserved."""
        return "always" if self._contract.is_committed else self.spec.paid

    @property
    def _contract(self) -> Contract:
        term, ahead = self.entry and self.entry.term, self.spec.prepaid
        return Contract(term.months if term else None, ahead.months if ahead else None)

    @property
    def is_paid_by_demand(self) -> bool:
        """Whether cost grows with the hours with requests."""
        return self.paid == "demand"

    @property
    def description(self) -> str:
        """Such as `4 instances of AWS p5en.48xlarge 8x H200 (on-demand), paid always`."""
        what = f"{self.entry.name} ({self.entry.kind})" if self.entry else self.spec.cloud
        paid = (
            f"paid {self.spec.prepaid.months} months ahead"
            if self.spec.prepaid
            else _PAID[self.paid]
        )
        return f"{self.instances} instance{'' if self.instances == 1 else 's'} of {what}, {paid}"

    @property
    def note(self) -> str:
        """What a reader must know."""
        said = [self.price.note] if self.price.note else []
        if self.entry and self.entry.kind is Kind.SPOT:
            said.append("spot instances can be taken away at any time")
        said += self._beyond
        used, owned = _used_gpus(self.setting.plan), self.setting.plan.gpus
        if used < owned and self.spec.instances is None:
            said.append(f"{owned - used} of the plan's {owned} GPUs hold no replica: not rented")
        if self.spec.support:
            said.append(f"support at {self.spec.support.written} of the instances' price")
        if self.egress and self.egress.base is not None:
            each = f"{self.egress.base.normalize():f} {self.setting.cost.currency}"
            said.append(f"{self.spec.egress} leave each month at {each}/GB ({self.egress.source})")
        return "; ".join(said)

    @property
    def _beyond(self) -> Iterator[str]:
        """What is paid of a last term that outlives the horizon."""
        days = self.setting.terms.calendar
        after = self._contract.ends(Span(self.setting.since, days.ends))
        if after > days.ends:
            term = "reservation" if self._contract.reserved else "term paid ahead"
            yield (
                f"its last {term} ends on {after - timedelta(1)} and is paid whole, by the last "
                "day of the horizon"
            )

    @property
    def unknown(self) -> int:
        """Prices that nobody states."""
        return sum(price is not None and price.base is None for price in (self.price, self.egress))

    @property
    def uncertain(self) -> tuple[Uncertain, ...]:
        """Its prices that may become others."""
        label = self.entry.name if self.entry else self.spec.cloud
        group = self.priced.group
        found = [Uncertain(self._drivers[0], label, group, self.unit, self.price)]
        if self.egress:
            leaving, _ = self._drivers_of_egress(self.egress)
            found.append(Uncertain(leaving, self._egress_name, group, "GB", self.egress))
        return tuple(found)

    @property
    def gpu_hours_per_month(self) -> Decimal | None:
        """That are paid within the horizon; none where nobody says how many GPUs there are."""
        gpus = _gpus_of(self.entry)
        return None if gpus is None else self._hours * self.instances * gpus

    @property
    def input_weight(self) -> Decimal:
        """Input bears the share of the cost that it has of the machines' time."""
        return self.setting.served.input_weight

    def flows(self, span: Span) -> Iterator[Flow]:
        """All that is paid for the days of `span`."""
        base = self.price.base
        if base is not None:
            hourly = base * self.instances * self._pieces * self.setting.gross
            for on, priced, share, covers in self._contract.payments(span):
                amount = hourly * self._hours * share
                grown = self.setting.terms.grown(Category.CLOUD, priced)
                yield from self._instances(on, amount * grown, covers, span.stage)
        yield from self._leaving(span)
        yield from self.setting.staff(self.name, self.spec.staff, span)

    def _instances(self, on: date, amount: Decimal, covers: int, stage: Stage) -> Iterator[Flow]:
        flow = self.setting.terms.flow
        if stage is Stage.RUNNING and self.spec.prepaid:
            stage = Stage.TERM
        for category, share in (
            (Category.CLOUD, Decimal(1)),
            (Category.SUPPORT, self.spec.support),
        ):
            if share:
                yield flow(
                    on, self.name, category, stage, amount * share,
                    drivers=self._drivers, covers=covers,
                )  # fmt: skip

    def _leaving(self, span: Span) -> Iterator[Flow]:
        if self.egress is None or self.egress.base is None:
            return
        terms = self.setting.terms
        monthly = _gigabytes(self.spec) * self.egress.base * self.setting.gross
        for month in months(span.since, span.until):
            amount = monthly * month.share * terms.grown(Category.CLOUD, month.starts)
            yield terms.flow(
                month.ends, self.name, Category.NETWORK, span.stage, amount,
                drivers=self._drivers_of_egress(self.egress),
            )  # fmt: skip

    @property
    def _pieces(self) -> int:
        """How many of what the price is of are in an instance."""
        return (_gpus_of(self.entry) or 1) if self.unit.startswith("GPU") else 1

    @property
    def _hours(self) -> Decimal:
        """That are paid in a month."""
        use, hours = self.setting.use, Decimal(self.setting.cost.hours_per_month)
        powered = Decimal(1) if self.paid == "always" else use.powered
        return hours * powered * (use.demand if self.is_paid_by_demand else 1)

    @property
    def _drivers(self) -> tuple[str, str]:
        return f"price/{self.spec.cloud}", f"fx/{self.price.currency}"

    def _drivers_of_egress(self, egress: UnitPrice) -> tuple[str, str]:
        return f"price/{self.spec.egress_item}", f"fx/{egress.currency}"

    @property
    def _egress_name(self) -> str:
        """The book's, or the item's id."""
        item = self.spec.egress_item or ""
        entry = self.setting.pricing.cloud(item)
        return entry.name if entry else item


def _gpus_of(entry: Entry | None) -> int | None:
    """Of one instance; a quote does not say."""
    return entry.gpus if entry else None


def _gigabytes(spec: Cloud) -> Decimal:
    """That leave each month."""
    return EXACT.divide(Decimal(spec.egress or 0), _GIGABYTE)


def _used_gpus(plan: Plan) -> int:
    """GPUs that a replica is on, or a part of one."""
    return len(
        {
            (host.host.name, gpu)
            for host in plan.hosts
            for replica in host.replicas
            for gpu in replica.gpus
        }
    )
