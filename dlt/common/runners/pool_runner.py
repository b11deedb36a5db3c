"""Pools of the engine of PyPI `dlt` 1.x: they import, and say at use what to do instead."""

from typing import NamedTuple

from dlt.absent import absent_names

__all__ = ["TRunMetrics"]

__getattr__ = absent_names(
    __name__,
    "Steps run in their own pools: set `workers` in the section of the step, and call pipeline.normalize() or load().",
    "NullExecutor TimeoutThreadPoolExecutor create_pool get_default_start_method is_orchestrator run_pool",
)


class TRunMetrics(NamedTuple):
    """What a step of the engine of 1.x says of its work."""

    was_idle: bool
    pending_items: int
