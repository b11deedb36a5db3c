"""How a destination reaches a server that speaks the protocol of PostgreSQL; the driver is imported when it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeGuard

from dlt.configuration.resolve import resolve_configuration
from dlt.destinations.base import missing_package
from dlt.destinations.impl.postgres.configuration import PostgresCredentials
from dlt.ids import digest_id
from dlt.late_dataclass import dataclass

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PgConnection

CONNECT_ATTEMPTS = 5
"""How often a server that does not answer is asked."""


@dataclass(frozen=True)
class Connecting:
    """What a program said of the server of a destination.

    Attributes:
        given: Credentials in any form, or an open connection.
        spec: What the credentials are made of.
        name: Name under which the destination is configured.
        extra: Extra of this library that brings the driver.
    """

    given: object
    spec: type[PostgresCredentials]
    name: str
    extra: str

    def resolved(self) -> PostgresCredentials:
        """Return the credentials with what the configuration says."""
        if isinstance(self.given, PostgresCredentials) and self.given.is_resolved():
            return self.given
        sections = ("destination", self.name, "credentials")
        return resolve_configuration(self.spec(), sections=sections, explicit_value=self.given)

    def shown(self) -> str:
        """Return server and database, without the password."""
        return "postgresql://:external:" if is_open(self.given) else str(self.resolved())

    def fingerprint(self) -> str:
        """Return a hash that tells servers and databases apart, whoever connects."""
        if is_open(self.given):
            # an open connection need not tell its server: only that it is the same one
            return digest_id(f"postgres {id(self.given)}")
        known = self.resolved()
        return digest_id(f"postgres {known.host} {known.port} {known.database}")

    @contextmanager
    def opened(self) -> Iterator[PgConnection]:
        """Open a connection, and close it; one of the program's is given back as it was.

        Raises:
            MissingDependencyException: the driver is not installed.
            DestinationConnectionError: the server does not answer.
            DatabaseTerminalException: it lets nobody in, or a transaction is open in the program's connection.
        """
        try:
            from dlt.destinations.impl.postgres import driver
        except ImportError as error:
            raise missing_package(f"destination {self.name}", "psycopg2", self.extra) from error
        given = self.given
        connection: PgConnection = (
            given if is_open(given) else driver.connect(self.resolved(), self.name, CONNECT_ATTEMPTS)
        )
        is_own = connection is not given
        # a program goes on with its connection, and expects it as it was
        before = connection.autocommit, connection.encoding
        driver.prepare(connection, self.name)
        try:
            yield connection
        finally:
            if is_own:
                connection.close()
            elif not connection.closed:
                connection.autocommit = before[0]
                connection.set_client_encoding(before[1])


def is_open(given: object) -> TypeGuard[PgConnection]:
    """Tell whether a program gave an open connection; one that a pool lends is of no class of the driver's."""
    return hasattr(given, "cursor") and hasattr(given, "autocommit")
