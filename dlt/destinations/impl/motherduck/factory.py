"""MotherDuck: DuckDB whose database is a service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from dlt.configuration.resolve import resolve_configuration
from dlt.configuration.spec import BaseConfiguration
from dlt.destinations.base import Destination
from dlt.destinations.impl.duckdb.configuration import DuckDbSettings
from dlt.destinations.impl.duckdb.dialect import CAPABILITIES, DIALECT
from dlt.destinations.impl.duckdb.factory import is_open, open_database, refuse_of_connections
from dlt.destinations.impl.duckdb.memory import Memory
from dlt.destinations.impl.motherduck.configuration import MotherDuckCredentials
from dlt.destinations.settings import settings_of
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.types import override

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from dlt.destinations.arguments import DatabaseFile, DuckDbArguments


class MotherDuck(Destination):
    """Load into MotherDuck.

    Args:
        credentials: `md:database?motherduck_token=...`, a dict with "database" and "password", or an open connection.
            Without it: the configuration.
    """

    kind: ClassVar[str] = "motherduck"
    example: ClassVar[str] = '[destination.motherduck.credentials]\ndatabase = "{source}"\npassword = "the token"\n'
    settings_spec = DuckDbSettings

    if TYPE_CHECKING:
        # that of all destinations takes anything by name
        def __init__(
            self,
            credentials: DatabaseFile = None,
            *,
            destination_name: str | None = None,
            environment: str | None = None,
            **settings: Unpack[DuckDbArguments],
        ) -> None: ...

    @classmethod
    @override
    def credential_specs(cls) -> tuple[type[BaseConfiguration], ...]:
        """Return the one of its credentials."""
        return (MotherDuckCredentials,)

    def own_capabilities(self) -> Capabilities:
        """Return what DuckDB can do."""
        return CAPABILITIES

    def resolved(self) -> MotherDuckCredentials:
        """Return database and token: what the program gave, else what is configured."""
        given = self.credentials
        if isinstance(given, MotherDuckCredentials):
            return given
        sections = ("destination", self.destination_name, "credentials")
        said = given if given is None or isinstance(given, Mapping) else str(given)
        return resolve_configuration(MotherDuckCredentials(), sections=sections, explicit_value=said)

    @property
    def path(self) -> str:
        """Return the URL of the database, with the token in it."""
        return self.resolved().to_native_representation()

    @override
    def check_settings(self) -> None:
        """Look up database and token.

        Raises:
            NotOffered: the credentials have settings of connections.
        """
        refuse_of_connections(self.destination_name, None if is_open(self.credentials) else self.resolved())
        super().check_settings()

    @override
    def displayable_credentials(self) -> str:
        """Return the URL of the database, without the token."""
        return "duckdb:///:external:" if is_open(self.credentials) else f"md:{self.resolved().database}"

    @override
    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[SqlDestinationClient]:
        """Open the database."""
        given = self.credentials
        if is_open(given):
            # a connection of its own: to close it leaves the program's open
            connection = given.cursor()
        else:
            # the URL has a token, which no message may show
            shown = self.displayable_credentials()
            connection = open_database(self.path, f"destination {self.destination_name}", shown)
        try:
            from dlt.destinations.impl.duckdb.client import duckdb_client

            settings = settings_of(DuckDbSettings, self.settings, self.destination_name)
            memory = Memory.of(self.destination_name, settings.memory_limit)
            yield duckdb_client(DIALECT, dataset_name, connection, memory)
        finally:
            connection.close()


DESTINATION = MotherDuck
