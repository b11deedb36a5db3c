"""Datasets as tables of ibis: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "pipeline.dataset().ibis() is a connection of ibis, and dataset.table(name).to_ibis() a table of it.",
    "create_ibis_backend create_unbound_ibis_table compile_ibis_to_sqlglot _get_ibis_to_sqlglot_compiler",
)
