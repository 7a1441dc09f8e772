"""Money: one currency, or a rate."""

from collections.abc import Iterator

from freehold.diagnostics import rule_text
from freehold.report import Report
from freehold.rules.registry import Finding, rule
from freehold.spec.cluster import Cluster
from freehold.spec.cost import Cost
from freehold.spec.quotes import Quotes, Rate

rule_text(
    "quote-without-rate",
    """A quote is in another currency than `cost.currency`, and the file has no rate for it.

    Freehold looks no rate up: the one that counts is the one your treasury signs.
    """,
)


@rule
def electricity_currency(cluster: Cluster) -> Iterator[Finding]:
    """Electricity is priced in another currency than the bill."""
    cost = cluster.cost
    if cost and cost.electricity.currency != cost.currency:
        yield Finding(
            message=f"electricity is priced in {cost.electricity.currency}, "
            f"the bill is in {cost.currency}",
            loc=("cost", "electricity"),
            other=("cost", "currency"),
            help=f"write the price in {cost.currency}",
        )


def check_quotes(cost: Cost, quotes: Quotes, report: Report) -> None:
    """Report, in the quotes' own file, what cannot be added to the bill."""
    for number, quote in enumerate(quotes.quotes):
        currency = quote.price.currency
        worth = quotes.rates.get(currency)
        rate = worth.rate if isinstance(worth, Rate) else worth
        if currency == cost.currency or (rate and rate.currency == cost.currency):
            continue
        report.refuse(
            "quote-without-rate",
            f"`{quote.item}` is quoted in {currency}, the bill is in {cost.currency}",
            ("quotes", number, "price"),
            help=f"add what one {currency} is worth: `rates: {{{currency}: 1.00 {cost.currency}}}`",
        )
