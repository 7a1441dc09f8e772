"""The same demand at an API that bills tokens."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from freehold.catalog.price_book import Entry
from freehold.cost.alternatives.setting import Setting, Span, Tokens
from freehold.cost.alternatives.token_prices import (
    Mix,
    in_force,
    kinds,
    long_tier,
    other_rates,
    rates,
)
from freehold.cost.calendar import Month, months
from freehold.cost.drivers import Uncertain
from freehold.cost.item import Basis, Category, Range, UnitPrice
from freehold.cost.money import EXACT
from freehold.cost.types import Flow, NamedPrice
from freehold.spec.cost import Api

BATCH: Final = "api_rule.batch"
"""The book's discount of what can wait."""
_MILLION: Final = Decimal(1_000_000)
_PRICELESS: Final = UnitPrice(None, Basis.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Served:
    """A model's place at an API."""

    item: str
    entry: Entry | None
    mix: Mix
    price: UnitPrice
    """Of a million tokens, input and output together as they are asked for, on the first day."""

    @property
    def name(self) -> str:
        """The book's, or the item's id."""
        return self.entry.name if self.entry else self.item

    @property
    def long_above(self) -> int | None:
        """Tokens of input beyond which its prompts are billed as long ones; else none."""
        tier = self.entry and long_tier(self.entry, self.mix.prompt)
        return tier.above if tier else None

    def cost(self, on: date, tokens: tuple[Decimal, Decimal]) -> tuple[Decimal, Decimal] | None:
        """What input and output cost at the prices of a day; none where nobody says."""
        found = self.entry and rates(self.entry, on, self.mix)
        if not found or self.price.base is None:
            return None
        worth = EXACT.divide(self.price.rate, _MILLION)
        taken, given = (rate * count * worth for rate, count in zip(found, tokens, strict=True))
        return taken, given


@dataclass(frozen=True, slots=True)
class ApiOffer:
    """One API for all models, or one for each."""

    name: str
    spec: Api
    setting: Setting
    served: Mapping[str, Served]
    """By model; none when the speed of one is not known."""

    @classmethod
    def of(cls, name: str, spec: Api, setting: Setting) -> "ApiOffer":
        """What the spec says, at the prices of the book."""
        asked = setting.demand.by_model if setting.demand else {}
        return cls(name, spec, setting, {model: _served(model, spec, setting) for model in asked})

    @property
    def is_paid_by_demand(self) -> bool:
        """By tokens, and not by hours."""
        return False

    @property
    def prices(self) -> tuple[NamedPrice, ...]:
        """Of each kind of tokens: on the first day, and on days that are announced."""
        days = (self.setting.since, *self._changes)
        named = (price for one in self._all for day in days for price in self._named(one, day))
        return tuple(dict.fromkeys(named))

    def _named(self, one: Served, on: date) -> Iterator[NamedPrice]:
        if one.entry is None or one.entry.tokens is None:
            yield NamedPrice(one.item, one.name, "million tokens", one.price)
            return
        for unit, amount in kinds(one.entry, on, one.mix).items():
            price = self.setting.pricing.listed(one.entry, Category.API, amount)
            yield NamedPrice(one.item, one.name, unit, price, in_force(one.entry, on))

    @property
    def description(self) -> str:
        """Such as `groq openai/gpt-oss-120b, billed by tokens`."""
        names = dict.fromkeys(one.name for one in self._all)
        return f"{' and '.join(names) or self.name}, billed by tokens"

    @property
    def note(self) -> str:
        """What a reader must know."""
        use, said = self.setting.use, []
        if not self.served:
            said.append("what it costs is not known, since the demand is not")
        if use.batch:
            off = (_discount(self.setting) * 100).normalize()
            said.append(f"{use.batch.written} of the tokens wait for a batch, at {off:f} % off")
        if use.cached:
            said.append(f"{use.cached.written} of the input is billed as cached")
        if self.spec.uplift:
            said.append(
                f"{self.spec.uplift.written} is added to its prices, for where data are kept"
            )
        said += [
            f"prompts of more than {above:,} tokens are billed at {one.name}'s price of long ones"
            for one in self._all if (above := one.long_above)
        ]  # fmt: skip
        said += [f"its price changes on {day}" for day in self._changes]
        if any(one.entry and one.entry.peak for one in self._all):
            said.append("demand is taken to be even over the hours of the day")
        return "; ".join(
            [*said, *dict.fromkeys(one.price.note for one in self._all if one.price.note)]
        )

    @property
    def unknown(self) -> int:
        """Models whose tokens nobody has a price of; one when the demand is not known."""
        if not self.served:
            return 1
        return sum(one.price.base is None for one in self._all)

    def unknown_in(self, yearly: Tokens) -> int:
        """Models of which tokens are asked for, and nobody has a price."""
        lacking = {model for model, one in self.served.items() if one.price.base is None}
        return sum(model in lacking and any(tokens) for model, tokens in yearly.items())

    @property
    def uncertain(self) -> tuple[Uncertain, ...]:
        """Its prices that may become others."""
        group = self.setting.pricing.group(Category.API)
        by_item = {one.item: one for one in reversed(self._all)}
        return tuple(
            Uncertain(f"price/{item}", one.name, group, "M tokens", one.price)
            for item, one in sorted(by_item.items())
        )

    @property
    def gpu_hours_per_month(self) -> None:
        """None are rented."""

    @property
    def input_weight(self) -> Decimal:
        """The share of input in the bill of the first day of service."""
        asked = self.setting.demand.by_model if self.setting.demand else {}
        paid = self._costs(self.setting.terms.calendar.in_service, asked)
        taken = sum((taken for taken, _ in paid.values()), Decimal(0))
        whole = sum((taken + given for taken, given in paid.values()), Decimal(0))
        return EXACT.divide(taken, whole) if whole else Decimal(0)

    def flows(self, span: Span) -> Iterator[Flow]:
        """All that is paid for the whole demand in the days of `span`."""
        yield from self.of_tokens(self.setting.demand.by_model if self.setting.demand else {}, span)
        yield from self.setting.staff(self.name, self.spec.staff, span)

    def of_tokens(self, yearly: Tokens, span: Span) -> Iterator[Flow]:
        """What tokens cost in the days of `span`, `yearly` of them being asked for in a year."""
        terms, setting = self.setting.terms, self.setting
        more = (1 + self.spec.uplift) * setting.gross / 12
        for month in months(span.since, span.until):
            grown = terms.grown(Category.API, month.starts) * month.share * more
            for item, amount in self._of_month(month, yearly).items():
                if not amount:
                    continue
                yield terms.flow(
                    month.ends, self.name, Category.API, span.stage, amount * grown,
                    drivers=self._drivers(item),
                )  # fmt: skip

    def _of_month(self, month: Month, yearly: Tokens) -> dict[str, Decimal]:
        """What each item costs at the mean of its prices on the days of a month."""
        by_item: dict[str, Decimal] = {}
        for on, days in self._stretches(month):
            for model, paid in self._costs(on, yearly).items():
                item = self.served[model].item
                by_item[item] = by_item.get(item, Decimal(0)) + sum(paid) * days
        return {item: EXACT.divide(whole, month.days) for item, whole in by_item.items()}

    def _stretches(self, month: Month) -> Iterator[tuple[date, int]]:
        """First day and number of days of each part of a month that has one price."""
        changes = (day for day in self._changes if month.starts < day <= month.ends)
        for starts, following in pairwise([month.starts, *changes, month.ends + timedelta(1)]):
            yield starts, (following - starts).days

    def _costs(self, on: date, yearly: Tokens) -> dict[str, tuple[Decimal, Decimal]]:
        found = {model: self.served[model].cost(on, tokens) for model, tokens in yearly.items()}
        return {model: paid for model, paid in found.items() if paid}

    def _drivers(self, item: str) -> tuple[str, ...]:
        currency = next(one.price.currency for one in self._all if one.item == item)
        return (f"fx/{currency}", "load", f"price/{item}")

    @property
    def _changes(self) -> tuple[date, ...]:
        """Days after the first one served from which other prices hold."""
        since, ends = self.setting.since, self.setting.terms.calendar.ends
        later = (later.effective for one in self._all if one.entry for later in one.entry.next)
        return tuple(sorted({day for day in later if since < day < ends}))

    @property
    def _all(self) -> tuple[Served, ...]:
        return tuple(self.served.values())


def _served(model: str, spec: Api, setting: Setting) -> Served:
    item = spec.api if isinstance(spec.api, str) else spec.api.get(model, "")
    entry = setting.pricing.api(item)
    workload = setting.models[model].workload
    mix = Mix.of(setting.use, int(workload.prompt), _discount(setting))
    if entry is None:
        return Served(item, None, mix, _PRICELESS)
    blend = _blended(entry, mix, setting.terms.calendar.in_service, int(workload.answer))
    return Served(item, entry, mix, setting.pricing.listed(entry, Category.API, blend))


def _discount(setting: Setting) -> Decimal:
    """Of what waits for a batch; a fraction."""
    return setting.pricing.book.figures[BATCH].fraction.base


def _blended(entry: Entry, mix: Mix, on: date, answer: int) -> Range | None:
    """What a million tokens cost, input and output together; another source may be an end."""
    base = rates(entry, on, mix)
    if base is None:
        return None
    sides = [base, other_rates(entry, mix) or base]
    found = [
        EXACT.divide(taken * mix.prompt + given * answer, Decimal(mix.prompt + answer))
        for taken, given in sides
    ]
    return Range(min(found), found[0], max(found))
