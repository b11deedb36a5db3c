"""What a destination can do, and how it writes types, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from typing import Literal

from dlt.common.schema.typing import TColumnSchema, TLoaderFileFormat, TTableSchemaColumns
from dlt.destinations.type_mapping import DataTypeMapper
from dlt.schema.capabilities import Capabilities as DestinationCapabilitiesContext

__all__ = [
    "LOADER_FILE_FORMATS",
    "DataTypeMapper",
    "DestinationCapabilitiesContext",
    "TLoaderFileFormat",
    "TLoaderParallelismStrategy",
    "adjust_column_schema_to_capabilities",
    "adjust_schema_to_capabilities",
    "merge_caps_file_formats",
]
TLoaderParallelismStrategy = Literal["parallel", "table-sequential", "sequential"]
LOADER_FILE_FORMATS = {"jsonl", "typed-jsonl", "insert_values", "parquet", "csv", "reference", "model"}


def adjust_column_schema_to_capabilities(column: TColumnSchema, caps: DestinationCapabilitiesContext) -> TColumnSchema:
    """Return a column with no more digits of seconds than a destination has."""
    precision = column.get("precision")
    if column.get("data_type") in ("timestamp", "time") and precision is not None:
        return {**column, "precision": min(precision, caps.timestamp_precision)}
    return column


def adjust_schema_to_capabilities(
    columns: TTableSchemaColumns, caps: DestinationCapabilitiesContext
) -> TTableSchemaColumns:
    """Return columns with no more digits of seconds than a destination has."""
    return {name: adjust_column_schema_to_capabilities(column, caps) for name, column in columns.items()}


def merge_caps_file_formats(
    destination: str,
    staging: str | None,
    dest_caps: DestinationCapabilitiesContext,
    stage_caps: DestinationCapabilitiesContext | None,
) -> tuple[str, tuple[str, ...]]:
    """Return the format in which files are loaded by default, and all that can be.

    Args:
        destination: Name of the destination.
        staging: Name of the place where files wait, if there is one.
        dest_caps: What the destination can do.
        stage_caps: What that place can do.
    """
    del destination, staging
    possible = dest_caps.supported_loader_file_formats
    if stage_caps is not None:
        possible = tuple(kind for kind in possible if kind in stage_caps.supported_loader_file_formats)
    preferred = dest_caps.preferred_loader_file_format
    return (preferred if preferred in possible or not possible else possible[0]), possible
