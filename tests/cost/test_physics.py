"""Power, energy, mass and carbon of what is bought."""

from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest

from cost.bought import bought
from freehold.catalog.hardware import gpu_power

D = Decimal
ALL_DAY = {"location": {"pue": "1.5"}}


def test_power_is_the_sum_of_parts() -> None:
    """Of a host: chassis, CPU, 4 modules, drive, 2 boot drives, NIC, 4 GPUs; then the switch.

    At most 300 + 360 + 4 x 12 + 20 + 2 x 8 + 12 + 4 x 350 = 2156 W;
    typically 200 + 216 + 4 x 7.2 + 12 + 2 x 5 + 9 + 4 x 245 = 1455.8 W;
    idle 120 + 90 + 4 x 3.6 + 5 + 2 x 2 + 7 + 4 x 52.5 = 450.4 W;
    the switch with two optics draws 458, 258 and 188 W.
    """
    found = bought().physics
    assert found.maximum_power == 2 * D(2156) + 458
    assert found.typical_power == 2 * D("1455.8") + 258
    assert found.idle_power == 2 * D("450.4") + 188


def test_energy_by_hours_with_and_without_requests() -> None:
    """(3169.6 W x 0.25 + 1088.8 W x 0.75) x 8760 h x 0.5 = 7047.42 kWh."""
    use = {"demand": "25 %", "powered": "50 %", "load": "10 %", "goodput": "90 %"}
    found = bought(use=use, location={"pue": "1.5"}).physics
    assert found.it_energy == D("7047.42")
    assert found.facility_energy == D("10571.13")
    assert found.pue == D("1.5")
    assert "(3169.6 W x 0.25 + 1088.80 W x 0.75) x 8760 h x 0.5" in found.formulas["it_energy"]
    assert found.formulas.keys() <= {one.name for one in fields(found)}


def test_hours_of_a_month_are_the_specs() -> None:
    usual, short = bought().physics, bought(hours_per_month=720).physics
    assert short.it_energy * 730 == usual.it_energy * 720


@pytest.mark.parametrize(
    ("location", "pue", "said"),
    [
        ({}, D("1.54"), "the industry's average"),
        ({"pue": "1.2"}, D("1.2"), "a PUE of 1.2"),
        ({"cooling": "0.05 EUR/kWh"}, None, "cooling has a price of its own"),
        ({"kind": "office"}, None, "energy of the machines"),
        ({"kind": "office", "pue": "1.1"}, D("1.1"), "a PUE of 1.1"),
    ],
)
def test_cooling_is_paid_once(location: dict[str, str], pue: Decimal | None, said: str) -> None:
    found = bought(location=location)
    assert found.physics.pue == pue
    assert found.physics.facility_energy == found.physics.it_energy * (pue or 1)
    assert found.physics.formulas["facility_energy"].endswith(said)
    assert ("site/cooling" in found.lines) is ("cooling" in location)


@pytest.mark.parametrize(
    ("location", "factor", "source"),
    [
        ({}, None, "neither"),
        ({"country": "DEU"}, D("380.95"), "Germany in 2023 (location-based)"),
        ({"country": "SAU"}, D("706.791"), "Saudi Arabia in 2022 (location-based)"),
        ({"country": "DEU", "carbon": 12}, D(12), "market-based"),
        ({"carbon": 0}, D(0), "market-based"),
    ],
)
def test_carbon_of_the_contract_or_the_grid(
    location: dict[str, Any], factor: Decimal | None, source: str
) -> None:
    found = bought(location=location).physics
    assert found.carbon_factor == factor
    assert source in found.carbon_source


def test_spares_and_what_is_part_of_a_machine_draw_nothing() -> None:
    assert bought().physics.maximum_power == bought(spares="none").physics.maximum_power
    whole = bought({"gpu": {"gpus": {"model": "h100-sxm5-80gb", "count": 8}, "hosts": 1}})
    assert whole.physics.maximum_power == D(10_200)


def test_what_is_owned_already_draws_power_all_the_same() -> None:
    assert bought(without=("gpu",)).physics == bought().physics


def test_weight_is_that_of_hosts_racks_and_pdus() -> None:
    """2 x (28 + 4 x 1.2 + 4) + 10 + 125 + 2 x 7 kg."""
    assert bought().physics.weight == D("222.6")


def test_racks_hold_what_they_must() -> None:
    found = bought({"gpu": {"hosts": 12}})
    physics = found.physics
    assert found.lines["site/rack.42u"].need.quantity == len(physics.racks)
    assert sum(rack.used_units for rack in physics.racks) == physics.rack_units == 25
    assert sum(rack.maximum_power for rack in physics.racks) == physics.maximum_power
    assert sum(rack.weight for rack in physics.racks) == physics.weight
    assert "12 hosts into racks of 42 units" in physics.formulas["racks"]


def test_an_office_has_no_racks() -> None:
    found = bought({"gpu": {"hosts": 1}}, location={"kind": "office"}).physics
    assert (found.racks, found.rack_units) == ((), 0)
    assert found.formulas["racks"] == "1 host under desks"


def test_a_card_of_unknown_power_draws_what_its_connector_carries() -> None:
    assert gpu_power(None).maximum == 600
    assert gpu_power(D(200)).typical == 140
