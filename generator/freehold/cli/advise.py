"""`freehold advise SPEC`: which hardware serves its models, the least first."""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from freehold.cli.opening import open_spec
from freehold.cli.status import FAILED, FOUND, GOOD
from freehold.cli.talk import put, say, say_findings
from freehold.diagnostics import nearest

if TYPE_CHECKING:
    from freehold.cli.opening import Opened
    from freehold.cli.status import Subparsers
    from freehold.cost.shape_price import ShapePrice
    from freehold.plan.advice import Advice
    from freehold.plan.shapes import Shape
    from freehold.spec.models import Model

_DESCRIPTION: Final = """\
Ranks the catalog's cards, and the hosts that they come in, by what serves each model of the
spec with its workload: the least GPU memory bought first, then power, then the number of GPUs.
Each model is looked at alone; models never share a GPU, and may share a host.

A spec with a `cost` section is shown prices: of whole machines where the price book or a quote
has them, else of the GPUs alone, which is a lower bound. `--by cost` ranks by them: totals of
whole machines first, then lower bounds, then what has no price; equal ones as otherwise.

Exit status: 0 there is hardware for every model, 1 there is none or the spec has mistakes.
"""
_IGNORED: Final = (
    "advise: the spec's `nodes`, `on`, `tensor_parallel` and `pipeline_parallel` are not looked "
    "at, `replicas` is a floor"
)


def add_parser(commands: "Subparsers") -> None:
    """Add the command's words."""
    parser = commands.add_parser(
        "advise", help="rank the hardware that serves a spec's models, the least first",
        description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("spec", type=Path, help="the spec, or a directory with cluster.yml")
    parser.add_argument("--model", metavar="NAME", help="of one model; all when left out")
    parser.add_argument("--format", choices=_FORMATS, default="text", help="default: text")
    parser.add_argument(
        "--by", choices=("memory", "cost"), default="memory", help="what ranks; default: memory"
    )
    parser.add_argument(
        "--all", action="store_true",
        help="in text: every host of every card, and why others do not serve; JSON has them always",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the advice on stdout."""
    opened = open_spec(arguments.spec)
    models = opened.cluster.models if opened.cluster else {}
    name = arguments.model
    if opened.cluster and name is not None and name not in models:
        return _unknown(name, models)
    price_of = _price_of(opened)
    if opened.cluster and arguments.by == "cost" and price_of is None:
        return _no_prices()
    found = _advised(opened, {name: models[name]} if name in models else models)
    say_findings(opened.report)
    if opened.cluster is None or not opened.report.is_clean:
        return FOUND
    say(_IGNORED)
    if price_of and arguments.by == "cost":
        found = [_by_cost(one, price_of) for one in found]
    shown = Advised(opened.cluster.isolation, found, price_of, shows_all=arguments.all)
    put(_FORMATS[arguments.format](shown))
    return GOOD if all(one.shapes for one in found) else FOUND


def _price_of(opened: "Opened") -> "Callable[[Shape], ShapePrice] | None":
    cost = opened.cluster.cost if opened.cluster else None
    if cost is None or opened.catalog is None:
        return None
    from freehold.cost.pricing import Pricing  # noqa: PLC0415 - only a spec with `cost` needs it
    from freehold.cost.shape_price import shape_price  # noqa: PLC0415

    return partial(shape_price, pricing=Pricing.of(cost, opened.quotes, opened.catalog))


def _by_cost(found: "Advice", price_of: "Callable[[Shape], ShapePrice]") -> "Advice":
    return replace(found, shapes=tuple(sorted(found.shapes, key=lambda one: price_of(one).order)))


def _no_prices() -> int:
    say(
        "freehold: without a `cost` section there are no prices to rank by",
        "  = help: add `cost` with a currency, or leave `--by` out",
    )
    return FAILED


def _unknown(name: str, models: "Mapping[str, Model]") -> int:
    close = nearest(name, models)
    known = ", ".join(f"`{known}`" for known in ([close] if close else models))
    say(f"freehold: the spec has no model `{name}`", f"  = help: use {known}")
    return FAILED


def _advised(opened: "Opened", models: "Mapping[str, Model]") -> "Sequence[Advice]":
    if opened.catalog is None:
        return ()
    from freehold.plan.advice import advice  # noqa: PLC0415 - a spec with mistakes never needs it

    found = (advice(name, model, opened.catalog, opened.report) for name, model in models.items())
    return [one for one in found if one]


@dataclass(frozen=True, slots=True)
class Advised:
    """All that a format may print."""

    level: str
    found: "Sequence[Advice]"
    price_of: "Callable[[Shape], ShapePrice] | None"
    shows_all: bool


def _text(shown: Advised) -> Iterator[str]:
    from freehold.cli.advise_text import lines  # noqa: PLC0415 - not for JSON

    return lines(shown.level, shown.found, shown.price_of, shows_all=shown.shows_all)


def _json(shown: Advised) -> Iterator[str]:
    from freehold.cli.advise_json import document  # noqa: PLC0415 - not for text

    yield json.dumps(document(shown.level, shown.found, shown.price_of), indent=1)


_FORMATS: Final[Mapping[str, Callable[[Advised], Iterator[str]]]] = {
    "text": _text,
    "json": _json,
}
