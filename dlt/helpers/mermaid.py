"""Schemas as Mermaid diagrams under the name of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "dlt schema FILE --format mermaid draws a schema.",
    "schema_to_mermaid TMermaidArrows",
)
