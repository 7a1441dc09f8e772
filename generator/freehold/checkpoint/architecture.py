"""From a config.json to a model's figures, in the catalog's words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from freehold.catalog.facts import FfnKind, LayerKind
from freehold.checkpoint.config import Config
from freehold.checkpoint.defaults import DEFAULTS
from freehold.checkpoint.families import FAMILIES, Family
from freehold.checkpoint.layers import number_of_layers
from freehold.checkpoint.quantization import Stored, stored, unquantized
from freehold.diagnostics import rule_text
from freehold.report import Report
from freehold.source import Data

ARCHITECTURE_UNKNOWN: Final = rule_text(
    "architecture-unknown",
    """The architecture that a checkpoint names is none whose figures freehold can derive.

    Which layers there are, and what each keeps for every token, follows from the
    architecture; a guess would be a wrong size with a right look. An entry written by hand,
    in a file named by `catalog:`, is taken as it is.
    """,
)
ARCHITECTURE_PART: Final = rule_text(
    "architecture-part",
    """A checkpoint has a part that the catalog's figures leave out.

    Such as layers that share keys and values with others, or tables of further embeddings:
    what was left out would be missing on the GPU.
    """,
)
REMOTE_CODE: Final = rule_text(
    "remote-code",
    """A config.json has `auto_map`: it sends its reader to code of the repository.

    The entry is made from figures only, and freehold serves no such code; an engine that
    knows the architecture itself does not need it (CVE-2026-22807).
    """,
)
# What transformers reads from the outer object although the model's own is nested.
_NESTED: Final = ("text_config", "llm_config", "language_config")
_OUTER: Final = ("tie_word_embeddings", "torch_dtype", "dtype")
_UNCOUNTED: Final = ("num_kv_shared_layers", "hidden_size_per_layer_input")
_STATE_BYTES: Final = {"float32": 4, "bfloat16": 2, "float16": 2}
_LARGEST: Final = 2**40

Figures = dict[str, object]
"""Fields of `ModelFacts`."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """A model's figures, and how many bits its weights have."""

    figures: Figures
    layers: int
    stored: Stored
    family: Family


def read(values: Mapping[str, Data], beside: Mapping[str, Data] | None, report: Report) -> (
    Architecture | None
):  # fmt: skip
    """The architecture that a config.json describes, unless the report says why there is none.

    `beside` is the object under `quantization` of an hf_quant_config.json.
    """
    outer = Config(values, {}, (), report)
    family = _family(outer)
    if family is None:
        return None
    config = _inner(outer, family)
    quantization = outer.part("quantization_config") or config.part("quantization_config")
    if quantization is None and beside is not None:
        quantization = Config(beside, {}, (), report)
    return _read(outer.words("architectures")[0], family, config, stored(config, quantization))


def _family(outer: Config) -> Family | None:
    names = outer.words("architectures")
    name = names[0][:80] if names else ""
    code = "auto_map" in outer.values
    family = FAMILIES.get(name)
    if family is None:
        also = ", and its own code (`auto_map`) is never run" if code else ""
        outer.report.refuse(
            ARCHITECTURE_UNKNOWN,
            f"the architecture `{name}` is not known{also}" if name
            else "`architectures` names no architecture",
            ("architectures",),
            help=f"write the entry by hand, or choose one of {len(FAMILIES)} that are "
            "known: " + ", ".join(sorted(FAMILIES)),
        )  # fmt: skip
    elif code:
        outer.report.warn(
            REMOTE_CODE, "`auto_map` names code of the repository, which is not read or run",
            ("auto_map",), help=f"serve a copy without `auto_map`: engines know `{name}`",
        )  # fmt: skip
    return family


