"""The place of a row in its load: what tells the last of several rows with one key, and whose nested rows are whose.

Loader files of a merge have it as one more column; the tables that users see do not.
"""

from __future__ import annotations

from dlt.schema.system_columns import ROW_ORDER
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.x_keys import X_DEDUPLICATED, X_MERGE_STRATEGY

_COLUMN: ColumnSchema = {"name": ROW_ORDER, "data_type": "bigint", "nullable": True}


def keeps_order(root: TableSchema) -> bool:
    """Tell whether several new rows of a root table may have one key, of which one row is to stay."""
    return root.get("write_disposition") == "merge" and not is_deduplicated(root)


def is_deduplicated(root: TableSchema) -> bool:
    """Tell whether the user vouches that no two new rows have one key."""
    return root.get(X_MERGE_STRATEGY, "delete-insert") == "delete-insert" and bool(root.get(X_DEDUPLICATED))


def as_staged(table: TableSchema, root: TableSchema) -> TableSchema:
    """Return a table as its new rows wait for the merge: nested rows have the place of their root row.

    Args:
        table: A table of the chain.
        root: The root of the chain.
    """
    if not keeps_order(root):
        return table
    return {**table, "columns": {**table["columns"], ROW_ORDER: _COLUMN}}
