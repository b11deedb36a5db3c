"""A DuckDB of its own that reads files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dlt.late import duckdb


@contextmanager
def reading_connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection that reads files in order, within bounded memory."""
    # a reader waits for what comes behind it, so that more threads would only fill memory
    with duckdb.connect(config={"threads": 2, "memory_limit": "512MB"}) as connection:
        # moments without a zone are UTC, whatever the zone of the machine is
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def quoted(name: str) -> str:
    """Return the name of a column as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def text_of(value: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"
