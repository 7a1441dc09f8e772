"""What must be bought: every host in some line, every line for some host."""

from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cost.bought import Bought, bought, quote
from freehold.catalog.hardware import (
    assumptions,
    gpu_power,
    hardware,
    ids,
    is_soldered,
    items,
    machines,
    sizes,
)
from freehold.catalog.load import builtin
from freehold.catalog.load import load as load_catalog
from freehold.cli.opening import open_spec, plan_of
from freehold.cost.item import Basis, Category
from freehold.cost.needs.cards import items_of_pools
from freehold.cost.needs.complete import UntracedError, check_traced
from freehold.plan.shapes import per_host
from freehold.report import Report
from freehold.rules.machines import check_machines
from freehold.rules.narrow import is_full
from freehold.source import Source
from freehold.spec.cluster import Level
from freehold.spec.cost import Life

if TYPE_CHECKING:
    from freehold.cost.types import Need

D = Decimal
SPECS = sorted(Path(__file__).parents[2].glob("examples/*/cluster.yml"))
B200 = {"gpus": {"model": "b200-sxm-180gb", "count": 8}, "cpu": {"cores": 112}, "memory": "2 TiB"}
CPU_ONLY: dict[str, Any] = {"gpus": None, "cpu": {"cores": 16}, "memory": "64 GiB"}
ACME = {
    "name": "ACME Accelerator 3", "count": 2, "vram": "40 GiB", "bandwidth": "1 TB/s",
    "compute_capability": "9.0",
}  # fmt: skip


OWN = """
gpus:
  acme-96gb:
    name: ACME Accelerator
    vendor: nvidia
    vram: 94 GiB
    bandwidth: 3 TB/s
    compute_capability: "9.0"
    power: 300 W
    form_factor: PCIe dual-slot
    source: [the vendor's datasheet]
    date: "2026-11-24"
"""


def counts(found: Bought, pool: str = "gpu") -> dict[str, str]:
    """Quantities of what the pool's hosts are made of."""
    prefix = f"{pool}/"
    return {name.removeprefix(prefix): count for name, count in found.counts().items()
            if name.startswith(prefix)}  # fmt: skip


def test_ids_are_those_of_the_items() -> None:
    assert sorted(ids(builtin().gpus)) == sorted(builtin().items)


def test_a_pool_of_cards_in_slots_is_bought_in_parts() -> None:
    assert counts(bought()) == {
        "chassis.2u-4gpu": "2", "cpu.epyc-9555p": "2", "memory.rdimm-128gb": "8",
        "storage.nvme-7.68tb": "2", "storage.boot-m2-960gb": "4", "nic.cx6lx-2x25g": "2",
        "gpu.l40s-48gb": "8", "rails": "2", "cable.dac-25g": "4",
    }  # fmt: skip


def test_soldered_gpus_are_bought_with_their_machine() -> None:
    found = bought({"gpu": B200})
    assert counts(found) == {
        "server.b200-sxm-180gb-x8": "2", "gpu.b200-sxm-180gb": "16", "part.cores": "224",
        "part.memory": "4096", "part.storage": "8", "part.network": "2", "rails": "2",
        "cable.dac-25g": "4",
    }  # fmt: skip
    contents = [line for line in found.lines.values() if line.need.parent]
    assert {line.need.parent for line in contents} == {"server.b200-sxm-180gb-x8"}
    assert all((line.price.basis, line.extended) == (Basis.INCLUDED, D(0)) for line in contents)


def test_a_machine_is_as_large_as_machines_are_sold() -> None:
    three = bought({"gpu": {"gpus": {"model": "h100-sxm5-80gb", "count": 3}}})
    assert counts(three)["server.h100-sxm5-80gb-x4"] == "2"
    assert counts(three)["gpu.h100-sxm5-80gb"] == "8"
    assert "no machine with 3" in three.lines["gpu/server.h100-sxm5-80gb-x4"].need.note
    many = bought({"gpu": {"gpus": {"model": "h100-sxm5-80gb", "count": 16}}})
    assert counts(many)["server.h100-sxm5-80gb-x16"] == "2"


def test_whole_when_the_spec_says_so() -> None:
    found = bought({"gpu": {}, "edge": CPU_ONLY}, whole=("gpu", "edge"))
    assert counts(found)["server.l40s-48gb-x4"] == "2"
    assert counts(found, "edge")["server.edge"] == "2"
    server = found.lines["gpu/server.l40s-48gb-x4"]
    assert server.need.note == "whole by `cost.whole`"
    parts = bought({"gpu": {}, "edge": CPU_ONLY})
    assert found.physics.maximum_power == parts.physics.maximum_power
    assert found.physics.weight == parts.physics.weight
    assert found.physics.rack_units == parts.physics.rack_units


