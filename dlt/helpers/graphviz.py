"""Schemas as Graphviz diagrams under the name of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "dlt schema FILE --format dot draws a schema.",
    "schema_to_graphviz render_schema_with_graphviz _render_with_graphviz TABLE_HEADER_PORT",
)
