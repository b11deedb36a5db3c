"""Results of drivers that give values of other classes than those of the columns, such as texts for decimals."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import orjson

from dlt.clock import moment_of
from dlt.destinations.sql.cursor import Cursor
from dlt.destinations.sql.dbapi import Description, NativeCursor, ResultRow
from dlt.late import pa
from dlt.schema.arrow import arrow_type
from dlt.schema.typing import ColumnSchema, DataType

Converter = Callable[[object], object]
"""Gives a value of a driver the class that its column has."""


def typed(cursor: Cursor, columns: Mapping[str, ColumnSchema]) -> Cursor:
    """Return a result whose values have the classes of columns.

    Args:
        cursor: The result.
        columns: Columns by the names that they have in it.
    """
    known = [columns.get(name) for name in cursor.names]
    converters = [None if column is None else _converter(column) for column in known]
    return Cursor(_Typed(cursor.native_cursor, converters), lambda: _as_table(cursor, converters, known))


def _converter(column: ColumnSchema) -> Converter | None:
    """Return the function that gives a value of the driver its class."""
    kind = column.get("data_type")
    if kind == "timestamp":
        zone = datetime.timezone.utc if column.get("timezone", True) else None
        return lambda value: _moment(value, zone)
    return _CONVERTERS.get(kind) if kind is not None else None


def _moment(value: object, zone: datetime.timezone | None) -> object:
    found = moment_of(value) if isinstance(value, str) else value
    if not isinstance(found, datetime.datetime):
        return found
    if zone is None:
        return found.replace(tzinfo=None)
    return found.replace(tzinfo=zone) if found.tzinfo is None else found.astimezone(zone)


def _time(value: object) -> object:
    if isinstance(value, datetime.timedelta):
        # drivers of MySQL give the time since midnight
        return (datetime.datetime.min + value).time()
    return datetime.time.fromisoformat(value) if isinstance(value, str) else value


def _date(value: object) -> object:
    return datetime.date.fromisoformat(value[:10]) if isinstance(value, str) else value


def _decimal(value: object) -> object:
    # by its text: a float has digits that nobody wrote
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _binary(value: object) -> object:
    return bytes(value) if isinstance(value, (bytearray, memoryview)) else value


def _json(value: object) -> object:
    if isinstance(value, (str, bytes)):
        return value
    return orjson.dumps(value).decode()


_CONVERTERS: Mapping[DataType, Converter] = {
    # SQLite and MySQL give 0 and 1
    "bool": bool,
    "date": _date,
    "time": _time,
    "decimal": _decimal,
    "wei": _decimal,
    "binary": _binary,
    "json": _json,
}


class _Typed:
    """A cursor whose values have been given their classes."""

    def __init__(self, native: NativeCursor, converters: Sequence[Converter | None]) -> None:
        self.native, self._converters = native, converters
        self.description: Description | None = native.description

    def _row(self, row: Sequence[object]) -> ResultRow:
        pairs = zip(row, self._converters, strict=True)
        return tuple(value if value is None or convert is None else convert(value) for value, convert in pairs)

    def fetchall(self) -> list[ResultRow]:
        """Return all rows."""
        return [self._row(row) for row in self.native.fetchall()]

    def fetchmany(self, size: int) -> list[ResultRow]:
        """Return some rows."""
        return [self._row(row) for row in self.native.fetchmany(size)]

    def fetchone(self) -> ResultRow | None:
        """Return the next row, or None."""
        row = self.native.fetchone()
        return None if row is None else self._row(row)


def _as_table(
    cursor: Cursor, converters: Sequence[Converter | None], columns: Sequence[ColumnSchema | None]
) -> pa.Table:

    names = cursor.names
    rows = _Typed(cursor.native_cursor, converters).fetchall()
    values = list(zip(*rows, strict=True)) or [()] * len(names)
    arrays = [
        pa.array(list(column), _arrow_type(known)) if known else pa.array(list(column))
        for column, known in zip(values, columns, strict=True)
    ]
    return pa.table(arrays, names=names)


def _arrow_type(column: ColumnSchema) -> pa.DataType | None:
    # decimals have the type that their values need
    return None if column.get("data_type") in (None, "decimal", "wei") else arrow_type(column)
