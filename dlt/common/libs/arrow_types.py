"""Types of Arrow and columns, under the names of PyPI `dlt` 1.x: each is made of the other."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable, Mapping
from typing import cast

import pyarrow

from dlt.errors import DltException, UnsupportedDataType
from dlt.formats.arrow_values import column_of, storage_type
from dlt.schema.arrow import arrow_type
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema

_PREFIX = "arrow-ipc:"
_NESTED = "x-nested-type"
# a unit of time by the digits of a second that it keeps
_UNITS = {0: "s", 3: "ms", 6: "us", 9: "ns"}
_DIGITS = {unit: digits for digits, unit in _UNITS.items()}


class UnsupportedArrowTypeException(DltException):
    """No data type stands for a type of Arrow.

    Args:
        arrow_type: The type.
        field_name: Column that has it.
        table_name: Table of the column.
    """

    def __init__(
        self, arrow_type: pyarrow.DataType, field_name: str | None = None, table_name: str | None = None
    ) -> None:
        self.arrow_type, self.field_name, self.table_name = arrow_type, field_name, table_name
        place = ", ".join(
            f"{word} {name!r}" for word, name in (("table", table_name), ("column", field_name)) if name is not None
        )
        super().__init__(f"{place + ': ' if place else ''}the Arrow type {arrow_type} has no data type; cast it first.")


def get_column_type_from_py_arrow(dtype: pyarrow.DataType) -> ColumnSchema:
    """Return the data type of a column, its precision and scale; nothing for the type of columns that are all null.

    Args:
        dtype: The type of Arrow.

    Raises:
        UnsupportedArrowTypeException: No data type stands for it.
    """
    return _column_type(dtype, None)


def py_arrow_to_table_schema_columns(schema: pyarrow.Schema) -> dict[str, ColumnSchema]:
    """Return columns, with their data types, for the fields of a table.

    Args:
        schema: The fields.

    Raises:
        UnsupportedArrowTypeException: No data type stands for the type of a field.
    """
    return {
        field.name: {"name": field.name, "nullable": field.nullable, **_column_type(field.type, field.name)}
        for field in schema
    }


def _column_type(kind: pyarrow.DataType, name: str | None) -> ColumnSchema:
    if pyarrow.types.is_null(kind):
        return cast("ColumnSchema", {})
    try:
        column = column_of(name or "", kind)
    except UnsupportedDataType as error:
        raise UnsupportedArrowTypeException(kind, name) from error
    del column["name"], column["nullable"]
    found, types = storage_type(kind), pyarrow.types
    if types.is_timestamp(found) or types.is_time(found):
        column["precision"] = _DIGITS[found.unit]
    elif types.is_integer(found) and found.bit_width < 64:
        column["precision"] = found.bit_width
    elif types.is_fixed_size_binary(found) and column["data_type"] == "binary":
        column["precision"] = found.byte_width
    elif types.is_nested(found):
        column = cast("ColumnSchema", {**column, _NESTED: serialize_type(found)})
    if column.get("timezone"):
        # that of a column that says nothing
        del column["timezone"]
    return column


def get_py_arrow_timestamp(precision: int, tz: str | None) -> pyarrow.DataType:
    """Return the type of moments with so many digits of a second.

    Args:
        precision: The digits; the next unit that keeps them all is taken.
        tz: Time zone; None for moments without one.
    """
    return pyarrow.timestamp(_unit(precision), tz)


def _unit(precision: int) -> str:
    return next((unit for digits, unit in _UNITS.items() if precision <= digits), "ns")


def get_py_arrow_datatype(column: ColumnSchema, caps: Capabilities, tz: str | None) -> pyarrow.DataType:
    """Return the type of Arrow for a column.

    Args:
        column: The column, with a data type.
        caps: What counts where the column names no precision.
        tz: Time zone of moments, where the column has one.
    """
    kind, precision = column["data_type"], column.get("precision")
    nested = cast("Mapping[str, object]", column).get(_NESTED)
    if kind == "timestamp":
        digits = caps.timestamp_precision if precision is None else precision
        return get_py_arrow_timestamp(digits, tz if column.get("timezone", True) else None)
    if kind == "time":
        unit = _unit(caps.timestamp_precision if precision is None else precision)
        return pyarrow.time32(unit) if unit in ("s", "ms") else pyarrow.time64(unit)
    if kind == "binary" and precision:
        return pyarrow.binary(precision)
    if kind == "json" and isinstance(nested, str) and caps.supports_nested_types:
        return deserialize_type(nested)
    if kind in ("decimal", "wei"):
        # a scale alone says nothing, and a precision alone is one of whole numbers
        whole = caps.decimal_precision if kind == "decimal" else caps.wei_precision
        return arrow_type(column, whole if precision is None else (precision, column.get("scale") or 0))
    return arrow_type(column, bits=(8, 16, 32, 64))


def columns_to_arrow(
    columns: Mapping[str, ColumnSchema], caps: Capabilities, timestamp_timezone: str | None = "UTC"
) -> pyarrow.Schema:
    """Return the fields of a table.

    Args:
        columns: Its columns; those without a data type are left out.
        caps: What counts where a column names no precision.
        timestamp_timezone: Time zone of moments that have one.
    """
    return pyarrow.schema(
        [
            pyarrow.field(name, get_py_arrow_datatype(column, caps, timestamp_timezone), column.get("nullable", True))
            for name, column in columns.items()
            if column.get("data_type") is not None
        ]
    )


def cast_arrow_schema_types(
    schema: pyarrow.Schema,
    type_map: Mapping[Callable[[pyarrow.DataType], bool], Callable[..., pyarrow.DataType]],
) -> pyarrow.Schema:
    """Return fields of which some have another type.

    Args:
        schema: The fields.
        type_map: For each check of a type what stands in its place: a type, or a function of the one that is there.
    """
    for index, field in enumerate(schema):
        for check, wanted in type_map.items():
            if check(field.type):
                schema = schema.set(index, field.with_type(wanted(field.type) if callable(wanted) else wanted))
                break
    return schema


def serialize_type(dtype: pyarrow.DataType) -> str:
    """Return a type as text, for `deserialize_type`."""
    # Arrow writes no type alone, so it goes as a schema with one field; as stored schemas of 1.x have it
    schema: bytes = pyarrow.schema([pyarrow.field("", dtype)]).serialize().to_pybytes()
    return _PREFIX + base64.b64encode(gzip.compress(schema, mtime=0)).decode("ascii")


def deserialize_type(type_str: str) -> pyarrow.DataType:
    """Return the type that `serialize_type` wrote.

    Args:
        type_str: What was written, here or by PyPI `dlt` 1.x.
    """
    if not type_str.startswith(_PREFIX):
        # as earlier releases wrote it
        return pyarrow.ipc.read_schema(pyarrow.py_buffer(bytes.fromhex(type_str))).field(0).type
    schema = gzip.decompress(base64.b64decode(type_str[len(_PREFIX) :]))
    return pyarrow.ipc.read_schema(pyarrow.py_buffer(schema)).field(0).type
