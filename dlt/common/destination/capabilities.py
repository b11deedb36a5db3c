"""What a destination can do, and how it writes types, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, cast

from dlt.common.destination.configuration import ParquetFormatConfiguration
from dlt.common.destination.exceptions import DestinationIncompatibleLoaderFileFormatException
from dlt.common.schema.typing import TColumnSchema, TLoaderFileFormat, TTableSchemaColumns
from dlt.destinations.type_mapping import DataTypeMapper
from dlt.schema.capabilities import Capabilities

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


class _Formats(Protocol):
    """Formats of files, as capabilities tell them."""

    @property
    def preferred_loader_file_format(self) -> str | None: ...
    @property
    def supported_loader_file_formats(self) -> Sequence[str]: ...
    @property
    def preferred_staging_file_format(self) -> str | None: ...
    @property
    def supported_staging_file_formats(self) -> Sequence[str]: ...


class DestinationCapabilitiesContext(Capabilities):
    """What a destination can do, for programs to fill: they make one, and set its attributes one after the other."""

    max_timestamp_precision: int = 6
    """Most digits of a second that it keeps."""
    parquet_format: ParquetFormatConfiguration | None = None
    """How its Parquet files are written."""

    # values of the library are frozen; of this one each program has its own
    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute; those of 1.x that nothing here reads are kept."""
        object.__setattr__(self, name, value)


def adjust_column_schema_to_capabilities(column: TColumnSchema, caps: Capabilities) -> TColumnSchema:
    """Take what a destination cannot keep, and what is its default, out of the hints of a column; return the column.

    Args:
        column: The column; it is changed.
        caps: What the destination can do.
    """
    if column.get("data_type") in ("timestamp", "time"):
        column.pop("timezone", None)
        precision = column.get("precision")
        # a hint that says what holds without it would only make two columns differ
        if precision is not None:
            column["precision"] = min(precision, _most_digits(caps))
            if column["precision"] == caps.timestamp_precision:
                column.pop("precision")
    if not caps.supports_nested_types:
        cast("dict[str, object]", column).pop("x-nested-type", None)
    return column


def _most_digits(caps: Capabilities) -> int:
    # those of the library's own destinations have one limit
    if not isinstance(caps, DestinationCapabilitiesContext):
        return caps.timestamp_precision
    format_ = caps.parquet_format
    return min(caps.max_timestamp_precision, format_.max_timestamp_precision() if format_ is not None else 9)


def adjust_schema_to_capabilities(columns: TTableSchemaColumns, caps: Capabilities) -> TTableSchemaColumns:
    """Do so with all columns of a table; return them."""
    for column in columns.values():
        adjust_column_schema_to_capabilities(column, caps)
    return columns


def merge_caps_file_formats(
    destination: str,
    staging: str | None,
    dest_caps: _Formats,
    stage_caps: _Formats | None,
) -> tuple[str | None, Sequence[str]]:
    """Return the format in which files are loaded by default, and all that can be.

    Args:
        destination: Name of the destination.
        staging: Name of the place where files wait, if there is one.
        dest_caps: What the destination can do.
        stage_caps: What that place can do.

    Raises:
        DestinationIncompatibleLoaderFileFormatException: the destination reads none of the files of that place.
    """
    if stage_caps is None:
        return dest_caps.preferred_loader_file_format, dest_caps.supported_loader_file_formats
    possible = [
        kind
        for kind in dest_caps.supported_staging_file_formats or dest_caps.supported_loader_file_formats
        if kind in stage_caps.supported_loader_file_formats
    ]
    if not possible:
        raise DestinationIncompatibleLoaderFileFormatException(
            f"{destination} reads none of the files that {staging} holds, which are "
            f"{', '.join(stage_caps.supported_loader_file_formats)}. Choose another staging.",
            destination=destination,
            staging=staging,
        )
    preferred = dest_caps.preferred_staging_file_format
    return (preferred if preferred in possible else possible[0]), possible
