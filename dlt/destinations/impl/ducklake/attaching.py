"""How a connection of DuckDB gets a lake: its extensions, the secrets that they need, and ATTACH."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from dlt.configuration.credentials import ConnectionStringCredentials
from dlt.destinations.impl.duckdb.errors import BUSY, first_line, wait_while_busy
from dlt.destinations.impl.ducklake.configuration import DuckLakeCredentials, LakeStorage, file_of, storage_url
from dlt.destinations.impl.ducklake.dialect import LAKE_DIALECT
from dlt.destinations.impl.ducklake.errors import CLASHES
from dlt.errors import InvalidConnectionString, MissingDependencyException
from dlt.ids import random_id
from dlt.late import duckdb

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


def attached(known: DuckLakeCredentials, name: str, where: str) -> duckdb.DuckDBPyConnection:
    """Return a connection with a lake, which is made if it is not there.

    Args:
        known: Complete credentials.
        name: Name of the lake in the connection.
        where: Names destination and lake, for messages.

    Raises:
        InvalidConnectionString: there is no such kind of catalog.
        MissingDependencyException: an extension of DuckDB is missing.
        DestinationConnectionError: the catalog cannot be reached.
    """
    catalog, storage = known.catalog, known.storage
    assert catalog is not None and storage is not None
    if catalog.drivername not in _CATALOGS:
        raise InvalidConnectionString(
            f"{where}: found a catalog of type {catalog.drivername}. Known are {', '.join(_CATALOGS)}."
        )
    url, scheme = storage_url(known), storage.bucket_url.partition("://")[0]
    extensions = ["ducklake", _CATALOGS[catalog.drivername][1], _STORES.get(scheme)]
    statements = [*_secrets(catalog, storage), _attach(known, name, url)]

    def connect() -> duckdb.DuckDBPyConnection:
        # an instance for each connection: the lake's own cache is not safe for threads that share one
        spill = os.path.join(tempfile.gettempdir(), f"dlt_ducklake_{random_id()}")
        # a database in memory else spills into the folder where the program runs
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
    return wait_while_busy(connect, where, (*BUSY, *CLASHES, "already exists", "duplicate key"))


def _attach(known: DuckLakeCredentials, name: str, url: str) -> str:
    catalog = known.catalog
    assert catalog is not None
    prefix = _CATALOGS[catalog.drivername][0]
    options: dict[str, object] = {"DATA_PATH": url}
    if prefix == "postgres:":
        # libpq alone waits as long as the system does for a server that does not answer
        place = _libpq({"fallback_application_name": "dlt", "connect_timeout": 15, **(catalog.query or {})})
        options["META_SECRET"] = "dlt_catalog"
        # several lakes may live in one database
        schema = known.metadata_schema or known.ducklake_name
        if schema:
            options["METADATA_SCHEMA"] = schema
    else:
        place = file_of(catalog)
    if prefix == "sqlite:":
        # without it a reader makes a commit fail
        options.update(META_JOURNAL_MODE="WAL", META_BUSY_TIMEOUT=10_000)
    given = ", ".join(f"{key} {LAKE_DIALECT.literal(value)}" for key, value in options.items())
    return f"ATTACH {LAKE_DIALECT.literal(f'ducklake:{prefix}{place}')} AS {LAKE_DIALECT.quote(name)} ({given})"


def _libpq(options: Mapping[str, object]) -> str:
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
            # stores of one's own seldom have a host name for each bucket
            "URL_STYLE": keys.s3_url_style or ("path" if endpoint else None),
            "USE_SSL": False if secure == "http" else None,
            # so that other secrets go on counting for other buckets
            "SCOPE": storage.bucket_url,
        }
        yield _secret("dlt_storage", "s3", parts)


def _secret(name: str, kind: str, parts: Mapping[str, object]) -> str:
    given = [f"{key} {LAKE_DIALECT.literal(value)}" for key, value in parts.items() if value is not None]
    return f"CREATE SECRET {name} ({', '.join([f'TYPE {kind}', *given])})"


def _load_extension(connection: duckdb.DuckDBPyConnection, name: str, where: str) -> None:
    """Load an extension of DuckDB: from a Python package, else from DuckDB's folder, else from its server."""
    row = connection.execute("SELECT version()").fetchone()
    version = row[0] if row else ""
    found = importlib.util.find_spec(f"duckdb_extension_{name}")
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        # an extension fits one version of DuckDB only
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
