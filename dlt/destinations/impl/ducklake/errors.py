"""What the errors of DuckLake are: those of DuckDB, in which the messages of the catalog stand."""

from __future__ import annotations

import re

from dlt.destinations.impl.duckdb.errors import first_line, kind_of
from dlt.error_kinds import database_error
from dlt.errors import DatabaseTransientException, DestinationException
from dlt.late import duckdb

CLASHES = ("conflict", "database is locked", "maximum retry count", "could not serialize")
"""What is said when another load was faster."""


def translate(error: duckdb.Error, out_of_memory: str | None = None) -> DestinationException:
    """Return our error for one of DuckDB.

    Args:
        error: What DuckDB raised.
        out_of_memory: What to do where the memory is not enough.
    """
    # the cause is on a line of its own; the excerpt of the statement comes behind an empty one
    text = " ".join(str(error).strip().partition("\n\n")[0].split())
    # a message of the catalog may quote its statement, with values of rows
    text = re.sub(r'query ".*": ', "query: ", text)
    if any(word in text.lower() for word in CLASHES):
        return database_error(
            "clash", f"ducklake: another load was faster: {text}. Nothing of this one was loaded; run it again."
        )
    kind = kind_of(error)
    if kind in ("clash", "busy"):
        # not of another load: it is of no use to run it again at once
        return DatabaseTransientException(f"ducklake: {text}", kind=kind)
    advice = out_of_memory if kind == "memory" else None
    return database_error(kind, f"ducklake: {first_line(error)}", advice=advice)
