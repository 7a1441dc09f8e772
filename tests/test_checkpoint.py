"""A checkpoint's own files made into an entry: the same figures as the catalog's, or why not."""

import json
import struct
from math import prod
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freehold.catalog.facts import ModelFacts
from freehold.catalog.load import OwnCatalog, builtin
from freehold.checkpoint.entry import Given, entry
from freehold.cli import main
from freehold.report import Report
from freehold.source import Source
from freehold.spec.load import load_as
from freehold.spec.models import Precision

CONFIGS = Path(__file__).parent / "data/configs"
"""Figures of published config.json files, from PyPI aiconfigurator-core 0.12.0 and the sources
that the catalog's entries name."""
NAMES = sorted(path.stem for path in CONFIGS.iterdir())
# What a config.json does not say, and what an entry has of its own.
APART = {
    "date", "source", "notes", "licence", "licence_verified", "published", "checkpoints",
    "verified", "unverified", "fp8_block", "vision_parameters", "weight_bytes",
}  # fmt: skip
# The catalog's entry is that of another checkpoint of the same model.
DIFFERENT = {
    "google--gemma-4-31B-it": {"stores", "unquantized"},  # the figures of an NVFP4 checkpoint
    # Its config.json is silent of both, and the catalog has them from the files and an engine.
    "Qwen--Qwen3-Next-80B-A3B-Instruct": {"mtp_layers", "gdn"},
}
SMALL: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "intermediate_size": 128,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "vocab_size": 256, "max_position_embeddings": 512, "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}  # fmt: skip
SHAPES: dict[str, tuple[int, ...]] = {
    "model.embed_tokens.weight": (256, 64), "lm_head.weight": (256, 64), "model.norm.weight": (64,),
    **{
        f"model.layers.{layer}.{name}.weight": shape
        for layer in range(2)
        for name, shape in (
            ("self_attn.q_proj", (64, 64)), ("self_attn.k_proj", (32, 64)),
            ("self_attn.v_proj", (32, 64)), ("self_attn.o_proj", (64, 64)),
            ("mlp.gate_proj", (128, 64)), ("mlp.up_proj", (128, 64)),
            ("mlp.down_proj", (64, 128)), ("input_layernorm", (64,)),
        )
    },
}  # fmt: skip


def read(
    config: Path | None, index: Path | None = None, gguf_file: Path | None = None
) -> tuple[ModelFacts | None, Report]:
    report = Report(Source(str(config or gguf_file), (), None))
    return entry(Given(config, index, gguf_file, "2026-11-25"), report), report


def written(folder: Path, values: object) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(values, indent=2))
    return path


def safetensors(path: Path, shapes: dict[str, tuple[int, ...]]) -> int:
    """A file of zeros in bf16; the bytes of its tensors."""
    head, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + 2 * prod(shape)
        head[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(end))
    return end


def checkpoint(folder: Path, shapes: dict[str, tuple[int, ...]]) -> tuple[Path, dict[str, Any]]:
    """Two files and their index, and what the index says."""
    names = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    placed = {name: names[number % 2] for number, name in enumerate(shapes)}
    total = sum(
        safetensors(folder / file, {n: s for n, s in shapes.items() if placed[n] == file})
        for file in names
    )
    values = {"metadata": {"total_size": total}, "weight_map": placed}
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps(values))
    return path, values


def messages(report: Report) -> str:
    return "\n".join(f"{found.rule}: {found.message}" for found in report.findings)


@pytest.mark.parametrize("name", NAMES)
def test_says_what_the_catalog_says(name: str) -> None:
    """Every field that both have, unless a difference is explained above."""
    facts, report = read(CONFIGS / f"{name}.json")
    assert facts is not None, messages(report)
    known = builtin().models[name.replace("--", "/")]
    differing = {
        field
        for field in ModelFacts.model_fields.keys() - APART
        if getattr(facts, field) != getattr(known, field)
    }
    assert differing == DIFFERENT.get(name, set())


