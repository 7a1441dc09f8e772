"""How a checkpoint's weights are stored, from its `quantization_config`."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from freehold.catalog.facts import FfnKind, LayerKind
from freehold.checkpoint.config import Config
from freehold.diagnostics import rule_text
from freehold.spec.models import Precision

QUANTIZATION_UNKNOWN: Final = rule_text(
    "quantization-unknown",
    """A checkpoint's weights are quantised in a way that the catalog has no figures for.

    Bytes per parameter decide what fits; a format that is taken for another would be wrong
    by a factor.
    """,
)

_DTYPES: Final = {"bfloat16": Precision.BF16, "float16": Precision.FP16, "float32": Precision.BF16}
_MODELOPT: Final = {"FP8": Precision.FP8, "NVFP4": Precision.NVFP4,
                    "W4A16_NVFP4": Precision.NVFP4}  # fmt: skip
_COMPRESSED: Final = {
    ("int", 4): Precision.INT4, ("int", 8): Precision.INT8, ("float", 8): Precision.FP8,
}  # fmt: skip
_FLOAT4: Final = {16: Precision.NVFP4, 32: Precision.MXFP4}
"""By the size of the groups that share a scale."""
# Each further quantifier multiplies what a hostile pattern can cost.
_QUANTIFIERS: Final = 3
_MODULES: Final = (
    "model.layers.{}.", "model.language_model.layers.{}.", "language_model.model.layers.{}.",
    "backbone.layers.{}.",
)  # fmt: skip
_ATTENTION: Final = (("self_attn.q_proj", "self_attn.o_proj"),
                     ("self_attn.q_b_proj", "self_attn.o_proj"),
                     ("mixer.q_proj", "mixer.o_proj"))  # fmt: skip
_DENSE: Final = (("mlp.gate_proj", "mlp.down_proj"), ("mlp.gate_up_proj", "mlp.down_proj"),
                 ("mixer.up_proj", "mixer.down_proj"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """The format of the weights, and what is left out of it."""

    stores: Precision
    group_size: int | None = None
    zero_points: bool = False
    fp8_block: int | None = None
    ignored: tuple[str, ...] = ()
    """Names and patterns of modules that stay 16 bits wide."""
    is_narrowed: bool = False
    """Whether engines load numbers of 32 bits as 16."""


def stored(config: Config, quantization: Config | None) -> Stored | None:
    """The format of the weights, unless a finding says why it is not known."""
    if quantization is None:
        return _wide(config)
    method = quantization.text("quant_method") or quantization.text("quant_algo")
    reader = _METHODS.get(method.lower())
    found = reader(quantization) if reader else None
    if found is None and quantization.report.is_clean:
        known = ", ".join(f"`{name}`" for name in sorted(_METHODS))
        quantization.report.refuse(
            QUANTIZATION_UNKNOWN, f"weights are quantised by `{method[:40]}` in a format without "
            "figures", quantization.at, help=f"use a checkpoint quantised by one of {known}",
        )  # fmt: skip
    return found


def _wide(config: Config) -> Stored | None:
    dtype = config.text("dtype") or config.text("torch_dtype") or "bfloat16"
    if dtype in _DTYPES:
        return Stored(_DTYPES[dtype], is_narrowed=dtype == "float32")
    known = ", ".join(f"`{name}`" for name in _DTYPES)
    config.refuse("torch_dtype", f"is `{dtype[:40]}`; known are {known}")
    return None


def _fp8(config: Config) -> Stored:
    block = config.words("weight_block_size")
    return Stored(
        Precision.FP8,
        fp8_block=_side(block),
        ignored=_ignored(config),
    )


def _mxfp4(_: Config) -> Stored:
    """Experts only: the rest is wide in this format anyway."""
    return Stored(Precision.MXFP4)


def _groups(config: Config) -> Stored | None:
    """AWQ and GPTQ: groups of integers with one scale."""
    bits = config.count("bits", "w_bit", least=1, most=16)
    if bits not in {4, 8}:
        return None
    symmetric = config.flag("sym") if "sym" in config.values else not config.flag("zero_point")
    return Stored(
        Precision.INT4 if bits == 4 else Precision.INT8,  # noqa: PLR2004 - four bits
        group_size=_group(config) if bits == 4 else None,  # noqa: PLR2004 - four bits
        zero_points=not symmetric,
        ignored=_ignored(config),
    )


def _compressed(config: Config) -> Stored | None:
    """compressed-tensors: the first group's scheme, which the others repeat on their targets."""
    groups = config.part("config_groups")
    first = next((groups.part(name) for name in groups.values), None) if groups else None
    weights = first.part("weights") if first else None
    if weights is None:
        return None
    bits, kind, group = weights.count("num_bits", most=16), weights.text("type"), _group(weights)
    stores = _FLOAT4.get(group or 0) if (kind, bits) == ("float", 4) else None
    stores = stores or _COMPRESSED.get((kind, bits))
    if stores is None:
        return None
    block = weights.words("block_structure")
    return Stored(
        stores,
        group_size=group if stores is Precision.INT4 else None,
        zero_points=stores is Precision.INT4 and weights.value("symmetric") is False,
        fp8_block=_side(block),
        ignored=_ignored(config),
    )


