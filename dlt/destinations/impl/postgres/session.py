"""A connection of psycopg2, which serves PostgreSQL and what speaks its protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import psycopg2

from dlt.destinations.sql.cursor import Cursor
from dlt.destinations.sql.dialect import Dialect
from dlt.destinations.sql.session import Session
from dlt.errors import DatabaseTerminalException
from dlt.late import pa
from dlt.late_dataclass import dataclass

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PgConnection
    from psycopg2.extensions import cursor as PgCursor


@dataclass(frozen=True)
class Server:
    """What differs between servers that psycopg2 speaks to.

    Attributes:
        translate: Gives our error for one of the driver.
        to_arrow: Gives the rest of a result of the driver as an Arrow table.
        parameter: Gives a value as the driver is to take it.
        at_begin: Statement that comes first in a transaction.
    """

    translate: Callable[[psycopg2.Error], Exception]
    to_arrow: Callable[[PgCursor], pa.Table]
    parameter: Callable[[object], object]
    at_begin: str = ""


class PsycopgSession(Session):
    """A connection of psycopg2.

    Args:
        dialect: How the server writes names and types.
        connection: Open connection.
        server: What differs.
    """

    connection: PgConnection

    def __init__(self, dialect: Dialect, connection: PgConnection, server: Server) -> None:
        super().__init__(dialect, connection)
        self._server = server

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        """Run SQL with parameters written %s."""
        cursor = self._run(sql, parameters)
        return Cursor(cursor, lambda: self._server.to_arrow(cursor))

    def _run(self, sql: str, parameters: Sequence[object] = ()) -> PgCursor:

        cursor = self.connection.cursor()
        try:
            # given None, psycopg2 takes percent signs of the statement for what they are
            cursor.execute(sql, tuple(map(self._server.parameter, parameters)) or None)
        except psycopg2.Error as error:
            raise self._server.translate(error) from error
        return cursor

    def begin(self) -> None:
        """Start the transaction."""
        super().begin()
        if self._server.at_begin:
            self.query(self._server.at_begin)

    def commit(self) -> None:
        """Make all of it visible at once."""
        self.transaction = None
        if self._run("COMMIT").statusmessage == "ROLLBACK":
            # an error in between was caught by the program, and the server says nothing more about it
            raise DatabaseTerminalException(
                "A statement of this transaction had failed, so the server undid all of it instead of committing. "
                "Look for the first error."
            )

    def rollback(self) -> None:
        """Undo all of it; a connection that is gone has done so already."""
        if self.connection.closed:
            self.transaction = None
            return
        super().rollback()