def test_the_configs_are_of_many_families() -> None:
    values = [json.loads((CONFIGS / f"{name}.json").read_text()) for name in NAMES]
    assert len({config["architectures"][0] for config in values}) >= 22


@pytest.mark.parametrize(
    ("quantization", "expected"),
    [
        ({"quant_method": "fp8", "weight_block_size": [128, 128]}, ("fp8", None, False, 128)),
        ({"quant_method": "fp8"}, ("fp8", None, False, None)),
        ({"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True},
         ("int4", 128, True, None)),
        ({"quant_method": "gptq", "bits": 4, "group_size": 32, "sym": True},
         ("int4", 32, False, None)),
        ({"quant_method": "gptq", "bits": 8, "group_size": -1, "sym": True},
         ("int8", None, False, None)),
        ({"quant_method": "mxfp4"}, ("mxfp4", None, False, None)),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, ("nvfp4", None, False, None)),
        ({"quant_method": "modelopt", "quant_algo": "FP8"}, ("fp8", None, False, None)),
        ({"quant_method": "compressed-tensors", "format": "pack-quantized",
          "config_groups": {"group_0": {"weights": {
              "num_bits": 4, "type": "int", "group_size": 32, "symmetric": False}}}},
         ("int4", 32, True, None)),
        ({"quant_method": "compressed-tensors", "format": "float-quantized",
          "config_groups": {"group_0": {"weights": {"num_bits": 8, "type": "float"}}}},
         ("fp8", None, False, None)),
        ({"quant_method": "compressed-tensors", "format": "nvfp4-pack-quantized",
          "config_groups": {"group_0": {"weights": {
              "num_bits": 4, "type": "float", "group_size": 16}}}},
         ("nvfp4", None, False, None)),
    ],
)  # fmt: skip
def test_the_format_of_the_weights(
    quantization: dict[str, Any], expected: tuple[object, ...], tmp_path: Path
) -> None:
    facts, report = read(written(tmp_path, SMALL | {"quantization_config": quantization}))
    assert facts is not None, messages(report)
    assert (facts.stores.value, facts.group_size, facts.zero_points, facts.fp8_block) == expected


@pytest.mark.parametrize(
    ("ignored", "kept"),
    [
        (["lm_head"], {}),
        (["re:.*self_attn.*"], {"attention": 2}),
        (["model.layers.0.self_attn*"], {"attention": 1}),
        (["model.layers.1.mlp.gate_proj", "model.layers.1.mlp.down_proj"], {"dense": 1}),
        (["model.layers.1.mlp.gate_proj"], {}),
        (["re:(.*)*self_attn"], {}),
    ],
)
def test_what_is_not_quantised(ignored: list[str], kept: dict[str, int], tmp_path: Path) -> None:
    quantization = {"quant_method": "fp8", "modules_to_not_convert": ignored}
    facts, _ = read(written(tmp_path, SMALL | {"quantization_config": quantization}))
    assert facts is not None
    assert facts.unquantized == kept


def test_the_format_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "hf_quant_config.json").write_text(
        json.dumps({"quantization": {"quant_algo": "NVFP4", "exclude_modules": ["lm_head"]}})
    )
    facts, _ = read(written(tmp_path, SMALL))
    assert facts is not None
    assert facts.stores is Precision.NVFP4


def test_the_files_heads_are_counted(tmp_path: Path) -> None:
    shapes = {
        **SHAPES, "visual.patch.weight": (8, 8), "visual.patch.bias": (8,),
        "model.layers.2.mlp.up_proj.weight": (128, 64),
    }  # fmt: skip
    index, values = checkpoint(tmp_path, shapes)
    facts, report = read(written(tmp_path, SMALL), index)
    assert facts is not None, messages(report)
    assert facts.parameters == sum(prod(s) for s in SHAPES.values() if len(s) > 1)
    assert facts.vision_parameters == 72
    assert facts.weight_bytes == values["metadata"]["total_size"]


