"""Work on a database through SQLAlchemy: its engine, its names and types, the cursor of its driver."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dlt.clock import moment_of, utc_now
from dlt.destinations.impl.sqlalchemy.rows import batches_of, rows_of
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.destinations.sql.ddl import create_table
from dlt.destinations.sql.dialect import Dialect
from dlt.destinations.sql.sql_client import Cursor
from dlt.error_kinds import Kind, database_error, is_transient
from dlt.errors import DatabaseTransientException
from dlt.schema.system_tables import loads_table, state_table, version_table
from dlt.schema.typing import ColumnSchema, DataType, TableSchema

if TYPE_CHECKING:
    import pyarrow as pa

_PLACES: Mapping[str, Callable[[int], str]] = {
    "qmark": lambda _: "?",
    "format": lambda _: "%s",
    "pyformat": lambda _: "%s",
    "numeric": lambda number: f":{number}",
    "named": lambda number: f":p{number}",
}
_SIGNS: tuple[tuple[str, Kind], ...] = (
    ("no such table", "undefined"),
    ("doesn't exist", "undefined"),
    ("does not exist", "undefined"),
    ("invalid object name", "undefined"),
    ("not found", "undefined"),
    ("permission denied", "right"),
    ("access denied", "right"),
    ("insufficient privilege", "right"),
    ("read-only", "read_only"),
    ("no space left", "disk_full"),
    ("disk full", "disk_full"),
    ("deadlock", "clash"),
    ("serializ", "clash"),
    ("lock wait timeout", "busy"),
    ("is locked", "busy"),
    ("timed out", "timeout"),
    ("timeout", "timeout"),
    ("connection", "connection"),
    ("gone away", "connection"),
)
"""Words by which databases of which nothing more is known tell what an error is."""


class SqlAlchemyClient(SqlDestinationClient):
    """Work on one dataset, which is a schema; what an engine does another way is in a class derived from this one.

    Args:
        dialect: How the engine writes names and types.
        dataset_name: Name of the dataset.
        connection: Open connection of SQLAlchemy.
    """

    ddl_in_transaction: bool = True
    """Without it a change of tables commits what came before it, so it runs on a connection of its own."""

    def __init__(self, dialect: Dialect, dataset_name: str, connection: Any) -> None:
        super().__init__(dialect, dataset_name, connection)
        self._ddl_connections: list[Any] = []
        self._losses: list[BaseException] = []
        self._truncate: list[str] = []

    def prepare(self) -> None:
        """Set what holds for the whole connection."""

    def close(self) -> None:
        """Give back the connection for DDL; what is lost must not be used by others, nor be asked to roll back."""
        if self._losses:
            self.connection.invalidate()
        while self._ddl_connections:
            connection = self._ddl_connections.pop()
            if self._losses:
                connection.invalidate()
            connection.close()

    # -- statements

    @property
    def driver_connection(self) -> Any:
        """Return the connection of the driver."""
        return self.connection.connection

    @cached_property
    def _errors(self) -> Any:
        return (
            self.connection.dialect.loaded_dbapi
            if hasattr(self.connection.dialect, "loaded_dbapi")
            else (self.connection.dialect.dbapi)
        )

    def _placed(self, sql: str, count: int) -> str:
        """Return SQL with the places for values as the driver writes them."""
        parts = sql.split("%s")
        return self._joined(parts) if len(parts) == count + 1 else sql

    def _joined(self, parts: Sequence[str]) -> str:
        place = _PLACES[self._errors.paramstyle]
        if place(1) == "%s":
            # to such a driver a sign in a name would be the beginning of a place
            parts = [part.replace("%", "%%") for part in parts]
        text = parts[0]
        for number, part in enumerate(parts[1:], 1):
            text += place(number) + part
        return text

    def _given(self, values: Sequence[Any]) -> Any:
        if self._errors.paramstyle == "named":
            return {f"p{number}": value for number, value in enumerate(values, 1)}
        return tuple(values)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Run SQL with parameters written %s."""
        with self._translating():
            cursor = self.driver_connection.cursor()
            if parameters:
                values = [self.parameter(value) for value in parameters]
                cursor.execute(self._placed(sql, len(values)), self._given(values))
            else:
                cursor.execute(sql)
            if not self._in_transaction and not cursor.description:
                self.driver_connection.commit()
        return Cursor(cursor)

    def parameter(self, value: Any) -> Any:
        """Return a value as the driver takes it."""
        return value

    @contextmanager
    def _translating(self) -> Iterator[None]:
        """Raise errors of the driver, and what SQLAlchemy makes of them, as ours."""
        import sqlalchemy

        try:
            yield
        except sqlalchemy.exc.DBAPIError as error:
            raise self._failure(error.orig or error) from error
        except self._errors.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: BaseException) -> Exception:
        found = self.translated(error)
        if self.connection.dialect.is_disconnect(error, None, None):
            self._losses.append(error)
            return found if isinstance(found, DatabaseTransientException) else database_error("connection", str(found))
        return found

    def translated(self, error: BaseException) -> Exception:
        """Return our error for one of the driver."""
        text = f"{self.connection.dialect.name}: {str(error).strip().rstrip('.')}"
        lower = text.lower()
        lost = isinstance(error, (self._errors.OperationalError, self._errors.InterfaceError))
        found: Kind = "constraint" if isinstance(error, self._errors.IntegrityError) else "refused"
        for sign, kind in _SIGNS:
            # texts of other errors may quote values, in which any word may stand
            if sign in lower and (lost or not is_transient(kind)):
                found = kind
                break
        return database_error(found, text)

    def run_ddl(self, sql: str) -> None:
        """Run a statement that makes, changes or drops a table or dataset."""
        if self.ddl_in_transaction or not self._in_transaction:
            self.query(sql)
            return
        with self._translating():
            if not self._ddl_connections:
                self._ddl_connections.append(self.connection.engine.connect())
            connection = self._ddl_connections[0].connection
            # a statement that fails has changed nothing, and leaves nothing open that another one could meet
            connection.cursor().execute(sql)
            connection.commit()

    # -- transaction

    def begin(self) -> None:
        """Start the transaction."""
        self._now = utc_now()
        # what was read before must not be seen any more
        with self._translating():
            self.driver_connection.rollback()
        self._in_transaction, self._known, self._truncate = True, None, []

    def commit(self) -> None:
        """Make all of it visible at once."""
        self._in_transaction, self._known = False, None
        with self._translating():
            self.driver_connection.commit()

    def rollback(self) -> None:
        """Undo all of it."""
        self._in_transaction, self._known = False, None
        with self._translating():
            self.driver_connection.rollback()

    # -- dataset and tables

    @property
    def _inspector(self) -> Any:
        import sqlalchemy

        return sqlalchemy.inspect(self.connection)

    def has_dataset(self) -> bool:
        """Tell whether the schema is there."""
        with self._translating():
            return self.dataset_name in self._inspector.get_schema_names()

    def create_dataset(self) -> None:
        """Make the schema if it is not there, and where DDL commits, the tables that a load writes last."""
        if not self.has_dataset():
            self.run_ddl(f"CREATE SCHEMA {self.qualified_dataset()}")
        if not self.ddl_in_transaction and self._in_transaction:
            for table in (loads_table(), version_table(), state_table()):
                self._need(table)

    def _tables(self) -> dict[str, dict[str, ColumnSchema]]:
        if self._known is not None:
            return self._known
        found = self.reflected()
        if self._in_transaction:
            self._known = found
        return found

    def reflected(self) -> dict[str, dict[str, ColumnSchema]]:
        """Return the tables of the dataset with their columns."""
        dialect = self.connection.dialect
        found: dict[str, dict[str, ColumnSchema]] = {}
        with self._translating():
            inspector = self._inspector
            for table in inspector.get_table_names(schema=self.dataset_name):
                columns = inspector.get_columns(table, schema=self.dataset_name)
                found[table] = {
                    column["name"]: self.dialect.column_of(column["name"], column["type"].compile(dialect=dialect))
                    for column in columns
                }
        return found

    def _create(self, *tables: TableSchema) -> None:
        for table in tables:
            self.run_ddl(create_table(self.dialect, self.qualified(table["name"]), table))
            self._tables()[table["name"]] = self._as_stored(table["columns"])

    def remove_tables(self, drop: Sequence[str], truncate: Sequence[str]) -> None:
        """Drop tables, and empty others, where they are there."""
        if self.ddl_in_transaction:
            super().remove_tables(drop, truncate)
            return
        super().remove_tables(drop, ())
        # a table that this transaction has changed could not be altered by the other connection
        self._truncate += list(truncate)

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Prepare to take the files of a chain."""
        self._empty()
        return super().stage(chain, load_id)

    def record_load(self, load_id: str, schema: Any) -> None:
        """Write that the load is complete, and the version of its schema."""
        self._empty()
        super().record_load(load_id, schema)

    def _empty(self) -> None:
        waiting, self._truncate = self._truncate, []
        super().remove_tables((), waiting)

    # -- data

    def load_file(self, table: TableSchema, target: str, path: str, file_format: str) -> None:
        """Take one file by INSERTs of many rows."""
        for batch in batches_of(table, path, file_format):
            names = ", ".join(self.dialect.quote(name) for name in batch.schema.names)
            between = [", "] * (batch.num_columns - 1)
            sql = self._joined([f"INSERT INTO {target} ({names}) VALUES (", *between, ")"])
            rows = rows_of(batch, self.values)
            given = [self._given(row) for row in rows] if self._errors.paramstyle == "named" else rows
            with self._translating(), closing(self.driver_connection.cursor()) as cursor:
                cursor.executemany(sql, given)

    def values(self, array: pa.Array) -> list[Any]:
        """Return the values of a column as the driver takes them."""
        return list(array.to_pylist())

    # -- reading

    def typed(self, cursor: Cursor, columns: Mapping[str, ColumnSchema]) -> Cursor:
        """Return a result whose values have the classes of these columns."""
        known = [columns.get(entry[0]) for entry in cursor.description]
        converters = [None if column is None else self.converter(column) for column in known]
        return Cursor(_Typed(cursor.native_cursor, converters), lambda: _as_table(cursor, converters, known))

    def converter(self, column: ColumnSchema) -> Callable[[Any], Any] | None:
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
    import orjson

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
    import pyarrow as pa

    names = [entry[0] for entry in cursor.description]
    rows: Iterator[Any] = iter(_Typed(cursor.native_cursor, converters).fetchall())
    values = list(zip(*rows, strict=True)) or [()] * len(names)
    arrays = [
        pa.array(list(column), _arrow_type(known)) if known else pa.array(list(column))
        for column, known in zip(values, columns, strict=True)
    ]
    return pa.table(arrays, names=names)


def _arrow_type(column: ColumnSchema) -> pa.DataType | None:
    import pyarrow as pa

    zone = "UTC" if column.get("timezone", True) else None
    types: dict[DataType, pa.DataType] = {
        "text": pa.string(),
        "json": pa.string(),
        "double": pa.float64(),
        "bool": pa.bool_(),
        "bigint": pa.int64(),
        "binary": pa.binary(),
        "date": pa.date32(),
        "time": pa.time64("us"),
        "timestamp": pa.timestamp("us", zone),
    }
    # decimals have the type that their values need
    kind = column.get("data_type")
    return None if kind is None else types.get(kind)
