"""What the plan decides about engines."""

from ipaddress import ip_network
from itertools import pairwise

import pytest

from engine_sites import containers, spec
from freehold.catalog.load import builtin
from freehold.plan.engine_flags import Argument, FlagTable
from freehold.plan.engines import KINDS, engines, listeners
from freehold.plan.hosts import hosts
from freehold.plan.placement import place
from freehold.report import Report
from freehold.source import Source
from freehold.spec.load import load
from freehold.spec.models import EngineName
from plans import CLINIC, large, planned

VERSIONS = sorted(builtin().engines)
# What must stay off at every isolation level, by the engines' own names.
DANGEROUS = {
    "vllm": ["--trust-remote-code", "--enable-lora", "--lora-modules", "--tool-server",
             "--middleware", "--worker-extension-cls", "--profiler-config", "--config",
             "--allowed-local-media-path", "--allowed-media-domains", "--enable-log-requests",
             "--enable-log-outputs", "--otlp-traces-endpoint", "--enable-prompt-embeds",
             "--host", "--port", "--uds", "--api-key", "--hf-token"],
    "sglang": ["--trust-remote-code", "--enable-lora", "--lora-paths", "--tool-server",
               "--custom-weight-loader", "--log-requests", "--otlp-traces-endpoint", "--use-ray",
               "--host", "--port", "--api-key", "--admin-api-key"],
    "llama.cpp": ["--tools", "--agent", "--rpc", "--ui-mcp-proxy", "--webui-mcp-proxy", "--ui",
                  "--webui", "--slots", "--props", "--lora", "--model-url", "--hf-repo",
                  "--media-path", "--mcp-servers-config", "--log-prompts-dir", "--verbose",
                  "--host", "--port", "--api-key"],
}  # fmt: skip
SWITCHED_OFF = {
    "vllm": {"VLLM_NO_USAGE_STATS=1", "DO_NOT_TRACK=1", "HF_HUB_OFFLINE=1",
             "TRANSFORMERS_OFFLINE=1", "HF_DATASETS_OFFLINE=1", "HF_HUB_DISABLE_TELEMETRY=1",
             "VLLM_MEDIA_URL_ALLOW_REDIRECTS=0", "VLLM_MAX_N_SEQUENCES=128"},
    "sglang": {"HF_HUB_OFFLINE=1", "TRANSFORMERS_OFFLINE=1", "HF_HUB_DISABLE_TELEMETRY=1"},
    "llama.cpp": set[str](),
}  # fmt: skip


def test_vllm_is_told_everything_that_the_plan_has_decided() -> None:
    first, second = containers("vllm")
    assert first.arguments == (
        "/models/assistant",
        "--served-model-name", "assistant",
        "--uds", "/run/engine/engine.sock",
        "--load-format", "safetensors",
        "--tensor-parallel-size", "2",
        "--max-model-len", "4096",
        "--max-num-seqs", "8",
        "--gpu-memory-utilization", "0.92",
        "--no-trust-remote-code",
        "--no-enable-log-requests",
        "--disable-uvicorn-access-log",
        "--disable-fastapi-docs",
        "--fingerprint-mode", "none",
    )  # fmt: skip
    assert ("--kv-cache-dtype", "fp8") in _pairs(second.arguments)


def test_sglang_listens_on_the_address_of_its_own_network() -> None:
    first, second = containers("sglang")
    assert first.arguments == (
        "python3", "-m", "sglang.launch_server",
        "--model-path", "/models/assistant",
        "--served-model-name", "assistant",
        "--host", "198.18.0.2",
        "--port", "30000",
        "--load-format", "safetensors",
        "--tp-size", "2",
        "--context-length", "4096",
        "--max-running-requests", "8",
        "--mem-fraction-static", "0.85",
        "--enable-metrics",
    )  # fmt: skip
    assert ("--kv-cache-dtype", "fp8_e4m3") in _pairs(second.arguments)
    networks = [ip_network(f"{one.address}/30", strict=False) for one in (first, second)]
    assert not networks[0].overlaps(networks[1])
    assert [one.socket for one in (first, second)] == [None, None]