def test_a_tied_matrix_stored_twice_counts_once(tmp_path: Path) -> None:
    index, _ = checkpoint(tmp_path, SHAPES)
    facts, report = read(written(tmp_path, SMALL | {"tie_word_embeddings": True}), index)
    assert facts is not None, messages(report)


def test_one_file_without_an_index(tmp_path: Path) -> None:
    size = safetensors(tmp_path / "model.safetensors", SHAPES)
    facts, report = read(written(tmp_path, SMALL), tmp_path / "model.safetensors")
    assert facts is not None, messages(report)
    assert facts.weight_bytes == size


def test_an_index_alone_is_compared_with_the_architecture(tmp_path: Path) -> None:
    index, values = checkpoint(tmp_path, SHAPES)
    for shard in tmp_path.glob("*.safetensors"):
        shard.unlink()
    facts, report = read(written(tmp_path, SMALL), index)
    assert facts is not None, messages(report)
    total = values["metadata"]["total_size"]
    assert facts.weight_bytes == total
    index.write_text(json.dumps(values | {"metadata": {"total_size": 2 * total}}))
    facts, report = read(written(tmp_path, SMALL), index)
    assert facts is None
    assert f"`metadata.total_size` is {2 * total} bytes; 106496 parameters" in messages(report)
    assert "take 212992" in messages(report)


def test_files_that_do_not_add_up(tmp_path: Path) -> None:
    index, values = checkpoint(tmp_path, SHAPES)
    config = written(tmp_path, SMALL)
    total = values["metadata"]["total_size"]
    index.write_text(json.dumps(values | {"metadata": {"total_size": total + 2}}))
    assert f"is {total + 2} bytes, the tensors in its 2 files have {total}" in messages(
        read(config, index)[1]
    )
    more = values["weight_map"] | {"x.weight": "model-00001-of-00002.safetensors"}
    index.write_text(json.dumps(values | {"weight_map": more}))
    count = len(SHAPES)
    assert f"it places {count + 1} tensors, its files hold {count}; they differ at `x.weight`" in (
        messages(read(config, index)[1])
    )
    index.write_text(json.dumps(values))
    shard = tmp_path / "model-00002-of-00002.safetensors"
    size = shard.stat().st_size
    shard.write_bytes(shard.read_bytes()[:-1])
    assert f"{size - 1} bytes are there, its head promises {size}" in messages(
        read(config, index)[1]
    )
    shard.unlink()
    assert "1 of its 2 files are beside it; `model-00002-of-00002.safetensors` is not" in messages(
        read(config, index)[1]
    )


def test_parameters_that_the_architecture_does_not_have(tmp_path: Path) -> None:
    index, _ = checkpoint(tmp_path, SHAPES)
    facts, report = read(written(tmp_path, SMALL | {"intermediate_size": 256}), index)
    assert facts is None
    assert "the files hold 106496 parameters, the architecture has 155648" in messages(report)


@pytest.mark.parametrize(
    "name",
    ["../x.safetensors", "/etc/x.safetensors", "a/b.safetensors", "x.bin", "\x1b.safetensors"],
)  # fmt: skip
def test_an_index_names_only_files_beside_it(name: str, tmp_path: Path) -> None:
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": {"a": name}}))
    assert "is no name of a safetensors file beside it" in messages(
        read(written(tmp_path, SMALL), index)[1]
    )


