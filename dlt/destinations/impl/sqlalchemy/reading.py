"""Results of drivers that give values of other classes than those of the columns, such as texts for decimals."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson

from dlt.clock import moment_of
from dlt.destinations.sql.cursor import Cursor
from dlt.late import pa
from dlt.schema.arrow import arrow_type
from dlt.schema.typing import ColumnSchema, DataType


def typed(cursor: Cursor, columns: Mapping[str, ColumnSchema]) -> Cursor:
    """Return a result whose values have the classes of columns.

    Args:
        cursor: The result.
        columns: Columns by the names that they have in it.
    """
    known = [columns.get(entry[0]) for entry in cursor.description]
    converters = [None if column is None else _converter(column) for column in known]
    return Cursor(_Typed(cursor.native_cursor, converters), lambda: _as_table(cursor, converters, known))


def _converter(column: ColumnSchema) -> Callable[[Any], Any] | None:
    """Return the function that gives a value of the driver its class."""
    kind = column.get("data_type")
    if kind == "timestamp":
        zone = datetime.timezone.utc if column.get("timezone", True) else None
        return lambda value: _moment(value, zone)
    return _CONVERTERS.get(kind) if kind is not None else None


def _moment(value: Any, zone: datetime.timezone | None) -> Any:
    found = moment_of(value) if isinstance(value, str) else value
    if zone is None:
        return found.replace(tzinfo=None)
    return found.replace(tzinfo=zone) if found.tzinfo is None else found.astimezone(zone)


def _time(value: Any) -> Any:
    if isinstance(value, datetime.timedelta):
        return (datetime.datetime.min + value).time()
    return datetime.time.fromisoformat(value) if isinstance(value, str) else value


def _date(value: Any) -> Any:
    return datetime.date.fromisoformat(value[:10]) if isinstance(value, str) else value


def _decimal(value: Any) -> Any:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _json(value: Any) -> Any:
    if isinstance(value, (str, bytes)):
        return value
    return orjson.dumps(value).decode()


_CONVERTERS: Mapping[DataType, Callable[[Any], Any]] = {
    "bool": bool,
    "date": _date,
    "time": _time,
    "decimal": _decimal,
    "wei": _decimal,
    "binary": bytes,
    "json": _json,
}


class _Typed:
    """A cursor whose values have been given their classes."""

    def __init__(self, native: Any, converters: Sequence[Callable[[Any], Any] | None]) -> None:
        self.native, self._converters = native, converters
        self.description = native.description

    def _row(self, row: Sequence[Any]) -> tuple[Any, ...]:
        pairs = zip(row, self._converters, strict=True)
        return tuple(value if value is None or convert is None else convert(value) for value, convert in pairs)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows."""
        return [self._row(row) for row in self.native.fetchall()]

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        """Return some rows."""
        return [self._row(row) for row in self.native.fetchmany(size)]

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, or None."""
        row = self.native.fetchone()
        return None if row is None else self._row(row)


def _as_table(
    cursor: Cursor, converters: Sequence[Callable[[Any], Any] | None], columns: Sequence[ColumnSchema | None]
) -> pa.Table:
    names = [entry[0] for entry in cursor.description]
    rows: Iterator[Any] = iter(_Typed(cursor.native_cursor, converters).fetchall())
    values = list(zip(*rows, strict=True)) or [()] * len(names)
    arrays = [
        pa.array(list(column), _arrow_type(known)) if known else pa.array(list(column))
        for column, known in zip(values, columns, strict=True)
    ]
    return pa.table(arrays, names=names)


def _arrow_type(column: ColumnSchema) -> pa.DataType | None:
    # decimals have the type that their values need
    return None if column.get("data_type") in (None, "decimal", "wei") else arrow_type(column)
