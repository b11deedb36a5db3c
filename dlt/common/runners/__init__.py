"""Virtual environments and the lines that programs write, under the names of PyPI `dlt` 1.x."""

from typing import TypeVar

from dlt.absent import absent
from dlt.common.exceptions import VenvNotFound
from dlt.common.runners.pool_runner import TRunMetrics
from dlt.common.runners.venv import Venv

__all__ = ["Runnable", "TRunMetrics", "Venv", "VenvNotFound", "run_pool", "workermethod"]

TMethod = TypeVar("TMethod")


Runnable = absent("dlt.common.runners.Runnable", "Steps run in their own pools: call pipeline.normalize() or load().")
run_pool = absent("dlt.common.runners.run_pool", "Steps run in their own pools: call pipeline.normalize() or load().")


def workermethod(f: TMethod) -> TMethod:
    """Return the function; a step of the engine of 1.x ran it in another process."""
    return f
