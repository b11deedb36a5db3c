"""Rows and single values as Arrow, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import dataclasses
import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence

import pyarrow

from dlt.common.libs.arrow_types import get_py_arrow_datatype
from dlt.errors import DltException
from dlt.formats.arrow_values import plain
from dlt.schema.capabilities import Capabilities
from dlt.schema.conversions import convert
from dlt.schema.limits import Misfit, TooLong
from dlt.schema.typing import ColumnSchema

_DAY = datetime.datetime(1, 1, 1)


class PyToArrowConversionException(DltException):
    """Values of a column are none of its data type.

    Args:
        data_type: The data type; None where Arrow was to find one.
        inferred_arrow_type: Type that the values have for Arrow.
        field_name: The column.
        table_name: Its table.
        details: What was found.
    """

    def __init__(
        self,
        data_type: str | None,
        inferred_arrow_type: pyarrow.DataType | None = None,
        field_name: str | None = None,
        table_name: str | None = None,
        details: str | None = None,
    ) -> None:
        self.data_type, self.inferred_arrow_type = data_type, inferred_arrow_type
        self.field_name, self.table_name, self.details = field_name, table_name, details
        place = f"table {table_name}, column {field_name!r}" if table_name else f"column {field_name!r}"
        wanted = "one type of Arrow" if data_type is None else f"the type {data_type}"
        super().__init__(f"{place}: its values are not of {wanted}: {details}")


def transpose_rows_to_columns(
    rows: Sequence[Sequence[object]], column_names: Iterable[str]
) -> dict[str, Sequence[object]]:
    """Return the values of each column.

    Args:
        rows: The rows.
        column_names: Names of the columns, in the order of the values.
    """
    names = list(column_names)
    values: Iterable[Sequence[object]] = zip(*rows, strict=True) if rows else ((),) * len(names)
    return {name: list(column) for name, column in zip(names, values, strict=True)}


def row_tuples_to_arrow(
    rows: Sequence[Sequence[object]],
    caps: Capabilities,
    columns: Mapping[str, ColumnSchema],
    tz: str,
    safe_arrow_conversion: bool = True,
) -> pyarrow.Table:
    """Return a table of rows that have no keys, such as those of a cursor.

    Args:
        rows: The rows.
        caps: What counts where a column names no precision.
        columns: The columns, in the order of the values; those without a data type get that of their values.
        tz: Time zone of moments that have one.
        safe_arrow_conversion: Refuse what a type of Arrow would cut.

    Raises:
        PyToArrowConversionException: Values of a column are none of its data type.
    """
    arrays = {
        name: convert_numpy_to_arrow(values, caps, columns[name], tz, safe_arrow_conversion)
        for name, values in transpose_rows_to_columns(rows, columns).items()
    }
    # a column that must have a value says so only where it has one: the table is not there yet
    fields = [
        pyarrow.field(name, array.type, bool(columns[name].get("nullable", True) or array.null_count))
        for name, array in arrays.items()
    ]
    return pyarrow.Table.from_arrays(list(arrays.values()), schema=pyarrow.schema(fields))


def convert_numpy_to_arrow(
    column_data: Iterable[object],
    caps: Capabilities,
    column_schema: ColumnSchema,
    tz: str,
    safe_arrow_conversion: bool,
    arrow_type: pyarrow.DataType | None = None,
) -> pyarrow.Array:
    """Return values as an array of the type of their column.

    Args:
        column_data: The values.
        caps: What counts where the column names no precision.
        column_schema: The column; without a data type it gets that of the values.
        tz: Time zone of moments that have one.
        safe_arrow_conversion: Refuse what the type would cut.
        arrow_type: Type in place of the column's.

    Raises:
        PyToArrowConversionException: A value is none of the data type.
    """
    values, kind, name = list(column_data), column_schema.get("data_type"), column_schema.get("name")
    if kind is None and arrow_type is None:
        try:
            return uuid_to_string(pyarrow.array([_known(value) for value in values]))
        except pyarrow.ArrowException as error:
            raise PyToArrowConversionException(None, None, name, None, str(error)) from error
    wanted = get_py_arrow_datatype(column_schema, caps, tz) if arrow_type is None else arrow_type
    try:
        if kind is not None and not pyarrow.types.is_nested(wanted):
            values = [None if value is None else _converted(value, column_schema, caps) for value in values]
        return pyarrow.array(values, wanted, safe=safe_arrow_conversion)
    except (Misfit, TooLong, pyarrow.ArrowException, ValueError, TypeError) as error:
        raise PyToArrowConversionException(kind, wanted, name, None, str(error)) from error


def _known(value: object) -> object:
    """Return a value of a class that Arrow does not know, such as a UUID or a range of SQLAlchemy, as one it knows."""
    if isinstance(value, uuid.UUID):
        return str(value)
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else value


convert_array_to_arrow = convert_numpy_to_arrow


def _converted(value: object, column: ColumnSchema, caps: Capabilities) -> object:
    kind = column.get("data_type")
    if isinstance(value, datetime.timedelta) and kind == "time":
        # how drivers of MySQL give times
        value = (_DAY + value).time()
    elif isinstance(value, datetime.datetime) and type(value) is not datetime.datetime:
        # of pandas: nanoseconds, which dates of Python do not have, are cut as PyPI dlt 1.x does
        value = datetime.datetime.combine(value.date(), value.timetz())
    if kind in ("decimal", "wei") and column.get("precision") is None:
        # a scale without a precision says nothing
        column = {key: found for key, found in column.items() if key != "scale"}  # type: ignore[assignment] # less of it
    return convert(value, column, caps)


def uuid_to_string(arr: pyarrow.Array) -> pyarrow.Array:
    """Return UUIDs as text; an array of another type as it is.

    Args:
        arr: UUIDs of Arrow, or their 16 bytes.
    """
    if pyarrow.types.is_fixed_size_binary(arr.type) and arr.type.byte_width == 16:
        texts = [None if found is None else str(uuid.UUID(bytes=found)) for found in arr.to_pylist()]
        return pyarrow.array(texts, pyarrow.string())
    named = isinstance(arr.type, pyarrow.BaseExtensionType) and arr.type.extension_name == "arrow.uuid"
    return plain(arr) if named else arr


def to_arrow_scalar(value: object, arrow_type: pyarrow.DataType) -> pyarrow.Scalar:
    """Return a value as one of Arrow; moments without a time zone are those of UTC, and the other way round.

    Args:
        value: The value.
        arrow_type: Its type.
    """
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        value = value.astimezone(datetime.timezone.utc)
        if not (pyarrow.types.is_timestamp(arrow_type) and arrow_type.tz):
            value = value.replace(tzinfo=None)
    if isinstance(value, datetime.datetime) and pyarrow.types.is_date(arrow_type):
        value = value.date()
    return pyarrow.scalar(value, arrow_type)


def from_arrow_scalar(arrow_value: pyarrow.Scalar) -> object:
    """Return a value of Arrow as one of Python.

    Args:
        arrow_value: The value.
    """
    return arrow_value.as_py()