def test_llama_cpp_has_room_for_every_slot() -> None:
    (engine,) = containers("llama.cpp")
    assert engine.arguments == (
        "--model", "/models/tiny/tiny.gguf",
        "--alias", "tiny",
        "--host", "/run/engine/engine.sock",
        "--ctx-size", "16384",
        "--parallel", "4",
        "--fit", "off",
        "--cache-ram", "0",
        "--threads", "32",
        "--cors-origins", "https://llm.lab.internal",
        "--offline",
        "--metrics",
        "--no-slots",
        "--no-ui",
    )  # fmt: skip


def _pairs(words: tuple[str, ...]) -> set[tuple[str, str]]:
    return set(pairwise(words))


@pytest.mark.parametrize("site", ["vllm", "sglang", "llama.cpp"])
def test_nothing_phones_home(site: str) -> None:
    for engine in containers(site):
        environment = {f"{key}={value}" for key, value in engine.environment}
        assert SWITCHED_OFF[site] <= environment
        assert not any(key.startswith("LD_") for key, _ in engine.environment)


@pytest.mark.parametrize("site", ["vllm", "sglang"])
def test_models_share_neither_gpus_nor_users(site: str) -> None:
    first, second = containers(site)
    assert set(first.devices) == {"nvidia.com/gpu=0", "nvidia.com/gpu=1"}
    assert not set(first.devices) & set(second.devices)
    assert abs(first.id_map_base - second.id_map_base) >= 65536
    assert first.weights.gid == first.id_map_base + first.container_user


def test_only_sockets_are_listened_on() -> None:
    assert [one.address for one in listeners(containers("vllm"))] == [
        "/run/freehold/assistant-0/engine.sock",
        "/run/freehold/second-0/engine.sock",
    ]
    assert listeners(containers("sglang")) == ()


def test_gpu_engines_get_a_fair_share_of_the_host() -> None:
    first, second = containers("vllm")
    assert first.memory_limit == 2 * second.memory_limit
    assert first.memory_limit + second.memory_limit < 256 * 2**30
    assert first.shm_size < first.memory_limit


def test_engines_on_instances_share_their_host_and_name_their_part() -> None:
    plan = planned(
        CLINIC.replace("l40s-48gb, count: 4", "h200-sxm5-141gb, count: 2, mig: 1g.18gb")
        .replace("meta-llama/Llama-3.3-70B-Instruct", "meta-llama/Llama-3.1-8B-Instruct")
        .replace("replicas: 2\n    tensor_parallel: 4", "replicas: 28")
    )
    first = plan.hosts[0].engines
    assert [engine.devices for engine in first] == [
        (f"nvidia.com/gpu={gpu}:{part}",) for gpu in (0, 1) for part in range(7)
    ]
    assert sum(engine.memory_limit for engine in first) <= 0.9 * plan.hosts[0].host.memory


def test_a_slower_disk_is_waited_for() -> None:
    (fast,) = containers("llama.cpp")
    slow = planned(spec("llama.cpp").replace("kind: nvme", "kind: hdd")).hosts[0].engines[0]
    assert slow.start_timeout > fast.start_timeout > 120


def test_the_same_bytes_of_one_image_have_one_name() -> None:
    names = {engine.image.local_name for engine in containers("vllm")}
    assert names == {"localhost/freehold/docker.io/vllm/vllm-openai:v0.33.0"}


def test_an_image_of_a_registry_with_a_port_gets_a_name_that_podman_takes() -> None:
    pinned = "engine: {name: vllm, image: 'registry.lab:5000/llm/vllm:v1'}"
    text = spec("vllm").replace("engine: vllm", pinned)
    (engine, _) = planned(text).hosts[0].engines
    assert engine.image.reference == "registry.lab:5000/llm/vllm:v1"
    assert engine.image.local_name == "localhost/freehold/registry.lab_5000/llm/vllm:v1"


def test_every_host_gets_its_own_engine() -> None:
    plan = large(300)
    names = [engine.name for host in plan.hosts for engine in host.engines]
    assert len(names) == len(set(names)) == 300