@pytest.mark.parametrize(
    ("more", "is_whole"),
    [
        ({"kind": "quote", "valid_until": "2026-12-31"}, True),
        ({"kind": "list"}, True),
        ({"kind": "quote", "valid_until": "2026-11-30"}, False),
        ({"kind": "quote", "minimum": "2"}, True),
        ({"kind": "quote", "minimum": "3"}, False),
    ],
)
def test_whole_when_a_quote_prices_it(more: dict[str, str], is_whole: bool) -> None:  # noqa: FBT001
    found = bought(quotes=quote("server.l40s-48gb-x4", "45000.00 EUR", **more))
    assert ("gpu/server.l40s-48gb-x4" in found.lines) is is_whole
    assert ("gpu/chassis.2u-4gpu" in found.lines) is not is_whole


def test_a_quote_for_so_many_machines_as_all_pools_take_is_reached() -> None:
    pools = {"gpu": {}, "more": {"hosts": 3}, "edge": CPU_ONLY}
    for minimum, is_whole in ((5, True), (6, False)):
        own = quote("server.l40s-48gb-x4", "45000.00 EUR", minimum=minimum)
        found = bought(pools, quotes=own).lines
        for pool in ("gpu", "more"):
            assert (f"{pool}/server.l40s-48gb-x4" in found) is is_whole
        assert "edge/server.edge" not in found


def test_a_quote_for_so_many_that_all_hosts_take_is_reached() -> None:
    # 2 hosts with 512 GiB take 16 modules of 64 GiB.
    found = bought(quotes=quote("memory.rdimm-64gb", "900.00 EUR", minimum=16))
    assert counts(found)["memory.rdimm-64gb"] == "16"
    found = bought(quotes=quote("memory.rdimm-64gb", "900.00 EUR", minimum=17))
    assert "memory.rdimm-64gb" not in counts(found)


def test_a_quoted_part_is_the_one_that_is_bought() -> None:
    found = bought(quotes=quote("memory.rdimm-64gb", "9000.00 EUR"))
    assert counts(found)["memory.rdimm-64gb"] == "16"
    found = bought(quotes=quote("cpu.epyc-9965", "90000.00 EUR"))
    assert counts(found)["cpu.epyc-9965"] == "2"


def test_fewest_sockets_that_hold_the_cores() -> None:
    def cpus(cores: int) -> dict[str, str]:
        pool = {**CPU_ONLY, "hosts": 1, "cpu": {"cores": cores}}
        return {name: n for name, n in counts(bought({"gpu": pool})).items()
                if name.startswith(("cpu", "chassis"))}  # fmt: skip

    assert cpus(16) == {"chassis.1u-1s": "1", "cpu.epyc-9124": "1"}
    assert cpus(192) == {"chassis.1u-1s": "1", "cpu.epyc-9965": "1"}
    assert cpus(193)["chassis.2u-2s"] == "1"
    assert cpus(384) == {"chassis.2u-2s": "1", "cpu.epyc-9965": "2"}
    assert list(cpus(2000).values()) == ["1", "11"]


def test_more_sockets_than_any_machine_has_are_said() -> None:
    pool = {**CPU_ONLY, "cpu": {"cores": 2000}}
    found = bought({"gpu": pool})
    notes = {line.need.note for line in found.lines.values()}
    assert "no machine of the catalog has the 11 sockets that it takes" in notes


def full(**pool: Any) -> tuple[Bought, list[str]]:
    """A pool of hosts without GPUs, and what is said of it."""
    found = bought({"gpu": {**CPU_ONLY, **pool}})
    report = Report(Source.parse(b"nodes: {gpu: {}}\n", "cluster.yml"))
    check_machines(found.cluster, found.plan, builtin(), None, report)
    assert is_full(found.cluster) or not report.findings
    notes = [one.need.note for one in found.lines.values() if one.need.note.startswith("no mach")]
    assert len(notes) == len(report.findings)
    return found, [finding.message for finding in report.findings]


def test_more_drives_than_a_chassis_has_bays() -> None:
    """24 bays with 7.68 TB each hold 184.32 TB."""

    def volume(size: str) -> dict[str, Any]:
        return {"storage": {"models": {"size": size, "kind": "ssd"}}}

    found, said = full(**volume("184 TB"))
    assert said == []
    assert counts(found)["chassis.2u-2s"] == "2"
    assert counts(found)["storage.ssd-7.68tb"] == "48"
    found, said = full(**volume("185 TB"))
    assert counts(found)["chassis.2u-2s"] == "2"
    assert said == [
        "each host takes 25 of `storage.ssd-7.68tb`, a machine of the catalog has 24 bays"
    ]
    # Nine of the largest fit into the smallest chassis.
    assert counts(full(**volume("69 TB"))[0])["chassis.1u-1s"] == "2"


