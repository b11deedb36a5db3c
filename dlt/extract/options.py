"""The options of the decorators, as type checkers read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict, Union

from dlt.extract.resource import DataFrom
from dlt.extract.resource_data import ByArguments
from dlt.extract.resource_hints import IncrementalHint
from dlt.extract.vocabulary import (
    Checks,
    ColumnNamesHint,
    ColumnsHint,
    ContractHint,
    FileFormatHint,
    Hint,
    NestedHints,
    References,
    TableFormatHint,
    WriteDispositionHint,
)


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
    references: Union[References, None]
    nested_hints: Union[NestedHints, None]
    selected: bool
    spec: Union[type, None]
    parallelized: bool
    incremental: Union[IncrementalHint, None]
    section: Union[str, ByArguments, None]
    standalone: Union[bool, None]
    parent_table_name: Union[Hint[str], None]
    additional_table_hints: Union[Mapping[str, object], None]
    checks: Union[Hint[Checks], None]


class ResourceOptions(HintOptions, total=False):
    """The same for a resource, which may be given its parent too."""

    data_from: Union[DataFrom, None]
