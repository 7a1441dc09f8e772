"""What one GPU, or one host without GPUs, holds of a replica: every term, and what is left.

Formulas and constants: the budget is the engine's share of the device; what weights,
activations and the runtime leave of it is the KV cache.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from freehold.catalog.facts import MemoryRules, ModelFacts, Release
from freehold.plan.kv_cache import Cache, Layout, layout
from freehold.plan.parallel import Parallel
from freehold.plan.parameters import global_head
from freehold.plan.types import ACTIVATION, OVERHEAD, WEIGHTS, Memory, Term
from freehold.plan.weights import file_weights, gpu_weights
from freehold.spec.models import EngineName, KvCache, Precision
from freehold.units import Bytes

_GIB: Final = 2**30
_MIB: Final = 2**20
_LARGE: Final = 160 * _GIB
_MEDIUM: Final = 70 * _GIB
_NCCL: Final = Bytes(64 * _MIB)
"""Of each GPU of a group; eight L40S without NVLink reported 0.21 GiB in all."""
_IMAGES: Final = Bytes(350 * _MIB)
_WHOLE_HOST: Final = 8
"""GPUs."""
_SMALL_BATCHES: Final = {"8.0", "12.1"}
"""Compute capabilities of the A100 and the GB10, whose batches are small whatever their memory."""
UBATCH: Final = 512
"""Tokens that llama.cpp computes at once."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a replica is to be, on which device."""

    facts: ModelFacts
    precision: Precision
    engine: Release
    parallel: Parallel
    on_gpus: bool
    device: Bytes
    """What a program sees of one GPU; of the host, when there is none."""
    compute_capability: str | None
    nvlink: bool
    """Whether NVLink joins its GPUs; engines keep buffers for it."""
    utilization: float
    context: int
    max_num_seqs: int
    kv_cache: KvCache

    @property
    def gpus(self) -> int:
        """How many GPUs the replica is divided over; 0 for none."""
        return self.parallel.gpus if self.on_gpus else 0

    @property
    def batched(self) -> int:
        """Tokens that one step computes at most."""
        return self.batches[0]

    @property
    def batches(self) -> tuple[int, int]:
        """Tokens and sequences of one step, as the engine chooses them for the card."""
        return batch_defaults(self.device, self.compute_capability, self.engine.memory)

    @property
    def layout(self) -> Layout:
        """How requests fill the KV cache."""
        cache = Cache(self.kv_cache, self.parallel, self.batched, self.engine.memory)
        return layout(self.facts, cache)


def batch_defaults(
    device: Bytes, compute_capability: str | None, rules: MemoryRules
) -> tuple[int, int]:
    """Tokens and sequences of one step, as vLLM's server chooses them for a card."""
    if device >= _LARGE and rules.large_batches:
        return 16384, 1024
    if device >= _MEDIUM and compute_capability not in _SMALL_BATCHES:
        return 8192, 1024
    return 2048, 256


def gpu_memory(ask: Ask) -> Memory:
    """What one GPU of the replica holds."""
    return _BY_ENGINE[ask.engine.name](ask)


def host_memory(ask: Ask) -> Memory:
    """What the host holds of a replica without GPUs."""
    return _llama_cpp(ask)


def _vllm(ask: Ask) -> Memory:
    terms = [*_loaded(ask), *_activations(ask), _outside_torch(ask)]
    counted = ask.engine.memory.graphs_in_budget
    if counted == "always" or (counted == "experts" and ask.facts.moe):
        terms.append(_graphs(ask.gpus))
    return _left(ask, terms)


def _sglang(ask: Ask) -> Memory:
    # Activations and CUDA graphs live in the share that the engine leaves free.
    return _left(ask, [*_loaded(ask), _outside_torch(ask)])


def _loaded(ask: Ask) -> Iterator[Term]:
    """All that is on a GPU once the model is loaded."""
    yield from gpu_weights(ask.facts, ask.precision, ask.parallel, ask.compute_capability)
    buffers = ask.engine.memory.communication
    if buffers and ask.parallel.tensor > 1:
        yield Term("communication", WEIGHTS, buffers, "constant, from tensor parallel 2 on")


def _left(ask: Ask, terms: list[Term]) -> Memory:
    """The memory of an engine that gives all it has left to the KV cache."""
    budget = Bytes(ask.device * ask.utilization)
    left = Bytes(budget - sum(term.size for term in terms))
    request = ask.layout.request(ask.context)
    concurrency = max(0.0, left / request)
    return Memory(
        device="gpu",
        budget=budget,
        terms=tuple(terms),
        kv_cache=left,
        kv_bytes_per_token=ask.layout.bytes_per_token,
        kv_tokens=int(concurrency * ask.context),
        max_concurrency=concurrency,
        constants=str(ask.engine),
    )


def _activations(ask: Ask) -> Iterator[Term]:
    """The larger of a forward pass and the sampler's trial run, as the engine profiles them."""
    facts, rules = ask.facts, ask.engine.memory
    workspace, width = _workspace(ask), _layer_width(ask)
    stays = workspace if rules.workspace_stays else 0
    rows = min(ask.max_num_seqs, ask.batched)
    sampler = int(rules.sampler_copies * rows * facts.vocab_size * 4) + stays
    sampler += ask.batched * facts.hidden_size * 2
    forward = ask.batched * width * 2 + workspace
    experts = f" + {Bytes(workspace).gib} of experts" if workspace else ""
    formula = (
        f"sampling: {rules.sampler_copies:g} x {rows} sequences x vocabulary x 4 B + "
        f"{ask.batched} tokens x hidden size x 2 B{experts if stays else ''}"
        if sampler >= forward
        else f"forward pass: {ask.batched} tokens x {width} numbers x 2 B{experts}"
    )
    yield Term("activations", ACTIVATION, Bytes(max(sampler, forward)), formula)
    if facts.multimodal:
        yield Term("image profiling", ACTIVATION, _IMAGES, "0.3 GiB were seen of several models")


