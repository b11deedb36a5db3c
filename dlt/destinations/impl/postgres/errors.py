"""Errors of the driver as ours."""

from __future__ import annotations

import re

import psycopg2

from dlt.error_kinds import Kind, database_error, refusal_kind

_KINDS: tuple[tuple[str, Kind], ...] = (
    ("08", "connection"),
    ("25P03", "connection"),  # it was idle in a transaction for too long
    ("57P", "connection"),  # the server stops or starts
    ("40001", "clash"),
    ("40P01", "clash"),
    ("55P03", "busy"),
    # before 53, to which it belongs: the first beginning that fits counts
    ("53100", "disk_full"),
    ("53", "overloaded"),  # no memory, too many connections
    ("57014", "timeout"),
    ("58030", "overloaded"),  # the system could not read or write
    ("23", "constraint"),
    ("42501", "right"),
    ("25006", "read_only"),
    ("28", "credentials"),
    ("42P01", "undefined"),
    ("3F000", "undefined"),
)
"""SQLSTATEs, or their beginnings: https://www.postgresql.org/docs/current/errcodes-appendix.html"""
_HINTS = {
    "22P05": "JSON cannot hold the character NUL (\\u0000) there: column {column}. Remove it with add_map, or declare "
    "the column as text.",
    "54000": "If an index is meant: values of a key are too long for it. Drop the index, and set create_indexes to "
    "false under [destination.postgres].",
    "23505": "Two rows have the same value in a column declared as unique.",
}


def translate(error: psycopg2.Error, table: str | None = None) -> Exception:
    """Return an error of psycopg2 as ours.

    Args:
        error: What the driver raised.
        table: Name of the table that takes rows, if it is known.
    """
    text = str(error).strip().replace("\n", " ").rstrip(".")
    code = error.pgcode
    hint = _HINTS.get(code or "", "").format(column=_column(text))
    where = f"table {table}: " if table else ""
    message = f"{where}postgres{f' {code}' if code else ''}: {text}."
    return database_error(kind_of(error), message, advice=hint or None)


def kind_of(error: psycopg2.Error) -> Kind:
    """Return what an error of psycopg2 is."""
    code = error.pgcode
    if code is None:
        # the connection broke, or the driver refused the call
        lost = isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError))
        return "connection" if lost else "refused"
    return next((kind for begin, kind in _KINDS if code.startswith(begin)), "refused")


def kind_of_connecting(error: psycopg2.Error, text: str) -> Kind:
    """Return what an error of connecting is; most come without a SQLSTATE.

    Args:
        error: What the driver raised.
        text: What it says.
    """
    if error.pgcode is not None:
        return kind_of(error)
    return refusal_kind(text) if isinstance(error, psycopg2.OperationalError) else "refused"


def _column(text: str) -> str:
    found = re.search(r"line \d+, column ([^:]+?)(?::|$)", text)
    return found[1] if found else "see above"
