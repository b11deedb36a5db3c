"""Columns of queries: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "relation.columns_schema has the columns of a query.",
    "compute_columns_schema create_sqlglot_schema",
)
