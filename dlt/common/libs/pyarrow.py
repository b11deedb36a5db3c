"""pyarrow, and small functions on its tables, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

import pyarrow
import pyarrow.compute
import pyarrow.parquet
from pyarrow import Table

from dlt.absent import absent_names
from dlt.errors import DltException
from dlt.errors import SchemaIdentifierNormalizationCollision as NameNormalizationCollision
from dlt.formats.arrow_values import column_of

if TYPE_CHECKING:
    from dlt.schema.typing import ColumnSchema

__all__ = [
    "ARROW_DECIMAL_MAX_PRECISION",
    "NameNormalizationCollision",
    "PyToArrowConversionException",
    "Table",
    "UnsupportedArrowTypeException",
    "add_constant_column",
    "append_column",
    "deserialize_type",
    "get_column_type_from_py_arrow",
    "is_arrow_item",
    "py_arrow_to_table_schema_columns",
    "pyarrow",
    "remove_columns",
    "remove_null_columns",
    "rename_columns",
    "serialize_type",
]

# that of decimal256
ARROW_DECIMAL_MAX_PRECISION = 76

TArrowItem: TypeAlias = pyarrow.Table | pyarrow.RecordBatch


class UnsupportedArrowTypeException(DltException):
    """Named by programs, raised by nothing here."""


class PyToArrowConversionException(DltException):
    """Named by programs, raised by nothing here."""


def is_arrow_item(item: object) -> TypeGuard[TArrowItem]:
    """Tell whether an item is a table or a batch of rows."""
    return isinstance(item, (pyarrow.Table, pyarrow.RecordBatch))


def remove_columns(item: TArrowItem, columns: Sequence[str]) -> TArrowItem:
    """Return a table without some columns.

    Args:
        item: The table.
        columns: Their names.

    Raises:
        KeyError: There is none of a name.
    """
    return item.drop_columns(list(columns))


def remove_null_columns(item: TArrowItem) -> TArrowItem:
    """Return a table without the columns that have no type, as all of their values are null."""
    return remove_columns(item, [field.name for field in item.schema if pyarrow.types.is_null(field.type)])


def rename_columns(item: TArrowItem, new_column_names: Sequence[str]) -> TArrowItem:
    """Return a table whose columns have other names.

    Args:
        item: The table.
        new_column_names: The names, one for each column.
    """
    if list(item.schema.names) == list(new_column_names):
        return item
    # batches have no such method in pyarrow 17
    schema = pyarrow.schema([field.with_name(name) for field, name in zip(item.schema, new_column_names, strict=True)])
    return type(item).from_arrays(item.columns, schema=schema)


def append_column(item: TArrowItem, name: str, data: object) -> TArrowItem:
    """Return a table with a further column.

    Args:
        item: The table.
        name: The column.
        data: Its values, as an array.
    """
    if isinstance(item, pyarrow.Table):
        return item.append_column(name, data)
    schema = item.schema.append(pyarrow.field(name, data.type if isinstance(data, pyarrow.Array) else None))
    return pyarrow.RecordBatch.from_arrays([*item.columns, data], schema=schema)


def add_constant_column(
    item: TArrowItem,
    name: str,
    data_type: pyarrow.DataType,
    value: object = None,
    nullable: bool = True,
    index: int = -1,
    use_dictionary: bool = True,
) -> TArrowItem:
    """Return a table with a column in which all values are the same.

    Args:
        item: The table.
        name: The column.
        data_type: Its type.
        value: The value.
        nullable: The column may have nulls.
        index: Where it stands; behind the others when -1.
        use_dictionary: Keep the value once.
    """
    values = pyarrow.repeat(pyarrow.scalar(value, data_type), item.num_rows)
    if use_dictionary:
        once = pyarrow.array([value], data_type)
        # the smallest index will do: there is one value
        values = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * item.num_rows, pyarrow.int8()), once)
    field = pyarrow.field(name, values.type, nullable)
    place = item.num_columns if index == -1 else index
    columns = list(item.columns)
    return type(item).from_arrays([*columns[:place], values, *columns[place:]], schema=item.schema.insert(place, field))


def get_column_type_from_py_arrow(dtype: pyarrow.DataType) -> ColumnSchema:
    """Return the data type of a column, its precision and scale.

    Args:
        dtype: The type of Arrow.
    """
    column = column_of("", dtype)
    del column["name"]
    column.pop("nullable", None)
    return column


def py_arrow_to_table_schema_columns(schema: pyarrow.Schema) -> dict[str, ColumnSchema]:
    """Return columns, with their data types, for the fields of a table.

    Args:
        schema: The fields.
    """
    return {field.name: {**column_of(field.name, field.type), "nullable": field.nullable} for field in schema}


def serialize_type(dtype: pyarrow.DataType) -> str:
    """Return a type as text, for `deserialize_type`."""
    # Arrow writes no type alone, so it goes as a schema with one field
    schema: bytes = pyarrow.schema([pyarrow.field("", dtype)]).serialize().to_pybytes()
    return schema.hex()


def deserialize_type(type_str: str) -> pyarrow.DataType:
    """Return the type that `serialize_type` wrote."""
    return pyarrow.ipc.read_schema(pyarrow.py_buffer(bytes.fromhex(type_str))).field(0).type


__getattr__ = absent_names(
    __name__,
    "A pipeline brings tables into the shape of its schema itself: yield them, or use pyarrow.",
    "add_dlt_load_id_column cast_arrow_as_columns_schema cast_arrow_schema_types cast_date64_columns_to_timestamp "
    "columns_to_arrow convert_numpy_to_arrow fill_empty_source_column_values_with_placeholder from_arrow_scalar "
    "get_py_arrow_datatype get_py_arrow_timestamp normalize_py_arrow_item normalize_py_arrow_item_column "
    "remove_null_columns_from_schema row_tuples_to_arrow should_normalize_arrow_schema to_arrow_scalar "
    "transpose_rows_to_columns uuid_to_string",
)
