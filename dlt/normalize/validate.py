"""Checks of schemas after normalize: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "schema.update_table(table) and pipeline.normalize() grow schemas.",
    "validate_and_update_schema",
)