def test_more_modules_than_a_machine_has_slots() -> None:
    """24 slots of a socket with 128 GiB each hold 3072 GiB; two sockets twice as many."""
    for gib, sockets, modules in ((3072, "1", "24"), (3073, "2", None), (6144, "2", "48")):
        found, said = full(hosts=1, memory=f"{gib} GiB")
        assert said == []
        cpus = [n for name, n in counts(found).items() if name.startswith("cpu")]
        assert cpus == [sockets]
        assert modules in {None, counts(found).get("memory.rdimm-128gb")}
    _, said = full(memory="6145 GiB")
    assert len(said) == 1
    assert said[0].endswith(", a machine of the catalog has 48 memory slots")


def test_more_than_a_machine_holds_is_the_vendor_s_when_it_is_bought_whole() -> None:
    found = bought({"gpu": {**CPU_ONLY, "memory": "9 TiB"}}, whole=["gpu"])
    report = Report(Source.parse(b"nodes: {gpu: {}}\n", "cluster.yml"))
    for cluster in (found.cluster, found.cluster.model_copy(update={"cost": None})):
        check_machines(cluster, found.plan, builtin(), None, report)
    assert report.findings == []


@pytest.mark.parametrize("gib", [1, 64, 512, 768, 4096, 100_000])
def test_memory_is_enough_and_fills_channels_evenly(gib: int) -> None:
    found = bought({"gpu": {**CPU_ONLY, "hosts": 3, "memory": f"{gib} GiB"}})
    [(name, count)] = [one for one in counts(found).items() if one[0].startswith("memory")]
    each, rest = divmod(int(count), 3)
    assert rest == 0
    assert each * hardware()[name].gib >= gib
    assert each in {2, 4, 6, 8, 10, 12} or each % 24 == 0


@pytest.mark.parametrize(("size", "kind"), [("10 TB", "ssd"), ("90 TB", "hdd"), ("9 PB", "hdd"),
                                            ("1 GB", "nvme"), ("500 TB", "nvme")])  # fmt: skip
def test_drives_are_enough(size: str, kind: str) -> None:
    volume = {"size": size, "kind": kind}
    found = bought({"gpu": {**CPU_ONLY, "hosts": 1, "storage": {"models": volume}}})
    [drive] = [line.need for line in found.lines.values()
               if line.need.path[-1:] == ("models",)]  # fmt: skip
    assert hardware()[drive.item.id].drive == kind
    asked = found.cluster.nodes["gpu"].storage.models.size
    assert drive.quantity * hardware()[drive.item.id].tb * 10**12 >= asked


def test_a_card_that_the_spec_writes_out_has_an_item() -> None:
    found = bought({"gpu": {"gpus": ACME}})
    line = found.lines["gpu/gpu.acme-accelerator-3"]
    assert (line.need.quantity, line.extended) == (D(4), None)
    assert line.need.item.power is not None
    assert line.need.item.power.maximum == 600
    assert line.need.note == "what it draws is not known: 600 W are taken"
    stated = bought({"gpu": {"gpus": {**ACME, "power": "250 W"}}})
    assert stated.lines["gpu/gpu.acme-accelerator-3"].need.note == ""
    assert stated.physics.maximum_power == found.physics.maximum_power - 4 * 350


def test_a_written_out_card_may_come_whole() -> None:
    found = bought({"gpu": {"gpus": ACME}}, whole=("gpu",))
    assert counts(found)["server.acme-accelerator-3-x2"] == "2"


def test_what_comes_with_a_card_is_not_paid_twice() -> None:
    for model, parent in (("h100-nvl-94gb", None), ("h200-nvl-141gb", None)):
        found = bought({"gpu": {"gpus": {"model": model, "count": 2}}})
        line = found.lines["gpu/licence.nvaie.5y"]
        assert (line.need.quantity, line.extended) == (D(4), D(0))
        assert not line.need.is_capital
        assert line.price.basis is Basis.INCLUDED
        assert line.need.parent == f"gpu.{model}"
        assert found.lines[f"gpu/gpu.{model}"].need.parent is parent


