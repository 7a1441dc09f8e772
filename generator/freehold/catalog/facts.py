"""The shapes of the catalog's facts. Every fact has a source and a date."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SkipValidation, model_validator
from pydantic_core import PydanticCustomError

from freehold.spec.base import (
    CardName,
    ComputeCapability,
    ImageName,
    Repository,
    Strict,
    Text,
    shaped,
)
from freehold.spec.models import EngineName, Precision
from freehold.units import Bandwidth, Bytes, Power

if TYPE_CHECKING:
    from freehold.catalog.price_book import Entry, PriceBook
    from freehold.cost.item import Category, Item

Size = Annotated[int, Field(ge=1, le=10_000_000)]
Stored = Annotated[Precision, Field(strict=False)]


class Fact(Strict):
    """What every entry carries."""

    source: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)]
    """Where the figures were read."""
    date: Annotated[str, Field(pattern="^20[0-9]{2}-[0-9]{2}-[0-9]{2}$")]
    verified: bool = True
    """Whether the figures were read in a source, all but those in `unverified`."""
    unverified: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    """Figures from general knowledge."""
    notes: Text = ""


ProfileName = Annotated[str, shaped(r"[1-9]g\.[0-9]{1,3}gb", "a MIG profile, such as `1g.10gb`", 8)]
"""Compute slices and nominal memory, as in `1g.10gb`."""


class MigProfile(Strict):
    """One way to divide a card into equal instances."""

    count: Annotated[int, Field(ge=1, le=7)]
    """The most of its instances that one card holds."""
    memory: Bytes
    """What a program sees of one instance."""


class Gpu(Fact):
    """A card."""

    name: CardName
    """What `nvidia-smi` calls it."""
    vendor: Literal["nvidia", "amd", "intel"]
    aliases: Annotated[tuple[str, ...], Field(strict=False)] = ()
    vram: Bytes
    """What a program sees in total (torch's figure where one was reported)."""
    vram_basis: Literal["runtime", "nvidia-smi", "box"] = "runtime"
    """Where `vram` comes from: a program's report, or derived from the figure named here."""
    vram_smi: Bytes | None = None
    """What `nvidia-smi` reports in total."""
    vram_box: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """The number on the box, in whatever gigabytes the vendor means."""
    bandwidth: Bandwidth
    compute_capability: ComputeCapability | None = None
    power: Power | None = None
    """The most that the card draws."""
    link: Literal["nvlink", "nvlink-bridge", "pcie", "infinity-fabric", "unified"] = "pcie"
    link_bandwidth: Bandwidth | None = None
    """Between the GPUs of one machine, both directions together."""
    form_factor: Text = ""
    pcie: Text = ""
    mig: dict[ProfileName, MigProfile] = {}  # noqa: RUF012 - pydantic copies it
    """Profiles of Multi-Instance GPU; none when the card cannot be divided."""
    tflops: dict[str, float | None] = {}  # noqa: RUF012 - pydantic copies it
    """Dense, by number format."""


class Mla(Strict):
    """Multi-head latent attention: keys and values share one compressed row."""

    q_lora_rank: Size | None = None
    """None when queries are projected directly."""
    kv_lora_rank: Size
    qk_nope_head_dim: Size
    qk_rope_head_dim: Size
    v_head_dim: Size


class Indexer(Strict):
    """What chooses the tokens that sparse attention looks at."""

    index_n_heads: Size
    index_head_dim: Size
    index_topk: Size


class Moe(Strict):
    """A mixture of experts."""

    num_experts: Size
    num_experts_per_tok: Size
    moe_intermediate_size: Size
    shared_intermediate_total: Annotated[int, Field(ge=0)] = 0
    latent_size: Size | None = None
    """The width that experts work in, when it is not the hidden size."""


class Gdn(Strict):
    """Gated delta networks: linear attention with a fixed state per sequence."""

    num_k_heads: Size
    head_k_dim: Size
    num_v_heads: Size
    head_v_dim: Size
    conv_kernel: Size
    state_bytes: Literal[2, 4] | None = None
    """Width of a state's numbers, where the checkpoint says so."""


class Mamba(Strict):
    """Mamba-2: a fixed state per sequence."""

    num_heads: Size
    head_dim: Size
    d_state: Size
    n_groups: Size
    conv_kernel: Size
    state_bytes: Literal[2, 4] | None = None
    """Width of a state's numbers, where the checkpoint says so."""


LayerKind = Literal["full", "sliding", "chunked", "mla", "dsa", "gdn", "mamba2", "none"]
FfnKind = Literal["dense", "moe", "none"]


class Checkpoint(Strict):
    """What one repository of an architecture holds; a format alone stands for `stores`."""

    stores: Stored
    group_size: Size | None = None
    zero_points: bool = False
    fp8_block: Size | None = None
    weight_bytes: Annotated[int, Field(ge=1)] | None = None


def _stores(value: object) -> object:
    return {"stores": value} if isinstance(value, str) else value


class ModelFacts(Fact):
    """A checkpoint's architecture, in the words of its config.json."""

    architecture: Text
    hidden_size: Size
    num_hidden_layers: Size
    num_attention_heads: Size
    num_key_value_heads: Size
    head_dim: Size | None = None
    """Read, never computed; none where every layer's attention is latent."""
    intermediate_size: Size | None = None
    """None where every layer's feed-forward part is a mixture of experts."""
    vocab_size: Size
    max_position_embeddings: Annotated[int, Field(ge=1)]
    tie_word_embeddings: bool
    layers: Annotated[dict[LayerKind, Size], Field(min_length=1)]
    """How many layers of each kind of attention; `full` is plain grouped-query attention."""
    ffn: dict[FfnKind, Size] = {}  # noqa: RUF012 - pydantic copies it
    """How many layers of each kind of feed-forward part; all `dense` when left out."""
    mlp_type: Literal["gated", "relu2", "gelu"] = "gated"
    """`gated` has three matrices, the others two."""
    sliding_window: Size | None = None
    """Tokens that `sliding` and `chunked` layers see."""
    global_head_dim: Size | None = None
    """Of `full` layers, where it differs from the windowed layers' `head_dim`."""
    global_num_key_value_heads: Size | None = None
    attention_k_eq_v: bool = False
    """Whether `full` layers project keys and values with one matrix."""
    attn_output_gate: bool = False
    """Whether `full` layers have a gate as large as the query projection."""
    mla: Mla | None = None
    indexer: Indexer | None = None
    moe: Moe | None = None
    gdn: Gdn | None = None
    mamba: Mamba | None = None
    mtp_layers: Annotated[int, Field(ge=0)] = 0
    """Layers for speculative decoding, on disk but not counted in `parameters`."""
    learned_positions: bool = False
    """Whether every position has an embedding of its own."""
    pooling: bool = False
    """Whether it embeds or ranks instead of writing text."""
    multimodal: bool = False
    """Whether it has a vision tower, which `parameters` does not count."""
    vision_parameters: Annotated[int, Field(ge=0)] = 0
    """Parameters of the vision tower and its projector; 0 when not known."""
    unquantized: dict[Literal["attention", "dense"], Size] = {}  # noqa: RUF012 - pydantic copies it
    """Layers whose part stays 16 bits wide in a quantised checkpoint."""
    stores: Stored = Precision.BF16
    """The format of the checkpoint's weights."""
    group_size: Size | None = None
    """Weights of one row that share a scale, in int4 checkpoints; 128 when left out."""
    zero_points: bool = False
    """Whether each group of an int4 checkpoint has a zero point beside its scale."""
    fp8_block: Size | None = None
    """The side of the squares that share a scale in fp8; none for one scale a tensor or row."""
    weight_bytes: Annotated[int, Field(ge=1)] | None = None
    """Bytes of all files of the checkpoint's weights, which are trusted over formulas."""
    parameters: Annotated[int, Field(ge=1)]
    active_parameters: Annotated[int, Field(ge=1)] | None = None
    """Parameters that one token passes through."""
    published: Text = ""
    """The parameter count that the maker states."""
    licence: Text | None = None
    licence_verified: bool = False
    checkpoints: dict[Repository, Annotated[Checkpoint, BeforeValidator(_stores)]] = {}  # noqa: RUF012 - pydantic copies it
    """Further repositories of the same architecture, and what each one stores."""

    @model_validator(mode="after")
    def _has_what_its_layers_need(self) -> Self:
        kinds = {*self.layers, *self.ffn}
        for kind, needed in _NEEDED.items():
            for field in needed:
                if kind in kinds and getattr(self, field) is None:
                    raise _incomplete(f"layers of kind `{kind}` need `{field}`")
        for what, layers in (("layers", self.layers), ("ffn", self.ffn)):
            if layers and sum(layers.values()) != self.num_hidden_layers:
                counts = f"{sum(layers.values())}, `num_hidden_layers` is {self.num_hidden_layers}"
                raise _incomplete(f"`{what}` counts {counts}")
        if not self.ffn and self.intermediate_size is None:
            raise _incomplete("layers of kind `dense` need `intermediate_size`")
        return self


_NEEDED = {
    "full": ("head_dim",),
    "sliding": ("head_dim", "sliding_window"),
    "chunked": ("head_dim", "sliding_window"),
    "mla": ("mla",),
    "dsa": ("mla", "indexer"),
    "gdn": ("gdn",),
    "mamba2": ("mamba",),
    "dense": ("intermediate_size",),
    "moe": ("moe",),
}
"""What the figures of a layer follow from; without it they would come out as nothing."""


def _incomplete(why: str) -> PydanticCustomError:
    return PydanticCustomError("incomplete_facts", "{why}", {"why": why})


class Flag(Strict):
    """One option of an engine's command line."""

    choices: Annotated[tuple[str, ...], Field(strict=False)] | None = None
    takes_value: bool = True
    many: bool = False
    """Whether several values may follow."""
    aliases: Annotated[tuple[str, ...], Field(strict=False)] = ()


class OutsideTorch(Strict):
    """What CUDA, NCCL and libraries take of one GPU."""

    one: Bytes
    """Of replicas on one GPU, or one GPU a stage."""
    several: Bytes
    """From tensor parallel 2 on."""
    eight: Bytes
    """From tensor parallel 8 on."""


class MemoryRules(Fact):
    """How an engine uses memory from one version on, until the next entry's version."""

    since: str
    utilization: float
    """The default share of the device that the engine takes."""
    sampler_copies: float
    """Copies of the logits of all sequences, in 4-byte floats, that sampling makes."""
    graphs_in_budget: Literal["never", "experts", "always"]
    """Of which models CUDA graphs are taken out of the budget; `experts` are mixtures of them."""
    large_batches: bool = False
    """Whether cards from 160 GiB on compute 16384 tokens in one step."""
    state_bytes: Literal[2, 4]
    """Width of a recurrent state's numbers, where the checkpoint does not say."""
    states_per_sequence: int
    """Recurrent states that are kept of each sequence."""
    outside_torch: OutsideTorch
    communication: Bytes | None = None
    """Buffers for tensor parallelism that count as weights."""
    workspace_stays: bool = False
    """Whether the buffers of a mixture of experts are still held while sampling."""
    latent_multiple: Size = 1
    """Latent rows are padded to a multiple of so many numbers."""
    even_windows_only: bool = False
    """Whether windowed layers count in full where their rows are not as wide as the others'."""
    calibrated: bool = True
    """Whether figures that the engine reported were compared."""


@dataclass(frozen=True, slots=True)
class Release:
    """A version of an engine, as far as its use of memory goes."""

    name: EngineName
    version: str
    memory: MemoryRules

    def __str__(self) -> str:
        """As in `vllm 0.33.0`."""
        return f"{self.name} {self.version}"


class EngineVersion(Fact):
    """One released version of an engine."""

    name: Annotated[EngineName, Field(strict=False)]
    version: str
    image: ImageName
    """On hosts without GPUs, and on all where `gpu_image` is none."""
    gpu_image: ImageName | None = None
    precisions: Annotated[tuple[Stored, ...], Field(strict=False)]
    """The formats of weights that it reads."""
    memory: MemoryRules
    flags: dict[str, Flag]
    """By the long name; a switch that has a `--no-` form lists it as an alias."""
    minimum_driver: str | None = None
    minimum_compute_capability: str | None = None
    listens_on_socket: bool
    """Whether its HTTP server can listen on a Unix socket."""
    metrics: dict[str, str]
    """The engine's name of a metric by ours."""

    @property
    def release(self) -> Release:
        """Which version it is, and how that one uses memory."""
        return Release(self.name, self.version, self.memory)


class System(Fact):
    """An operating system that hosts may run."""

    name: Text
    podman: str
    """The version that the distribution ships."""
    versions: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    """Of further packages that decide what may be rendered."""
    selinux: bool = False
    """Whether SELinux is enforcing after installation."""
    packages: dict[str, Annotated[tuple[str, ...], Field(strict=False)]]
    """Package names by the role that needs them."""
    package_manager: Literal["apt", "dnf"]
    os_release: dict[str, str]
    """What /etc/os-release must say, for preflight; VERSION_ID may go on after a dot."""
    paths: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it


class Catalog(Strict):
    """All facts by id."""

    gpus: dict[str, Gpu]
    models: Annotated[Mapping[str, ModelFacts], SkipValidation]
    """By repository."""
    engines: dict[str, EngineVersion]
    """By `NAME-VERSION`: what can be rendered."""
    memory: dict[EngineName, tuple[MemoryRules, ...]]
    """The versions at which an engine's use of memory changed, in their order."""
    systems: dict[str, System]
    quadlet: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - pydantic copies it
    """Keys of podman's units by the first podman version that knows them."""

    @cached_property
    def items(self) -> "Mapping[str, Item]":
        """Everything that can be bought, by id, written off as a spec does that says nothing."""
        from freehold.catalog.hardware import items  # noqa: PLC0415 - only money needs it
        from freehold.spec.cost import Life  # noqa: PLC0415

        return {item.id: item for item in items(self.gpus, Life())}

    def category(self, item: str) -> "Category":
        """What the item is, by its own facts or by the price book's."""
        from freehold.cost.item import Category  # noqa: PLC0415 - only money needs it

        if item in self.items:
            return self.items[item].category
        entries = self.prices.by_item.get(item, ())
        return entries[0][0] if entries else Category.OTHER

    @property
    def offers(self) -> "Mapping[Category, Mapping[str, Entry]]":
        """What owning is compared with, of the price book."""
        from freehold.catalog.price_book import offers  # noqa: PLC0415 - only money needs it

        return offers()

    @property
    def prices(self) -> "PriceBook":
        """The price book."""
        from freehold.catalog.price_book import price_book  # noqa: PLC0415 - only money needs it

        return price_book()
