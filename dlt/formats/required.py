"""Values for columns that must have one: what does not fit has no variant column to go to, and is found at extract."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence

from dlt.errors import CannotCoerceColumnException
from dlt.formats.arrow_values import column_of, values_of
from dlt.io.typed_json import simplify
from dlt.late import pa
from dlt.schema.conversions import convert
from dlt.schema.limits import INT64_MAX, INT64_MIN, Misfit
from dlt.schema.typing import ColumnSchema, DataType, TableSchema
from dlt.types import TDataItem

_ALWAYS_FIT: dict[DataType, frozenset[type]] = {
    "text": frozenset({str}),
    "bool": frozenset({bool}),
    "double": frozenset({float}),
    "bigint": frozenset({int}),
    "binary": frozenset({bytes}),
    "date": frozenset({datetime.date}),
    "timestamp": frozenset({datetime.datetime}),
    "json": frozenset({dict, list}),
}
_SAFE_IN_ARROW = ("text", "bool", "double", "binary", "time")


def columns_without_variant(table_schema: TableSchema) -> dict[str, ColumnSchema]:
    """Return the columns of a table whose values must fit their type: all rows need one, so no variant may hold it."""
    return {
        name: column
        for name, column in (table_schema.get("columns") or {}).items()
        if column.get("nullable") is False and "data_type" in column and not name.startswith("_dlt_")
    }


class Required:
    """Check values for columns that must have one.

    Args:
        table: Name of the table, for messages.
        columns: The columns.
        normalize: Gives the identifier of a key.
    """

    def __init__(self, table: str, columns: Mapping[str, ColumnSchema], normalize: Callable[[str], str]) -> None:
        self._table, self._columns, self._normalize = table, columns, normalize

    def check_rows(self, rows: Sequence[TDataItem], position: int) -> None:
        """Check the values of rows; `position` is the number of the first one.

        Raises:
            CannotCoerceColumnException: a value does not fit.
        """
        # what is no dict is told by whoever writes it
        if set(map(type, rows)) != {dict}:
            return
        for key in dict.fromkeys(key for keys in set(map(tuple, rows)) for key in keys):
            column = self._columns.get(self._normalize(key)) if isinstance(key, str) else None
            if column is not None:
                self._check(column, key, [row.get(key) for row in rows], position)

    def check_table(self, table: pa.Table) -> None:
        """Check the values of Arrow data.

        Raises:
            CannotCoerceColumnException: a value does not fit.
        """
        for field, chunks in zip(table.schema, table.columns, strict=True):
            column = self._columns.get(self._normalize(field.name))
            if column is None or pa.types.is_null(field.type):
                continue
            kind = column_of(field.name, field.type)["data_type"]
            # the upper half of uint64 is beyond a bigint
            whole = kind == "bigint" and not pa.types.is_uint64(field.type) and "precision" not in column
            if kind == column["data_type"] and (whole or kind in _SAFE_IN_ARROW):
                continue
            position = 0
            for array in chunks.chunks:
                self._check(column, field.name, values_of(array), position)
                position += len(array)

    def _check(self, column: ColumnSchema, key: str, values: Iterable[TDataItem], position: int) -> None:
        found = list(values)
        if _fit(column, found):
            return
        for offset, value in enumerate(found):
            try:
                plain = simplify(value)
            except (TypeError, ValueError, RecursionError):
                continue  # the writer of the row tells what cannot be stored
            if plain is None:
                continue
            try:
                convert(plain, column)
            except Misfit as error:
                raise CannotCoerceColumnException(
                    f"table {self._table}: item {position + offset}, key {key!r}: a value of type "
                    f"{type(value).__name__} does not fit the column, whose type is {column['data_type']}: {error}. "
                    "The column must have a value in every row, so that it cannot go to a variant column. Convert the "
                    "value in the resource, or declare another data_type, or nullable.",
                    table=self._table,
                    column=column.get("name"),
                    item_position=position + offset,
                ) from error


def _fit(column: ColumnSchema, values: list[TDataItem]) -> bool:
    """Tell whether all values fit by their types and sizes; False if each needs a look."""
    kinds = set(map(type, values))
    kinds.discard(type(None))
    wanted = column["data_type"]
    if "precision" in column or not kinds <= _ALWAYS_FIT.get(wanted, frozenset()):
        return False
    if wanted == "bigint":
        return all(value is None or INT64_MIN <= value <= INT64_MAX for value in values)
    if wanted == "text":
        # what is not ASCII may hold lone surrogates, and needs a look
        return all(value is None or value.isascii() for value in values)
    # a zone moves a moment by less than a day
    return wanted != "timestamp" or all(value is None or 2 <= value.year <= 9998 for value in values)