def test_mig_does_not_change_what_is_bought() -> None:
    card = {"model": "h100-pcie-80gb", "count": 2}
    divided = bought({"gpu": {"gpus": {**card, "mig": "1g.10gb"}}})
    assert divided.counts() == bought({"gpu": {"gpus": card}}).counts()


def test_a_switch_only_where_hosts_meet() -> None:
    alone = bought({"gpu": {"hosts": 1}})
    assert "site/switch.tor-48x25g" not in alone.lines
    assert alone.counts()["gpu/cable.dac-25g"] == "2"
    many = bought({"gpu": {"hosts": 25}}).counts()
    assert (many["site/switch.tor-48x25g"], many["site/optic.100g-sr4"]) == ("2", "4")


WHERE = {
    "gpu/chassis.2u-4gpu": "nodes.gpu.hosts",
    "gpu/cpu.epyc-9555p": "nodes.gpu.cpu.cores",
    "gpu/memory.rdimm-128gb": "nodes.gpu.memory",
    "gpu/storage.nvme-7.68tb": "nodes.gpu.storage.models",
    "gpu/storage.boot-m2-960gb": "nodes.gpu.hosts",
    "gpu/nic.cx6lx-2x25g": "nodes.gpu.hosts",
    "gpu/gpu.l40s-48gb": "nodes.gpu.gpus",
    "gpu/rails": "nodes.gpu.hosts",
    "gpu/cable.dac-25g": "nodes.gpu.hosts",
    "whole/server.l40s-48gb-x4": "nodes.whole.gpus",
    "whole/gpu.l40s-48gb": "nodes.whole.gpus",
    "whole/part.cores": "nodes.whole.cpu.cores",
    "whole/part.memory": "nodes.whole.memory",
    "whole/part.storage": "nodes.whole.storage.models",
    "whole/part.network": "nodes.whole.hosts",
    "whole/rails": "nodes.whole.hosts",
    "whole/cable.dac-25g": "nodes.whole.hosts",
    "site/switch.tor-48x25g": "nodes",
    "site/optic.100g-sr4": "nodes",
    "site/rack.42u": "cost.location.rack",
    "site/pdu.22kw": "cost.location.feeds",
    "site/ups": "cost.location.ups",
    "site/gpu.l40s-48gb/spare": "cost.spares",
    "site/support.hardware": "cost.support",
    "site/installation": "cost.installation",
    "site/freight": "cost",
    "site/insurance": "cost",
    "site/decommissioning": "cost",
    "site/staff": "cost.staff",
    "site/service.audit": "cost.lines.0",
    "site/electricity": "cost.electricity",
}


def test_every_line_says_where_in_the_spec_it_comes_from() -> None:
    found = bought(
        {"gpu": {}, "whole": {}}, whole=("whole",), location={"ups": "5 min"}, support="10 %",
        installation="5 %", staff={"fte": "0.5", "cost": "96000 EUR/year"},
        lines=[{"item": "service.audit", "price": "1 EUR"}],
    )  # fmt: skip
    paths = {name: ".".join(map(str, line.need.path)) for name, line in found.lines.items()}
    assert paths == WHERE
    audit = found.lines["site/service.audit"].need.item
    assert (audit.source, audit.weight) == ("the spec", D(0))
    rented = bought(
        location={"kind": "colocation", "rent": "9 EUR/kW/month", "cooling": "1 EUR/kWh"}
    ).lines
    assert rented["site/rent"].need.path == ("cost", "location", "rent")
    assert rented["site/cooling"].need.path == ("cost", "location", "cooling")


def test_what_is_bought_once_is_capital_and_what_is_paid_again_is_not() -> None:
    found = bought({"gpu": {}, "whole": {}}, whole=("whole",), location={"ups": "5 min"})
    running = {
        name: (line.need.quantity, line.need.every, line.need.prepaid)
        for name, line in found.lines.items() if not line.need.is_capital
    }  # fmt: skip
    assert running == {
        "site/support.hardware": (D("0.1"), 12, True),
        "site/insurance": (D(1), 12, True),
        "site/decommissioning": (D(1), None, False),
        "site/staff": (D("0.21"), 1, False),
        "site/electricity": (found.lines["site/electricity"].need.quantity, 1, False),
    }
    assert found.lines["site/freight"].need.quantity == 1
    assert found.lines["site/decommissioning"].need.note == "paid at the end"


def test_what_a_whole_machine_contains_is_part_of_its_price() -> None:
    found = bought({"whole": {}}, whole=("whole",), location={"kind": "office"}).lines
    parts = {name: line.need.parent for name, line in found.items() if line.need.parent}
    assert set(parts.values()) == {"server.l40s-48gb-x4"}
    assert "site/gpu.l40s-48gb/spare" not in found
    assert parts.keys() == {
        "whole/gpu.l40s-48gb", "whole/part.cores", "whole/part.memory", "whole/part.storage",
        "whole/part.network",
    }  # fmt: skip


