"""What decides the speed of one GPU, and which of its figures a checkpoint makes use of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from freehold.catalog.facts import Gpu
from freehold.spec.models import Precision

_BLACKWELL: Final = 10
_TERA: Final = 1e12
_LANE: Final = {3: 0.985e9, 4: 1.969e9, 5: 3.938e9, 6: 7.563e9}
"""Bytes per second and direction of one PCIe lane, by generation."""
_BRIDGED: Final = 2
"""GPUs that a bridge joins; more of them meet over PCIe."""


@dataclass(frozen=True, slots=True)
class Silicon:
    """One GPU, and what joins it to others of its host."""

    name: str
    """What `nvidia-smi` calls the card."""
    bandwidth: float
    """Of its memory, in bytes per second."""
    tflops: Mapping[str, float | None]
    """Dense, by number format: `bf16`, `fp8`, `int8`, `fp4`."""
    compute_capability: str | None
    link: str
    link_bandwidth: float | None
    """Between GPUs, both directions together, in bytes per second."""
    pcie: str
    """Such as `Gen4 x16`."""

    def arithmetic(self, precision: Precision) -> str:
        """The number format that kernels compute in; weights that it lacks are widened first."""
        wanted = _ARITHMETIC.get(precision, "bf16")
        if precision in _FP4 and not self._is_blackwell:
            return "bf16"
        return wanted if self.tflops.get(wanted) is not None else "bf16"

    def flops(self, precision: Precision) -> float | None:
        """Operations per second, when the catalog knows them."""
        found = self.tflops.get(self.arithmetic(precision))
        return None if found is None else found * _TERA

    def between(self, gpus: int) -> float | None:
        """Bytes per second that each of `gpus` GPUs sends to another, when known."""
        if gpus == 1:
            return inf
        is_bridged = self.link == "nvlink-bridge" and gpus > _BRIDGED
        if self.link_bandwidth and not is_bridged:
            return self.link_bandwidth / 2
        lanes = re.match(r"Gen([3-6]) x([0-9]+)", self.pcie)
        return _LANE[int(lanes[1])] * int(lanes[2]) if lanes else None

    @property
    def _is_blackwell(self) -> bool:
        return int((self.compute_capability or "0").partition(".")[0]) >= _BLACKWELL


def silicon(gpu: Gpu) -> Silicon:
    """The card's figures as the catalog has them."""
    return Silicon(
        name=gpu.name,
        bandwidth=float(gpu.bandwidth),
        tflops=gpu.tflops,
        compute_capability=gpu.compute_capability,
        link=gpu.link,
        link_bandwidth=None if gpu.link_bandwidth is None else float(gpu.link_bandwidth),
        pcie=gpu.pcie,
    )


def part(whole: Silicon, *, compute: float, memory: float) -> Silicon:
    """An instance of the card, with its shares of the processors and of the memory."""
    tflops = {name: None if figure is None else figure * compute
              for name, figure in whole.tflops.items()}  # fmt: skip
    return replace(whole, bandwidth=whole.bandwidth * memory, tflops=tflops)


# Blackwell multiplies MXFP4 with activations of 8 bits, at their rate.
_ARITHMETIC: Final = {
    Precision.FP8: "fp8", Precision.INT8: "int8",
    Precision.MXFP4: "fp8", Precision.NVFP4: "fp4",
}  # fmt: skip
_FP4: Final = (Precision.MXFP4, Precision.NVFP4)
