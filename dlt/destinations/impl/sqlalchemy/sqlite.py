"""SQLite: one file; a dataset is a prefix of table names, so that one transaction takes in all of them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dlt.destinations.impl.sqlalchemy import generic
from dlt.destinations.impl.sqlalchemy.capabilities import SQLITE
from dlt.destinations.impl.sqlalchemy.client import SqlAlchemyClient
from dlt.destinations.impl.sqlalchemy.rows import as_text
from dlt.destinations.impl.sqlalchemy.session import Classes, Engine, SqlAlchemySession
from dlt.destinations.sql.catalog import Catalog
from dlt.destinations.sql.dialect import Dialect
from dlt.destinations.sql.ledger import Ledger
from dlt.error_kinds import Kind, database_error
from dlt.errors import DatabaseTerminalException, DestinationException
from dlt.late import pa
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

MAIN = "main"
"""The dataset whose tables bear their names without a prefix."""
_KINDS: Mapping[str, Kind] = {
    "database is locked": "busy",
    "database table is locked": "busy",
    "disk is full": "disk_full",
    "disk i/o error": "connection",
    "out of memory": "memory",
    "readonly database": "read_only",
    "unable to open": "right",
    "is not a database": "refused",
    "constraint failed": "constraint",
}
"""What SQLite says of its result codes: https://www.sqlite.org/rescode.html"""
_OF_SQLITE = "sqlite_"
"""Beginning of the names that SQLite keeps to itself: https://www.sqlite.org/fileformat2.html#intschema"""
_BUSY_WAIT = 60_000
"""Milliseconds to wait for another load; SQLite lets in one writer at a time."""


def _sized(column: ColumnSchema, capabilities: Capabilities) -> str | None:
    kind, precision, scale = column["data_type"], column.get("precision"), column.get("scale")
    if kind in ("decimal", "wei"):
        default = capabilities.decimal_precision if kind == "decimal" else capabilities.wei_precision
        # a type with TEXT in its name: SQLite makes floats of what it stores under others
        return f"DECIMAL_TEXT({precision or default[0]},{default[1] if scale is None else scale})"
    return None


def kind_of(error: BaseException) -> Kind | None:
    """Return what an error of SQLite is, None where its text says nothing."""
    return next((kind for sign, kind in _KINDS.items() if sign in str(error).lower()), None)


class SqliteDialect(Dialect):
    """SQL of SQLite."""

    def moment(self, value: datetime.datetime) -> str:
        """Return a moment as the text under which it is stored."""
        plain = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return f"'{plain.isoformat(sep=' ', timespec='microseconds')}'"

    def literal(self, value: object) -> str:
        """Return a value as a literal; moments and days are texts."""
        if isinstance(value, datetime.datetime):
            return self.moment(value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc))
        if isinstance(value, datetime.date):
            return f"'{value.isoformat()}'"
        return super().literal(value)

    def comparable(self, text: str, column: ColumnSchema) -> str:
        """Return the value of a column as one that compares with a literal: decimals are stored as texts."""
        return f"CAST({text} AS REAL)" if column.get("data_type") in ("decimal", "wei") else text

    def delete_matching(self, table: str, keys: str, match: str) -> str:
        """Return the statement that deletes rows whose keys are in a query."""
        # DELETE of SQLite knows neither USING nor JOIN
        found = f"SELECT _dlt_d.rowid FROM {table} AS _dlt_d JOIN {keys} AS _dlt_s ON {match}"
        return f"DELETE FROM {table} WHERE rowid IN ({found})"


DIALECT = SqliteDialect(
    regex="{text} REGEXP {pattern}",
    types={
        "text": "TEXT",
        "double": "DOUBLE",
        "bool": "BOOLEAN",
        "timestamp": "DATETIME",
        "bigint": "BIGINT",
        "binary": "BLOB",
        # under the name JSON the column would turn texts that look like numbers into numbers
        "json": "JSON_TEXT",
        "date": "DATE",
        "time": "TIME",
    },
    sized=_sized,
    families={
        "TEXT": "text",
        "VARCHAR": "text",
        "DOUBLE": "double",
        "FLOAT": "double",
        "REAL": "double",
        "BOOLEAN": "bool",
        "DATETIME": "timestamp",
        "TIMESTAMP": "timestamp",
        "BIGINT": "bigint",
        "INTEGER": "bigint",
        "BLOB": "binary",
        "JSON_TEXT": "json",
        "DECIMAL_TEXT": "decimal",
        "DATE": "date",
        "TIME": "time",
    },
    capabilities=SQLITE,
    precisions={"DATETIME": 6},
)