def test_spares_are_of_the_parts_that_are_bought() -> None:
    """Of eight cards; the eight in whole machines are replaced by who sells those."""
    found = bought({"gpu": {}, "whole": {}}, whole=("whole",)).lines
    assert found["site/gpu.l40s-48gb/spare"].need.note.startswith("8 x 0.04 a year")


def test_energy_is_of_all_hosts() -> None:
    found = bought({"few": {"hosts": 3}, "one": {"hosts": 1}}).lines["site/electricity"].need
    assert found.hosts == ("few-1", "few-2", "few-3", "one-1")


def test_lines_say_why_they_are_as_many() -> None:
    found = bought(location={"ups": "5 min"}).lines
    notes = {name: line.need.note for name, line in found.items() if line.need.note}
    assert "gpu/gpu.l40s-48gb" not in notes
    assert notes["site/optic.100g-sr4"].startswith("2 uplinks of each switch")
    assert notes["gpu/storage.boot-m2-960gb"] == "one mirrors the other"
    assert notes["gpu/cable.dac-25g"] == "both ports of each network card"
    assert notes["site/pdu.11kw"] == "2N: 1 for the load of each rack, 1 besides"
    assert notes["site/ups"] == ("4.77 kW at most x coincidence 1 / power factor 0.9, for 5 min")
    assert notes["site/staff"] == (
        "8 GPUs / 75 for each full-time engineer; `cost.staff` says better"
    )
    soldered = bought({"gpu": B200}).lines["gpu/server.b200-sxm-180gb-x8"]
    assert soldered.need.note == "GPUs are soldered: support replaces them, spares do not"


def test_the_place_decides_what_stands_around_the_machines() -> None:
    room = bought().counts()
    rented = bought(location={"kind": "colocation", "rent": "180 EUR/kW/month"}).counts()
    office = bought(location={"kind": "office"}).counts()
    facility = {"site/rack.42u", "site/pdu.11kw"}
    assert facility <= room.keys()
    assert "site/rent" not in room
    assert not facility & rented.keys()
    assert {"site/switch.tor-48x25g", "site/rent", "gpu/rails"} <= rented.keys()
    network = {"site/switch.tor-48x25g", "gpu/rails", "gpu/cable.dac-25g", "gpu/nic.cx6lx-2x25g"}
    assert not (facility | network) & office.keys()
    assert office["gpu/chassis.tower"] == "2"


def test_more_cards_than_a_tower_holds_stand_in_an_office_too() -> None:
    eight = {"gpus": {"model": "l40s", "count": 8}}
    assert "gpu/chassis.4u-8gpu" in bought({"gpu": eight}, location={"kind": "office"}).lines


@pytest.mark.parametrize(("feeds", "pdus"), [("N", "1"), ("N+1", "2"), ("2N", "2")])
def test_pdus_by_feeds(feeds: str, pdus: str) -> None:
    assert bought(location={"feeds": feeds}).counts()["site/pdu.11kw"] == pdus


@pytest.mark.parametrize(("feeds", "pdus"), [("N", "2"), ("N+1", "3"), ("2N", "4")])
def test_a_feed_larger_than_a_pdu_takes_several(feeds: str, pdus: str) -> None:
    rack = {"power": "40 kW"}
    found = bought(location={"feeds": feeds, "rack": rack}).counts()
    assert found["site/pdu.22kw"] == pdus


def test_a_ups_carries_all_at_once() -> None:
    """4770 W / 0.9 = 5300 VA, so 6 kVA."""
    found = bought(location={"ups": "10 min"})
    line = found.lines["site/ups"]
    assert found.physics.maximum_power == 4770
    assert line.need.quantity == 6
    assert "coincidence 1 " in line.need.note
    assert line.is_unknown


def test_licences_are_those_of_the_system_alone() -> None:
    assert not [name for name in bought().lines if "licence" in name]
    found = bought(system="rhel-9").lines["site/licence.rhel-9"]
    assert (found.need.quantity, found.need.every, found.need.prepaid) == (D(2), 12, True)
    assert not found.need.is_capital


def test_a_level_adds_what_it_takes() -> None:
    def added(level: Level) -> dict[str, str]:
        found = bought(level=level)
        return {line.need.item.id: f"{line.need.quantity}" for line in found.lines.values()
                if line.need.item.category is Category.ISOLATION}  # fmt: skip

    shut = {"mirror.server": "1", "media.transfer": "2", "media.scanner": "1"}
    assert added(Level.OPEN) == added(Level.RESTRICTED) == {}
    assert added(Level.AIRGAPPED) == shut
    assert added(Level.SEALED) == {**shut, "tpm.host": "2"}


