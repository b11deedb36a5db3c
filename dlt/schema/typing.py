"""The vocabulary of schemas. Tables and columns are plain dicts: users read and edit them in place."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from dlt.schema.x_keys import NormalizerSettings

DataType = Literal["text", "double", "bool", "timestamp", "bigint", "binary", "json", "decimal", "wei", "date", "time"]
DATA_TYPES: tuple[DataType, ...] = (
    "text",
    "double",
    "bool",
    "timestamp",
    "bigint",
    "binary",
    "json",
    "decimal",
    "wei",
    "date",
    "time",
)
WriteDisposition = Literal["skip", "append", "replace", "merge"]
MergeStrategy = Literal["delete-insert", "scd2", "upsert", "insert-only"]
ReplaceStrategy = Literal["truncate-and-insert", "insert-from-staging", "staging-optimized"]
ContractMode = Literal["evolve", "discard_value", "freeze", "discard_row"]
ContractEntity = Literal["tables", "columns", "data_type"]
TableFormat = Literal["iceberg", "delta", "hive", "native"]

ColumnSchema = TypedDict(
    "ColumnSchema",
    {
        "name": str,
        "data_type": DataType,
        "nullable": bool,
        "precision": int,
        "scale": int,
        "timezone": bool,
        "description": str,
        "primary_key": bool,
        "merge_key": bool,
        "unique": bool,
        "sort": bool,
        "partition": bool,
        "cluster": bool,
        "row_key": bool,
        "parent_key": bool,
        "root_key": bool,
        "hard_delete": bool,
        "dedup_sort": str,
        "variant": bool,
        "incremental": Any,
        "x-normalizer": NormalizerSettings,
    },
    total=False,
)


class ContractDict(TypedDict, total=False):
    """A contract by entity."""

    tables: ContractMode
    columns: ContractMode
    data_type: ContractMode


TableSchema = TypedDict(
    "TableSchema",
    {
        "name": str,
        "columns": dict[str, ColumnSchema],
        "parent": str,
        "resource": str,
        "description": str,
        "write_disposition": WriteDisposition,
        "schema_contract": Any,
        "table_format": Any,
        "file_format": Any,
        "filters": dict[str, list[str]],
        "references": Any,
        "x-merge-strategy": MergeStrategy,
        "x-normalizer": NormalizerSettings,
        "x-valid-from": str,
        "x-valid-to": str,
        "x-row-version": str,
        "x-active-record-timestamp": Any,
        "x-boundary-timestamp": Any,
        "x-former-validity": list[list[str]],
        "x-former-active": list[Any],
        "x-deduplicated": bool,
    },
    total=False,
)
"""One table; keys that begin with "x-" belong to one layer or destination."""