def _inner(outer: Config, family: Family) -> Config:
    """The object that describes the language model, completed by what stands outside of it."""
    name = next((name for name in _NESTED if isinstance(outer.values.get(name), dict)), None)
    inner = outer.values[name] if name else outer.values
    if not isinstance(inner, dict):
        inner = dict(outer.values)
    above = {key: outer.values[key] for key in _OUTER if key in outer.values}
    at = (name,) if name else ()
    return Config(inner, {**DEFAULTS[family.model_type], **above}, at, outer.report)


def _read(name: str, family: Family, config: Config, found: Stored | None) -> Architecture | None:
    layers = number_of_layers(config)
    kinds, ffn = family.layers(config, layers), family.ffn(config, layers)
    figures = {
        "architecture": name,
        **_sizes(family, config, kinds, ffn),
        **_attention(family, config, kinds),
        **_further(family, config, ffn),
    }
    for key in _UNCOUNTED:
        if uncounted := config.optional(key, least=0):
            config.report.refuse(
                ARCHITECTURE_PART, f"`{key}` is {uncounted}, and the catalog's figures know no "
                "such part", (*config.at, key), help="write the entry by hand",
            )  # fmt: skip
    if found is None or not config.report.is_clean:
        return None
    return Architecture({**figures, **_stored(found, kinds, ffn)}, layers, found, family)


def _sizes(
    family: Family, config: Config, kinds: Sequence[LayerKind], ffn: Sequence[FfnKind]
) -> Figures:
    """What every model has."""
    heads = config.count("num_attention_heads")
    has_width = "dense" in ffn or family.width in config.values
    return {
        "hidden_size": config.count("hidden_size"),
        "num_hidden_layers": len(kinds),
        "num_attention_heads": heads,
        "num_key_value_heads": config.optional("num_key_value_heads") or heads,
        "head_dim": _head(config, heads, kinds),
        "intermediate_size": config.count(family.width) if has_width else None,
        "vocab_size": config.count("vocab_size"),
        "max_position_embeddings": config.count("max_position_embeddings", most=_LARGEST),
        "tie_word_embeddings": config.flag("tie_word_embeddings"),
        "layers": _counted(kinds),
        "ffn": _counted(ffn),
    }


def _head(config: Config, heads: int, kinds: Iterable[LayerKind]) -> int | None:
    """The width of a head; none where every layer's attention is latent."""
    if not {"full", "sliding", "chunked"} & set(kinds):
        return None
    if written := config.optional("attention_head_dim", "head_dim"):
        return written
    hidden = config.count("hidden_size")
    if hidden % heads:
        config.refuse("head_dim", f"is missing, and {heads} heads do not divide {hidden}")
    return hidden // heads


def _attention(family: Family, config: Config, kinds: Iterable[LayerKind]) -> Figures:
    figures: Figures = {}
    if {"sliding", "chunked"} & set(kinds):
        figures["sliding_window"] = config.count(family.window)
    if "global" in family.parts and "full" in kinds:
        shared = config.flag("attention_k_eq_v")
        figures |= {
            "global_head_dim": config.optional("global_head_dim"),
            "global_num_key_value_heads":
                config.optional("num_global_key_value_heads") if shared else None,
            "attention_k_eq_v": shared,
        }  # fmt: skip
    figures["attn_output_gate"] = "gate" in family.parts
    return figures


def _further(family: Family, config: Config, ffn: Iterable[FfnKind]) -> Figures:
    figures: Figures = {
        "mtp_layers": _mtp_layers(config), "multimodal": family.multimodal,
        "pooling": family.encoder, "learned_positions": family.encoder,
    }  # fmt: skip
    if family.encoder:
        figures["mlp_type"] = "gelu"
    if family.model_type == "nemotron_h":
        figures["mlp_type"] = _mlp_type(config)
    if "mla" in family.parts:
        figures["mla"] = _mla(config)
    if "indexer" in family.parts:
        names = ("index_n_heads", "index_head_dim", "index_topk")
        figures["indexer"] = {name: config.count(name) for name in names}
    if "gdn" in family.parts:
        figures["gdn"] = _gdn(config)
    if "mamba" in family.parts:
        figures["mamba"] = _mamba(config)
    if "moe" in ffn:
        figures["moe"] = _moe(family, config)
    return figures