def test_people_are_needed_whether_stated_or_not() -> None:
    stated = bought(staff={"fte": "0.5", "cost": "96000 EUR/year"}).lines["site/staff"]
    assert (stated.need.quantity, stated.need.every) == (D("0.5"), 1)
    assert (stated.extended, stated.tax) == (D("4000.00"), D(0))
    silent = bought().lines["site/staff"]
    assert silent.is_unknown
    assert silent.need.quantity == D("0.11")
    tiny = bought({"gpu": {**CPU_ONLY, "hosts": 1}}).lines["site/staff"]
    assert tiny.need.quantity == D("0.01")


def test_shares_of_hardware_are_the_specs_or_the_books() -> None:
    book = bought()
    assert book.lines["site/support.hardware"].need.path == ("cost",)
    own = bought(support="5 %", installation="0 %")
    line = own.lines["site/support.hardware"]
    assert (line.need.quantity, line.need.path) == (D("0.05"), ("cost", "support"))
    assert own.lines["site/installation"].extended == 0


@pytest.mark.parametrize(
    ("kind", "is_ahead"), [("contract", 1), ("quote", 1), ("list", 0), ("estimate", 0)]
)
@pytest.mark.parametrize("key", ["support", "installation"])
def test_a_stated_share_yields_to_what_binds_a_vendor_alone(
    kind: str, is_ahead: int, key: str
) -> None:
    item = "support.hardware" if key == "support" else key
    own = quote(item, "1234.00 EUR", kind=kind)
    shares: dict[str, Any] = {key: "5 %"}
    line = bought(quotes=own, **shares).lines[f"site/{item}"]
    assert line.need.quantity == (D(1) if is_ahead else D("0.05"))
    assert line.price.basis is (Basis(kind) if is_ahead else Basis.STATED)
    # Without a share of the spec's, a list of the user's is the next.
    free = bought(quotes=quote(item, "1234.00 EUR", kind="list")).lines[f"site/{item}"]
    assert (free.extended, free.price.basis) == (D(1234), Basis.LIST)


def test_spares_of_each_kind_of_part() -> None:
    """8 x 0.04 a year x 21 weeks / 52.1775 = 0.1288 on average: none with P = 0.879."""
    line = bought().lines["site/gpu.l40s-48gb/spare"]
    assert line.need.quantity == 1
    assert "= 0.13 failures" in line.need.note
    assert line.need.hosts == ("gpu-1", "gpu-2")


def test_spares_follow_the_spec() -> None:
    def spares(**given: Any) -> list[str]:
        return [name for name in bought(spares=given).lines if name.endswith("/spare")]

    assert not [name for name in bought(spares="none").lines if name.endswith("/spare")]
    assert spares(service_level="50 %") == []
    assert spares(resupply="1 day") == []
    assert "site/memory.rdimm-128gb/spare" in spares(service_level="99.99 %")


def test_spares_wait_as_long_as_the_quote_says() -> None:
    found = bought(quotes=quote("gpu.l40s-48gb", "8000.00 EUR", lead_time="1 week"))
    assert "site/gpu.l40s-48gb/spare" not in found.lines


def test_a_spare_is_for_all_pools_with_the_part() -> None:
    two = bought({"one": {}, "two": {}, "edge": CPU_ONLY})
    assert two.lines["site/gpu.l40s-48gb/spare"].need.hosts == ("one-1", "one-2", "two-1", "two-2")
    both = bought({"one": {}, "two": {}})
    spare = both.lines["site/gpu.l40s-48gb/spare"]
    assert spare.need.hosts == both.needs[-1].hosts


def test_a_part_without_a_lead_time_has_no_spares() -> None:
    """How many would do cannot be said."""
    from freehold.cost.needs.purchase import Purchase  # noqa: PLC0415
    from freehold.cost.needs.spare_parts import spare_parts  # noqa: PLC0415

    found = bought()
    purchase = Purchase(found.cluster, found.cost, found.plan, builtin(), found.pricing)
    need = next(need for need in found.needs if need.item.annual_failure_rate)
    nameless = replace(need, item=replace(need.item, lead_time=None))
    assert list(spare_parts(purchase, [nameless])) == []