def _modelopt(config: Config) -> Stored | None:
    algorithm = config.text("quant_algo")
    if algorithm == "MIXED_PRECISION":
        algorithm = _commonest(config)
        config.report.warn(
            QUANTIZATION_UNKNOWN, f"layers are quantised differently; most by `{algorithm[:40]}`",
            config.at, help="give the index too: the files' sizes are exact",
        )  # fmt: skip
    stores = _MODELOPT.get(algorithm)
    return Stored(stores, ignored=_ignored(config)) if stores else None


def _commonest(config: Config) -> str:
    layers = config.part("quantized_layers")
    parts = [layers.part(name) for name in layers.values] if layers else []
    found = [part.text("quant_algo") for part in parts if part]
    return max(sorted(set(found)), key=found.count, default="")


def _group(config: Config) -> int | None:
    """How many weights share a scale; none where a whole channel does."""
    group = config.optional("group_size", "q_group_size", least=-1)
    return group if group and group > 0 else None


def _side(block: Sequence[str]) -> int | None:
    """Rows and columns of a block that shares a scale."""
    return int(block[0]) if block and re.fullmatch("[1-9][0-9]{0,4}", block[0]) else None


def _ignored(config: Config) -> tuple[str, ...]:
    lists = ("modules_to_not_convert", "ignore", "exclude_modules")
    return tuple(word for name in lists for word in config.words(name))


_METHODS: Final[Mapping[str, Callable[[Config], Stored | None]]] = {
    "awq": _groups, "gptq": _groups, "compressed-tensors": _compressed, "fbgemm_fp8": _fp8,
    "fp8": lambda config: (_modelopt if "quant_algo" in config.values else _fp8)(config),
    "modelopt": _modelopt, "modelopt_fp4": _modelopt, "nvfp4": _modelopt, "mxfp4": _mxfp4,
    "mixed_precision": _modelopt,
}  # fmt: skip


def unquantized(
    ignored: Sequence[str], layers: Sequence[LayerKind], ffn: Sequence[FfnKind]
) -> dict[str, int]:
    """How many layers' attention and dense part stay wide, out of all layers.

    A part that only some layers have counts as if all had it, since the catalog spreads a
    part's parameters over all layers.
    """
    matchers = [match for word in ignored if (match := _matcher(word))]
    attention = [n for n, kind in enumerate(layers) if kind not in {"gdn", "mamba2", "none"}]
    dense = [n for n, kind in enumerate(ffn) if kind == "dense"]
    kept = {
        "attention": _share(attention, _ATTENTION, matchers, len(layers)),
        "dense": _share(dense, _DENSE, matchers, len(layers)),
    }
    return {part: number for part, number in kept.items() if number}


def _share(
    numbers: Sequence[int], parts: Iterable[tuple[str, ...]],
    matchers: Sequence[Callable[[str], bool]], layers: int,
) -> int:  # fmt: skip
    kept = sum(any(_all_match(names, matchers) for names in _names(n, parts)) for n in numbers)
    return kept * layers // len(numbers) if numbers else 0


def _names(number: int, parts: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    for part in parts:
        for module in _MODULES:
            yield tuple(module.format(number) + name for name in part)


def _all_match(names: Iterable[str], matchers: Sequence[Callable[[str], bool]]) -> bool:
    return all(any(match(name) for match in matchers) for name in names)


def _matcher(word: str) -> Callable[[str], bool] | None:
    """Whether a module is meant: by name, as the part of one, by `*`, or by expression."""
    if word.startswith("re:"):
        return _expression(word.removeprefix("re:"))
    if "*" in word:
        return lambda name: fnmatchcase(name, word) or fnmatchcase(name, f"{word}.*")
    return lambda name: name == word or name.startswith(f"{word}.") or name.endswith(f".{word}")


def _expression(pattern: str) -> Callable[[str], bool] | None:
    """A regular expression that ends in good time; none for any other."""
    if len(re.findall(r"[*+?{]", pattern)) > _QUANTIFIERS or re.search(r"\)[*+?{]", pattern):
        return None
    try:
        compiled = re.compile(pattern)
    except re.error:
        return None
    return lambda name: compiled.match(name) is not None
