"""`dlt.mark`: items that say where they go and what their table is."""

from __future__ import annotations

from dlt.extract.hints import TableHints, make_hints, make_nested_hints
from dlt.extract.items import DataItemWithMeta, HintsMeta, ImportFileMeta, MaterializedEmptyList, TableNameMeta
from dlt.types import TDataItems

__all__ = [
    "make_hints",
    "make_nested_hints",
    "materialize_table_schema",
    "with_file_import",
    "with_hints",
    "with_table_name",
]


def with_table_name(item: TDataItems, table_name: str) -> DataItemWithMeta:
    """Send an item or a page to a table.

    Args:
        item: What the resource yields.
        table_name: Name of the table.
    """
    return DataItemWithMeta(TableNameMeta(table_name), item)


def with_hints(
    item: TDataItems, hints: TableHints | None = None, create_table_variant: bool = False
) -> DataItemWithMeta:
    """Send an item or a page with hints for its table; None as the item sends the hints alone.

    Args:
        item: What the resource yields.
        hints: What `make_hints` returned.
        create_table_variant: The hints hold for their table name only, not for the whole resource.
    """
    # a name that is a function of the item is asked for each item, and is no variant
    name = hints.get("table_name") if hints else None
    return DataItemWithMeta(HintsMeta(hints, name if isinstance(name, str) else None, create_table_variant), item)


def with_file_import(
    file_path: str, file_format: str, items_count: int = 0, hints: TableHints | None = None
) -> DataItemWithMeta:
    """Send a whole file to the resource's table.

    Args:
        file_path: Path of the file.
        file_format: "parquet", "csv" or "jsonl".
        items_count: Number of rows, for metrics.
        hints: What `make_hints` returned.
    """
    return DataItemWithMeta(ImportFileMeta(file_path, file_format, items_count, hints), None)


def materialize_table_schema() -> MaterializedEmptyList:
    """Return a page without rows that makes the resource's table at the destination."""
    return MaterializedEmptyList()