def test_own_lines() -> None:
    lines = [
        {"item": "licence.nvaie.3y", "quantity": 8},
        {"item": "licence.nvaie.1y", "quantity": 8, "every": "2 years"},
        {
            "item": "service.audit",
            "price": "900.00 EUR",
            "every": "1 month",
            "description": "Audit",
        },
        {"item": "chassis.special", "price": "100.00 EUR", "pool": "gpu"},
        {"item": "chassis.special", "price": "100.00 EUR", "capital": False},
        {"item": "chassis.special", "price": "100.00 EUR", "pool": "gpu"},
        {"item": "unheard", "price": "1.00 EUR"},
    ]
    found = bought(lines=lines).lines
    term = found["site/licence.nvaie.3y"].need
    assert (term.every, term.prepaid, term.is_capital) == (36, True, False)
    assert found["site/licence.nvaie.1y"].need.every == 24
    audit = found["site/service.audit"]
    assert (audit.need.every, audit.need.prepaid, audit.extended) == (1, False, D("900.00"))
    assert (audit.need.item.category, audit.need.item.description) == (Category.SERVICE, "Audit")
    unheard = found["site/unheard"].need.item
    assert (unheard.description, unheard.unit) == ("unheard", "each")
    assert found["site/licence.nvaie.3y"].need.item == builtin().items["licence.nvaie.3y"]
    assert found["gpu/chassis.special"].need.is_capital
    assert found["gpu/chassis.special"].need.item.life_months == 60
    assert found["gpu/chassis.special"].need.hosts == ("gpu-1", "gpu-2")
    assert not found["site/chassis.special"].need.is_capital
    assert "gpu/chassis.special/2" in found
    assert found["site/unheard"].need.item.category is Category.OTHER


def test_a_term_is_not_linear_in_years() -> None:
    """Four years of NVIDIA AI Enterprise cost what five do."""
    lines = [{"item": f"licence.nvaie.{years}y", "quantity": 8} for years in (3, 4, 5)]
    found = bought(lines=lines).lines
    three, four, five = (found[f"site/licence.nvaie.{years}y"].extended for years in (3, 4, 5))
    assert four == five
    assert three is not None
    assert four is not None
    assert three * 4 == four * 3


# Hosts and lines.


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.parent.name)
def test_examples_are_traced(path: Path) -> None:
    opened = open_spec(path)
    plan = plan_of(opened)
    assert opened.cluster is not None
    assert plan is not None
    cost = opened.cluster.cost or bought().cost
    assert opened.catalog is not None
    cluster = opened.cluster.model_copy(update={"cost": cost})
    found = Bought(cluster, plan, opened.quotes)
    check_traced(found.needs, [one.host.name for one in plan.hosts])


POOLS = st.dictionaries(
    st.sampled_from(["one", "two", "three"]),
    st.fixed_dictionaries(
        {
            "hosts": st.integers(1, 60),
            "gpus": st.one_of(
                st.none(),
                st.just(ACME),
                st.fixed_dictionaries(
                    {"model": st.sampled_from(sorted(builtin().gpus)), "count": st.integers(1, 16)}
                ),
            ),
            "cpu": st.fixed_dictionaries({"cores": st.integers(1, 1000)}),
            "memory": st.integers(1, 9000).map(lambda gib: f"{gib} GiB"),
            "storage": st.fixed_dictionaries(
                {
                    "models": st.fixed_dictionaries(
                        {
                            "size": st.integers(1, 900_000).map(lambda gb: f"{gb} GB"),
                            "kind": st.sampled_from(["nvme", "ssd", "hdd"]),
                        }
                    )
                }
            ),
        }
    ),
    min_size=1,
)
COSTS = st.fixed_dictionaries(
    {
        "location": st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["server-room", "colocation", "office"]),
                "feeds": st.sampled_from(["N", "N+1", "2N"]),
                "rack": st.fixed_dictionaries(
                    {}, optional={"power": st.sampled_from(["2 kW", "17 kW", "60 kW"])}
                ),
            },
            optional={"ups": st.just("10 min")},
        ),
        "spares": st.one_of(st.just("none"), st.just({}), st.just({"resupply": "20 weeks"})),
        "whole": st.lists(st.sampled_from(["one", "two", "three"]), unique=True),
    }
)


@settings(deadline=None, max_examples=60)
@given(POOLS, COSTS, st.sampled_from(Level))
def test_every_host_has_a_machine_and_every_line_its_hosts(
    pools: dict[str, Any], cost: dict[str, Any], level: Level
) -> None:
    found = bought(pools, level=level, **cost)
    hosts = {name for names in found.plan.pools.values() for name in names}
    made: set[str] = set()
    for line in found.lines.values():
        assert line.need.hosts
        assert hosts >= set(line.need.hosts)
        assert line.need.quantity >= 0
        if line.need.item.category is Category.SERVER and line.need.path[0] == "nodes":
            made |= set(line.need.hosts)
    assert made == hosts
    racks = found.physics.racks
    standing = [name for rack in racks for name, _, _ in rack.hosts]
    assert sorted(standing) == (sorted(hosts) if racks else [])