def test_a_pin_replaces_what_the_plan_would_have_said() -> None:
    pins = "engine: {name: llama.cpp, arguments: {--threads: 16, --flash-attn: on}}"
    text = spec("llama.cpp").replace("max_num_seqs", f"{pins}\n    max_num_seqs")
    words = planned(text).hosts[0].engines[0].arguments
    assert words[-4:] == ("--threads", "16", "--flash-attn", "on")
    assert words.count("--threads") == 1


def found(site: str, arguments: str) -> list[str]:
    """The rules that the pins of a site's first model break."""
    pinned = f"engine: {{name: {site}, arguments: {{{arguments}}}}}"
    text = spec(site)
    if site == "llama.cpp":
        text = text.replace("max_num_seqs", f"{pinned}\n    max_num_seqs")
    else:
        text = text.replace(f"engine: {site}", pinned, 1)
    report = Report(Source.parse(text.encode(), "cluster.yml"))
    cluster = load(report.source, report)
    assert cluster is not None, report.findings
    catalog = builtin()
    replicas = place(cluster, hosts(cluster, catalog, report), catalog, report)
    engines(cluster, replicas, catalog, report)
    return [finding.rule for finding in report.findings if finding.rule.startswith("flag-")]


@pytest.mark.parametrize(
    ("site", "flag"), [(site, flag) for site, flags in DANGEROUS.items() for flag in flags]
)
def test_refuses_flags_that_undo_the_isolation(site: str, flag: str) -> None:
    known = FlagTable(builtin().engines[next(one for one in VERSIONS if one.startswith(site))])
    flag_ = known.flag(flag)
    assert flag_ is not None
    value = "x" if flag_.takes_value else "true"
    assert found(site, f"{flag}: {value}") == ["flag-reserved"]


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ("--no-disable-fastapi-docs: true", "flag-reserved"),
        ("--disable-log-requests: true", "flag-unknown"),
        ("--swap-space: 4", "flag-unknown"),
        ("--no-such-flag: 4", "flag-unknown"),
        ("--dtype: bf16", "flag-value"),
        ("--enforce-eager: false", "flag-value"),
        ("--block-size: true", "flag-value"),
        ("--tool-call-parser: --trust-remote-code", "flag-value"),
        ("--tool-call-parser: ';'", "flag-value"),
        ("--tool-call-parser: ''", "flag-value"),
        ('--tool-call-parser: "a\\nb"', "flag-value"),
        ("--tool-call-parser: 'a\\'", "flag-value"),
    ],
)
def test_refuses_flags_that_the_engine_would(arguments: str, rule: str) -> None:
    assert found("vllm", arguments) == [rule]


@pytest.mark.parametrize(
    "arguments",
    ["--seed: 7", "--enforce-eager: true", "--tool-call-parser: hermes", "--watermark: -0.5",
     "--max-num-batched-tokens: 8192", "--dtype: half", "--no-enable-prefix-caching: true"],
)  # fmt: skip
def test_accepts_flags_that_are_the_users_to_set(arguments: str) -> None:
    assert found("vllm", arguments) == []


@pytest.mark.parametrize("name", VERSIONS)
def test_reserved_flags_exist_and_removed_ones_do_not(name: str) -> None:
    version = builtin().engines[name]
    table, pins = FlagTable(version), KINDS[version.name].pins
    assert [flag for flag in pins.reserved if table.flag(flag) is None] == []
    if version.name is not EngineName.LLAMA_CPP:  # it lists removed flags, to say so
        assert [flag for flag in pins.removed if table.flag(flag) is not None] == []


@pytest.mark.parametrize("name", VERSIONS)
def test_a_flag_that_a_version_lacks_is_never_rendered(name: str) -> None:
    version = builtin().engines[name]
    fewer = {flag: what for flag, what in version.flags.items() if flag != "--load-format"}
    table = FlagTable(version.model_copy(update={"flags": fewer}))
    with pytest.raises(ValueError, match=f"{version.version}: --load-format x: no such flag"):
        table.check([Argument("--load-format", "x")])
