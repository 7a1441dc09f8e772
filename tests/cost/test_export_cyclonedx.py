"""The identity of what is bought and run: valid, without prices, and with locked digests."""

import json
from dataclasses import replace
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL

from cost.examples import NAMES, example
from cost.made import LINES, RESULT
from freehold.catalog.load import builtin
from freehold.cost.export.cyclonedx import Inventory, encode
from freehold.lock.file import Hub, Lock
from plans import clinic, locked

ABOUT = Inventory(RESULT, clinic(), builtin(), None)
VALIDATOR = JsonStrictValidator(SchemaVersion.V1_7)


def read(about: Inventory) -> dict[str, Any]:
    content = encode(about).decode()
    assert VALIDATOR.validate_str(content) is None
    found: dict[str, Any] = json.loads(content)
    return found


def of_type(about: Inventory, kind: str) -> list[dict[str, Any]]:
    return [one for one in read(about)["components"] if one["type"] == kind]


def properties(component: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in component["properties"]}


def hub_lock() -> Lock:
    """As `locked`, with a model from a hub."""
    lock = locked(clinic())
    directory = lock.models["assistant"]
    hub = Hub(
        origin="hub", source=directory.source, revision="c" * 40, url="https://hub.test/models",
        files=directory.files,
    )  # fmt: skip
    return lock.model_copy(update={"models": {"assistant": hub}})


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_are_valid(name: str) -> None:
    plan, catalog, result = example(name)
    found = read(Inventory(result, plan, catalog, None))
    refs = [one["bom-ref"] for one in found["components"]]
    assert len(set(refs)) == len(refs)
    assert found["dependencies"] == [{"ref": "cluster", "dependsOn": refs}]


def test_devices_with_their_quantity() -> None:
    gpu, switch, _ = of_type(ABOUT, "device")
    assert gpu["name"] == "NVIDIA L40S 48 GB"
    assert gpu["manufacturer"] == {"name": "NVIDIA"}
    assert gpu["supplier"] == {"name": "Reseller"}
    assert properties(gpu) == {
        "freehold:item": "gpu.l40s-48gb", "freehold:category": "gpu", "freehold:quantity": "8",
        "freehold:unit": "GPU", "freehold:mpn": "900-2G133-0080-000",
        "freehold:hosts": "gpu-1 gpu-2", "freehold:spec-path": "nodes.gpu",
    }  # fmt: skip
    assert "supplier" not in switch
    spare = replace(LINES[0], need=replace(LINES[0].need, is_spare=True, parent="server"))
    (device,) = of_type(replace(ABOUT, result=replace(RESULT, lines=(spare,))), "device")
    assert properties(device)["freehold:spare"] == "true"
    assert properties(device)["freehold:part-of"] == "server"


def test_no_price_is_in_it() -> None:
    text = encode(ABOUT).decode()
    for amount in ("8000", "64000", "76160", "EUR"):
        assert amount not in text


def test_software_and_models() -> None:
    (system,) = of_type(ABOUT, "operating-system")
    assert (system["name"], system["version"]) == ("Debian 13 (trixie)", "13")
    programs = {one["name"]: one["version"] for one in of_type(ABOUT, "application")}
    assert programs == {"podman": "5.4.2", "haproxy": "3.0", "nftables": "1.1"}
    (image,) = of_type(ABOUT, "container")
    assert image["name"] == "docker.io/vllm/vllm-openai"
    assert properties(image)["freehold:hosts"] == "gpu-1 gpu-2"
    assert "hashes" not in image
    (model,) = of_type(ABOUT, "machine-learning-model")
    assert model["name"] == "meta-llama/Llama-3.3-70B-Instruct"
    assert model["licenses"][0]["license"]["name"] == "Llama-3.3-Community"
    assert "version" not in model
    assert "purl" not in model


def test_locked_digests() -> None:
    about = replace(ABOUT, lock=hub_lock())
    (image,) = of_type(about, "container")
    assert image["hashes"] == [{"alg": "SHA-256", "content": "b" * 64}]
    url = PackageURL.from_string(image["purl"])
    assert (url.type, url.name, url.version) == ("oci", "vllm-openai", f"sha256:{'b' * 64}")
    (model,) = of_type(about, "machine-learning-model")
    assert model["version"] == "c" * 40
    url = PackageURL.from_string(model["purl"])
    assert (url.type, url.namespace, url.name) == (
        "huggingface", "meta-llama", "Llama-3.3-70B-Instruct",
    )  # fmt: skip
    (file,) = model["components"]
    assert file["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    (brought,) = of_type(replace(ABOUT, lock=locked(clinic())), "machine-learning-model")
    assert "purl" not in brought
    assert brought["components"]


def test_a_licence_of_spdx_and_one_that_nobody_knows() -> None:
    source = "meta-llama/Llama-3.3-70B-Instruct"
    facts = builtin().models[source]
    for licence, said in (("MIT", {"id": "MIT", "acknowledgement": "declared"}), (None, None)):
        models = {source: facts.model_copy(update={"licence": licence})}
        about = replace(ABOUT, catalog=builtin().model_copy(update={"models": models}))
        (model,) = of_type(about, "machine-learning-model")
        assert ([{"license": said}] if said else None) == model.get("licenses")


def test_one_file_of_a_repository_is_named() -> None:
    plan = clinic()
    hosts = tuple(
        replace(
            host,
            engines=tuple(
                replace(one, weights=replace(one.weights, file="q4.gguf")) for one in host.engines
            ),
        )
        for host in plan.hosts
    )
    (model,) = of_type(replace(ABOUT, plan=replace(plan, hosts=hosts)), "machine-learning-model")
    assert model["name"] == "meta-llama/Llama-3.3-70B-Instruct/q4.gguf"


def test_no_clock_and_no_chance() -> None:
    assert encode(ABOUT) == encode(ABOUT)
    found = read(ABOUT)
    assert found["metadata"]["timestamp"] == "2026-12-01T00:00:00Z"
    other = read(replace(ABOUT, result=replace(RESULT, spec_digest="c" * 64)))
    assert found["serialNumber"] != other["serialNumber"]


@settings(max_examples=10, deadline=None)
@given(st.text(min_size=1))
def test_any_text_is_valid(text: str) -> None:
    item = replace(LINES[0].need.item, description=text, manufacturer=text)
    named = replace(LINES[0], need=replace(LINES[0].need, item=item), vendor=text)
    (device,) = of_type(replace(ABOUT, result=replace(RESULT, lines=(named,))), "device")
    assert device["name"] == text