def test_a_host_without_a_line_is_our_bug() -> None:
    needs = bought({"gpu": {}, "edge": CPU_ONLY}).needs
    without = [need for need in needs if need.path[:2] != ("nodes", "edge")]
    with pytest.raises(UntracedError, match="no machine is bought for edge-1"):
        check_traced(without, ["gpu-1", "gpu-2", "edge-1", "edge-2"])


@pytest.mark.parametrize(("hosts", "said"), [((), "no host"), (("gpu-9",), "not planned")])
def test_a_line_without_a_host_is_our_bug(hosts: tuple[str, ...], said: str) -> None:
    needs: list[Need] = list(bought().needs)
    needs[3] = replace(needs[3], hosts=hosts)
    with pytest.raises(UntracedError, match=said):
        check_traced(needs, ["gpu-1", "gpu-2"])


def test_lines_of_a_pool_share_the_names_of_its_hosts() -> None:
    needs = bought({"gpu": {"hosts": 10_000}}).needs
    assert len({id(need.hosts) for need in needs}) <= 2


# The catalog.


def test_ids_are_known_before_anything_is_planned() -> None:
    found = bought({"gpu": {"gpus": ACME}, "edge": CPU_ONLY})
    assert list(items_of_pools(found.cluster.nodes, builtin())) == [
        "server.acme-accelerator-3-x2", "gpu.acme-accelerator-3", "server.edge",
    ]  # fmt: skip
    unknown = found.cluster.nodes["gpu"].model_copy(
        update={"gpus": bought().cluster.nodes["gpu"].gpus.model_copy(update={"model": "x"})}  # type: ignore[union-attr]
    )
    assert list(items_of_pools({"gpu": unknown}, builtin())) == []
    edge = {"gpu": unknown, "edge": found.cluster.nodes["edge"]}
    assert list(items_of_pools(edge, builtin())) == ["server.edge"]


def test_every_card_has_an_item_and_machines_are_those_that_advise_knows() -> None:
    known = builtin().items
    for name, gpu in builtin().gpus.items():
        assert known[f"gpu.{name}"].power is not None
        assert sizes(gpu) == per_host(gpu)
        assert all(f"server.{name}-x{count}" in known for count in sizes(gpu))
        assert is_soldered(gpu) is any(gpu.form_factor.startswith(one.form) for one in machines())


def test_a_card_of_the_users_own_file_has_items_too() -> None:
    assert "gpu.l40s-48gb" in builtin().items
    own = Source.parse(OWN.encode(), "catalog.yml")
    catalog = load_catalog(own, Report(Source.parse(b"{}", "cluster.yml")))
    assert catalog is not None
    assert catalog.items["gpu.acme-96gb"].power == gpu_power(D(300))
    assert "server.acme-96gb-x4" in catalog.items
    assert "gpu.acme-96gb" not in builtin().items


def test_what_items_name_is_there() -> None:
    known = assumptions()
    for name, found in hardware().items():
        assert not found.lead or found.lead in known.lead_times
        assert not found.failures or found.failures in known.failures
        is_running = found.category in _RUNNING or name in {"insurance", "decommissioning"}
        assert (found.life is None) is (is_running or found.months is not None)
    for item in items(builtin().gpus, Life()):
        assert item.description
        assert item.source
    assert len(known.grid) == 27
    assert [known.residual[age].range.base for age in (12, 24, 36, 60)] == [
        D("0.60"), D("0.30"), D("0.20"), D("0.10"),
    ]  # fmt: skip


_RUNNING = (Category.SUPPORT, Category.STAFF, Category.ENERGY, Category.SPACE)


def test_ranges_are_in_order() -> None:
    known = assumptions()
    for group in (known.failures, known.lead_times, known.residual, known.figures):
        for found in group.values():
            assert found.range.low <= found.range.base <= found.range.high


@pytest.mark.parametrize("name", ["assumptions", "cards", "hardware", "machines"])
def test_files_are_plain_yaml(name: str) -> None:
    text = files("freehold.catalog").joinpath(f"{name}.yml").read_text()
    content = Source.parse(text.encode(), name)
    assert content.findings == ()
    assert content.data() == yaml.safe_load(text)
