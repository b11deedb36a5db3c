"""Schemas as DBML diagrams under the name of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "dlt schema FILE --format dbml draws a schema.",
    "schema_to_dbml export_to_dbml",
)
