"""Datasets as tables of ibis: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "pipeline.dataset().table(name).arrow() gives a table that ibis.memtable takes.",
    "create_ibis_backend create_unbound_ibis_table compile_ibis_to_sqlglot _get_ibis_to_sqlglot_compiler",
)
