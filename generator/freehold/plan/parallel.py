"""How one replica is divided over GPUs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parallel:
    """Degrees of tensor, pipeline and expert parallelism, in the engines' own words."""

    tensor: int = 1
    """GPUs that each layer is divided over."""
    pipeline: int = 1
    """Stages that the layers are dealt out to."""
    expert: bool = False
    """Whether experts stay whole, and are dealt out over the GPUs of a stage."""

    @property
    def gpus(self) -> int:
        """GPUs of one replica."""
        return self.tensor * self.pipeline

    def __str__(self) -> str:
        """As in `tensor parallel 4, pipeline parallel 2`."""
        words = [f"tensor parallel {self.tensor}"]
        words += [f"pipeline parallel {self.pipeline}"] if self.pipeline > 1 else []
        words += ["expert parallel"] if self.expert else []
        return ", ".join(words)
