"""A connection of SQLAlchemy: the cursor of its driver, and what differs between database systems."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, cast

import sqlalchemy

from dlt.clock import utc_now
from dlt.destinations.impl.sqlalchemy.reading import typed
from dlt.destinations.sql.cursor import Cursor
from dlt.destinations.sql.dialect import Dialect
from dlt.destinations.sql.places import parts_of
from dlt.destinations.sql.session import Session
from dlt.error_kinds import database_error
from dlt.errors import DatabaseTerminalException, DatabaseTransientException, DestinationException
from dlt.late import pa
from dlt.late_dataclass import dataclass
from dlt.schema.typing import ColumnSchema

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.interfaces import DBAPIModule
    from sqlalchemy.pool import PoolProxiedConnection

_PLACES: Mapping[str, Callable[[int], str]] = {
    "qmark": lambda _: "?",
    "format": lambda _: "%s",
    "pyformat": lambda _: "%s",
    "numeric": lambda number: f":{number}",
    "named": lambda number: f":p{number}",
}
"""How a place for a value is written, by the style of the driver."""


def _as_it_is(value: object) -> object:
    return value


def _listed(array: pa.Array) -> list[object]:
    return list(array.to_pylist())


def _by_place(values: Sequence[object]) -> dict[str, object]:
    return {f"p{number}": value for number, value in enumerate(values, 1)}


class Classes(Protocol):
    """The classes of errors of a driver, which all have these names (PEP 249)."""

    @property
    def OperationalError(self) -> type[Exception]:  # noqa: D102
        ...

    @property
    def InterfaceError(self) -> type[Exception]:  # noqa: D102
        ...

    @property
    def IntegrityError(self) -> type[Exception]:  # noqa: D102
        ...


@dataclass(frozen=True)
class Engine:
    """What a database system does another way than others.

    Attributes:
        translate: Gives our error for one of the driver, whose classes of errors come second.
        parameter: Gives a value as the driver takes it.
        values: Gives the values of a column as the driver takes them.
        clash_of_ddl: Gives the error to raise in place of one of a change of tables, None to raise that.
        at_open: Statements that set what holds for the whole connection.
        at_begin: Statements that come first in a transaction.
        at_end: Statements that come after a transaction.
        ddl_commits: A change of tables commits what came before it.
    """

    translate: Callable[[BaseException, Classes], DestinationException]
    parameter: Callable[[object], object] = _as_it_is
    values: Callable[[pa.Array], list[object]] = _listed
    clash_of_ddl: Callable[[DatabaseTerminalException], DestinationException | None] = lambda _: None
    at_open: tuple[str, ...] = ()
    at_begin: tuple[str, ...] = ()
    at_end: tuple[str, ...] = ()
    ddl_commits: bool = False


class SqlAlchemySession(Session):
    """A connection of SQLAlchemy.

    Args:
        dialect: How the database system writes names and types.
        connection: Open connection of SQLAlchemy.
        engine: What the database system does another way.
    """

    connection: Connection

    def __init__(self, dialect: Dialect, connection: Connection, engine: Engine) -> None:
        super().__init__(dialect, connection)
        self.engine, self.ddl_commits = engine, engine.ddl_commits
        self._ddl_connections: list[Connection] = []
        self._losses: list[BaseException] = []
        for statement in engine.at_open:
            self.query(statement)

    def close(self) -> None:
        """Give back the connection for DDL; what is lost must not be used by others, nor be asked to roll back."""
        if self._losses:
            self.connection.invalidate()
        while self._ddl_connections:
            connection = self._ddl_connections.pop()
            if self._losses:
                connection.invalidate()
            connection.close()

    @property
    def driver_connection(self) -> PoolProxiedConnection:
        """Return the connection of the driver, as the pool lends it."""
        return self.connection.connection

    @cached_property
    def _driver(self) -> DBAPIModule:
        # SQLAlchemy 1.4 has it under this name only; a dialect that has made a connection has a driver
        found = self.connection.dialect.dbapi
        assert found is not None
        return found

    # -- statements

    def _joined(self, parts: Sequence[str]) -> str:
        """Return SQL with the places for values, which are between the parts, as the driver writes them."""
        place = _PLACES[self._driver.paramstyle]
        if place(1) == "%s":
            # to such a driver a sign in a name would be the beginning of a place
            parts = [part.replace("%", "%%") for part in parts]
        text = parts[0]
        for number, part in enumerate(parts[1:], 1):
            text += place(number) + part
        return text

    def _given(self, values: Sequence[object]) -> Mapping[str, object] | tuple[object, ...]:
        if self._driver.paramstyle == "named":
            return _by_place(values)
        return tuple(values)

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        """Run SQL with parameters written %s."""
        with self.translating():
            cursor = self.driver_connection.cursor()
            if parameters:
                values = [self.engine.parameter(value) for value in parameters]
                parts = parts_of(sql)
                # one without our places has those of the driver
                cursor.execute(self._joined(parts) if len(parts) > 1 else sql, self._given(values))
            else:
                cursor.execute(sql)
            # outside of a transaction a statement counts at once, as with the other destinations
            if self.transaction is None and not cursor.description:
                self.driver_connection.commit()
        return Cursor(cursor)

    def insert_many(self, target: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
        """Insert rows.

        Args:
            target: Qualified name of the table.
            columns: Names of the columns.
            rows: Values as the driver takes them.
        """
        names = ", ".join(map(self.dialect.quote, columns))
        between = [", "] * (len(columns) - 1)
        sql = self._joined([f"INSERT INTO {target} ({names}) VALUES (", *between, ")"])
        with self.translating(), closing(self.driver_connection.cursor()) as cursor:
            if self._driver.paramstyle == "named":
                cursor.executemany(sql, [_by_place(row) for row in rows])
            else:
                # drivers of MySQL make one statement of many rows of it
                cursor.executemany(sql, rows)

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Raise errors of the driver, and what SQLAlchemy makes of them, as ours."""
        try:
            yield
        except sqlalchemy.exc.DBAPIError as error:
            raise self._failure(error.orig or error) from error
        except self._driver.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: BaseException) -> DestinationException:
        found = self.engine.translate(error, self._driver)
        # to SQLAlchemy the errors of all drivers are of one class, which none of them has
        if self.connection.dialect.is_disconnect(cast("DBAPIModule.Error", error), None, None):
            self._losses.append(error)
            return found if isinstance(found, DatabaseTransientException) else database_error("connection", str(found))
        return found

    def _run_ddl(self, statements: Sequence[str]) -> None:
        # one by one: not every driver takes several
        for sql in statements:
            try:
                if not self.ddl_commits or self.transaction is None:
                    self.query(sql)
                else:
                    self._run_outside(sql)
            except DatabaseTerminalException as error:
                clash = self.engine.clash_of_ddl(error)
                if clash is None:
                    raise
                raise clash from error

    def _run_outside(self, sql: str) -> None:
        with self.translating():
            # one for the whole load: to open a connection takes longer than the statement
            if not self._ddl_connections:
                self._ddl_connections.append(self.connection.engine.connect())
            connection = self._ddl_connections[0].connection
            # a statement that fails has changed nothing, and leaves nothing open that another one could meet
            connection.cursor().execute(sql)
            connection.commit()

    # -- transaction

    def begin(self) -> None:
        """Start the transaction."""
        # what was read before must not be seen any more
        with self.translating():
            self.driver_connection.rollback()
        self.opened()
        for statement in self.engine.at_begin:
            self.query(statement)
        self.now = utc_now()

    def commit(self) -> None:
        """Make all of it visible at once."""
        self.transaction = None
        with self.translating():
            self.driver_connection.commit()
        self._ended()

    def rollback(self) -> None:
        """Undo all of it."""
        self.transaction = None
        with self.translating():
            self.driver_connection.rollback()
        self._ended()

    def _ended(self) -> None:
        try:
            for statement in self.engine.at_end:
                self.query(statement).fetchall()
        except DatabaseTransientException:
            # what was committed stays so, and what the connection held ends with it
            return

    def typed(self, cursor: Cursor, columns: Mapping[str, ColumnSchema]) -> Cursor:
        """Return a result whose values have the classes of these columns."""
        return typed(cursor, columns)
