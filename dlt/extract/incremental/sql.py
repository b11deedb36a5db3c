"""Bounds of cursors in queries: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "start_value and end_value of an incremental are the bounds.",
    "to_sqlglot_filter",
)
