"""Currencies are those that can be paid."""

from collections.abc import Iterator

from freehold.catalog.currencies import currencies
from freehold.rules.registry import Finding, rule
from freehold.source import Loc
from freehold.spec.cluster import Cluster


@rule
def unknown_currency(cluster: Cluster) -> Iterator[Finding]:
    """A currency is none of ISO 4217, or one that no amount can be paid in.

    Rounding needs the currency's smallest amount: a cent, a yen, a thousandth of a dinar. Gold
    (XAU), drawing rights (XDR) and codes for tests (XTS) have none.
    """
    if cluster.cost:
        yield from payable(cluster.cost.currency, ("cost", "currency"))


def payable(code: str, loc: Loc, *, at_key: bool = False) -> Iterator[Finding]:
    """What is wrong with the currency at `loc`, if anything is."""
    known = currencies()
    if code in known.minor_units:
        return
    if code in known.unpayable:
        message = f"nothing can be paid in `{code}`: ISO 4217 gives it no smallest amount"
        remedy = "use the currency of an account, such as `EUR`"
    else:
        message = f"ISO 4217 has no currency `{code}`"
        close = [f"`{one}`" for one in known.minor_units if one[:2] == code[:2]]
        remedy = f"use {' or '.join(close[:3])}" if close else "use a code such as `EUR`"
    yield Finding(message=message, loc=loc, help=remedy, at_key=at_key)
