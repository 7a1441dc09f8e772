"""The answer to `freehold advise` for people."""

from collections.abc import Callable, Iterator, Sequence

from freehold.cli.table import table
from freehold.cost.shape_price import ShapePrice
from freehold.cost.words import grouped
from freehold.plan.advice import Advice
from freehold.plan.shapes import Obstacle, Shape

PriceOf = Callable[[Shape], ShapePrice]
Rows = Iterator[Sequence[str]]


def lines(
    level: str, found: Sequence[Advice], price_of: PriceOf | None = None, *, shows_all: bool
) -> Iterator[str]:
    """What to buy for each model, the least first; with prices where there are any."""
    # No level asks for a card of its own yet; one that does says here which it leaves out.
    yield f"isolation {level}: excludes no card"
    for one in found:
        yield ""
        yield from _model(one, price_of, shows_all=shows_all)


def _model(found: Advice, price_of: PriceOf | None, *, shows_all: bool) -> Iterator[str]:
    model, engine = found.model, found.engine
    yield (
        f"{found.name}: {model.source} ({model.precision}) for {model.workload.users} users, "
        f"{engine}, {found.disk.gib} of weights on the disk of each host"
    )
    shown = found.shapes if shows_all else _best(found.shapes)
    if shown:
        yield from table(_priced(shown, price_of) if price_of else _shapes(shown))
        yield from _legend(shown)
        yield from _of_prices(shown, price_of) if price_of else ()
    else:
        yield "no card of the catalog serves it"
    if shows_all or not shown:
        yield from table(map(_obstacle, found.obstacles))
    else:
        yield _left_out(found)


def _best(shapes: Sequence[Shape]) -> Sequence[Shape]:
    """The first of each card."""
    best: dict[str, Shape] = {}
    for shape in shapes:
        best.setdefault(shape.card, shape)
    return list(best.values())


def _shapes(shapes: Sequence[Shape]) -> Rows:
    yield (
        "HOSTS", "GPUS", "VRAM", "POWER", "REPLICAS", "PIN", "VERDICT", "KV TOKENS", "AT ONCE",
        "SERVES",
    )  # fmt: skip
    for shape in shapes:
        parallel, power = shape.fit.ask.parallel, shape.power
        yield (
            f"{shape.hosts} of {shape.per_host} x {shape.card}",
            str(shape.gpus),
            shape.vram.gib,
            "?" if power is None else f"{int(power)} W",
            f"{shape.replicas} of {parallel}",
            "yes" if shape.is_pinned else "-",
            shape.verdict.value,
            str(shape.kv_tokens),
            str(shape.at_once),
            _serves(shape),
        )


def _priced(shapes: Sequence[Shape], price_of: PriceOf) -> Rows:
    head, *rows = _shapes(shapes)
    yield *head, "PRICE"
    for shape, row in zip(shapes, rows, strict=True):
        yield *row, _price(price_of(shape))


def _price(found: ShapePrice) -> str:
    if found.covers == "nothing":
        return "unknown"
    at_least = "at least " if found.covers == "gpus" else ""
    return f"{at_least}{grouped(found.amount)}{' (stale)' if found.price.is_stale else ''}"


def _of_prices(shapes: Sequence[Shape], price_of: PriceOf) -> Iterator[str]:
    yield "PRICE: of the machines, without tax, in the currency of the bill"
    found = [price_of(shape) for shape in shapes]
    if any(one.covers == "gpus" for one in found):
        yield "at least: the GPUs alone, since nobody says what the machines cost"
    if any(one.price.is_stale for one in found if one.covers != "nothing"):
        yield "stale: older than prices of its kind hold"


def _serves(shape: Shape) -> str:
    figures = shape.capacity.figures
    if figures is None:
        return "?"
    low, typical, high = (
        int(end) * shape.replicas
        for end in (figures.served.low, figures.served.typical, figures.served.high)
    )
    return f"{'' if shape.capacity.is_calibrated else '~'}{typical} ({low} to {high})"


def _legend(shapes: Sequence[Shape]) -> Iterator[str]:
    if any(shape.is_pinned for shape in shapes):
        yield "PIN: write the parallelism into the spec, the plan would choose another"
    yield "SERVES: users typically within the targets, and the ends of the range"
    if any(shape.capacity.uncalibrated for shape in shapes):
        yield "~ uncalibrated: no run of such a model, engine and card was measured"
    if unknown := {shape.capacity.unknown for shape in shapes if shape.capacity.unknown}:
        yield f"? speed is not known: {'; '.join(sorted(unknown))}"


def _obstacle(obstacle: Obstacle) -> Sequence[str]:
    counts = ", ".join(map(str, obstacle.per_host))
    return f"{counts} x {obstacle.card}", obstacle.rule, obstacle.message


def _left_out(found: Advice) -> str:
    served = {shape.card for shape in found.shapes}
    others = {obstacle.card for obstacle in found.obstacles} - served
    return (
        f"the best of each card; `--all` shows all {len(found.shapes)} kinds of hosts, and why "
        f"{len(others)} cards do not serve the model"
    )