def _layer_width(ask: Ask) -> int:
    """Numbers that one token takes at once in a layer.

    Residual and hidden state twice, queries, keys, values and attention's output, and the
    three inner rows of a dense feed-forward part.
    """
    facts, share = ask.facts, ask.parallel.tensor
    heads = 2 * facts.num_attention_heads + 2 * facts.num_key_value_heads
    return 4 * facts.hidden_size + (heads * global_head(facts) + 3 * _ffn_width(facts)) // share


def _ffn_width(facts: ModelFacts) -> int:
    """The widest feed-forward part that every token passes through."""
    dense = (facts.intermediate_size or 0) if facts.ffn.get("dense") or not facts.moe else 0
    return max(dense, facts.moe.shared_intermediate_total if facts.moe else 0)


def _workspace(ask: Ask) -> int:
    """Bytes of a fused mixture of experts: two buffers for each token and chosen expert."""
    moe = ask.facts.moe
    if moe is None or ask.precision is Precision.MXFP4:  # its kernels write in place
        return 0
    share = 1 if ask.parallel.expert else ask.parallel.tensor
    inner, width = moe.moe_intermediate_size // share, moe.latent_size or ask.facts.hidden_size
    return ask.batched * moe.num_experts_per_tok * (max(2 * inner, width) + inner) * 2


def _outside_torch(ask: Ask) -> Term:
    outside, tensor = ask.engine.memory.outside_torch, ask.parallel.tensor
    if tensor == 1 or not ask.nvlink:
        size = Bytes(outside.one + (_NCCL if tensor > 1 else 0))
        return Term("outside torch", OVERHEAD, size, f"{outside.one}; {_NCCL} more over PCIe")
    size = outside.eight if tensor >= _WHOLE_HOST else outside.several
    formula = f"{outside.several} from tensor parallel 2 over NVLink, {outside.eight} from 8"
    return Term("outside torch", OVERHEAD, size, formula)


def _graphs(gpus: int) -> Term:
    size = 1.0 if gpus == 1 else 3.5
    formula = "up to 1 GiB; up to 3.5 GiB from 2 GPUs"
    return Term("CUDA graphs", OVERHEAD, Bytes(size * _GIB), formula)


def _llama_cpp(ask: Ask) -> Memory:
    """All that llama.cpp allocates when it starts: `context` tokens for every slot."""
    slots, share = ask.max_num_seqs, max(1, ask.gpus)
    cache = Bytes(-(-_slots_cache(ask) // share))
    terms = tuple(_llama_cpp_terms(ask, share))
    return Memory(
        device="gpu" if ask.gpus else "host",
        budget=Bytes(cache + sum(term.size for term in terms)),
        terms=terms,
        kv_cache=cache,
        kv_bytes_per_token=-(-_undivided(ask).bytes_per_token // share),
        kv_tokens=ask.context * slots,
        max_concurrency=float(slots),
        constants=str(ask.engine),
    )


def _llama_cpp_terms(ask: Ask, share: int) -> Iterator[Term]:
    facts = ask.facts
    weights = file_weights(facts, ask.precision)
    # Whole layers go to one GPU or another, so one may hold a layer more than its share.
    uneven = 1 + (share - 1) / facts.num_hidden_layers
    split = f" / {share} GPUs, one layer uneven" if share > 1 else ""
    yield Term("weights", WEIGHTS, Bytes(weights / share * uneven), f"size of the file{split}")
    inner = max(_ffn_width(facts), _routed_width(facts))
    buffer = UBATCH * (facts.vocab_size + 3 * inner + 4 * facts.hidden_size) * 4
    formula = f"{UBATCH} tokens x (vocabulary + 3 x ffn + 4 x hidden size) x 4 B"
    yield Term("compute buffer", ACTIVATION, Bytes(buffer), formula)
    program = 600 if ask.gpus else 256
    yield Term("program", OVERHEAD, Bytes(program * _MIB), f"{program} MiB")


def _routed_width(facts: ModelFacts) -> int:
    moe = facts.moe
    shared = moe.shared_intermediate_total if moe else 0
    return moe.num_experts_per_tok * moe.moe_intermediate_size + shared if moe else 0


def _undivided(ask: Ask) -> Layout:
    return layout(ask.facts, Cache(ask.kv_cache, Parallel(), UBATCH, ask.engine.memory))


def _slots_cache(ask: Ask) -> int:
    found = _undivided(ask)
    cells = {
        "growing": ask.context * ask.max_num_seqs,
        "windowed": _padded(found.window * ask.max_num_seqs + UBATCH),
        "fixed": ask.max_num_seqs,
    }
    return sum(layer.count * layer.size * cells[layer.kind] for layer in found.layers)


def _padded(cells: int) -> int:
    return -(-cells // 256) * 256


_BY_ENGINE: Final[Mapping[EngineName, Callable[[Ask], Memory]]] = {
    EngineName.VLLM: _vllm,
    EngineName.SGLANG: _sglang,
    EngineName.LLAMA_CPP: _llama_cpp,
}
