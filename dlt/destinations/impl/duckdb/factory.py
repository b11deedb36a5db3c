"""DuckDB: one file beside the program, or one in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar, TypeGuard

from dlt.configuration.resolve import resolve_configuration
from dlt.configuration.spec import BaseConfiguration
from dlt.context import current
from dlt.destinations.base import Destination, missing_package
from dlt.destinations.impl.duckdb.configuration import OF_CONNECTIONS, DuckDbCredentials, DuckDbSettings
from dlt.destinations.impl.duckdb.dialect import CAPABILITIES, DIALECT
from dlt.destinations.impl.duckdb.exceptions import InvalidInMemoryDuckdbCredentials
from dlt.destinations.impl.duckdb.memory import Memory
from dlt.destinations.settings import settings_of
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.errors import NotOffered
from dlt.io.folders import local_path
from dlt.late import duckdb, imported
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.types import override

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from dlt.destinations.arguments import DatabaseFile, DuckDbArguments


IN_MEMORY = ("", ":memory:")
"""Paths for which DuckDB makes a database that ends with its connection."""


class DuckDb(Destination):
    """Load into DuckDB.

    Args:
        credentials: A path, `duckdb:///path`, a dict with "database", or an open connection, which may be one to a
            database in memory. Without it: the configuration, else `<pipeline name>.duckdb` in the current folder,
            or `<destination name>.duckdb` for a destination with a name of its own.
    """

    kind: ClassVar[str] = "duckdb"
    example: ClassVar[str] = '[destination.duckdb.credentials]\ndatabase = "{source}.duckdb"\n'
    settings_spec = DuckDbSettings
    named_after_pipeline: ClassVar[bool] = True

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
        return (DuckDbCredentials,)

    def own_capabilities(self) -> Capabilities:
        """Return what DuckDB can do."""
        return CAPABILITIES

    def _found(self) -> object:
        if self.credentials is not None:
            return self.credentials
        sections = ("destination", self.destination_name, "credentials")
        return resolve_configuration(DuckDbCredentials(), sections=sections)

    @property
    def path(self) -> str:
        """Return the path of the database file.

        Raises:
            ValueNotSecretException: credentials stand in config.toml, where they are not read.
        """
        credentials = self._found()
        if isinstance(credentials, (dict, BaseConfiguration)):
            credentials = credentials.get("database")
        if credentials is None and self.destination_name != self.kind:
            # a destination with a name of its own has a file of its own, whichever pipelines load into it
            return local_path(f"{self.destination_name}.duckdb")
        if credentials is None or credentials == ":pipeline:":
            return local_path(f"{self.pipeline_name or current().pipeline_name or 'dlt'}.duckdb")
        text = str(credentials).removeprefix("duckdb:///").removeprefix("duckdb://").partition("?")[0]
        return text if text in IN_MEMORY else local_path(text)

    @override
    def is_missing(self) -> bool:
        """Tell whether there is no file, and one can be made."""
        if is_open(self.credentials) or self.path in IN_MEMORY or find_spec("duckdb") is None:
            return False
        # where none can be made, to connect tells it: before anything is extracted
        folder = os.path.dirname(self.path)
        return not os.path.lexists(self.path) and os.path.isdir(folder) and os.access(folder, os.W_OK)

    @override
    def stand_in(self, folder: str) -> DuckDb:
        """Return a database whose file has the same name."""
        return self.bind(os.path.join(folder, os.path.basename(self.path)))

    @override
    def check_settings(self) -> None:
        """Look up where the file is.

        Raises:
            InvalidInMemoryDuckdbCredentials: there is none.
            NotOffered: the credentials have settings of connections.
        """
        refuse_of_connections(self.destination_name, self._found())
        if not is_open(self.credentials) and self.path in IN_MEMORY:
            raise InvalidInMemoryDuckdbCredentials(
                f"destination {self.destination_name}: a DuckDB database in memory is gone when its connection is "
                "closed, as it is after each step. Name a file, or pass an open connection: "
                'dlt.destinations.duckdb(duckdb.connect(":memory:")).'
            )

    def displayable_credentials(self) -> str:
        """Return the path."""
        return "duckdb:///:external:" if is_open(self.credentials) else f"duckdb:///{self.path}"

    def _memory(self) -> Memory:
        settings = settings_of(DuckDbSettings, self.settings, self.destination_name)
        return Memory.of(self.destination_name, settings.memory_limit)

    @override
    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[SqlDestinationClient]:
        """Open the file, and wait for a process that has it open.

        Raises:
            InvalidInMemoryDuckdbCredentials: there is no file.
            NotOffered: the credentials have settings of connections.
        """
        given, memory = self.credentials, Memory()
        if is_open(given):
            # a connection of its own to the same database: to close it leaves the program's open
            connection = given.cursor()
        else:
            self.check_settings()
            path = self.path
            connection = open_database(path, f"destination {self.destination_name}", path)
            # a database in memory is all memory: only one in a file can do with less
            memory = self._memory()
        try:
            # with what it needs of Arrow: a pipeline that does not load shall not wait for that
            from dlt.destinations.impl.duckdb.client import duckdb_client

            yield duckdb_client(DIALECT, dataset_name, connection, memory, is_own_file=not is_open(given))
        finally:
            connection.close()


def refuse_of_connections(destination_name: str, credentials: object) -> None:
    """Let nobody take settings of connections for applied that are not.

    Args:
        destination_name: The destination, for messages.
        credentials: Its credentials.

    Raises:
        NotOffered: they have such settings.
    """
    found = credentials if isinstance(credentials, (dict, BaseConfiguration)) else {}
    given = [key for key in OF_CONNECTIONS if found.get(key)]
    if given:
        raise NotOffered(
            f"destination {destination_name}: {', '.join(given)} in the credentials of DuckDB are not applied "
            "here. Pass a connection that has them: dlt.destinations.duckdb(duckdb.connect(path, config=...)).",
        )


def is_open(given: object) -> TypeGuard[duckdb.DuckDBPyConnection]:
    """Tell whether a program gave an open connection; whoever has one has imported DuckDB."""
    module = imported("duckdb")
    return module is not None and isinstance(given, module.DuckDBPyConnection)


def open_database(path: str, where: str, shown: str) -> duckdb.DuckDBPyConnection:
    """Return an open connection; a database that another process has open is waited for.

    Args:
        path: Path or URL of the database.
        where: The destination, as messages name it.
        shown: The database, as messages name it.

    Raises:
        DestinationConnectionError: it stays busy, or cannot be reached.
        MissingDependencyException: DuckDB is not installed.
    """
    try:
        import duckdb

        from dlt.destinations.impl.duckdb.errors import wait_while_busy
    except ImportError as error:
        raise missing_package(where, "duckdb", "duckdb") from error
    return wait_while_busy(lambda: duckdb.connect(path), f"{where}: {shown}")


DESTINATION = DuckDb
