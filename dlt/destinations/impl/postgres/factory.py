"""PostgreSQL through psycopg2: every file by COPY, every package in one transaction."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from dlt.configuration.spec import BaseConfiguration
from dlt.destinations.base import Destination, missing_package
from dlt.destinations.impl.postgres.binary import BYTEA
from dlt.destinations.impl.postgres.client import postgres_client
from dlt.destinations.impl.postgres.configuration import PostgresCredentials, PostgresSettings
from dlt.destinations.impl.postgres.dialect import CAPABILITIES
from dlt.destinations.impl.postgres.errors import kind_of_connecting
from dlt.destinations.settings import settings_of
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.error_kinds import connecting_error, is_transient
from dlt.errors import DatabaseTerminalException
from dlt.ids import digest_id
from dlt.redact import redact
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.types import override

CONNECT_ATTEMPTS = 5
"""How often a server that does not answer is asked."""


class Postgres(Destination):
    """A PostgreSQL database.

    Args:
        credentials: A URL, a dict, `PostgresCredentials`, or an open psycopg2 connection.
        create_indexes: Make indexes on the keys by which merges look rows up, and unique ones on columns with the hint
            unique.
    """

    destination_type: ClassVar[str] = "postgres"
    example: ClassVar[str] = (
        '[destination.postgres.credentials]\nhost = "localhost"\nport = 5432\ndatabase = "dlt"\nusername = "dlt"\n'
        'password = "fill in"\n'
    )
    settings_spec: ClassVar[type | None] = PostgresSettings

    def __init__(self, credentials: Any = None, create_indexes: bool | None = None, **settings: Any) -> None:
        super().__init__(credentials, **settings)
        if create_indexes is not None:
            self.settings["create_indexes"] = create_indexes

    @classmethod
    @override
    def credential_specs(cls) -> tuple[type[BaseConfiguration], ...]:
        """Return the one of its credentials."""
        return (PostgresCredentials,)

    def own_capabilities(self) -> Capabilities:
        """Return what PostgreSQL can do."""
        return CAPABILITIES

    def resolved(self) -> PostgresCredentials:
        """Return the credentials with what the configuration says."""
        from dlt.configuration.resolve import resolve_configuration

        if isinstance(self.credentials, PostgresCredentials) and self.credentials.is_resolved():
            return self.credentials
        sections = ("destination", self.destination_name, "credentials")
        return resolve_configuration(PostgresCredentials(), sections=sections, explicit_value=self.credentials)

    @property
    def _is_open(self) -> bool:
        return hasattr(self.credentials, "cursor") and hasattr(self.credentials, "autocommit")

    def displayable_credentials(self) -> str:
        """Return server and database, without the password."""
        return "postgresql://:external:" if self._is_open else str(self.resolved())

    def fingerprint(self) -> str:
        """Return a hash that tells servers and databases apart, whoever connects."""
        if self._is_open:
            return digest_id(f"postgres {id(self.credentials)}")
        known = self.resolved()
        return digest_id(f"postgres {known.host} {known.port} {known.database}")

    @override
    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[SqlDestinationClient]:
        """Connect to the server; one that does not answer is asked again, with growing pauses."""
        connection = self.credentials if self._is_open else self._connect()
        before = connection.autocommit, connection.encoding
        self._prepare(connection)
        settings = settings_of(PostgresSettings, self.settings, self.destination_name)
        try:
            yield postgres_client(connection, dataset_name, settings)
        finally:
            if connection is not self.credentials:
                connection.close()
            elif not connection.closed:
                connection.autocommit = before[0]
                connection.set_client_encoding(before[1])

    def _prepare(self, connection: Any) -> None:
        import psycopg2

        try:
            # transactions begin and end where dlt says so
            connection.autocommit = True
            connection.set_client_encoding("UTF8")
        except psycopg2.Error as error:
            raise DatabaseTerminalException(
                f"destination {self.destination_name}: the open connection cannot be used: {str(error).strip()}. "
                "Commit or roll back what is open in it, and hand it over when it is idle."
            ) from error
        kind = psycopg2.extensions.new_type((BYTEA,), "BYTES", _as_bytes)
        psycopg2.extensions.register_type(kind, connection)

    def _connect(self) -> Any:
        try:
            import psycopg2
        except ImportError as error:
            where = f"destination {self.destination_name}"
            raise missing_package(where, "psycopg2", self.destination_type) from error
        known = self.resolved()
        for attempt in range(1, CONNECT_ATTEMPTS + 1):
            try:
                connection = psycopg2.connect(**_arguments(known))
                connection.autocommit = True
                # moments without a zone are UTC; not by an option of the connection, which poolers refuse
                connection.cursor().execute("SET TIME ZONE 'UTC'")
                return connection
            except psycopg2.Error as error:
                text = _without(known, " ".join(str(error).split()).rstrip("."))
                where = f"destination {self.destination_name} ({known})"
                kind = kind_of_connecting(error, text)
                if not is_transient(kind) or attempt == CONNECT_ATTEMPTS:
                    check = "user, password and database, and the options of the connection, under "
                    check += f"[destination.{self.destination_name}.credentials]"
                    told = f"{text} (asked {attempt} times)" if attempt > 1 else text
                    raise connecting_error(kind, where, told, check) from None
                time.sleep(0.1 * 2**attempt * random.uniform(0.75, 1.25))
        raise AssertionError("CONNECT_ATTEMPTS is at least 1")


def _arguments(known: PostgresCredentials) -> dict[str, Any]:
    given = {
        "dbname": known.database,
        "user": known.username,
        "password": str(known.password) if known.password else None,
        "host": known.host,
        "port": known.port,
    }
    options: dict[str, Any] = {
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


def _as_bytes(value: Any, cursor: Any) -> bytes | None:
    import psycopg2

    found = psycopg2.BINARY(value, cursor)
    return None if found is None else bytes(found)


DESTINATION = Postgres
