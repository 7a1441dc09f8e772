"""A model of half a megabyte: it says nothing sensible, in the way real models do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from gguf import GGUFWriter, TokenType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Weights: TypeAlias = "NDArray[np.float32]"

SEED = 7
CONTEXT = 2048
LAYERS = 2
WIDTH = 64
HEADS = 4
INNER = 128
MARKS = ("<unk>", "<s>", "</s>")
VOCABULARY = len(MARKS) + 256
TEMPLATE = (
    "{% for message in messages %}<s>{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def write_tiny_model(path: Path) -> None:
    """Write a Llama of random weights, in the same bytes each time."""
    writer = GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    _add_vocabulary(writer)
    for name, weights in _tensors():
        writer.add_tensor(name, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_vocabulary(writer: GGUFWriter) -> None:
    """Every byte is a word, so that no text is foreign."""
    words = [*MARKS, *(f"<0x{byte:02X}>" for byte in range(256))]
    marks = [TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(words)
    writer.add_token_scores([0.0] * VOCABULARY)
    writer.add_token_types([*marks, *([TokenType.BYTE] * 256)])
    writer.add_bos_token_id(MARKS.index("<s>"))
    writer.add_eos_token_id(MARKS.index("</s>"))
    writer.add_unk_token_id(MARKS.index("<unk>"))
    writer.add_add_bos_token(value=False)
    writer.add_add_space_prefix(value=False)
    writer.add_chat_template(TEMPLATE)


def _tensors() -> Iterator[tuple[str, Weights]]:
    random = np.random.default_rng(SEED)

    def matrix(rows: int, columns: int) -> Weights:
        drawn = random.standard_normal((rows, columns), dtype=np.float32)
        return drawn / np.float32(np.sqrt(columns))

    flat = np.ones(WIDTH, dtype=np.float32)
    embedding = matrix(VOCABULARY, WIDTH)
    # Every word pushes the first dimension up, and only words that print are drawn by it.
    embedding[:, 0] = 4
    yield "token_embd.weight", embedding
    for layer in range(LAYERS):
        yield f"blk.{layer}.attn_norm.weight", flat
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            yield f"blk.{layer}.{part}.weight", matrix(WIDTH, WIDTH)
        yield f"blk.{layer}.ffn_norm.weight", flat
        yield f"blk.{layer}.ffn_gate.weight", matrix(INNER, WIDTH)
        yield f"blk.{layer}.ffn_up.weight", matrix(INNER, WIDTH)
        yield f"blk.{layer}.ffn_down.weight", matrix(WIDTH, INNER)
    yield "output_norm.weight", flat
    output = matrix(VOCABULARY, WIDTH)
    output[:, 0] = [4 if 0x20 <= word - len(MARKS) < 0x7F else -4 for word in range(VOCABULARY)]
    yield "output.weight", output


if __name__ == "__main__":
    write_tiny_model(Path(sys.argv[1]))
