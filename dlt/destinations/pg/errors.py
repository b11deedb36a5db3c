"""Errors of the driver as ours."""

from __future__ import annotations

import re
from typing import Any

from dlt.errors import DatabaseTerminalException, DatabaseTransientException, DatabaseUndefinedRelation

_TRANSIENT = (
    "08",  # the connection broke
    "25P03",  # it was idle in a transaction for too long
    "40001",
    "40P01",
    "53",  # no memory, no disk, too many connections
    "55P03",
    "57014",
    "57P01",
    "57P02",
    "57P03",
    "57P05",
    "58030",
)
"""SQLSTATEs, or their beginnings, of errors that may pass: https://www.postgresql.org/docs/current/errcodes-appendix.html"""
_UNDEFINED = ("42P01", "3F000")
_REFUSALS = (
    "authentication failed",
    "does not exist",
    "no pg_hba.conf entry",
    "no password supplied",
    "not permitted",
    "does not support SSL",
    "invalid",
    "certificate",
    "definition of service",
)
_HINTS = {
    "22P05": "JSON cannot hold the character NUL (\\u0000) there: column {column}. Remove it with add_map, or declare "
    "the column as text.",
    "54000": "If an index is meant: values of a key are too long for it. Drop the index, and set create_indexes to "
    "false under [destination.postgres].",
    "23505": "Two rows have the same value in a column declared as unique.",
}


def translated(error: Any, table: str | None = None) -> Exception:
    """Return an error of psycopg2 as ours.

    Args:
        error: What the driver raised.
        table: Name of the table that takes rows, if it is known.
    """
    text = str(error).strip().replace("\n", " ").rstrip(".")
    code = getattr(error, "pgcode", None)
    hint = _HINTS.get(code or "", "").format(column=_column(text))
    where = f"table {table}: " if table else ""
    message = f"{where}postgres{f' {code}' if code else ''}: {text}.{f' {hint}' if hint else ''}"
    if code in _UNDEFINED:
        return DatabaseUndefinedRelation(message)
    if code is None:
        import psycopg2

        # the connection broke, or the driver refused the call
        lost = isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError))
        return DatabaseTransientException(message) if lost else DatabaseTerminalException(message)
    if code.startswith(_TRANSIENT):
        return DatabaseTransientException(message, clash=code in ("40001", "40P01"))
    return DatabaseTerminalException(message)


def refused_for_good(text: str) -> bool:
    """Tell whether another attempt to connect would fail as well; errors of connecting come without a SQLSTATE."""
    return any(sign in text for sign in _REFUSALS)


def _column(text: str) -> str:
    found = re.search(r"line \d+, column ([^:]+?)(?::|$)", text)
    return found[1] if found else "see above"
