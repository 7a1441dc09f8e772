"""Racks: nothing over a limit, nothing lost, and the same every time."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost.bought import EUR, bought
from freehold.catalog.hardware import items
from freehold.catalog.load import builtin
from freehold.cost.racks import Box, Distribution, boxes, distribution, pack
from freehold.cost.types import Rack
from freehold.report import Report
from freehold.rules.narrow import at_most, is_narrow
from freehold.rules.racks import check_racks
from freehold.source import Source
from freehold.spec.cluster import Level
from freehold.spec.cost import Cost, Location

D = Decimal
CHASSIS = "chassis.2u-4gpu"


def limits(**given: Any) -> Distribution:
    """A rack of 42 units with 10 kW."""
    known: dict[str, Any] = {
        "pdu": "pdu.11kw", "pdus": 1, "spare": 1, "units": 42, "feed": D(10_000), "outlets": 24,
        "weight_limit": None, "own_weight": D(125),
    }  # fmt: skip
    return Distribution(**(known | given))


def box(name: str, count: int = 1, **given: Any) -> Box:
    """Hosts of 2 units with 1 kW."""
    known: dict[str, Any] = {
        "path": ("nodes", name), "names": tuple(f"{name}-{n}" for n in range(1, count + 1)),
        "is_host": True, "units": 2, "power": D(1000), "weight": D(30), "outlets": 2,
    }  # fmt: skip
    return Box(**(known | given))


def test_hosts_stand_from_the_bottom_up_and_switches_from_the_top_down() -> None:
    switch = box("tor", 2, is_host=False, units=1)
    [rack] = pack([switch, box("small", 2, units=1), box("large", units=4)], limits())
    assert rack.hosts == (("large-1", 1, 4), ("small-1", 5, 1), ("small-2", 6, 1))
    assert rack.others == (("tor-1", 42, 1), ("tor-2", 41, 1))
    assert (rack.number, rack.used_units, rack.units) == (1, 8, 42)
    assert (rack.maximum_power, rack.feed) == (D(5000), D(10_000))
    assert (rack.weight, rack.outlets_used) == (D(275), 10)


@pytest.mark.parametrize(
    ("given", "racks"),
    [
        ({}, 2), ({"feed": D(5000)}, 3), ({"feed": D(20_000)}, 1), ({"units": 6}, 4),
        ({"outlets": 4}, 6), ({"weight_limit": D(215)}, 4), ({"weight_limit": D(214)}, 6),
    ],
)  # fmt: skip
def test_each_limit_counts(given: dict[str, Any], racks: int) -> None:
    """12 hosts of 2 units, 1 kW, 30 kg and 2 outlets."""
    assert len(pack([box("host", 12)], limits(**given))) == racks


def test_small_hosts_fill_gaps_that_large_ones_left() -> None:
    racks = pack([box("small", 2, units=1), box("large", 2, units=30)], limits())
    assert [len(rack.hosts) for rack in racks] == [3, 1]


def test_what_fits_nowhere_stands_alone() -> None:
    racks = pack([box("hot", 2, power=D(20_000)), box("host")], limits())
    assert [rack.hosts for rack in racks] == [
        (("hot-1", 1, 2),), (("hot-2", 1, 2),), (("host-1", 1, 2),),
    ]  # fmt: skip


BOXES = st.lists(
    st.builds(
        box,
        st.sampled_from("abcde"),
        st.integers(1, 20),
        units=st.integers(1, 12),
        power=st.integers(1, 10_000).map(D),
        weight=st.integers(1, 200).map(D),
        outlets=st.integers(1, 6),
        is_host=st.booleans(),
    ),
    min_size=1,
    unique_by=lambda one: one.path,
)


@given(BOXES, st.sampled_from([None, D(500)]))
def test_no_rack_is_over_a_limit(found: list[Box], heaviest: Decimal | None) -> None:
    known = limits(weight_limit=heaviest)
    racks = pack(found, known)
    assert racks == pack(found, known)
    for rack in racks:
        _within(rack)
    standing = [name for rack in racks for name, _, _ in (*rack.hosts, *rack.others)]
    assert sorted(standing) == sorted(name for one in found for name in one.names)
    assert [rack.number for rack in racks] == list(range(1, len(racks) + 1))


def _within(rack: Rack) -> None:
    places = sorted((low, low + height) for _, low, height in (*rack.hosts, *rack.others))
    assert places[0][0] >= 1
    assert places[-1][1] <= rack.units + 1
    assert all(end <= start for (_, end), (start, _) in pairwise(places))
    assert rack.used_units == sum(end - start for start, end in places)
    assert rack.maximum_power <= rack.feed
    assert rack.weight_limit is None or rack.weight <= rack.weight_limit
    assert rack.outlets_used <= rack.outlets


@given(st.integers(1, 400), st.integers(1, 12), st.integers(1, 10_000))
def test_equal_hosts_take_as_few_racks_as_can_be(count: int, units: int, watts: int) -> None:
    racks = pack([box("host", count, units=units, power=D(watts))], limits(outlets=10_000))
    each = min(42 // units, 10_000 // watts)
    assert len(racks) == -(-count // each)


def test_outlets_are_spread_over_phases() -> None:
    """Two hosts of 3 kW with two power supplies, of which one carries all: 3, 3 and 0 kW."""
    of_three = limits(phases=3, feed=D(12_000))
    [rack] = pack([box("host", 2, power=D(3000))], of_three)
    assert rack.phases == (D(3000), D(3000), D(0))
    [rack] = pack([box("host", 2, power=D(3000))], limits(phases=3, feed=D(12_000), spare=0))
    assert rack.phases == (D(3000), D(1500), D(1500))
    [full] = pack([box("host", 3, power=D(4000))], of_three)
    assert full.phases == (D(4000),) * 3
    four = pack([box("host", 4, power=D(2500))], of_three)
    assert [rack.phases for rack in four] == [(D(2500),) * 3, (D(2500), D(0), D(0))]


def test_one_outlet_may_be_too_much_for_a_phase() -> None:
    of_three = limits(phases=3, feed=D(12_000))
    assert of_three.misfit(box("host", power=D(4001))) == "phase"
    assert of_three.misfit(box("host", power=D(4000))) is None
    assert of_three.misfit(box("host", power=D(12_000), outlets=6)) is None
    assert of_three.misfit(box("host", power=D(12_001), outlets=6)) == "power"
    stated = Location.model_validate({"rack": {"power": "7.4 kW"}})
    assert distribution(stated, []).misfit(box("host", power=D(7000))) is None


def test_the_smallest_pdu_that_needs_no_more_racks() -> None:
    assert distribution(Location(), [box("host", 5)]).pdu == "pdu.11kw"
    assert distribution(Location(), [box("host", 5, power=D(4000))]).pdu == "pdu.22kw"
    assert distribution(Location(), [box("host", power=D(12_000), outlets=6)]).pdu == "pdu.22kw"
    assert distribution(Location(), [box("host", power=D(90_000))]).pdu == "pdu.22kw"
    stated = Location.model_validate({"rack": {"power": "7.4 kW"}})
    assert distribution(stated, []).feed == D(7400)
    assert (distribution(stated, []).pdu, distribution(stated, []).pdus) == ("pdu.11kw", 1)
    most = Location.model_validate({"rack": {"power": "11 kW"}})
    assert distribution(most, []).pdu == "pdu.11kw"


def test_what_stands_in_racks_follows_from_what_is_bought() -> None:
    """A host: chassis 300 W, 4 x 350 W, 360 W, 4 x 12 W, 20 W, 2 x 8 W, 12 W = 2156 W."""
    found = bought()
    hosts, switch = boxes(found.needs, builtin())
    assert (hosts.path, hosts.names) == (("nodes", "gpu"), ("gpu-1", "gpu-2"))
    assert (hosts.power, hosts.units, hosts.outlets) == (D(2156), 2, 2)
    assert hosts.weight == D(28) + 4 * D("1.2") + 4
    assert (switch.names, switch.power) == (("switch.tor-48x25g",), D(458))
    machines = bought({"gpu": {"gpus": {"model": "b200", "count": 8}, "hosts": 1}})
    [whole] = boxes(machines.needs, builtin())
    assert (whole.power, whole.units, whole.outlets) == (D(14_300), 10, 6)


def test_whatever_has_a_height_stands_in_a_rack() -> None:
    """A mirror of 1 unit, 500 W and 2 outlets; 2 chassis of 2 units, 300 W and 2 outlets."""
    line = {"item": CHASSIS, "quantity": 2, "pool": "gpu"}
    plain = bought(location={"ups": "10 min"})
    found = bought(level=Level.AIRGAPPED, lines=[line], location={"ups": "10 min"})
    of = {one.path: one for one in boxes(found.needs, builtin())[1:]}
    mirror, own = of["isolation",], of["cost", "lines", 0]
    assert (mirror.names, mirror.units, mirror.power) == (("mirror.server",), 1, D(500))
    assert (mirror.outlets, mirror.weight) == (2, D(18))
    assert (own.names, own.units, own.power) == ((CHASSIS,) * 2, 2, D(300))
    assert own.outlets == 2
    assert found.physics.rack_units == plain.physics.rack_units + 5
    [before], [after] = plain.physics.racks, found.physics.racks
    assert after.maximum_power == before.maximum_power + 1100
    assert after.outlets_used == before.outlets_used + 6
    # (2 x 2156 + 458) W x 1 / 0.9 of power, then with 1100 W more.
    ups = [one.lines["site/ups"].need.quantity for one in (plain, found)]
    assert ups == [D(6), D(7)]


@given(
    st.sampled_from([Level.OPEN, Level.RESTRICTED, Level.AIRGAPPED, Level.SEALED]),
    st.integers(1, 40),
    st.lists(
        st.tuples(
            st.sampled_from([CHASSIS, "switch.tor-48x25g", "server.b200-sxm-180gb-x8"]),
            st.integers(1, 30),
        ),
        unique_by=lambda one: one[0],
        max_size=3,
    ),
)
@settings(deadline=None, max_examples=25)
def test_racks_draw_what_all_that_stands_in_them_draws(
    level: Level, hosts: int, own: list[tuple[str, int]]
) -> None:
    lines = [{"item": item, "quantity": count} for item, count in own]
    physics = bought({"gpu": {"hosts": hosts}}, level=level, lines=lines).physics
    assert sum(rack.maximum_power for rack in physics.racks) == physics.maximum_power
    assert sum(rack.used_units for rack in physics.racks) == physics.rack_units


def test_only_whole_machines_of_the_catalog_can_be_too_much_for_a_rack() -> None:
    known = [one.id for one in items(builtin().gpus, Cost.model_validate(EUR).life)
             if one.rack_units and one.id != "rack.42u"]  # fmt: skip
    machines = [one for one in known if one.startswith("server.")]
    assert is_narrow(bought(lines=[{"item": machines[0]}]).cluster, builtin())
    found = bought(lines=[{"item": one} for one in known if one not in machines])
    assert not is_narrow(found.cluster, builtin())
    others = boxes(found.needs, builtin())[1:]
    assert len(others) == len(known) - len(machines) + 1
    assert [box for box in others if distribution(Location(), others).misfit(box)] == []


def test_a_line_that_no_rack_feeds_is_found_at_its_line() -> None:
    line = {"item": CHASSIS, "quantity": 2}
    found = bought({"gpu": {"gpus": None}}, lines=[line], location={"rack": {"units": 1}})
    report = Report(Source.parse(b"cost: {lines: [{item: x}]}\n", "cluster.yml"))
    check_racks(found.cluster, found.plan, builtin(), None, report)
    at = {finding.message: finding.span for finding in report.findings}
    span = at[f"`{CHASSIS}` is 2 units high, a rack has 1"]
    assert span
    assert span.column == 16


def test_outlets_of_whole_machines() -> None:
    whole = bought({"gpu": {}}, whole=("gpu",))
    assert boxes(whole.needs, builtin())[0].outlets == 2
    own = bought({"edge": {"gpus": None}}, whole=("edge",))
    assert boxes(own.needs, builtin())[0].outlets == 2


def test_machines_of_other_cards_have_two_supplies_for_each_begun_three_kilowatts() -> None:
    card = {"name": "ACME", "count": 4, "vram": "40 GiB", "bandwidth": "1 TB/s",
            "compute_capability": "9.0", "power": "600 W"}  # fmt: skip
    (machines, *_) = boxes(bought({"gpu": {"gpus": card}}, whole=("gpu",)).needs, builtin())
    assert (machines.power, machines.outlets) == (D(3156), 4)


def test_a_machine_without_height_lies_on_a_shelf() -> None:
    spark = bought({"gpu": {"gpus": {"model": "gb10-dgx-spark", "count": 1}, "hosts": 1}})
    [rack] = spark.physics.racks
    assert rack.hosts == (("gpu-1", 1, 1),)


# Findings.


@pytest.mark.parametrize(
    ("rack", "rules"),
    [
        ({}, []), ({"power": "10 kW"}, ["rack-power"]), ({"units": 7}, ["rack-units"]),
        ({"power": "10.9 kW"}, []), ({"weight": 200}, ["rack-weight"]),
        ({"power": "11 kW", "count": 2}, ["rack-count"]), ({"power": "11 kW", "count": 3}, []),
        ({"power": "10.9 kW", "count": 2}, []), ({"units": 8, "count": 2}, ["rack-count"]),
    ],
)  # fmt: skip
def test_findings_about_racks(rack: dict[str, Any], rules: list[str]) -> None:
    found = bought({"gpu": {"gpus": {"model": "h200-sxm5-141gb", "count": 8}}},
                   location={"rack": rack})  # fmt: skip
    report = Report(Source.parse(b"nodes: {gpu: {}}\n", "cluster.yml"))
    check_racks(found.cluster, found.plan, builtin(), None, report)
    assert [finding.rule for finding in report.findings] == rules
    assert is_narrow(found.cluster, builtin()) is bool(rack)


def test_a_host_that_is_too_much_for_a_phase() -> None:
    """4 x 1.8 kW and the rest of the host hang on one outlet of 22 kW / 3."""
    card = {"name": "ACME", "count": 4, "vram": "40 GiB", "bandwidth": "1 TB/s",
            "compute_capability": "9.0"}  # fmt: skip
    for power, rules in (("1800 W", ["rack-power"]), ("1500 W", [])):
        found = bought({"gpu": {"gpus": {**card, "power": power}}})
        report = Report(Source.parse(b"nodes: {gpu: {}}\n", "cluster.yml"))
        check_racks(found.cluster, found.plan, builtin(), None, report)
        assert [finding.rule for finding in report.findings] == rules
        assert is_narrow(found.cluster, builtin())
    feed = {"rack": {"power": "22 kW"}, "feeds": "N"}
    found = bought({"gpu": {"gpus": {**card, "power": "4 kW"}}}, location=feed)
    report = Report(Source.parse(b"nodes: {gpu: {}}\n", "cluster.yml"))
    check_racks(found.cluster, found.plan, builtin(), None, report)
    assert "through each outlet" in report.findings[0].message


def test_nothing_is_said_of_racks_without_money_or_in_an_office() -> None:
    found = bought({"gpu": {"hosts": 100}}, location={"kind": "office", "rack": {"count": 1}})
    report = Report(Source.parse(b"nodes: {gpu: {}}\n", "cluster.yml"))
    free = found.cluster.model_copy(update={"cost": None})
    for cluster in (found.cluster, free):
        check_racks(cluster, found.plan, builtin(), None, report)
        assert not is_narrow(cluster, builtin())
    assert report.findings == []


@settings(deadline=None, max_examples=60)
@given(
    st.one_of(
        st.none(),
        st.sampled_from([None, "200 W", "4 kW"]).map(
            lambda power: {
                "name": "ACME", "count": 16, "vram": "40 GiB", "bandwidth": "1 TB/s",
                "compute_capability": "9.0", **({"power": power} if power else {}),
            }
        ),
        st.builds(
            lambda model, count: {"model": model, "count": count},
            st.sampled_from(sorted(builtin().gpus)),
            st.integers(1, 16),
        ),
    ),
    st.one_of(st.integers(1, 200), st.integers(1, 2000)),
    st.one_of(st.integers(1, 2000), st.integers(1, 20_000)).map(lambda gib: f"{gib} GiB"),
    st.fixed_dictionaries(
        {
            "size": st.one_of(st.integers(1, 20_000), st.integers(1, 900_000)).map(
                lambda gb: f"{gb} GB"
            ),
            "kind": st.sampled_from(["nvme", "ssd", "hdd"]),
        }
    ),
    st.sampled_from([[], ["gpu"]]),
)  # fmt: skip
def test_what_is_not_narrow_has_no_host_over_the_bound(
    gpus: dict[str, Any] | None, cores: int, memory: str, volume: dict[str, str], whole: list[str]
) -> None:
    pool = {
        "hosts": 1, "gpus": gpus, "cpu": {"cores": cores}, "memory": memory,
        "storage": {"models": volume},
    }  # fmt: skip
    found = bought({"gpu": pool}, whole=whole)
    [host] = boxes(found.needs, builtin())
    assert host.power <= at_most(found.cluster.nodes["gpu"], builtin())
    report = Report(Source.parse(b"nodes: {gpu: {}}\n", "cluster.yml"))
    check_racks(found.cluster, found.plan, builtin(), None, report)
    assert is_narrow(found.cluster, builtin()) or not report.findings
