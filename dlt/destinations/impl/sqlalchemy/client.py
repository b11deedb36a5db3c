"""Work on a database through SQLAlchemy, of whatever system."""

from __future__ import annotations

from dlt.destinations.impl.sqlalchemy.rows import batches_of, rows_of
from dlt.destinations.impl.sqlalchemy.session import SqlAlchemySession
from dlt.destinations.sql.catalog import Catalog
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.destinations.sql.ledger import Ledger
from dlt.destinations.sql.loader import Loader
from dlt.schema.typing import TableSchema


class SqlAlchemyClient(SqlDestinationClient):
    """Work on one dataset.

    Args:
        session: The connection.
        catalog: The tables.
        ledger: Keeps the records of loads.
    """

    def __init__(self, session: SqlAlchemySession, catalog: Catalog, ledger: Ledger) -> None:
        super().__init__(SqlAlchemyLoader(session, catalog), ledger)
        self._connection = session

    def close(self) -> None:
        """Give back what the connection holds."""
        self._connection.close()


class SqlAlchemyLoader(Loader):
    """Rows into the tables of one dataset, by INSERTs of many rows.

    Args:
        session: The connection.
        catalog: The tables.
    """

    session: SqlAlchemySession

    def __init__(self, session: SqlAlchemySession, catalog: Catalog) -> None:
        super().__init__(catalog)
        self.session = session

    def load_file(self, table: TableSchema, target: str, path: str, file_format: str) -> None:
        """Take one file."""
        for batch in batches_of(table, path, file_format):
            self.session.insert_many(target, batch.schema.names, rows_of(batch, self.session.engine.values))
