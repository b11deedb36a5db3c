"""Incremental loading: only rows whose cursor went on since the last run."""

from dlt.absent import absent_names
from dlt.extract.incremental.incremental import Incremental

__all__ = ["Incremental"]
__getattr__ = absent_names(
    __name__, "Add a cursor with resource.add_step(dlt.sources.incremental(...)).", "IncrementalResourceWrapper"
)
