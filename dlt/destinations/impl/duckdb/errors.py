"""What the errors of DuckDB are, and how long to wait while it is busy."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from dlt.error_kinds import Kind, database_error, is_transient
from dlt.errors import DestinationConnectionError, DestinationException
from dlt.late import duckdb

BUSY = ("lock", "file handle conflict")
"""What DuckDB says while another process has the file, or another thread is about to close it."""


_NO_DATABASE: dict[str, Kind] = {
    "no such file or directory": "undefined",
    "is a directory": "undefined",
    "not a directory": "undefined",
    "not a valid duckdb database": "refused",
}
"""What DuckDB says of a path at which there is no database, and none can be made."""


_LOCK_WAIT = 10.0
"""Seconds to wait for another process that has the file open; DuckDB lets in one at a time."""


def wait_while_busy(
    connect: Callable[[], duckdb.DuckDBPyConnection], what: str, busy: Sequence[str] = BUSY
) -> duckdb.DuckDBPyConnection:
    """Return an open connection; what another program has open is tried again for some seconds.

    Args:
        connect: Opens it.
        what: Names destination and database, for messages.
        busy: Words by which errors tell that it is only busy.

    Raises:
        DestinationConnectionError: it stays busy, or cannot be reached.
        DatabaseTerminalException: there is no database that can be opened.
    """
    deadline = time.monotonic() + _LOCK_WAIT
    while True:
        try:
            return connect()
        except duckdb.Error as error:
            is_busy = any(word in str(error).lower() for word in busy)
            # DuckDB itself does not wait for another process
            if is_busy and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            raise _not_opened("busy" if is_busy else _kind_of_opening(error), what, error) from error


def _kind_of_opening(error: duckdb.Error) -> Kind:
    return next((kind for sign, kind in _NO_DATABASE.items() if sign in str(error).lower()), kind_of(error))


def _not_opened(kind: Kind, what: str, error: duckdb.Error) -> DestinationException:
    text = f"{what} cannot be opened: {first_line(error)}."
    if kind == "busy":
        return DestinationConnectionError(f"{text} Close the program that has it open.", kind=kind)
    if "download extension" in text:
        advice = "DuckDB fetches an extension when it is first used: check that the address can be reached"
    elif ": md:" in what:
        advice = "Check the name of the database, the token, and that MotherDuck can be reached"
    else:
        advice = "Check the path and its rights"
    if is_transient(kind):
        return DestinationConnectionError(f"{text} {advice}, and run again.", kind=kind)
    more = "" if ": md:" in what else ", and that it is a database of DuckDB"
    return database_error(kind, text, advice=f"{advice}{more}.")


def translate(error: duckdb.Error, out_of_memory: str | None = None) -> DestinationException:
    """Return our error for one of DuckDB.

    Args:
        error: What DuckDB raised.
        out_of_memory: What to do where the memory is not enough.
    """
    kind = kind_of(error)
    return database_error(kind, f"duckdb: {first_line(error)}", advice=out_of_memory if kind == "memory" else None)


def kind_of(error: duckdb.Error) -> Kind:
    """Return what an error of DuckDB is."""
    text = str(error).lower()
    # by the text: DuckDB has no class of errors for these
    if "no space left" in text or "max_temp_directory_size" in text:
        return "disk_full"
    if "read-only" in text or "read only" in text:
        return "read_only"
    if "permission denied" in text:
        return "right"
    # the thread that opens a database first is still at it: a transaction that began before does not see Arrow
    if "python_arrow_scan does not exist" in text:
        return "clash"
    # of this class are also errors over what is there already
    if isinstance(error, duckdb.CatalogException) and "does not exist" in text:
        return "undefined"
    if isinstance(error, duckdb.OutOfMemoryException):
        return "memory"
    if isinstance(error, duckdb.ConstraintException):
        return "constraint"
    if isinstance(error, duckdb.TransactionException):
        return "clash"
    if isinstance(error, duckdb.InterruptException):
        return "interrupted"
    if isinstance(error, duckdb.IOException):
        return "busy" if any(word in text for word in BUSY) else "connection"
    return "refused"


def first_line(error: BaseException) -> str:
    """Return what an error says, without the excerpt of the statement that DuckDB adds."""
    return str(error).strip().partition("\n")[0].rstrip(".")
