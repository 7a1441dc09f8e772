"""The diagram of who talks to whom, from clients down to what lies outside."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from freehold.plan.types import Plan
from freehold.render.report import connections
from freehold.render.report.connections import Alike, alike
from freehold.render.report.table import Table

_WIDTH: Final = 400
_HALF: Final = 194
_LINE: Final = 15
_PAD: Final = 8
_FAR: Final = 34
"""Between boxes with a labelled arrow."""
_NEAR: Final = 12
_RAIL: Final = 24
"""Left free beside hosts, for the line from the gateway to them."""
_LETTER: Final = 6.1
"""A letter's width, about."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text."""

    x: int
    y: int
    text: str
    style: str


@dataclass(frozen=True, slots=True)
class Box:
    """Somebody who talks, or who is talked to."""

    x: int
    y: int
    width: int
    height: int
    style: str
    lines: Sequence[Line]

    @property
    def bottom(self) -> int:
        """Where it ends."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Arrow:
    """Who opens connections to whom, and with what."""

    path: str
    labels: Sequence[Line] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """The section."""

    width: int
    height: int
    boxes: Sequence[Box]
    arrows: Sequence[Arrow]
    said: str
    table: Table


@dataclass(slots=True)
class _Drawing:
    """What is drawn, down to `y`."""

    y: int = 1
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)

    def box(self, x: int, width: int, style: str, *texts: str) -> Box:
        """A box from `y` on; the first text is its name."""
        letters = int((width - 2 * _PAD) / _LETTER)
        wrapped = [
            (part, "name" if text is texts[0] else "plain")
            for text in texts
            for part in textwrap.wrap(text, letters)
        ]
        lines = [
            Line(x + _PAD, self.y + _PAD + 11 + number * _LINE, part, kind)
            for number, (part, kind) in enumerate(wrapped)
        ]
        box = Box(x, self.y, width, 2 * _PAD + len(lines) * _LINE, style, lines)
        self.boxes.append(box)
        return box

    def arrow(self, x: int, start: int, end: int, label: str) -> None:
        """Downwards, with its label on the right."""
        text = Line(x + 9, (start + end) // 2 + 3, label, "label")
        self.arrows.append(Arrow(f"M {x} {start} V {end - 6}", (text,)))


def network(plan: Plan) -> Network:
    """Hosts that are alike are drawn once."""
    groups = alike(plan)
    drawing = _Drawing()
    _askers(drawing, plan)
    gateway = _gateway(drawing, plan)
    for group in groups:
        _machines(drawing, gateway, group)
    _outside(drawing, plan)
    table = connections.table(plan, groups)
    said = "; ".join(f"{row[0]} to {row[1]}, {row[2]}" for row in table.rows)
    return Network(_WIDTH, drawing.y, drawing.boxes, drawing.arrows, said, table)


def _askers(drawing: _Drawing, plan: Plan) -> None:
    clients = ", ".join(plan.gateway.clients)
    allowed, admin = (connections.sources(plan, purpose) for purpose in ("gateway", "ssh"))
    boxes = (
        drawing.box(1, _HALF, "outside", "Clients", clients, f"at {allowed}"),
        drawing.box(_WIDTH - _HALF - 1, _HALF, "outside", "Administrators", f"at {admin}"),
    )
    drawing.y = max(box.bottom for box in boxes) + _FAR
    labels = f"TLS, port {plan.gateway.port}", f"ssh to every host, port {plan.ssh_port}"
    for box, label, x in zip(boxes, labels, (60, _WIDTH - _HALF + 20), strict=True):
        drawing.arrow(x, box.bottom, drawing.y, label)


def _gateway(drawing: _Drawing, plan: Plan) -> Box:
    gateway = plan.gateway
    name = f"Gateway {gateway.name}:{gateway.port}"
    does = f"on {gateway.host}: checks keys, limits and paths, and picks a copy of the model"
    box = drawing.box(1, _WIDTH - 2, "gateway", name, does)
    drawing.y = box.bottom + _NEAR
    return box


def _machines(drawing: _Drawing, gateway: Box, group: Alike) -> None:
    ports = [] if group.is_gateway else [f"relay: port {group.relay_ports}, mutual TLS"]
    engines = [
        f"{len(of_model)} × {of_model[0].model}: {of_model[0].kind}, {connections.way(of_model)}"  # noqa: RUF001 - not the letter x
        for of_model in group.engines
    ]
    box = drawing.box(_RAIL, _WIDTH - _RAIL - 1, "host", group.names, *ports, *engines)
    turn = box.y + _PAD + 7
    drawing.arrows.append(Arrow(f"M 10 {gateway.bottom} V {turn} H {_RAIL - 6}"))
    drawing.y = box.bottom + _NEAR


def _outside(drawing: _Drawing, plan: Plan) -> None:
    allowed = [
        f"{connections.network(str(out.to))}, {out.protocol} port {out.port}"
        for out in connections.leaving(plan)
    ]
    start = drawing.y - _NEAR
    drawing.y = start + _FAR
    if connections.is_shut(plan):
        label = "every host, to these alone" if allowed else "nothing leaves the hosts"
    else:
        label = f"every host, anywhere: isolation is {plan.level.value}"
    box = drawing.box(1, _WIDTH - 2, "outside", "Outside of the site", *allowed)
    if allowed or not connections.is_shut(plan):
        drawing.arrow(_WIDTH // 2 - 60, start, box.y, label)
    else:
        drawing.arrows.append(Arrow("", (Line(_RAIL, start + _FAR // 2 + 3, label, "label"),)))
    drawing.y = box.bottom + 1
