"""The vocabulary of schemas. Tables and columns are plain dicts: users read and edit them in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, TypedDict, Union, get_args

from dlt.schema.x_keys import NormalizerSettings
from dlt.types import TDataItem

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
# PyPI dlt renamed it, and still reads it
OLD_TYPES: dict[str, DataType] = {"complex": "json"}
"""Names of data types that programs still write, and what they are called now."""
WriteDisposition = Literal["skip", "append", "replace", "merge"]
MergeStrategy = Literal["delete-insert", "scd2", "upsert", "insert-only"]
ReplaceStrategy = Literal["truncate-and-insert", "insert-from-staging", "staging-optimized"]
ContractMode = Literal["evolve", "discard_value", "freeze", "discard_row", "quarantine"]
ContractEntity = Literal["tables", "columns", "data_type"]
TableFormat = Literal["iceberg", "delta", "hive", "native"]
CheckKind = Literal["not_null", "unique", "accepted", "between", "matches", "references", "row_count", "fresh", "sql"]
REFERENCES: Final = "references"
CHECK_KINDS: tuple[CheckKind, ...] = get_args(CheckKind)
LoaderFormat = Literal[
    "preferred", "jsonl", "typed-jsonl", "insert_values", "parquet", "csv", "arrow", "model", "reference"
]
"""Format of the files that are loaded; "preferred" leaves it to the destination."""

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
        "incremental": bool,
        "mask": Union[Literal["hash", "redact", "partial", False], Callable[[TDataItem], object]],
        "x-mask-key": str,
        "from": str,
        "x-former": list[str],
        "x-normalizer": NormalizerSettings,
        "x-path": str,
    },
    total=False,
)


class ContractDict(TypedDict, total=False):
    """A contract by entity."""

    tables: ContractMode
    columns: ContractMode
    data_type: ContractMode


Contract = Union[ContractMode, ContractDict]
"""One mode for all that may change, or a mode for each."""


Cardinality = Literal[
    "zero_to_one",
    "one_to_zero",
    "zero_to_many",
    "many_to_zero",
    "one_to_many",
    "many_to_one",
    "one_to_one",
    "many_to_many",
]
"""How many rows stand on each side of a reference."""


class TableReference(TypedDict, total=False):
    """Columns of a table that name rows of another one; `table` is left out where the table itself declares it."""

    label: Union[str, None]
    cardinality: Union[Cardinality, None]
    table: Union[str, None]
    referenced_table: str
    columns: Sequence[str]
    referenced_columns: Sequence[str]


SchemaSettings = TypedDict(
    "SchemaSettings",
    {
        "detections": Sequence[str],
        "default_hints": dict[str, list[str]],
        "preferred_types": dict[str, DataType],
        "schema_contract": Contract,
        "x-declared-contract": Contract,
    },
    total=False,
)
"""What holds for all tables of a schema, and for columns that come."""

TableSchema = TypedDict(
    "TableSchema",
    {
        "name": str,
        "columns": dict[str, ColumnSchema],
        "parent": str,
        "resource": str,
        "variant_name": str,
        "description": str,
        "write_disposition": WriteDisposition,
        "schema_contract": Contract,
        "table_format": TableFormat,
        "file_format": LoaderFormat,
        "filters": dict[str, list[str]],
        "references": Sequence[TableReference],
        "x-merge-strategy": MergeStrategy,
        "x-normalizer": NormalizerSettings,
        "x-valid-from": str,
        "x-valid-to": str,
        "x-row-version": str,
        "x-row-hash": int,
        "x-active-record-timestamp": str,
        "x-boundary-timestamp": str,
        "x-former-validity": list[list[str]],
        "x-former-active": list[str],
        "x-deduplicated": bool,
        "x-keeps-absent": bool,
        "x-declared-contract": Contract,
        "x-emptied": dict[str, str],
        "x-checks": list[dict[str, object]],
        "x-declared-checks": bool,
        "x-file-checks": list[dict[str, object]],
        "x-path": str,
        "x-replay": str,
    },
    total=False,
)
"""One table; keys that begin with "x-" belong to one layer or destination."""
