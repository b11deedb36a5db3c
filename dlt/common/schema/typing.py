"""The vocabulary of schemas under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, NewType, TypedDict

from typing_extensions import NotRequired

from dlt.schema.references import LOAD_LABEL as C_ROOT_LOAD_REF_LABEL
from dlt.schema.references import PARENT_LABEL as C_CHILD_PARENT_REF_LABEL
from dlt.schema.references import ROOT_LABEL as C_DESCENDANT_ROOT_REF_LABEL
from dlt.schema.references import SCHEMA_NAME_LABEL as C_VERSION_SCHEMA_NAME_LABEL
from dlt.schema.references import SCHEMA_VERSION_LABEL as C_VERSION_SCHEMA_VERSION_LABEL
from dlt.schema.stored import ENGINE_VERSION as SCHEMA_ENGINE_VERSION
from dlt.schema.system_columns import LOAD_ID as C_DLT_LOAD_ID
from dlt.schema.system_columns import ROW_ID as C_DLT_ID
from dlt.schema.system_columns import VALID_FROM, VALID_TO
from dlt.schema.system_tables import LOADS_TABLE as LOADS_TABLE_NAME
from dlt.schema.system_tables import PREFIX as DLT_NAME_PREFIX
from dlt.schema.system_tables import STATE_TABLE as PIPELINE_STATE_TABLE_NAME
from dlt.schema.system_tables import VERSION_TABLE as VERSION_TABLE_NAME
from dlt.schema.typing import Cardinality as TReferenceCardinality
from dlt.schema.typing import ColumnSchema as TColumnSchema
from dlt.schema.typing import ContractDict as TSchemaContractDict
from dlt.schema.typing import ContractEntity as TSchemaContractEntities
from dlt.schema.typing import ContractMode as TSchemaEvolutionMode
from dlt.schema.typing import DataType as TDataType
from dlt.schema.typing import ReplaceStrategy as TLoaderReplaceStrategy
from dlt.schema.typing import SchemaSettings as TSchemaSettings
from dlt.schema.typing import TableFormat as TTableFormat
from dlt.schema.typing import TableReference as TTableReferenceInline
from dlt.schema.typing import TableSchema as TTableSchema
from dlt.schema.typing import WriteDisposition as TWriteDisposition
from dlt.types import TAnyDateTime

__all__ = [
    "COLUMN_HINTS",
    "COLUMN_PROPS",
    "C_CHILD_PARENT_REF_LABEL",
    "C_DESCENDANT_ROOT_REF_LABEL",
    "C_DLT_ID",
    "C_DLT_LOADS_TABLE_LOAD_ID",
    "C_DLT_LOAD_ID",
    "C_ROOT_LOAD_REF_LABEL",
    "C_VERSION_SCHEMA_NAME_LABEL",
    "C_VERSION_SCHEMA_VERSION_LABEL",
    "DEFAULT_VALIDITY_COLUMN_NAMES",
    "DLT_NAME_PREFIX",
    "LOADS_TABLE_NAME",
    "MERGE_STRATEGIES",
    "PIPELINE_STATE_TABLE_NAME",
    "REPLACE_STRATEGIES",
    "SCHEMA_ENGINE_VERSION",
    "SIMPLE_REGEX_PREFIX",
    "VERSION_TABLE_NAME",
    "WRITE_DISPOSITIONS",
    "ColumnPropInfos",
    "TAnyDateTime",
    "TAnySchemaColumns",
    "TCdcStrategyDict",
    "TColumnDefaultHint",
    "TColumnHint",
    "TColumnName",
    "TColumnNames",
    "TColumnProp",
    "TColumnPropInfo",
    "TColumnSchema",
    "TColumnSchemaBase",
    "TColumnType",
    "TDataType",
    "TDeleteInsertStrategyDict",
    "TFileFormat",
    "TLoaderFileFormat",
    "TLoaderMergeStrategy",
    "TLoaderReplaceStrategy",
    "TMergeDispositionDict",
    "TPartialTableSchema",
    "TReferenceCardinality",
    "TRowFilters",
    "TScd2StrategyDict",
    "TSchemaContract",
    "TSchemaContractDict",
    "TSchemaContractEntities",
    "TSchemaEvolutionMode",
    "TSchemaSettings",
    "TSchemaTables",
    "TSchemaUpdate",
    "TSimpleRegex",
    "TSortOrder",
    "TStoredSchema",
    "TTableFormat",
    "TTableReference",
    "TTableReferenceInline",
    "TTableReferenceParam",
    "TTableReferenceStandalone",
    "TTableSchema",
    "TTableSchemaColumns",
    "TTypeDetectionFunc",
    "TTypeDetections",
    "TUpsertStrategyDict",
    "TWriteDisposition",
    "TWriteDispositionConfig",
    "TWriteDispositionDict",
]
C_DLT_LOADS_TABLE_LOAD_ID = "load_id"
DEFAULT_VALIDITY_COLUMN_NAMES = [VALID_FROM, VALID_TO]
SIMPLE_REGEX_PREFIX = "re:"

# also those that no destination here writes: programs name them in hints of their own
TLoaderFileFormat = Literal["jsonl", "typed-jsonl", "insert_values", "parquet", "csv", "reference", "model"]
TFileFormat = Literal["preferred", "jsonl", "typed-jsonl", "insert_values", "parquet", "csv", "reference", "model"]
TLoaderMergeStrategy = Literal["delete-insert", "scd2", "upsert", "insert-only", "cdc"]
TTypeDetections = Literal[
    "timestamp", "iso_timestamp", "iso_date", "large_integer", "hexbytes_to_text", "wei_to_double"
]
TTypeDetectionFunc = Callable[[type, object], TDataType | None]
TSortOrder = Literal["asc", "desc"]
TColumnHint = Literal[
    "nullable",
    "partition",
    "cluster",
    "primary_key",
    "sort",
    "unique",
    "merge_key",
    "row_key",
    "parent_key",
    "root_key",
    "hard_delete",
    "dedup_sort",
]
TColumnDefaultHint = Literal["not_null", TColumnHint]
TColumnProp = Literal[
    "name",
    "data_type",
    "precision",
    "scale",
    "timezone",
    "nullable",
    "variant",
    "partition",
    "cluster",
    "primary_key",
    "sort",
    "unique",
    "merge_key",
    "row_key",
    "parent_key",
    "root_key",
    "hard_delete",
    "dedup_sort",
]
WRITE_DISPOSITIONS = {"append", "merge", "replace", "skip"}
MERGE_STRATEGIES = {"cdc", "delete-insert", "insert-only", "scd2", "upsert"}
REPLACE_STRATEGIES = {"insert-from-staging", "staging-optimized", "truncate-and-insert"}
TSimpleRegex = NewType("TSimpleRegex", str)
TColumnName = NewType("TColumnName", str)
TColumnNames = str | Sequence[str]


class TColumnPropInfo(NamedTuple):
    """A property of columns.

    Attributes:
        name: Its name.
        defaults: Values that are the same as not having it.
        is_hint: It says how a column is used.
        compound: Columns of a table have it together.
    """

    name: str
    defaults: tuple[object, ...] = (None,)
    is_hint: bool = False
    compound: bool = False


_FLAG = (False, None)
_PROPS = (
    TColumnPropInfo("name"),
    TColumnPropInfo("data_type"),
    TColumnPropInfo("precision"),
    TColumnPropInfo("scale"),
    TColumnPropInfo("timezone", (True, None)),
    TColumnPropInfo("nullable", (True, None), is_hint=True),
    TColumnPropInfo("variant", _FLAG),
    TColumnPropInfo("partition", _FLAG, is_hint=True, compound=True),
    TColumnPropInfo("cluster", _FLAG, is_hint=True, compound=True),
    TColumnPropInfo("primary_key", _FLAG, is_hint=True, compound=True),
    TColumnPropInfo("sort", _FLAG, is_hint=True),
    TColumnPropInfo("unique", _FLAG, is_hint=True),
    TColumnPropInfo("merge_key", _FLAG, is_hint=True, compound=True),
    TColumnPropInfo("row_key", _FLAG, is_hint=True),
    TColumnPropInfo("parent_key", _FLAG, is_hint=True),
    TColumnPropInfo("root_key", _FLAG, is_hint=True),
    TColumnPropInfo("hard_delete", _FLAG, is_hint=True),
    TColumnPropInfo("dedup_sort", _FLAG, is_hint=True),
    # PyPI dlt 1.x has it here, and not among the properties that a program may set
    TColumnPropInfo("incremental", _FLAG, compound=True),
    # of a table; no value of it is a default
    TColumnPropInfo("x-active-record-timestamp", (), is_hint=True),
)
ColumnPropInfos = {prop.name: prop for prop in _PROPS}
COLUMN_HINTS = {prop.name for prop in _PROPS if prop.is_hint and not prop.name.startswith("x-")}
COLUMN_PROPS = {prop.name for prop in _PROPS if prop.name != "incremental" and not prop.name.startswith("x-")}


class TColumnType(TypedDict, total=False):
    """The type of a column."""

    data_type: TDataType | None
    nullable: bool | None
    precision: int | None
    scale: int | None
    timezone: bool | None


TColumnSchemaBase = TColumnSchema
TTableSchemaColumns = dict[str, TColumnSchema]
TSchemaTables = dict[str, TTableSchema]
TPartialTableSchema = TTableSchema
TSchemaUpdate = dict[str, list[TPartialTableSchema]]
TAnySchemaColumns = TTableSchemaColumns | Sequence[TColumnSchema] | type
TSchemaContract = TSchemaEvolutionMode | TSchemaContractDict


class TRowFilters(TypedDict, total=False):
    """Which rows of a table are kept."""

    excludes: list[TSimpleRegex] | None
    includes: list[TSimpleRegex] | None


TTableReference = TTableReferenceInline
TTableReferenceStandalone = TTableReferenceInline
TTableReferenceParam = Sequence[TTableReferenceInline]


class TWriteDispositionDict(TypedDict):
    """How rows get into their table."""

    disposition: TWriteDisposition


class TMergeDispositionDict(TWriteDispositionDict):
    """How rows are merged into their table."""

    strategy: NotRequired[TLoaderMergeStrategy]


class TDeleteInsertStrategyDict(TWriteDispositionDict):
    """Rows with the same key are deleted, then all are inserted."""

    strategy: Literal["delete-insert"]
    deduplicated: NotRequired[bool]
    source_filter: NotRequired[str]
    destination_scope: NotRequired[str]


class TScd2StrategyDict(TWriteDispositionDict):
    """Rows that changed are kept, with the time in which they were valid."""

    strategy: Literal["scd2"]
    validity_column_names: NotRequired[list[str]]
    active_record_timestamp: NotRequired[TAnyDateTime | None]
    boundary_timestamp: NotRequired[TAnyDateTime | None]
    row_version_column_name: NotRequired[str]
    source_filter: NotRequired[str]
    destination_scope: NotRequired[str]


class TUpsertStrategyDict(TWriteDispositionDict):
    """Rows are updated or inserted by their primary key."""

    strategy: Literal["upsert"]
    skip_unchanged_rows: NotRequired[bool]
    row_version_column_name: NotRequired[str]
    source_filter: NotRequired[str]


class TCdcStrategyDict(TWriteDispositionDict):
    """Rows are updated, inserted or deleted by their primary key."""

    strategy: Literal["cdc"]
    skip_unchanged_rows: NotRequired[bool]
    row_version_column_name: NotRequired[str]
    source_filter: NotRequired[str]
    destination_scope: NotRequired[str]


TWriteDispositionConfig = (
    TWriteDisposition
    | TWriteDispositionDict
    | TMergeDispositionDict
    | TScd2StrategyDict
    | TUpsertStrategyDict
    | TCdcStrategyDict
    | TDeleteInsertStrategyDict
)


class TStoredSchema(TypedDict, total=False):
    """A schema as it is stored."""

    version: int
    version_hash: str
    previous_hashes: list[str]
    imported_version_hash: str | None
    engine_version: int
    name: str
    description: str | None
    settings: TSchemaSettings | None
    tables: TSchemaTables
    normalizers: dict[str, object]
