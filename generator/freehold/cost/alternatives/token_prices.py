"""What an API bills for tokens: by day, by hour, by length, and for cached and batched ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from freehold.catalog.price_book import Entry, LongContext, Peak, Tokens
from freehold.cost.item import Range
from freehold.cost.money import EXACT
from freehold.spec.cost import Use

_MINUTES: Final = 24 * 60


class _Rates(NamedTuple):
    """Of a million tokens."""

    input: Decimal
    output: Decimal
    cached: Decimal


@dataclass(frozen=True, slots=True)
class Mix:
    """What sort of tokens are asked for."""

    prompt: int
    """Length of a typical one, which decides the tier."""
    cached: Decimal
    """Share of the input that the API has seen shortly before."""
    batch: Decimal
    """Share of all tokens that can wait for a batch."""
    batch_discount: Decimal
    """A fraction."""

    @classmethod
    def of(cls, use: Use, prompt: int, batch_discount: Decimal) -> "Mix":
        """What the spec says of a model's tokens."""
        return cls(prompt, use.cached, use.batch, batch_discount)


def rates(entry: Entry, on: date, mix: Mix) -> tuple[Decimal, Decimal] | None:
    """What a million tokens of input and of output cost on a day, in the entry's currency.

    Demand is taken to be spread evenly over the hours of the day. None without prices.
    """
    tokens = _of_day(entry, on)
    if tokens is None:
        return None
    found = _of_hours(_rates(tokens), entry.peak)
    return _billed(_of_length(entry, found, mix.prompt), mix)


def other_rates(entry: Entry, mix: Mix) -> tuple[Decimal, Decimal] | None:
    """The same by another source that disagrees; none where only the hours differ."""
    if entry.other_dataset is None or entry.peak is not None:
        return None
    return _billed(_rates(entry.other_dataset), mix)


def kinds(entry: Entry, on: date, mix: Mix) -> Mapping[str, Range]:
    """What a million tokens of each kind are billed at on a day, in the entry's currency.

    By what it is the price of, such as `million input tokens`; another source may be an end.
    None without prices.
    """
    tokens = _of_day(entry, on)
    if tokens is None:
        return {}
    tier = long_tier(entry, mix.prompt)
    if tier:
        long = _of_length(entry, _rates(tokens), mix.prompt)
        return _exactly(_of_kind(long, mix, f" of prompts over {tier.above:,}"))
    if entry.peak:
        usual = _of_kind(_rates(tokens), mix, " outside peak hours")
        peak = f" at {' and '.join(entry.peak.utc)} UTC"
        return _exactly(usual | _of_kind(_rates(entry.peak), mix, peak))
    found = _of_kind(_rates(tokens), mix)
    other = entry.other_dataset if in_force(entry, on) is None else None
    others = _of_kind(_rates(other), mix) if other else found
    return {
        unit: Range(min(amount, others[unit]), amount, max(amount, others[unit]))
        for unit, amount in found.items()
    }


def _exactly(found: Mapping[str, Decimal]) -> Mapping[str, Range]:
    return {unit: Range.exactly(amount) for unit, amount in found.items()}


def _of_kind(rates: _Rates, mix: Mix, which: str = "") -> dict[str, Decimal]:
    """The kinds that are asked for, at once and in a batch."""
    found = {"input": rates.input, "output": rates.output}
    if mix.cached:
        found["cached input"] = rates.cached
    at_once = {f"million {kind} tokens{which}": amount for kind, amount in found.items()}
    if not mix.batch:
        return at_once
    waiting = 1 - mix.batch_discount
    return at_once | {f"{unit}, in a batch": rate * waiting for unit, rate in at_once.items()}


def in_force(entry: Entry, on: date) -> date | None:
    """The day from which the prices of a day hold; none when nothing else is announced by then."""
    return max((later.effective for later in entry.next if later.effective <= on), default=None)


def _of_day(entry: Entry, on: date) -> Tokens | None:
    """The latest that is in force; what is said of later days counts from then on."""
    started = [later for later in entry.next if later.effective <= on]
    return max(started, key=lambda later: later.effective, default=entry.tokens)


def _rates(tokens: Tokens) -> _Rates:
    """Cached input costs as much as other input where nothing else is said."""
    cached = tokens.input if tokens.cached is None else tokens.cached
    return _Rates(tokens.input, tokens.output, cached)


def _of_hours(rates: _Rates, peak: Peak | None) -> _Rates:
    """The mean over a day."""
    if peak is None:
        return rates
    minutes = sum(_minutes(window) for window in peak.utc)
    share = EXACT.divide(Decimal(minutes), Decimal(_MINUTES))
    pairs = zip(rates, _rates(peak), strict=True)
    return _Rates(*(usual + (dear - usual) * share for usual, dear in pairs))


def _minutes(window: str) -> int:
    """Of `22:00-02:00`, 240."""
    clocks = (clock.split(":") for clock in window.split("-"))
    start, end = (int(hours) * 60 + int(minutes) for hours, minutes in clocks)
    return (end - start) % _MINUTES


def _of_length(entry: Entry, rates: _Rates, prompt: int) -> _Rates:
    """By the tier of long requests: cached input is as much cheaper there as elsewhere."""
    tier = long_tier(entry, prompt)
    if tier is None:
        return rates
    share = EXACT.divide(rates.cached, rates.input) if rates.input else Decimal(1)
    return _Rates(tier.input, tier.output, tier.input * share)


def long_tier(entry: Entry, prompt: int) -> LongContext | None:
    """What prompts of a length are billed by, when they are long ones."""
    tiers = [tier for tier in entry.long_context if tier.above < prompt]
    return max(tiers, key=lambda one: one.above, default=None)


def _billed(rates: _Rates, mix: Mix) -> tuple[Decimal, Decimal]:
    waiting = 1 - mix.batch * mix.batch_discount
    taken = rates.input + (rates.cached - rates.input) * mix.cached
    return EXACT.multiply(taken, waiting), EXACT.multiply(rates.output, waiting)
