"""The walk over pipes: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__, "Iterate the source or the resource itself.", "PipeIterator ManagedPipeIterator PipeItem"
)
