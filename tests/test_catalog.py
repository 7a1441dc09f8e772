"""The catalog: complete, consistent with itself, and open to a user's own facts."""

import subprocess
import sys
from importlib.resources import files

import pytest
import yaml

from freehold.catalog.facts import EngineVersion, Gpu, ModelFacts
from freehold.catalog.load import builtin, load
from freehold.catalog.lookup import find_engine, find_gpu, find_model, find_system
from freehold.plan.hosts import divided
from freehold.plan.parameters import parts
from freehold.report import Report
from freehold.source import Source
from freehold.spec.models import EngineName, Precision
from freehold.units import Bytes

CATALOG = builtin()
FILES = ("gpus.yml", "models.yml", "engines.yml", "memory.yml", "systems.yml", "quadlet.yml")
OWN = """
gpus:
  acme-96gb:
    name: ACME Accelerator
    vendor: nvidia
    vram: 94 GiB
    bandwidth: 3 TB/s
    compute_capability: "9.0"
    source: [the vendor's datasheet]
    date: "2026-11-24"
models:
  acme/writer-8b:
    architecture: LlamaForCausalLM
    hidden_size: 4096
    num_hidden_layers: 32
    num_attention_heads: 32
    num_key_value_heads: 8
    head_dim: 128
    intermediate_size: 14336
    vocab_size: 128256
    max_position_embeddings: 131072
    tie_word_embeddings: false
    layers: {full: 32}
    parameters: 8029995008
    checkpoints: {acme/writer-8b-fp8: fp8}
    source: [config.json of the repository]
    date: "2026-11-24"
"""


def source(text: str) -> Source:
    return Source.parse(text.encode(), "catalog.yml")


def report() -> Report:
    return Report(Source.parse(b"system: debian-13\n", "cluster.yml"))


def text(name: str) -> str:
    return files("freehold.catalog").joinpath(name).read_text()


@pytest.mark.parametrize("name", FILES)
def test_files_hold_only_what_a_spec_may_hold(name: str) -> None:
    """Users copy entries into files of their own, which are read more strictly."""
    content = Source.parse(text(name).encode(), name)
    assert content.findings == ()
    assert content.data() == yaml.safe_load(text(name))


def test_is_as_large_as_was_read() -> None:
    distinct = yaml.safe_load(text("models.yml"))
    assert (len(CATALOG.gpus), len(distinct)) == (47, 73)
    assert list(CATALOG.engines) == ["vllm-0.33.0", "sglang-0.5.23", "llama.cpp-b11669"]
    assert {"debian-13", "ubuntu-24.04", "rhel-9"} <= CATALOG.systems.keys()


def model(name: str) -> ModelFacts:
    return CATALOG.models[name]


@pytest.mark.parametrize("name", CATALOG.models)
def test_parameters_follow_from_the_architecture(name: str) -> None:
    assert parts(model(name)).total == model(name).parameters


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("deepseek-ai/DeepSeek-V3", 671.03), ("Qwen/Qwen3-235B-A22B", 235.09),
        ("Qwen/Qwen3.5-397B-A17B", 396.35), ("openai/gpt-oss-120b", 116.8),
        ("moonshotai/Kimi-K2-Instruct", 1026.4), ("google/gemma-3-27b-it", 27.0),
        ("meta-llama/Llama-4-Maverick-17B-128E-Instruct", 400.7),
        ("nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16", 120.7),
        ("Qwen/Qwen3-Next-80B-A3B-Instruct", 79.7), ("deepseek-ai/DeepSeek-V2-Lite-Chat", 15.7),
    ],
)  # fmt: skip
def test_parameters_are_those_published(name: str, billions: float) -> None:
    assert model(name).parameters / 1e9 == pytest.approx(billions, rel=1e-3)


def test_further_checkpoints_share_the_architecture() -> None:
    quantised = model("RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic")
    assert quantised.stores is Precision.FP8
    assert quantised.layers == model("meta-llama/Llama-3.3-70B-Instruct").layers


