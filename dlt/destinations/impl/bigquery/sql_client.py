"""Queries for people, and transactions of theirs in a session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from dlt.destinations.sql.sql_client import Session, SqlClient


class WithSessions(Session, Protocol):
    """A client that can open a session, in which BigQuery has transactions."""

    def open_session(self) -> None:
        """Run the queries that follow in a session."""

    def close_session(self) -> None:
        """End the session."""


class BigQuerySqlClient(SqlClient):
    """Run SQL in one dataset.

    Args:
        client: The open client of the destination.
        dataset_name: Dataset in which bare table names are looked up.
    """

    _client: WithSessions

    def __init__(self, client: WithSessions, dataset_name: str) -> None:
        super().__init__(client, dataset_name)

    @contextmanager
    def begin_transaction(self) -> Iterator[SqlClient]:
        """Run a block in a transaction of a session, which ends with the block."""
        self._client.open_session()
        try:
            self._client.query("BEGIN TRANSACTION")
            try:
                yield self
            except BaseException:
                self._client.query("ROLLBACK TRANSACTION")
                raise
            self._client.query("COMMIT TRANSACTION")
        finally:
            self._client.close_session()
