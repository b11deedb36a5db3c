"""Schemas as Graphviz diagrams under the name of PyPI `dlt` 1.x."""

from __future__ import annotations

from dlt.absent import absent_names
from dlt.schema.diagrams import Lines, dot
from dlt.schema.naming import NamingConvention
from dlt.schema.normalizers import complete
from dlt.schema.references import all_references
from dlt.schema.stored import StoredSchema

__all__ = ["schema_to_graphviz"]

__getattr__ = absent_names(
    __name__,
    "Schema.to_dot() writes a schema as text that Graphviz draws.",
    "render_schema_with_graphviz _render_with_graphviz TABLE_HEADER_PORT",
)


def schema_to_graphviz(
    schema: StoredSchema,
    *,
    naming: NamingConvention | None = None,
    include_dlt_tables: bool = True,
    include_internal_dlt_ref: bool = True,
    include_parent_child_ref: bool = True,
    include_root_child_ref: bool = True,
    group_by_resource: bool = False,
) -> str:
    """Return a diagram of a stored schema; `Schema.to_dot` draws a schema.

    Args:
        schema: The stored schema.
        naming: Gives the names of tables and columns of the library; that of the schema when None.
        include_dlt_tables: Tables of the library too.
        include_internal_dlt_ref: Lines from rows to their loads, and between loads and versions.
        include_parent_child_ref: Lines from nested rows to the rows around them.
        include_root_child_ref: Lines from nested rows to the rows of the root table.
        group_by_resource: Tables of one resource stand in one box.
    """
    references = all_references(schema["tables"], naming or complete(schema.get("normalizers"))[1])
    drawn = (include_internal_dlt_ref, include_parent_child_ref, include_root_child_ref)
    return dot(schema["tables"], references, Lines(include_dlt_tables, *drawn, group_by_resource))
