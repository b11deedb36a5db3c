"""Queries for people, and transactions of theirs in a session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dlt.destinations.impl.bigquery.session import BigQuerySession
from dlt.destinations.sql.sql_client import Parts, SqlClient


class BigQuerySqlClient(SqlClient):
    """Run SQL in one dataset.

    Args:
        client: The open client of the destination.
        session: Its connection.
        dataset_name: Dataset in which bare table names are looked up.
    """

    def __init__(self, client: Parts, session: BigQuerySession, dataset_name: str) -> None:
        super().__init__(client, dataset_name)
        self._session = session

    @contextmanager
    def begin_transaction(self) -> Iterator[SqlClient]:
        """Run a block in a transaction of a session, which ends with the block."""
        # BigQuery has transactions of several requests in sessions only
        self._session.open_session()
        try:
            self._session.query("BEGIN TRANSACTION")
            self._in_transaction = True
            try:
                yield self
            except BaseException:
                self.rollback_transaction()
                raise
            self.commit_transaction()
        finally:
            self._session.close_session()

    def commit_transaction(self) -> None:
        """End the transaction of the block, if it is not over; what it did is there."""
        self._end("COMMIT TRANSACTION")

    def rollback_transaction(self) -> None:
        """End the transaction of the block, if it is not over; what it did is not there."""
        self._end("ROLLBACK TRANSACTION")

    def _end(self, statement: str) -> None:
        if self._in_transaction:
            self._in_transaction = False
            self._session.query(statement)
