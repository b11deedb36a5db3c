"""What a write disposition and a table format need: of the table, and of the destination."""

from __future__ import annotations

from dlt.errors import MergeDispositionException, TableFormatNotSupported, WriteDispositionNotSupported
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import TableSchema
from dlt.schema.x_keys import X_MERGE_STRATEGY

_NEED_KEYS = ("upsert", "insert-only")


def check_disposition(root: TableSchema, capabilities: Capabilities | None) -> None:
    """Check that a root table can be loaded in the way that it asks for.

    Args:
        root: The table, with all columns that are declared or known.
        capabilities: What the destination can do; None while it is not known.

    Raises:
        TableFormatNotSupported: the destination has no tables of this format.
        WriteDispositionNotSupported: the destination cannot merge with this strategy.
        MergeDispositionException: the strategy needs a key that the table does not have.
    """
    table_format = root.get("table_format")
    if (
        capabilities is not None
        and table_format in ("delta", "iceberg")
        and table_format not in capabilities.supported_table_formats
    ):
        raise TableFormatNotSupported(
            f"table {root['name']}: the destination has no tables in format {table_format!r}. Leave table_format out, "
            "or load with dlt.destinations.filesystem."
        )
    if root.get("write_disposition") != "merge":
        return
    strategy = root.get(X_MERGE_STRATEGY, "delete-insert")
    # not known while a pipeline has no destination
    if capabilities is not None and strategy not in capabilities.supported_merge_strategies:
        raise WriteDispositionNotSupported(
            f"table {root['name']}: the destination cannot merge with strategy {strategy!r}. It can: "
            f"{', '.join(capabilities.supported_merge_strategies) or 'none'}.",
            table=root["name"],
        )
    if strategy in _NEED_KEYS and not any(column.get("primary_key") for column in root["columns"].values()):
        raise MergeDispositionException(
            f"table {root['name']}: the merge strategy {strategy} needs a primary key. Set primary_key, or use "
            "delete-insert with a merge_key.",
            table=root["name"],
        )
