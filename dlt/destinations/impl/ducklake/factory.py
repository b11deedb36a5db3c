"""DuckLake: tables as Parquet files in a folder or bucket, and a catalog of them in a SQL database."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from dlt.configuration.credentials import ConnectionStringCredentials
from dlt.configuration.spec import BaseConfiguration
from dlt.context import current
from dlt.destinations.base import Destination, missing_package
from dlt.destinations.impl.duckdb.configuration import DuckDbSettings
from dlt.destinations.impl.duckdb.errors import BUSY, first_line, wait_while_busy
from dlt.destinations.impl.duckdb.memory import Memory
from dlt.destinations.impl.ducklake.client import ducklake_client
from dlt.destinations.impl.ducklake.configuration import DuckLakeCredentials, LakeStorage, parsed_url
from dlt.destinations.impl.ducklake.dialect import CAPABILITIES, LAKE_DIALECT
from dlt.destinations.impl.ducklake.errors import CLASHES
from dlt.destinations.settings import settings_of
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.errors import DatabaseTerminalException, InvalidConnectionString, MissingDependencyException
from dlt.ids import digest_id, random_id
from dlt.late import duckdb
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.types import override

_CATALOGS = {
    "duckdb": ("", None),
    "sqlite": ("sqlite:", "sqlite_scanner"),
    "postgres": ("postgres:", "postgres_scanner"),
    "postgresql": ("postgres:", "postgres_scanner"),
}
"""How DuckLake names each kind of catalog, and the extension of DuckDB that reads it."""


_STORES = {
    **dict.fromkeys(("s3", "s3a", "gs", "gcs", "r2", "http", "https"), "httpfs"),
    **dict.fromkeys(("az", "azure", "abfs", "abfss"), "azure"),
}
"""The extension of DuckDB that reads each kind of store."""


class DuckLake(Destination):
    """A lake: Parquet files and a catalog in DuckDB, SQLite or Postgres.

    Args:
        credentials: `DuckLakeCredentials`, a dict with their fields, the connection string of a catalog, the name of a
            lake, or an open connection of DuckDB that uses a lake.
    """

    destination_type: ClassVar[str] = "ducklake"
    settings_spec: ClassVar[type | None] = DuckDbSettings
    named_after_pipeline: ClassVar[bool] = True

    @classmethod
    @override
    def credential_specs(cls) -> tuple[type[BaseConfiguration], ...]:
        """Return the one of its credentials."""
        return (DuckLakeCredentials,)

    def own_capabilities(self) -> Capabilities:
        """Return what DuckLake can do."""
        return CAPABILITIES

    @property
    def _is_open(self) -> bool:
        return hasattr(self.credentials, "cursor") and hasattr(self.credentials, "execute")

    def resolved(self) -> DuckLakeCredentials:
        """Return the credentials with what the configuration says, and names for what is left out."""
        from dlt.configuration.resolve import resolve_configuration

        sections = ("destination", self.destination_name, "credentials")
        known = resolve_configuration(DuckLakeCredentials(), sections=sections, explicit_value=self.credentials)
        name = self._name(known)
        known.catalog = known.catalog or parsed_url(f"sqlite:///{name}.sqlite")
        known.storage = known.storage or LakeStorage(bucket_url=f"{name}.files")
        return known

    def _name(self, known: DuckLakeCredentials) -> str:
        own = self.destination_name if self.destination_name != self.destination_type else None
        return known.ducklake_name or own or self.pipeline_name or current().pipeline_name or "dlt"

    def displayable_credentials(self) -> str:
        """Return where catalog and files are, without the password."""
        if self._is_open:
            return "ducklake::external:"
        known = self.resolved()
        return f"ducklake:{known.catalog}, files in {_storage_url(known)}"

    def fingerprint(self) -> str:
        """Return a hash that tells lakes apart, whoever connects."""
        if self._is_open:
            return digest_id(f"ducklake {id(self.credentials)}")
        known = self.resolved()
        catalog = known.catalog
        assert catalog is not None
        place = f"{catalog.host} {catalog.port} {catalog.database}" if catalog.port else _file_of(catalog)
        return digest_id(f"ducklake {place} {known.ducklake_name}")

    @override
    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[SqlDestinationClient]:
        """Attach the lake, which is made if it is not there, and wait for a program that has its catalog open."""
        connection, name = self._borrowed() if self._is_open else self._attached()
        try:
            yield ducklake_client(dataset_name, connection, name, self._memory())
        finally:
            connection.close()

    def _memory(self) -> Memory:
        if self._is_open:
            return Memory()
        settings = settings_of(DuckDbSettings, self.settings, self.destination_name)
        return Memory.of(self.destination_name, settings.memory_limit)

    def _borrowed(self) -> tuple[duckdb.DuckDBPyConnection, str]:
        sql = "SELECT database_name, type FROM duckdb_databases() WHERE database_name = current_catalog()"
        name, kind = self.credentials.execute(sql).fetchone()
        if kind != "ducklake":
            raise DatabaseTerminalException(
                f"destination {self.destination_name}: the open connection uses {name}, which is a database of type "
                f"{kind}. Attach a lake, and run USE with its name."
            )
        return self.credentials.cursor(), name

    def _attached(self) -> tuple[duckdb.DuckDBPyConnection, str]:
        try:
            import duckdb
        except ImportError as error:
            raise missing_package(f"destination {self.destination_name}", "duckdb", "ducklake") from error

        known = self.resolved()
        catalog, storage = known.catalog, known.storage
        assert catalog is not None and storage is not None
        name = self._name(known)
        where = f"destination {self.destination_name}: the lake {name} ({catalog})"
        if catalog.drivername not in _CATALOGS:
            raise InvalidConnectionString(
                f"{where}: found a catalog of type {catalog.drivername}. Known are {', '.join(_CATALOGS)}."
            )
        url, scheme = _storage_url(known), storage.bucket_url.partition("://")[0]
        extensions = ["ducklake", _CATALOGS[catalog.drivername][1], _STORES.get(scheme)]
        statements = [*_secrets(catalog, storage), _attach(known, name, url)]

        def connect() -> duckdb.DuckDBPyConnection:
            # an instance for each connection: the lake's own cache is not safe for threads that share one
            spill = os.path.join(tempfile.gettempdir(), f"dlt_ducklake_{random_id()}")
            connection = duckdb.connect(":memory:", config={"temp_directory": spill})
            try:
                for extension in filter(None, extensions):
                    _load_extension(connection, extension, where)
                for statement in statements:
                    connection.execute(statement)
            except BaseException:
                connection.close()
                raise
            return connection

        # two that make the catalog at the same time: one of them is told that a part of it is there
        return wait_while_busy(connect, where, (*BUSY, *CLASHES, "already exists", "duplicate key")), name


def _file_of(catalog: ConnectionStringCredentials) -> str:
    return os.path.abspath(os.path.expanduser(f"{catalog.host or ''}{catalog.database or ''}"))


def _storage_url(known: DuckLakeCredentials) -> str:
    assert known.storage is not None
    url = known.storage.bucket_url.removeprefix("file://")
    # a lake keeps the path of its files, so it must not depend on the folder of the program
    return url if "://" in url else os.path.abspath(os.path.expanduser(url))


def _attach(known: DuckLakeCredentials, name: str, url: str) -> str:
    catalog = known.catalog
    assert catalog is not None
    prefix = _CATALOGS[catalog.drivername][0]
    options: dict[str, Any] = {"DATA_PATH": url}
    if prefix == "postgres:":
        place = _libpq({"fallback_application_name": "dlt", "connect_timeout": 15, **(catalog.query or {})})
        options["META_SECRET"] = "dlt_catalog"
        if known.ducklake_name:
            # several lakes may live in one database
            options["METADATA_SCHEMA"] = known.ducklake_name
    else:
        place = _file_of(catalog)
    if prefix == "sqlite:":
        # without it a reader makes a commit fail
        options.update(META_JOURNAL_MODE="WAL", META_BUSY_TIMEOUT=10_000)
    given = ", ".join(f"{key} {LAKE_DIALECT.literal(value)}" for key, value in options.items())
    return f"ATTACH {LAKE_DIALECT.literal(f'ducklake:{prefix}{place}')} AS {LAKE_DIALECT.quote(name)} ({given})"


def _libpq(options: Mapping[str, Any]) -> str:
    escaped = {key: str(value).replace("\\", "\\\\").replace("'", "\\'") for key, value in options.items()}
    return " ".join(f"{key}='{value}'" for key, value in escaped.items())


def _secrets(catalog: ConnectionStringCredentials, storage: LakeStorage) -> Iterator[str]:
    """Yield the statements that tell DuckDB passwords and keys; in ATTACH they would stand in its messages."""
    if _CATALOGS[catalog.drivername][0] == "postgres:":
        parts = {
            "HOST": catalog.host,
            "PORT": catalog.port,
            "DATABASE": catalog.database,
            "USER": catalog.username,
            "PASSWORD": catalog.password,
        }
        yield _secret("dlt_catalog", "postgres", parts)
    keys = storage.credentials
    if keys is not None and keys.aws_access_key_id:
        secure, _, endpoint = (keys.endpoint_url or "").rpartition("://")
        parts = {
            "KEY_ID": keys.aws_access_key_id,
            "SECRET": keys.aws_secret_access_key,
            "SESSION_TOKEN": keys.aws_session_token,
            "REGION": keys.region_name,
            "ENDPOINT": endpoint.rstrip("/") or None,
            "URL_STYLE": keys.s3_url_style or ("path" if endpoint else None),
            "USE_SSL": False if secure == "http" else None,
            "SCOPE": storage.bucket_url,
        }
        yield _secret("dlt_storage", "s3", parts)


def _secret(name: str, kind: str, parts: Mapping[str, Any]) -> str:
    given = [f"{key} {LAKE_DIALECT.literal(value)}" for key, value in parts.items() if value is not None]
    return f"CREATE SECRET {name} ({', '.join([f'TYPE {kind}', *given])})"


def _load_extension(connection: duckdb.DuckDBPyConnection, name: str, where: str) -> None:
    """Load an extension of DuckDB: from a Python package, else from DuckDB's folder, else from its server."""
    row = connection.execute("SELECT version()").fetchone()
    version = row[0] if row else ""
    found = importlib.util.find_spec(f"duckdb_extension_{name}")
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        path = Path(folder) / "extensions" / version / f"{name}.duckdb_extension"
        if path.exists():
            connection.execute(f"LOAD {LAKE_DIALECT.literal(str(path))}")
            return
    try:
        connection.execute(f"INSTALL {name}; LOAD {name}")
    except duckdb.Error as error:
        raise MissingDependencyException(
            f"{where}: the extension {name} of DuckDB {version} is not installed, and cannot be downloaded: "
            f"{first_line(error)}. Install the package duckdb-extension-{name.replace('_', '-')} of the same version "
            f'as DuckDB, or run "INSTALL {name}" in DuckDB where there is a network.'
        ) from error


DESTINATION = DuckLake
