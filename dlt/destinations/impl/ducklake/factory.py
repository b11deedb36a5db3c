"""DuckLake: tables as Parquet files in a folder or bucket, and a catalog of them in a SQL database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from dlt.configuration.resolve import resolve_configuration
from dlt.configuration.spec import BaseConfiguration
from dlt.context import current
from dlt.destinations.base import Destination, missing_package
from dlt.destinations.impl.duckdb.configuration import DuckDbSettings
from dlt.destinations.impl.duckdb.factory import is_open
from dlt.destinations.impl.duckdb.memory import Memory
from dlt.destinations.impl.ducklake.configuration import (
    DuckLakeCredentials,
    LakeStorage,
    file_of,
    parsed_url,
    storage_url,
)
from dlt.destinations.impl.ducklake.dialect import CAPABILITIES
from dlt.destinations.settings import settings_of
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.errors import DatabaseTerminalException
from dlt.ids import digest_id
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.types import override

if TYPE_CHECKING:
    import duckdb
    from typing_extensions import Unpack

    from dlt.destinations.arguments import DatabaseFile, DuckDbArguments


class DuckLake(Destination):
    """A lake: Parquet files and a catalog in DuckDB, SQLite or Postgres.

    Args:
        credentials: `DuckLakeCredentials`, a dict with their fields, the connection string of a catalog, the name of a
            lake, or an open connection of DuckDB that uses a lake.
    """

    kind: ClassVar[str] = "ducklake"
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
        return (DuckLakeCredentials,)

    def own_capabilities(self) -> Capabilities:
        """Return what DuckLake can do."""
        return CAPABILITIES

    def resolved(self) -> DuckLakeCredentials:
        """Return the credentials with what the configuration says, and names for what is left out."""
        sections = ("destination", self.destination_name, "credentials")
        known = resolve_configuration(DuckLakeCredentials(), sections=sections, explicit_value=self.credentials)
        name = self._name(known)
        known.catalog = known.catalog or parsed_url(f"sqlite:///{name}.sqlite")
        known.storage = known.storage or LakeStorage(bucket_url=f"{name}.files")
        return known

    def _name(self, known: DuckLakeCredentials) -> str:
        own = self.destination_name if self.destination_name != self.kind else None
        return known.ducklake_name or own or self.pipeline_name or current().pipeline_name or "dlt"

    def displayable_credentials(self) -> str:
        """Return where catalog and files are, without the password."""
        if is_open(self.credentials):
            return "ducklake::external:"
        known = self.resolved()
        return f"ducklake:{known.catalog}, files in {storage_url(known)}"

    def fingerprint(self) -> str:
        """Return a hash that tells lakes apart, whoever connects."""
        if is_open(self.credentials):
            # an open connection tells nothing else by which lakes differ
            return digest_id(f"ducklake {id(self.credentials)}")
        known = self.resolved()
        catalog = known.catalog
        assert catalog is not None
        place = f"{catalog.host} {catalog.port} {catalog.database}" if catalog.port else file_of(catalog)
        return digest_id(f"ducklake {place} {known.metadata_schema or known.ducklake_name}")

    @override
    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[SqlDestinationClient]:
        """Attach the lake, which is made if it is not there, and wait for a program that has its catalog open."""
        given = self.credentials
        connection, name = self._borrowed(given) if is_open(given) else self._attached()
        try:
            # with what it needs of Arrow: a pipeline that does not load shall not wait for that
            from dlt.destinations.impl.ducklake.client import ducklake_client

            yield ducklake_client(dataset_name, connection, name, self._memory())
        finally:
            connection.close()

    def _memory(self) -> Memory:
        if is_open(self.credentials):
            return Memory()
        settings = settings_of(DuckDbSettings, self.settings, self.destination_name)
        return Memory.of(self.destination_name, settings.memory_limit)

    def _borrowed(self, given: duckdb.DuckDBPyConnection) -> tuple[duckdb.DuckDBPyConnection, str]:
        sql = "SELECT database_name, type FROM duckdb_databases() WHERE database_name = current_catalog()"
        name, kind = given.execute(sql).fetchone() or ("", "")
        if kind != "ducklake":
            raise DatabaseTerminalException(
                f"destination {self.destination_name}: the open connection uses {name}, which is a database of type "
                f"{kind}. Attach a lake, and run USE with its name."
            )
        # a connection of its own: to close it leaves the program's open
        return given.cursor(), name

    def _attached(self) -> tuple[duckdb.DuckDBPyConnection, str]:
        try:
            import duckdb  # noqa: F401 - to tell that it is missing
        except ImportError as error:
            raise missing_package(f"destination {self.destination_name}", "duckdb", "ducklake") from error
        from dlt.destinations.impl.ducklake.attaching import attached

        known = self.resolved()
        name = self._name(known)
        return attached(known, name, f"destination {self.destination_name}: the lake {name} ({known.catalog})"), name


DESTINATION = DuckLake
