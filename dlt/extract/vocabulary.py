"""The types of what users write: hints of a resource, and the values that they may have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, TypedDict, TypeVar, Union

from dlt.schema.typing import ColumnSchema, ContractDict, ContractMode, MergeStrategy, ReplaceStrategy, TableFormat
from dlt.types import TDataItem

if TYPE_CHECKING:
    from dlt.schema.data_checks import Check

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
Hint = Union[ValueT, Callable[[TDataItem], ValueT]]
WriteDispositionHint = Hint[Union[DispositionName, DispositionDict]]
ColumnNames = Union[str, Sequence[str]]
ColumnNamesHint = Hint[ColumnNames]
ColumnsGiven = Union[Mapping[str, ColumnSchema], Sequence[ColumnSchema], type]
"""Columns by name, a list of them, or a Pydantic model, TypedDict or dataclass."""
ColumnsHint = Hint[ColumnsGiven]
ContractHint = Union[ContractMode, ContractDict]
TableFormatHint = Hint[TableFormat]
FileFormatHint = Hint[FileFormat]
References = Sequence[Mapping[str, object]]
"""Tables that a table refers to; each with `columns`, `referenced_table` and `referenced_columns`."""
Checks = Sequence[Union["Check", Mapping[str, object]]]
"""What must hold for the rows of a table: checks of `dlt.check`, or what a schema has of them."""
NestedHints = Union[
    Mapping[str, Mapping[str, object]],
    Mapping[tuple[str, ...], Mapping[str, object]],
    Mapping[Union[str, tuple[str, ...]], Mapping[str, object]],
]
"""Hints of nested tables by path: the key of a list, or a tuple of keys; a dict may have either kind alone."""
