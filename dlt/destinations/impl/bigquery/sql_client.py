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
            try:
                yield self
            except BaseException:
                self._session.query("ROLLBACK TRANSACTION")
                raise
            self._session.query("COMMIT TRANSACTION")
        finally:
            self._session.close_session()
