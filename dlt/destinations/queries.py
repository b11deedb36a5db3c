"""Queries as trees: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "Write SQL: pipeline.dataset()(query).",
    "build_row_counts_expr build_select_expr bind_query",
)