@pytest.mark.parametrize("card", CATALOG.gpus.values(), ids=CATALOG.gpus)
def test_vram_is_what_a_program_sees(card: Gpu) -> None:
    assert card.vram_box is not None
    if card.vram_basis == "box":
        assert card.vram == Bytes(int(card.vram_box * 1024 * 0.910) * 2**20)
    if card.vram_basis == "nvidia-smi":
        assert card.vram_smi is not None
        assert card.vram == Bytes(int(card.vram_smi * 0.970) // 2**20 * 2**20)
    assert card.vram < card.vram_box * 2**30
    assert card.vram_smi is None or card.vram < card.vram_smi


def test_derived_vram_never_says_more_than_programs_reported() -> None:
    """The two factors are those of the worst card for which both figures are known."""
    reported = [card for card in CATALOG.gpus.values() if card.vram_basis == "runtime"]
    of_smi = min(card.vram / card.vram_smi for card in reported if card.vram_smi)
    of_box = min(card.vram / (card.vram_box * 2**30) for card in reported if card.vram_box)
    assert 0.970 <= of_smi < 0.971
    assert 0.9099 <= of_box < 0.911


@pytest.mark.parametrize(
    ("card", "shares"),
    [
        # Fractions of memory in tables 5 to 11 of NVIDIA's MIG user guide, in eighths.
        ("a30-24gb", {"1g.6gb": 2, "2g.12gb": 4, "4g.24gb": 8}),
        ("a100-sxm4-40gb", {"1g.5gb": 1, "1g.10gb": 2, "3g.20gb": 4, "4g.20gb": 4, "7g.40gb": 8}),
        ("h100-sxm5-80gb", {"1g.10gb": 1, "1g.20gb": 2, "2g.20gb": 2, "3g.40gb": 4}),
        ("h200-sxm5-141gb", {"1g.18gb": 1, "1g.35gb": 2, "3g.71gb": 4, "7g.141gb": 8}),
        ("b200-sxm-180gb", {"1g.23gb": 1, "1g.45gb": 2, "4g.90gb": 4, "7g.180gb": 8}),
        ("rtx-pro-6000-bse-96gb", {"1g.24gb": 2, "2g.48gb": 4, "4g.96gb": 8}),
    ],
)
def test_instances_have_their_share_of_a_card(card: str, shares: dict[str, int]) -> None:
    gpu = CATALOG.gpus[card]
    for name, part in divided(gpu, 1).items():
        if name in shares:
            assert part.silicon is not None
            assert part.silicon.bandwidth == float(gpu.bandwidth) * shares[name] / 8


def test_instances_together_are_no_more_than_their_card() -> None:
    for card in CATALOG.gpus.values():
        for profile in card.mig.values():
            assert profile.memory * profile.count <= (card.vram_smi or card.vram)


def test_derived_memory_of_instances_never_says_more_than_reports() -> None:
    """The factor is that of the worst profile of which a report is known."""
    card = CATALOG.gpus["gb200-nvl72"]
    assert 0.89 <= card.mig["1g.23gb"].memory / (card.vram / 8) < 0.892
    derived = CATALOG.gpus["b300-sxm-268gb"]
    assert derived.mig["1g.34gb"].memory == int(derived.vram / 2**20 / 8 * 0.89) * 2**20


def test_aliases_name_one_card() -> None:
    names = [*CATALOG.gpus, *(alias for card in CATALOG.gpus.values() for alias in card.aliases)]
    assert len(names) == len(set(names))
    assert find_gpu(CATALOG, "l40s", ("system",), report()) is CATALOG.gpus["l40s-48gb"]
    assert "h200" not in names


@pytest.mark.parametrize("engine", CATALOG.engines.values(), ids=CATALOG.engines)
def test_flags_have_one_meaning_each(engine: EngineVersion) -> None:
    names = [spelling for name, flag in engine.flags.items() for spelling in (name, *flag.aliases)]
    assert len(names) == len(set(names))
    assert all(name.startswith("--") for name in engine.flags)
    assert not [name for name in engine.flags if name.startswith("--no-") and name[5:] in names]


def test_flags_are_those_of_the_version() -> None:
    vllm = CATALOG.engines["vllm-0.33.0"].flags
    assert "--disable-log-requests" not in vllm
    assert "--swap-space" not in vllm
    assert vllm["--enable-expert-parallel"].aliases == ("--no-enable-expert-parallel", "-ep")
    assert not vllm["--enable-expert-parallel"].takes_value
    assert vllm["--uds"].takes_value
    assert "gguf" not in (vllm["--load-format"].choices or ())
    sglang = CATALOG.engines["sglang-0.5.23"].flags
    assert "--tensor-parallel-size" in sglang["--tp-size"].aliases
    llama = CATALOG.engines["llama.cpp-b11669"].flags
    assert llama["--flash-attn"].choices == ("on", "off", "auto")
    assert llama["--load-mode"].choices == (
        "auto", "none", "mmap", "mlock", "mmap+mlock", "dio",
    )  # fmt: skip
    assert not llama["--metrics"].takes_value


def test_a_file_of_ones_own_adds_and_overrides() -> None:
    said = report()
    assert load(None, said) is CATALOG
    own = load(source(OWN), said)
    assert said.is_clean
    assert own is not None
    assert own.gpus["acme-96gb"].vram == 94 * 2**30
    assert own.models["acme/writer-8b-fp8"].stores is Precision.FP8
    assert len(own.gpus) == len(CATALOG.gpus) + 1
    override = load(source(OWN.replace("acme-96gb", "l40s-48gb")), said)
    assert override is not None
    assert override.gpus["l40s-48gb"].name == "ACME Accelerator"
    assert CATALOG.gpus["l40s-48gb"].name == "NVIDIA L40S"


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ("hidden_siez", "hidden_size", "unknown key `hidden_siez`"),
        ("layers: {ful: 32}", "layers: {full: 32}", "`models.acme/writer-8b.layers.ful`"),
        ("vram: 94", "vram: 94 GiB", "a size is written like"),
        ("layers: {full: 31}", "layers: {full: 32}", "`num_hidden_layers` is 32"),
        ("layers: {mla: 32}", "layers: {full: 32}", "layers of kind `mla` need `mla`"),
        ("\n", "\n    intermediate_size: 14336\n", "of kind `dense` need `intermediate_size`"),
        ("\n", "\n    head_dim: 128\n", "layers of kind `full` need `head_dim`"),
    ],
)  # fmt: skip
def test_mistakes_are_shown_in_ones_own_file(wrong: str, right: str, message: str) -> None:
    said = report()
    assert load(source(OWN.replace(right, wrong)), said) is None
    (finding, *_) = said.findings
    assert finding.file == "catalog.yml"
    assert message in finding.message
    assert finding.help


