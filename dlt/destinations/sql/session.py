"""A connection to an engine with SQL: statements, and the transaction in which they run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from dlt.clock import utc_now
from dlt.destinations.ledger import STATES_KEPT
from dlt.destinations.sql.cursor import Cursor
from dlt.destinations.sql.dbapi import NativeConnection
from dlt.destinations.sql.dialect import Dialect
from dlt.schema.typing import ColumnSchema


class Session(ABC):
    """An open connection. An engine says how it runs a statement, and how its transactions differ.

    Attributes:
        ddl_commits: A change of tables commits what came before it, so it runs on a connection of its own.
        now: Moment of the load, by which its records are newer than others.
        transaction: Number of the transaction that is open, None outside of one.
        states_kept: States of a pipeline that stay when a newer one comes.

    Args:
        dialect: How the engine writes names and types.
        connection: Open connection of the driver.
    """

    ddl_commits: bool = False

    def __init__(self, dialect: Dialect, connection: NativeConnection) -> None:
        self.dialect, self.connection = dialect, connection
        self.now = utc_now()
        self.transaction: int | None = None
        self.states_kept = STATES_KEPT
        self._begun = 0
        self._recorded: list[str] | None = None

    @abstractmethod
    def query(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        """Run SQL with parameters written %s; errors of the driver become ours."""

    def change(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Change rows in the transaction."""
        self.query(sql, parameters)

    def run_ddl(self, *statements: str) -> None:
        """Run statements that make, change or drop tables or a dataset."""
        if self._recorded is not None:
            self._recorded += statements
        elif statements:
            self._run_ddl(statements)

    def _run_ddl(self, statements: Sequence[str]) -> None:
        # at once: to a server far away the way takes longer than the statement
        self.query("; ".join(statements))

    @property
    def records(self) -> bool:
        """Tell whether statements that change tables are noted and not run."""
        return self._recorded is not None

    @contextmanager
    def recorded(self) -> Iterator[list[str]]:
        """Let statements that change tables be noted in a list for the length of a block, and not run."""
        found: list[str] = []
        self._recorded = found
        try:
            yield found
        finally:
            self._recorded = None

    def typed(self, cursor: Cursor, columns: Mapping[str, ColumnSchema]) -> Cursor:  # noqa: ARG002 - for drivers
        """Return a result whose values have the classes of these columns, where the driver gives others."""
        return cursor

    def begin(self) -> None:
        """Start the transaction."""
        self.now = utc_now()
        self.query("BEGIN")
        self.opened()

    def commit(self) -> None:
        """Make all of it visible at once."""
        # first: a commit that fails has ended the transaction all the same
        self.transaction = None
        self.query("COMMIT")

    def rollback(self) -> None:
        """Undo all of it."""
        self.transaction = None
        self.query("ROLLBACK")

    def opened(self) -> None:
        """Note that a transaction is open: what was known of tables before is out of date."""
        self._begun += 1
        self.transaction = self._begun
