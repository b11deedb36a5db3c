"""Results of DuckDB as Arrow data."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from operator import methodcaller

from dlt.late import duckdb, pa


def as_table(result: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return the rest of a result."""
    with warnings.catch_warnings():
        # versions between the two names tell of the one that goes
        warnings.simplefilter("ignore", UserWarning)
        # DuckDB 2.0 renamed it; the types that come with it know the new name only
        return methodcaller("to_arrow_table" if hasattr(result, "to_arrow_table") else "fetch_arrow_table")(result)


def batches_of(query: str, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the result of a query on files, in a database of its own.

    Args:
        query: The query.
        rows: Rows of a batch at most.
    """
    with duckdb.connect() as connection:
        # moments without a zone are UTC, whatever the zone of the machine is
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.sql(query)
        name = "to_arrow_reader" if hasattr(found, "to_arrow_reader") else "fetch_arrow_reader"
        yield from methodcaller(name, rows)(found)
