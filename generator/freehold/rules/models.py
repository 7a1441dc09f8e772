"""Models: on a pool that is there, with a context that holds their workload."""

from collections.abc import Iterator

from freehold.diagnostics import nearest
from freehold.rules.registry import Finding, rule
from freehold.spec.cluster import Cluster


@rule
def unknown_pool(cluster: Cluster) -> Iterator[Finding]:
    """A model's `on` is none of the pools under `nodes`."""
    for name, model in cluster.models.items():
        if model.on is not None and model.on not in cluster.nodes:
            listed = ", ".join(f"`{pool}`" for pool in cluster.nodes)
            close = nearest(model.on, cluster.nodes)
            yield Finding(
                message=f"no pool is called `{model.on}`",
                loc=("models", name, "on"),
                help=f"use `{close}`" if close else f"use one of {listed}",
            )


@rule
def workload_over_context(cluster: Cluster) -> Iterator[Finding]:
    """A typical prompt and its answer are longer than the longest that must work.

    `context` bounds prompt and answer together; the engine would cut every typical answer
    short.
    """
    for name, model in cluster.models.items():
        work = model.workload
        needed = int(work.prompt) + int(work.answer)
        if needed > work.context:
            yield Finding(
                message=f"prompt and answer of `{name}` take {needed} tokens, "
                f"`context` holds {int(work.context)}",
                loc=("models", name, "workload", "context"),
                help=f"write `context: {needed}` or more, or a shorter `prompt` or `answer`",
            )
