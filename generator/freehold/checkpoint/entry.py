"""A checkpoint's own files made into an entry of the catalog."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from freehold.catalog.facts import ModelFacts
from freehold.checkpoint import architecture, gguf, gguf_config, index, json_file
from freehold.checkpoint.architecture import Architecture
from freehold.checkpoint.config import CONFIG_VALUE
from freehold.checkpoint.gguf import Head
from freehold.checkpoint.index import FILES_DISAGREE, Files
from freehold.checkpoint.json_file import refuse
from freehold.checkpoint.tensors import counted, parts_of
from freehold.diagnostics import visible
from freehold.plan.parameters import Parts, parts
from freehold.plan.weights import disk_weights
from freehold.report import Report
from freehold.source import Data, Source
from freehold.spec.models import Precision

TOLERANCE: Final = 0.01
"""Of parameters, which norms and biases take up at most."""
QUANTISED_TOLERANCE: Final = 0.05
"""Of bytes, since which parts stay 16 bits wide is only known in parts."""
LARGEST_VISION: Final = 2_000_000_000
"""Parameters of a vision tower; 0.4e9 to 1e9 are known."""
_SPLIT: Final = re.compile(r"(.*)-([0-9]{5})-of-([0-9]{5})\.gguf")


@dataclass(frozen=True, slots=True)
class Given:
    """The files of a checkpoint that are there, and the day they were read."""

    config: Path | None
    index: Path | None
    gguf: Path | None
    date: str

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names."""
        paths = (self.config, self.index, self.gguf)
        return tuple(visible(path.name)[:255] for path in paths if path)


def entry(given: Given, report: Report) -> ModelFacts | None:
    """The entry, unless the report says why there is none.

    Raises:
        OSError: a file cannot be read.
    """
    heads = _heads(given.gguf, report) if given.gguf else ()
    files = index.read(given.index, report) if given.index else None
    found = _architecture(given, heads, report)
    facts = _facts(given, found, report) if found else None
    if facts is None or found is None:
        return None
    if files is not None and given.index is not None:
        facts = _with_files(facts, found, files, report.about(_named(report, given.index)))
    if given.gguf is not None and heads:
        facts = _with_gguf(facts, _joined(heads), str(given.gguf), report)
    return facts if report.is_clean else None


def _heads(path: Path, report: Report) -> tuple[Head, ...]:
    """The heads of the file and, where it is one part of a model, of all its parts."""
    split = _SPLIT.fullmatch(path.name)
    paths = [path]
    if split and int(split[3]) <= 1000:  # noqa: PLR2004 - parts of one model
        of = range(1, int(split[3]) + 1)
        paths = [path.with_name(f"{split[1]}-{number:05}-of-{split[3]}.gguf") for number in of]
    if missing := [part.name for part in paths if not part.is_file()]:
        have = f"{len(paths) - len(missing)} of {len(paths)} parts are there"
        refuse(report, str(path), FILES_DISAGREE, f"{have}; `{missing[0]}` is not",
               help="put all parts into one directory")  # fmt: skip
        return ()
    heads = [gguf.read(part, report) for part in paths]
    return tuple(head for head in heads if head is not None)


def _joined(heads: Iterable[Head]) -> Head:
    first, *others = heads
    for other in others:
        first.shapes.update(other.shapes)
        first.sizes.update(other.sizes)
    return first


def _architecture(given: Given, heads: tuple[Head, ...], report: Report) -> Architecture | None:
    if given.config is not None:
        file = json_file.read(given.config, json_file.CONFIG_BYTES, report)
        if file is None:
            return None
        beside = _quantization_beside(given.config, file.values, report)
        return architecture.read(file.values, beside, report.about(file.source))
    if given.gguf is None or not heads:
        return None
    values = gguf_config.config(_joined(heads), str(given.gguf), report)
    if values is None:
        return None
    return architecture.read(values, None, report.about(_named(report, given.gguf)))


def _quantization_beside(
    config: Path, values: Mapping[str, Data], report: Report
) -> Mapping[str, Data] | None:
    """What NVIDIA's checkpoints say in a file of its own."""
    path = config.with_name("hf_quant_config.json")
    if "quantization_config" in values or not path.is_file():
        return None
    file = json_file.read(path, json_file.CONFIG_BYTES, report)
    found = file.values.get("quantization") if file else None
    return found if isinstance(found, dict) else None


def _named(report: Report, path: Path) -> Source:
    """The file as one without places to point at."""
    return report.sources.get(str(path)) or Source(str(path), (), None)


