"""What each layer of a model is, from whatever its config.json says of them."""

from collections.abc import Callable
from typing import Final, TypeVar

from freehold.catalog.facts import FfnKind, LayerKind
from freehold.checkpoint.config import MOST_LAYERS, Config

Kind = TypeVar("Kind", LayerKind, FfnKind)
Layers = Callable[[Config, int], tuple[LayerKind, ...]]
"""The kind of attention of each of so many layers."""
Ffns = Callable[[Config, int], tuple[FfnKind, ...]]
"""The kind of feed-forward part of each of so many layers."""

_ATTENTION: Final[dict[str, LayerKind]] = {
    "full_attention": "full", "sliding_attention": "sliding", "chunked_attention": "chunked",
    "attention": "full", "mamba": "mamba2",
}  # fmt: skip
_PATTERN: Final[dict[str, tuple[LayerKind, FfnKind]]] = {
    "M": ("mamba2", "none"), "*": ("full", "none"), "E": ("none", "moe"), "-": ("none", "dense"),
    "linear_attention": ("mamba2", "none"), "mamba": ("mamba2", "none"),
    "full_attention": ("full", "none"), "attention": ("full", "none"),
    "moe": ("none", "moe"), "mlp": ("none", "dense"),
}  # fmt: skip
_MLP: Final[dict[str, FfnKind]] = {"dense": "dense", "sparse": "moe"}


def plain(config: Config, layers: int) -> tuple[LayerKind, ...]:
    """All alike: with a window where `sliding_window` is shorter than the context."""
    return _all("sliding" if _window(config) else "full", layers)


def full(_: Config, layers: int) -> tuple[LayerKind, ...]:
    """Plain attention everywhere."""
    return _all("full", layers)


def latent(_: Config, layers: int) -> tuple[LayerKind, ...]:
    """Latent attention everywhere."""
    return _all("mla", layers)


def indexed(_: Config, layers: int) -> tuple[LayerKind, ...]:
    """Latent attention that looks at chosen tokens, everywhere."""
    return _all("dsa", layers)


def qwen(config: Config, layers: int) -> tuple[LayerKind, ...]:
    """Windows from `max_window_layers` on, where they are used at all."""
    if not config.flag("use_sliding_window"):
        return full(config, layers)
    first = config.count("max_window_layers", least=0)
    return _listed(config, layers, {}) or tuple(
        "sliding" if number >= first else "full" for number in range(layers)
    )


def windows(config: Config, layers: int) -> tuple[LayerKind, ...]:
    """Every `sliding_window_pattern`-th layer full, the others with a window."""
    period = config.count("sliding_window_pattern")
    return _listed(config, layers, {}) or tuple(
        "full" if number % period == 0 else "sliding" for number in range(1, layers + 1)
    )


def gated_delta(config: Config, layers: int) -> tuple[LayerKind, ...]:
    """Every `full_attention_interval`-th layer full, the others linear."""
    period = config.count("full_attention_interval")
    return _listed(config, layers, {"linear_attention": "gdn"}) or tuple(
        "full" if number % period == 0 else "gdn" for number in range(1, layers + 1)
    )


def chunked(config: Config, layers: int) -> tuple[LayerKind, ...]:
    """Full where positions are not rotated, in chunks elsewhere."""
    period = config.count("no_rope_layer_interval")
    rotated = config.words("no_rope_layers") or tuple(
        str(int(number % period != 0)) for number in range(1, layers + 1)
    )
    if not _has_length(config, "no_rope_layers", len(rotated), layers):
        return full(config, layers)
    return _listed(config, layers, {}) or tuple(
        "chunked" if rotates == "1" else "full" for rotates in rotated
    )


def mamba(config: Config, layers: int) -> tuple[LayerKind, ...]:
    """What `layer_types` lists; linear where it is left out."""
    return _listed(config, layers, {"linear_attention": "mamba2"}) or _all("mamba2", layers)


def one_part(config: Config, layers: int) -> tuple[LayerKind, ...]:
    """What each layer is, where a layer is either attention or feed-forward."""
    return tuple(_PATTERN[sign][0] for sign in _signs(config, layers))


def one_part_ffn(config: Config, layers: int) -> tuple[FfnKind, ...]:
    """The feed-forward layers, where a layer is either attention or feed-forward."""
    return tuple(_PATTERN[sign][1] for sign in _signs(config, layers))


def dense(_: Config, layers: int) -> tuple[FfnKind, ...]:
    """No experts anywhere."""
    return _all("dense", layers)


