"""Ids of rows: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "pipeline.extract(data), pipeline.normalize() and pipeline.load() run the steps; dlt.tasks runs them apart.",
    "get_row_hash get_nested_row_hash get_propagation_mapping normalize_identifier shorten_fragments",
)
