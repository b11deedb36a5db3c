"""Schemas as Mermaid diagrams under the name of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Iterable

from dlt.schema.diagrams import mermaid
from dlt.schema.stored import StoredSchema
from dlt.schema.typing import TableReference

__all__ = ["schema_to_mermaid"]


def schema_to_mermaid(
    schema: StoredSchema,
    *,
    references: Iterable[TableReference],
    hide_columns: bool = False,
    hide_descriptions: bool = False,
    include_dlt_tables: bool = True,
) -> str:
    """Return a diagram of a stored schema; `Schema.to_mermaid` draws a schema.

    Args:
        schema: The stored schema.
        references: The lines between its tables.
        hide_columns: Only the names of tables.
        hide_descriptions: Columns without what is said of them.
        include_dlt_tables: Tables of the library too.
    """
    return mermaid(schema["tables"], references, hide_columns, hide_descriptions, include_dlt_tables)