def test_lookups_say_what_may_have_been_meant() -> None:
    said = report()
    assert find_gpu(CATALOG, "l40", ("system",), said) is CATALOG.gpus["l40-48gb"]
    find_gpu(CATALOG, "h200", ("system",), said)
    find_gpu(CATALOG, "L40S", ("system",), said)
    find_gpu(CATALOG, "abacus", ("system",), said)
    find_model(CATALOG, "Qwen/Qwen3-32b", ("system",), said)
    find_model(CATALOG, "nobody/nothing", ("system",), said)
    find_system(CATALOG, "debian13", said)
    find_system(CATALOG, "plan9", said)
    find_engine(CATALOG, EngineName.VLLM, "0.33.1", ("system",), said)
    find_engine(CATALOG, EngineName.VLLM, "1", ("system",), said)
    assert [(finding.rule, finding.help.partition(",")[0]) for finding in said.findings] == [
        ("unknown-gpu", "use `h200-sxm5-141gb` or `h200-nvl-141gb`"),
        ("unknown-gpu", "use `l40s`"),
        ("unknown-gpu", "write the card out with `vram`"),
        ("unknown-model", "use `Qwen/Qwen3-32B`"),
        ("unknown-model", "add it to a file of your own named by `catalog:`"),
        ("unknown-system", "use `debian-13`"),
        ("unknown-system", "use one of `debian-13`"),
        ("unknown-engine-version", "use `0.33.0`"),
        ("unknown-engine-version", "use `0.33.0`"),
    ]


def test_the_newest_version_serves_when_none_is_pinned() -> None:
    old = CATALOG.engines["vllm-0.33.0"].model_copy(update={"version": "0.9.2"})
    both = CATALOG.model_copy(update={"engines": {"vllm-0.9.2": old, **CATALOG.engines}})
    found = find_engine(both, EngineName.VLLM, None, ("system",), report())
    assert found is not None
    assert found.version == "0.33.0"
    assert find_engine(both, EngineName.VLLM, "0.9.2", ("system",), report()) is old


def test_loads_fast() -> None:
    """A whole check takes less than half a second, cold, and this is a part of it."""
    program = (
        "import freehold.spec.load; from time import process_time as now; "
        "before = now(); from freehold.catalog.load import builtin; builtin(); "
        "print(now() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert float(done.stdout) < 0.2


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('compute_capability: "9.0"', "compute_capability: h100", "bad-name"),
        ("layers: {full: 32}", "layers: {}", "out-of-range"),
        ("name: ACME Accelerator", 'name: ""', "bad-name"),
    ],
)
def test_facts_that_nothing_follows_from(old: str, new: str, rule: str) -> None:
    assert old in OWN
    own = report()
    assert load(source(OWN.replace(old, new)), own) is None
    assert [found.rule for found in own.findings] == [rule]