def translate(error: BaseException, classes: Classes) -> DestinationException:
    """Return our error for one of the driver of SQLite.

    Args:
        error: What the driver raised.
        classes: Module of the driver, with its classes of errors.
    """
    kind = kind_of(error)
    return generic.translate(error, classes, "sqlite") if kind is None else database_error(kind, f"sqlite: {error}")


def _parameter(value: object) -> object:
    """Return a value as it is stored."""
    return DIALECT.moment(value).strip("'") if isinstance(value, datetime.datetime) else value


def _values(array: pa.Array) -> list[object]:
    """Return the values of a column as they are stored: exact decimals and moments are texts."""
    if pa.types.is_decimal(array.type):
        return [None if value is None else format(value, "f") for value in array.to_pylist()]
    return as_text(array)


ENGINE = Engine(
    translate=translate,
    parameter=_parameter,
    values=_values,
    at_open=(f"PRAGMA busy_timeout = {_BUSY_WAIT}",),
    # as a writer: one that became a writer later could find that it is too late
    at_begin=("BEGIN IMMEDIATE",),
)


def sqlite_client(connection: Connection, dataset_name: str) -> SqlAlchemyClient:
    """Return a client for a dataset of SQLite.

    Args:
        connection: Open connection of SQLAlchemy.
        dataset_name: Name of the dataset.
    """
    session = SqlAlchemySession(DIALECT, connection, ENGINE)
    # SQLite has the operator, and leaves the function behind it to programs
    session.driver_connection.create_function("regexp", 2, _is_found, deterministic=True)
    catalog = SqliteCatalog(session, dataset_name)
    return SqlAlchemyClient(session, catalog, Ledger(catalog))


def _is_found(pattern: str, text: str | None) -> bool | None:
    return None if text is None else re.search(pattern, text) is not None


class SqliteCatalog(Catalog):
    """The tables of one prefix."""

    def qualified(self, table: str, dataset_name: str | None = None) -> str:
        """Return a table's name with its prefix, quoted."""
        return self.dialect.quote(*self.path(table, dataset_name))

    def path(self, table: str, dataset_name: str | None = None) -> list[str]:
        """Return a table's name with its prefix: it has no other parts."""
        dataset = dataset_name or self.dataset_name
        return [table if dataset == MAIN else f"{dataset}.{table}"]

    def use(self) -> None:
        """Let bare names of tables mean those of the dataset."""
        # tables of this one have no prefix: their names are bare as they are
        if self.dataset_name != MAIN:
            for name in self._names():
                # of this connection only: nothing is written to the file
                view = f"CREATE TEMP VIEW IF NOT EXISTS {self.dialect.quote(name)}"
                self.session.query(f"{view} AS SELECT * FROM main.{self.qualified(name)}")

    def has_dataset(self) -> bool:
        """Tell whether there is a table with the prefix; an empty dataset is none."""
        return bool(self._names())

    def create_dataset(self) -> None:
        """Check that tables may have the prefix; it need not be made.

        Raises:
            DatabaseTerminalException: SQLite keeps names that begin so to itself.
        """
        if self.dataset_name.lower().startswith(_OF_SQLITE):
            raise DatabaseTerminalException(
                f"dataset {self.dataset_name}: a dataset of SQLite is the beginning of table names, and SQLite keeps "
                f"those that begin with {_OF_SQLITE!r} to itself. Choose another dataset_name."
            )

    def drop_dataset(self) -> None:
        """Drop all tables of the prefix."""
        for name in self._names():
            self.session.query(f"DROP TABLE {self.qualified(name)}")
        self.forget()

    def _names(self) -> list[str]:
        found = self.session.query("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        # not by LIKE, to which the sign _ stands for any letter
        names = [name for (name,) in found if not str(name).startswith(_OF_SQLITE)]
        if self.dataset_name == MAIN:
            # a point stands between another dataset and its table
            return [name for name in names if "." not in name]
        prefix = f"{self.dataset_name}."
        return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]

    def reflected(self) -> dict[str, dict[str, ColumnSchema]]:
        """Return the tables of the dataset with their columns."""
        found: dict[str, dict[str, ColumnSchema]] = {}
        for table in self._names():
            rows = self.session.query(f"PRAGMA table_info({self.qualified(table)})").fetchall()
            found[table] = {str(row[1]): self.dialect.column_of(str(row[1]), str(row[2])) for row in rows}
        return found
