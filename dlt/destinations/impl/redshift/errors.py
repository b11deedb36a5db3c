"""Errors of Redshift as ours: those of PostgreSQL, and some that tell what they are in their text only."""

from __future__ import annotations

import re

import psycopg2

from dlt.destinations.impl.postgres.errors import kind_of
from dlt.destinations.impl.postgres.errors import translate as as_postgres
from dlt.error_kinds import database_error

_CLASHES = re.compile(r"serializable isolation violation|\b1023\b|conflict with concurrent transaction", re.IGNORECASE)
"""A transaction saw another one commit what it had read: https://docs.aws.amazon.com/redshift/latest/dg/c_serial_isolation.html"""
_PASSING = re.compile(
    r"SlowDown|Slow Down|InternalError|ServiceUnavailable|RequestTimeout|Connection (?:reset|timed out)"
    r"|could not be found.*manifest|specified key does not exist|NoSuchKey",
    re.IGNORECASE,
)
"""What S3 says to COPY when it has a bad moment, or when an older try of the load has just deleted its files."""


def translate(error: psycopg2.Error, table: str | None = None) -> Exception:
    """Return an error of psycopg2 as ours.

    Args:
        error: What the driver raised.
        table: Name of the table that takes rows, if it is known.
    """
    text = re.sub(r"(^|: )postgres\b", r"\1redshift", str(as_postgres(error, table)), count=1)
    kind = kind_of(error)
    if _CLASHES.search(text):
        kind = "clash"
    elif error.pgcode == "XX000" and _PASSING.search(text):
        kind = "connection"
    return database_error(kind, text, advice="")