def experts(_: Config, layers: int) -> tuple[FfnKind, ...]:
    """Experts everywhere."""
    return _all("moe", layers)


def experts_after_first(config: Config, layers: int) -> tuple[FfnKind, ...]:
    """Experts but in the first layers, or as `mlp_layer_types` lists."""
    if listed := config.words("mlp_layer_types"):
        if not _has_length(config, "mlp_layer_types", len(listed), layers):
            return dense(config, layers)
        return tuple(_MLP.get(word, "dense") for word in listed)
    first = config.count("first_k_dense_replace", least=0)
    return tuple("dense" if number < first else "moe" for number in range(layers))


def experts_by_step(config: Config, layers: int) -> tuple[FfnKind, ...]:
    """Experts in every `decoder_sparse_step`-th layer that `mlp_only_layers` does not name."""
    step, without = config.count("decoder_sparse_step"), config.words("mlp_only_layers")
    return tuple(
        "dense" if (number + 1) % step or str(number) in without else "moe"
        for number in range(layers)
    )


def experts_interleaved(config: Config, layers: int) -> tuple[FfnKind, ...]:
    """Experts in every `interleave_moe_layer_step`-th layer, or those in `moe_layers`."""
    step, named = config.count("interleave_moe_layer_step"), config.words("moe_layers")
    if named:
        return tuple("moe" if str(number) in named else "dense" for number in range(layers))
    return tuple("dense" if (number + 1) % step else "moe" for number in range(layers))


def experts_between(config: Config, layers: int) -> tuple[FfnKind, ...]:
    """Experts in every `moe_layer_interval`-th layer from one to another."""
    first = config.count("moe_layer_start_index", least=0)
    last = config.count("moe_layer_end_index", least=-1)
    step = config.count("moe_layer_interval")
    end = layers - 1 if last == -1 else last
    return tuple(
        "moe" if first <= number <= end and (number + 1) % step == 0 else "dense"
        for number in range(layers)
    )


def experts_if_any(config: Config, layers: int) -> tuple[FfnKind, ...]:
    """Experts everywhere or nowhere."""
    return (experts if config.optional("num_local_experts", least=0) else dense)(config, layers)


def experts_if_enabled(config: Config, layers: int) -> tuple[FfnKind, ...]:
    """Experts everywhere where `enable_moe_block` says so."""
    return (experts if config.flag("enable_moe_block") else dense)(config, layers)


def _all(kind: Kind, layers: int) -> tuple[Kind, ...]:
    return (kind,) * layers


def number_of_layers(config: Config) -> int:
    """How many layers the model has."""
    listed = len(_pattern(config))
    return listed or config.count("num_hidden_layers", most=MOST_LAYERS)


def _window(config: Config) -> int | None:
    """The window in tokens, unless the whole context fits into it."""
    window = config.optional("sliding_window", least=0)
    context = config.optional("max_position_embeddings", most=2**40) or 0
    return window if window and window < context else None


def _listed(
    config: Config, layers: int, linear: dict[str, LayerKind]
) -> tuple[LayerKind, ...] | None:
    """The kinds that `layer_types` lists, if it lists them."""
    names = {**_ATTENTION, **linear}
    words = config.words("layer_types")
    if not words or not _has_length(config, "layer_types", len(words), layers):
        return None
    if unknown := next((word for word in words if word not in names), None):
        known = ", ".join(f"`{name}`" for name in names)
        config.refuse("layer_types", f"names `{unknown[:40]}`; known are {known}")
        return None
    return tuple(names[word] for word in words)


def _has_length(config: Config, name: str, length: int, layers: int) -> bool:
    if length != layers:
        config.refuse(name, f"has {length} entries, `num_hidden_layers` is {layers}")
    return length == layers


def _pattern(config: Config) -> tuple[str, ...]:
    """One sign for each layer of a model that writes them so."""
    pattern = config.value("hybrid_override_pattern")
    if isinstance(pattern, str):
        return tuple(pattern[:MOST_LAYERS])
    return config.words("layers_block_type")[:MOST_LAYERS]


def _signs(config: Config, layers: int) -> tuple[str, ...]:
    signs = _pattern(config)
    if unknown := next((sign for sign in signs if sign not in _PATTERN), None):
        config.refuse("hybrid_override_pattern", f"has `{unknown[:40]}`; known are M, E, * and -")
    elif not signs:
        config.refuse("hybrid_override_pattern", "is missing")
    elif _has_length(config, "hybrid_override_pattern", len(signs), layers):
        return signs
    return ("*",) * layers
