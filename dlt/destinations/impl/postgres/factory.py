"""PostgreSQL through psycopg2: every file by COPY, every package in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from dlt.configuration.spec import BaseConfiguration
from dlt.destinations.base import Destination
from dlt.destinations.impl.postgres.configuration import PostgresCredentials, PostgresSettings
from dlt.destinations.impl.postgres.connecting import Connecting
from dlt.destinations.impl.postgres.dialect import CAPABILITIES
from dlt.destinations.impl.postgres.type_mapper import PostgresTypeMapper
from dlt.destinations.settings import settings_of
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.types import override

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from dlt.destinations.arguments import Arguments, Credentials


class Postgres(Destination):
    """A PostgreSQL database.

    Args:
        credentials: A URL, a dict, `PostgresCredentials`, or an open psycopg2 connection.
        create_indexes: Make indexes on the keys by which merges look rows up, and unique ones on columns with the hint
            unique.
    """

    kind: ClassVar[str] = "postgres"
    example: ClassVar[str] = (
        '[destination.postgres.credentials]\nhost = "localhost"\nport = 5432\ndatabase = "dlt"\nusername = "dlt"\n'
        'password = "fill in"\n'
    )
    settings_spec = PostgresSettings

    def __init__(
        self,
        credentials: Credentials = None,
        create_indexes: bool | None = None,
        *,
        destination_name: str | None = None,
        environment: str | None = None,
        **settings: Unpack[Arguments],
    ) -> None:
        super().__init__(credentials, destination_name=destination_name, environment=environment, **settings)
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

    @property
    def connecting(self) -> Connecting:
        """Return how the server is reached."""
        return Connecting(self.credentials, PostgresCredentials, self.destination_name, self.kind)

    def resolved(self) -> PostgresCredentials:
        """Return the credentials with what the configuration says."""
        return self.connecting.resolved()

    def displayable_credentials(self) -> str:
        """Return server and database, without the password."""
        return self.connecting.shown()

    def fingerprint(self) -> str:
        """Return a hash that tells servers and databases apart, whoever connects."""
        return self.connecting.fingerprint()

    @override
    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[SqlDestinationClient]:
        """Connect to the server; one that does not answer is asked again, with growing pauses."""
        with self.connecting.opened() as connection:
            # with what it needs of Arrow and numpy: a pipeline that does not load shall not wait for them
            from dlt.destinations.impl.postgres.client import postgres_client

            settings = settings_of(PostgresSettings, self.settings, self.destination_name)
            yield postgres_client(connection, dataset_name, settings)


DESTINATION = Postgres

__all__ = ["DESTINATION", "Postgres", "PostgresTypeMapper"]