def _facts(given: Given, found: Architecture, report: Report) -> ModelFacts | None:
    values = {key: value for key, value in found.figures.items() if value is not None}
    try:
        facts = ModelFacts.model_validate(
            {**values, "parameters": 1, "source": given.names, "date": given.date}
        )
    except ValidationError as error:
        for wrong in error.errors(include_url=False):
            where = ".".join(str(step) for step in wrong["loc"]) or "the architecture"
            refuse(report, str(given.config or given.gguf), CONFIG_VALUE,
                   f"`{where}` cannot be: {wrong['msg'].lower()}",
                   help="use the config.json of the repository as it was published")  # fmt: skip
        return None
    return facts.model_copy(update=_counts(facts))


def _counts(facts: ModelFacts) -> dict[str, int]:
    found = parts(facts)
    return {"parameters": found.total, "active_parameters": _active(facts, found)}


def _active(facts: ModelFacts, found: Parts) -> int:
    """Parameters that one token passes through: of the experts only those chosen."""
    if facts.moe is None:
        return found.total
    chosen = found.experts // facts.moe.num_experts * facts.moe.num_experts_per_tok
    return found.total - found.experts + chosen


def _with_files(facts: ModelFacts, found: Architecture, files: Files, report: Report) -> ModelFacts:
    """The facts with what the files say; a finding where they do not add up."""
    known = {"weight_bytes": None if found.stored.is_narrowed else files.size}
    if files.tensors is None:
        _compare_bytes(facts, found, files, report)
        return facts.model_copy(update=known)
    held = counted(files.tensors, found.layers, tied=facts.tie_word_embeddings)
    _compare(facts.parameters, held.text, report.source.name, report)
    return facts.model_copy(update={**known, "vision_parameters": held.vision})


def _compare(derived: int, held: int, file: str, report: Report) -> None:
    if abs(derived - held) > TOLERANCE * derived:
        refuse(
            report, file, FILES_DISAGREE,
            f"the files hold {held} parameters, the architecture has {derived} "
            f"({abs(derived - held) / derived:.1%} apart; {TOLERANCE:.0%} is taken)",
            help="give the config.json and the weights of one revision",
        )  # fmt: skip


def _compare_bytes(facts: ModelFacts, found: Architecture, files: Files, report: Report) -> None:
    """A finding where the index' total is none that the architecture can come to."""
    wide = facts.stores in {Precision.BF16, Precision.FP16}
    tolerance = TOLERANCE if wide else QUANTISED_TOLERANCE
    text = facts.model_copy(update={"multimodal": False})
    least = disk_weights(text, facts.stores) * (2 if found.stored.is_narrowed else 1)
    most = least + _further(facts, least, files.names)
    if not least * (1 - tolerance) <= files.size <= most * (1 + tolerance):
        expected = f"{least}" if most == least else f"{least} to {most}"
        refuse(
            report, report.source.name, FILES_DISAGREE,
            f"`metadata.total_size` is {files.size} bytes; {facts.parameters} parameters of "
            f"`{facts.stores}` take {expected} ({tolerance:.0%} either way is taken)",
            help="put the safetensors files beside the index to have them counted, or give "
            "the index of the same revision as the config.json",
        )  # fmt: skip


def _further(facts: ModelFacts, least: int, names: tuple[str, ...]) -> int:
    """Bytes of what the files may hold beside the text model, generously."""
    found = parts_of(names, facts.num_hidden_layers)
    embedding = parts(facts).embedding * 2
    further = LARGEST_VISION * 2 if found["vision"] else 0
    if found["mtp"]:
        layers = max(1, facts.mtp_layers)
        further += layers * (2 * least // facts.num_hidden_layers + embedding)
    if facts.tie_word_embeddings and any(name.endswith("lm_head.weight") for name in names):
        further += embedding
    return further


def _with_gguf(facts: ModelFacts, head: Head, file: str, report: Report) -> ModelFacts:
    """The facts with the format and the size of a GGUF file's weights."""
    stores = gguf_config.precision(head, file, report)
    held = gguf_config.parameters(head, facts.num_hidden_layers)
    tied = facts.model_copy(update={"tie_word_embeddings": "output.weight" not in head.shapes})
    _compare(parts(tied).total, held, file, report)
    return facts.model_copy(
        update={
            "stores": stores or facts.stores, "group_size": None, "zero_points": False,
            "fp8_block": None, "unquantized": {}, "weight_bytes": sum(head.sizes.values()),
            "vision_parameters": 0,
        }
    )  # fmt: skip