def made_gguf(path: Path, file_type: int = 7) -> int:
    """A llama in Q8_0; the bytes of its tensors."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_file_type(file_type)
    writer.add_context_length(512)
    writer.add_embedding_length(64)
    writer.add_block_count(2)
    writer.add_feed_forward_length(128)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_token_list([f"t{number}" for number in range(256)])
    total = 0
    for name, shape in SHAPES.items():
        values = np.zeros(shape, dtype=np.float32)
        kind = gguf.GGMLQuantizationType.Q8_0 if len(shape) > 1 else gguf.GGMLQuantizationType.F32
        stored = gguf.quants.quantize(values, kind)
        total += stored.nbytes
        names = {
            "model.embed_tokens.weight": "token_embd.weight",
            "lm_head.weight": "output.weight",
        }
        renamed = names.get(name, name.replace("model.layers.", "blk."))
        writer.add_tensor(renamed, stored, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return total


def test_a_gguf_file_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    total = made_gguf(path)
    facts, report = read(None, None, path)
    assert facts is not None, messages(report)
    config, _ = read(written(tmp_path, SMALL))
    assert config is not None
    same = ModelFacts.model_fields.keys() - {"source", "stores", "weight_bytes"}
    assert all(getattr(facts, field) == getattr(config, field) for field in same)
    assert (facts.stores, facts.weight_bytes) == (Precision.Q8_0, total)
    both, _ = read(tmp_path / "config.json", None, path)
    assert both is not None
    assert both.weight_bytes == total


def test_a_gguf_file_that_is_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    made_gguf(path)
    whole = path.read_bytes()
    for length in (0, 3, 7, 20, 30, 200, 4000, len(whole) // 2, len(whole) - 64):
        path.write_bytes(whole[:length])
        facts, report = read(None, None, path)
        assert facts is None
        (finding,) = report.findings
        assert finding.rule == "checkpoint-unreadable"
        assert length < 4 or f"{length} bytes are there" in finding.message
    path.write_bytes(whole[:8] + struct.pack("<Q", 2**60) + whole[16:])
    assert f"promises {2**60} tensors; at most 200000" in messages(read(None, None, path)[1])
    path.write_bytes(b"GGML" + whole[4:])
    assert "it begins with 0x47474d4c" in messages(read(None, None, path)[1])


def test_a_gguf_mixture_without_figures(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    made_gguf(path, file_type=24)
    assert "`general.file_type` is 24, a mixture without figures" in messages(
        read(None, None, path)[1]
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"architectures": ["Llama', "it is no JSON: unterminated string"),
        ('{\n  "a": 1,\n  "b":', "where the file ends"),
        ("[" * 100_000, "nest too deep"),
        ('{"a": 1, "a": 2}', "the key `a` stands twice"),
        ('{"a": ' + "9" * 5000 + "}", "more digits than any figure needs"),
        ("[]", "it holds no JSON object"),
        ("{}", "`architectures` names no architecture"),
        (json.dumps(SMALL | {"architectures": ["AcmeForCausalLM"]}), "`AcmeForCausalLM` is not"),
        (json.dumps(SMALL | {"hidden_size": "64"}), "`hidden_size` is `64`, not a whole number"),
        (json.dumps(SMALL | {"hidden_size": -1}), "`hidden_size` is `-1`"),
        (json.dumps(SMALL | {"num_hidden_layers": 10**9}), "from 1 to 1000"),
        (json.dumps(SMALL | {"vocab_size": None}), "`vocab_size` is missing"),
        (json.dumps(SMALL | {"torch_dtype": "int3"}), "`torch_dtype` is `int3`"),
        (json.dumps(SMALL | {"quantization_config": {"quant_method": "bitsandbytes"}}),
         "quantised by `bitsandbytes`"),
    ],
)  # fmt: skip
def test_bad_files_get_one_message(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(content)
    facts, report = read(path)
    assert facts is None
    assert message in messages(report)
    assert all(found.help for found in report.findings)


def test_truncated_json_has_a_line(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{\n  "a": 1,\n  "b":')
    (finding,) = read(path)[1].findings
    assert finding.span is not None
    assert (finding.span.line, finding.span.column) == (3, 7)


def test_code_of_the_repository_is_never_silent(tmp_path: Path) -> None:
    code = {"auto_map": {"AutoModel": "modeling_acme.Acme"}}
    facts, report = read(written(tmp_path, SMALL | code))
    assert facts is not None
    assert [(found.rule, found.severity) for found in report.findings] == [
        ("remote-code", "warning")
    ]
    unknown = SMALL | code | {"architectures": ["AcmeForCausalLM"]}
    assert "its own code (`auto_map`) is never run" in messages(read(written(tmp_path, unknown))[1])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner,
                                                                max_size=4),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_mutated_configs_never_raise(data: st.DataObject, tmp_path_factory: Any) -> None:
    """A figure or a finding, whatever a file says."""
    values = json.loads((CONFIGS / f"{data.draw(st.sampled_from(NAMES))}.json").read_text())
    inner = values.get("text_config", values)
    for target in (inner, values):
        key = data.draw(st.sampled_from(sorted(target)))
        target[key] = data.draw(VALUES | st.integers(0, 300))
    quantization = values.get("quantization_config")
    if isinstance(quantization, dict) and quantization:
        quantization[data.draw(st.sampled_from(sorted(quantization)))] = data.draw(VALUES)
    facts, report = read(written(tmp_path_factory.getbasetemp(), values))
    assert (facts is None) == (not report.is_clean)


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, 2000), byte=st.integers(0, 255))
def test_mutated_gguf_files_never_raise(at: int, byte: int, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "mutated.gguf"
    if not path.exists():
        made_gguf(path)
    content = bytearray(path.read_bytes())
    old, content[at] = content[at], byte
    path.write_bytes(content)
    facts, report = read(None, None, path)
    assert (facts is None) == (not report.is_clean)
    content[at] = old
    path.write_bytes(content)


def own(path: Path) -> OwnCatalog | None:
    source = Source.read(path)
    return load_as(OwnCatalog, source, Report(source))


def test_the_command_shows_an_entry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = written(tmp_path, SMALL)
    words = ["catalog", "add", "model", "--config", str(config), "--date", "2026-11-25"]
    assert main([*words, "--source", "acme/small"]) == 0
    shown = tmp_path / "shown.yml"
    shown.write_text(capsys.readouterr().out)
    read_back = own(shown)
    assert read_back is not None
    assert read_back.models["acme/small"] == read(config)[0]


def test_the_command_extends_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, file = written(tmp_path, SMALL), tmp_path / "own.yml"
    words = ["catalog", "add", "model", "--config", str(config), "--date", "2026-11-25",
             "-o", str(file)]  # fmt: skip
    assert main([*words, "--source", "acme/one"]) == 0
    file.write_text(f"# ours\n{file.read_text()}\n# none yet\ngpus: {{}}\n")
    before = file.read_text()
    assert main([*words, "--source", "acme/two"]) == 0
    text = file.read_text()
    assert text.startswith(before.partition("\n# none yet")[0])
    assert text.endswith("\n# none yet\ngpus: {}\n")
    kept = own(file)
    assert kept is not None
    assert list(kept.models) == ["acme/one", "acme/two"]
    assert main([*words, "--source", "acme/one"]) == 1
    assert "`acme/one` is there already" in capsys.readouterr().err
    assert file.read_text() == text
    written(tmp_path, SMALL | {"vocab_size": 512})
    assert main([*words, "--source", "acme/one", "--replace"]) == 0
    replaced = own(file)
    assert replaced is not None
    assert replaced.models["acme/one"].vocab_size == 512
    assert replaced.models["acme/two"].vocab_size == 256
    assert file.read_text().startswith("# ours\n")
    assert file.read_text().endswith("\n# none yet\ngpus: {}\n")


def test_the_command_leaves_a_file_that_it_cannot_extend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, file = written(tmp_path, SMALL), tmp_path / "own.yml"
    words = ["catalog", "add", "model", "--config", str(config), "-o", str(file)]
    for text in ("models: {}\n", "modles:\n", "- 1\n", "a: [\n"):
        file.write_text(text)
        assert main(words) == 1
        assert file.read_text() == text
    assert "error[" in capsys.readouterr().err


def test_the_command_without_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalog", "add", "model"]) == 2
    assert main(["catalog", "add", "model", "--config", str(tmp_path / "none.json")]) == 2
    assert "no such file" in capsys.readouterr().err