def _mtp_layers(config: Config) -> int:
    """Layers for speculative decoding that the files hold."""
    names = ("num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_layers")
    if pattern := config.text("mtp_hybrid_override_pattern"):
        return config.optional(*names, least=0) or int(bool(pattern))
    return config.optional(*names, least=0, most=100) or 0


def _mlp_type(config: Config) -> str:
    activation = config.text("mlp_hidden_act")
    if activation != "relu2":
        config.refuse("mlp_hidden_act", f"is `{activation[:40]}`; known is `relu2`")
    return "relu2"


def _mla(config: Config) -> Figures:
    names = ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")
    return {
        "q_lora_rank": config.optional("q_lora_rank"),
        **{name: config.count(name) for name in names},
    }


def _gdn(config: Config) -> Figures:
    return {
        "num_k_heads": config.count("linear_num_key_heads"),
        "head_k_dim": config.count("linear_key_head_dim"),
        "num_v_heads": config.count("linear_num_value_heads"),
        "head_v_dim": config.count("linear_value_head_dim"),
        "conv_kernel": config.count("linear_conv_kernel_dim"),
        "state_bytes": _state_bytes(config),
    }


def _mamba(config: Config) -> Figures:
    heads = config.count("mamba_num_heads", "mamba_n_heads")
    expanded = config.count("hidden_size") * (config.optional("mamba_expand", "expand") or 2)
    automatic = config.value("mamba_d_head") in {"auto", None} and "mamba_head_dim" not in {
        *config.values, *config.defaults
    }  # fmt: skip
    return {
        "num_heads": heads,
        "head_dim": max(1, expanded // heads) if automatic
        else config.count("mamba_head_dim", "mamba_d_head"),
        "d_state": config.count("ssm_state_size", "mamba_d_state"),
        "n_groups": config.count("n_groups", "mamba_n_groups"),
        "conv_kernel": config.count("conv_kernel", "mamba_d_conv"),
        "state_bytes": _state_bytes(config),
    }  # fmt: skip


def _state_bytes(config: Config) -> int | None:
    """The width of a recurrent state's numbers, where the checkpoint says so."""
    found = config.text("mamba_ssm_dtype") or config.text("mamba_ssm_cache_dtype")
    if found and found not in _STATE_BYTES:
        config.refuse("mamba_ssm_dtype", f"is `{found[:40]}`; known are {', '.join(_STATE_BYTES)}")
    return _STATE_BYTES.get(found)


def _moe(family: Family, config: Config) -> Figures:
    keys = family.experts
    if keys is None:
        return {}
    width = config.count(keys.width)
    shared = (config.optional(keys.shared, least=0) or 0) if keys.shared else width
    number = (config.optional(keys.shared_number, least=0) or 0) if keys.shared_number else 1
    has_shared = bool(keys.shared or keys.shared_number)
    return {
        "num_experts": config.count(keys.number),
        "num_experts_per_tok": config.count(keys.chosen),
        "moe_intermediate_size": width,
        "shared_intermediate_total": shared * number if has_shared else 0,
        "latent_size": config.optional("moe_latent_size"),
    }


def _stored(found: Stored, kinds: Sequence[LayerKind], ffn: Sequence[FfnKind]) -> Figures:
    return {
        "unquantized": unquantized(found.ignored, kinds, ffn),
        "stores": found.stores.value,
        "group_size": found.group_size,
        "zero_points": found.zero_points,
        "fp8_block": found.fp8_block,
    }


def _counted(kinds: Iterable[str]) -> dict[str, int]:
    """How many of each kind, as often as they occur in one layer or another."""
    return dict(sorted(Counter(kinds).items()))
