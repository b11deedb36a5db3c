"""The types of what users write: hints of a resource, and the values that they may have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, TypedDict, TypeVar, Union

from dlt.schema.typing import ColumnSchema, ContractDict, ContractMode, MergeStrategy, ReplaceStrategy, TableFormat

DispositionName = Literal["skip", "append", "replace", "merge"]
Refresh = Literal["drop_sources", "drop_resources", "drop_data"]
FileFormat = Literal[
    "preferred", "jsonl", "typed-jsonl", "insert_values", "parquet", "csv", "arrow", "model", "reference"
]
ProgressName = Literal["log", "tqdm", "rich", "enlighten", "alive_progress"]


class DispositionDict(TypedDict, total=False):
    """A write disposition with its strategy; the further keys belong to "scd2"."""

    disposition: DispositionName
    strategy: Union[MergeStrategy, ReplaceStrategy, None]
    validity_column_names: Union[Sequence[str], None]
    active_record_timestamp: Union[str, date, datetime, None]
    boundary_timestamp: Union[str, date, datetime, None]
    row_version_column_name: Union[str, None]


ValueT = TypeVar("ValueT")
# a hint is a value, or a function that gives it for an item
Hint = Union[ValueT, Callable[[Any], ValueT]]
WriteDispositionHint = Hint[Union[DispositionName, DispositionDict]]
ColumnNamesHint = Hint[Union[str, Sequence[str]]]
ColumnsHint = Hint[Union[Mapping[str, ColumnSchema], Sequence[ColumnSchema], type]]
ContractHint = Union[ContractMode, ContractDict]
TableFormatHint = Hint[TableFormat]
FileFormatHint = Hint[FileFormat]


class HintOptions(TypedDict, total=False):
    """What a resource or transformer takes beside its name and its table's."""

    max_table_nesting: Union[int, None]
    write_disposition: Union[WriteDispositionHint, None]
    columns: Union[ColumnsHint, None]
    primary_key: Union[ColumnNamesHint, None]
    merge_key: Union[ColumnNamesHint, None]
    schema_contract: Union[Hint[ContractHint], None]
    table_format: Union[TableFormatHint, None]
    file_format: Union[FileFormatHint, None]
    references: Union[Sequence[Mapping[str, Any]], None]
    nested_hints: Union[Mapping[Any, Any], None]
    selected: bool
    spec: Union[type, None]
    parallelized: bool
    incremental: Any
    section: Union[str, None]
    standalone: Union[bool, None]
    parent_table_name: Union[Hint[str], None]
    additional_table_hints: Union[Mapping[str, Any], None]


class ResourceOptions(HintOptions, total=False):
    """The same for a resource, which may be given its parent too."""

    data_from: Any
