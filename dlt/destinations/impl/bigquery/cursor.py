"""Results of queries."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from dlt.destinations.impl.bigquery.errors import translating
from dlt.destinations.sql.cursor import Cursor
from dlt.destinations.sql.dbapi import Description, ResultRow

if TYPE_CHECKING:
    from google.cloud.bigquery.table import Row, RowIterator
from dlt.late import pa


class Rows:
    """Rows of a query as a DB-API cursor has them.

    Args:
        native: Google's iterator.
    """

    def __init__(self, native: RowIterator) -> None:
        self._native = native
        self._rows: Iterator[Row] | None = None
        fields = [(field.name, field.field_type, None, None, None, None, field.is_nullable) for field in native.schema]
        self.description: Description | None = fields or None

    def fetchmany(self, size: int | None = 1) -> list[ResultRow]:
        """Return some rows, all of them when the number is None."""
        with translating():
            if self._rows is None:
                self._rows = iter(self._native)
            return [tuple(row.values()) for row in islice(self._rows, size)]

    def fetchall(self) -> list[ResultRow]:
        """Return all rows."""
        return self.fetchmany(None)

    def fetchone(self) -> ResultRow | None:
        """Return the next row, or None."""
        found = self.fetchmany(1)
        return found[0] if found else None

    def to_arrow(self) -> pa.Table:
        """Return the result as an Arrow table; JSON is text."""
        with translating():
            # the Storage API is another service, with rights and costs of its own
            found = self._native.to_arrow(create_bqstorage_client=False)
        for position, field in enumerate(found.schema):
            if isinstance(field.type, pa.BaseExtensionType):
                column = found.column(position).cast(field.type.storage_type)
                found = found.set_column(position, field.name, column)
        return found.replace_schema_metadata(None)


def cursor_of(native: RowIterator) -> Cursor:
    """Return the cursor of a result."""
    rows = Rows(native)
    return Cursor(rows, rows.to_arrow)
