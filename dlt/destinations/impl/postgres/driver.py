"""The driver psycopg2: how a connection is made, and what holds for each of them."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import psycopg2

from dlt.destinations.impl.postgres.configuration import PostgresCredentials
from dlt.destinations.impl.postgres.errors import kind_of_connecting
from dlt.destinations.impl.postgres.oids import BYTEA
from dlt.error_kinds import connecting_error, is_transient
from dlt.errors import DatabaseTerminalException
from dlt.redact import redact

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PgConnection
    from psycopg2.extensions import cursor as PgCursor


def connect(known: PostgresCredentials, name: str, attempts: int) -> PgConnection:
    """Return a new connection; a server that does not answer is asked again, with growing pauses.

    Args:
        known: Complete credentials.
        name: The destination, for messages.
        attempts: How often the server is asked.

    Raises:
        DestinationConnectionError: it does not answer.
        DatabaseTerminalException: it lets nobody in with these credentials.
    """
    for attempt in range(1, attempts + 1):
        try:
            connection = psycopg2.connect(**arguments(known))
            connection.autocommit = True
            # moments without a zone are UTC; not by an option of the connection, which poolers refuse
            connection.cursor().execute("SET TIME ZONE 'UTC'")
            return connection
        except psycopg2.Error as error:
            text = _without(known, " ".join(str(error).split()).rstrip("."))
            where = f"destination {name} ({known})"
            kind = kind_of_connecting(error, text)
            if not is_transient(kind) or attempt == attempts:
                check = "user, password and database, and the options of the connection, under "
                check += f"[destination.{name}.credentials]"
                told = f"{text} (asked {attempt} times)" if attempt > 1 else text
                # without the cause, whose text may hold the password
                raise connecting_error(kind, where, told, check) from None
            # workers that failed together must not all come back together
            time.sleep(0.1 * 2**attempt * random.uniform(0.75, 1.25))
    raise AssertionError("a server is asked at least once")


def prepare(connection: PgConnection, name: str) -> None:
    """Let a connection do as loads need it.

    Args:
        connection: A new one, or one that a program gave.
        name: The destination, for messages.

    Raises:
        DatabaseTerminalException: a transaction is open in it.
    """
    try:
        # transactions begin and end where dlt says so
        connection.autocommit = True
        connection.set_client_encoding("UTF8")
    except psycopg2.Error as error:
        raise DatabaseTerminalException(
            f"destination {name}: the open connection cannot be used: {str(error).strip()}. "
            "Commit or roll back what is open in it, and hand it over when it is idle."
        ) from error
    kind = psycopg2.extensions.new_type((BYTEA,), "BYTES", _as_bytes)
    psycopg2.extensions.register_type(kind, connection)


def arguments(known: PostgresCredentials) -> dict[str, object]:
    """Return the arguments of a new connection."""
    given = {
        "dbname": known.database,
        "user": known.username,
        "password": str(known.password) if known.password else None,
        "host": known.host,
        "port": known.port,
    }
    options: dict[str, object] = {
        "connect_timeout": known.connect_timeout,
        "fallback_application_name": "dlt",
        # a worker that lost its network must not hold locks for hours, nor wait for ever
        "keepalives": 1,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "client_encoding": "utf8",
        **(known.query or {}),
    }
    if not known.uses_libpq_defaults:
        # PGPORT and PGHOSTADDR must not decide where it loads
        given["port"] = known.port or 5432
        options.setdefault("hostaddr", "")
    return {**options, **{key: value for key, value in given.items() if value is not None}}


def _without(known: PostgresCredentials, text: str) -> str:
    secrets = [str(value) for key, value in (known.query or {}).items() if "password" in key]
    return redact(text, [str(known.password or ""), *secrets])


def _as_bytes(value: str | None, cursor: PgCursor) -> bytes | None:
    # the driver itself gives a memoryview, which compares and prints as no value of a program does
    found = psycopg2.BINARY(value, cursor)
    return None if found is None else bytes(found)
