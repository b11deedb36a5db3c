"""Any database that SQLAlchemy reaches; SQLite and MariaDB are tested, and PostgreSQL for all others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from dlt.configuration.spec import BaseConfiguration
from dlt.destinations.base import Destination
from dlt.destinations.impl.sqlalchemy import generic, mysql, sqlite
from dlt.destinations.impl.sqlalchemy.client import SqlAlchemyClient
from dlt.destinations.impl.sqlalchemy.configuration import SqlAlchemyCredentials, SqlAlchemySettings
from dlt.destinations.impl.sqlalchemy.generic import capabilities_of
from dlt.destinations.settings import settings_of
from dlt.error_kinds import Kind, connecting_error, refusal_kind
from dlt.errors import DatabaseTerminalException, MissingDependencyException
from dlt.ids import digest_id
from dlt.redact import remember
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.types import override

_DRIVERS = {
    "postgresql": {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "pg8000": "pg8000"},
    "mysql": {"pymysql": "pymysql", "mysqldb": "mysqlclient", "mysqlconnector": "mysql-connector-python"},
    "mariadb": {"pymysql": "pymysql", "mysqldb": "mysqlclient", "mariadbconnector": "mariadb"},
    "mssql": {"pyodbc": "pyodbc", "pymssql": "pymssql"},
    "oracle": {"oracledb": "oracledb"},
}
"""The drivers of SQLAlchemy's own dialects that are not for asyncio, each with the package that brings it. What a URL
without a driver means differs between versions of SQLAlchemy: `postgresql://` is psycopg from 2.1 on."""


_CAPABILITIES = {"sqlite": sqlite.CAPABILITIES, "mysql": mysql.CAPABILITIES, "mariadb": mysql.CAPABILITIES}


class SqlAlchemy(Destination):
    """A database that SQLAlchemy reaches.

    Args:
        credentials: A URL, a dict with its parts, `SqlAlchemyCredentials`, or an engine of SQLAlchemy.
        engine_kwargs: Further arguments of `sqlalchemy.create_engine`.
    """

    destination_type: ClassVar[str] = "sqlalchemy"
    settings_spec: ClassVar[type | None] = SqlAlchemySettings

    def __init__(self, credentials: Any = None, engine_kwargs: dict[str, Any] | None = None, **settings: Any) -> None:
        super().__init__(credentials, engine_kwargs=engine_kwargs, **settings)

    @property
    def _is_engine(self) -> bool:
        return hasattr(self.credentials, "connect") and hasattr(self.credentials, "dialect")

    def resolved(self) -> SqlAlchemyCredentials:
        """Return the credentials with what the configuration says."""
        from dlt.configuration.resolve import resolve_configuration

        if isinstance(self.credentials, SqlAlchemyCredentials) and self.credentials.is_resolved():
            return self.credentials
        given = self.credentials
        if hasattr(given, "render_as_string"):
            given = given.render_as_string(hide_password=False)
        sections = ("destination", self.destination_name, "credentials")
        return resolve_configuration(SqlAlchemyCredentials(), sections=sections, explicit_value=given)

    @property
    def backend(self) -> str:
        """Return the name of the database system."""
        if self._is_engine:
            return str(self.credentials.dialect.name)
        return self.resolved().drivername.partition("+")[0]

    @classmethod
    @override
    def credential_specs(cls) -> tuple[type[BaseConfiguration], ...]:
        """Return the one of its credentials."""
        return (SqlAlchemyCredentials,)

    def own_capabilities(self) -> Capabilities:
        """Return what the database system can do."""
        return _CAPABILITIES.get(self.backend) or capabilities_of(self.backend)

    def displayable_credentials(self) -> str:
        """Return the URL without the password."""
        if self._is_engine:
            return str(self.credentials.url.render_as_string(hide_password=True))
        return str(self.resolved())

    def fingerprint(self) -> str:
        """Return a hash that tells databases apart, whoever connects."""
        known = self.credentials.url if self._is_engine else self.resolved()
        database = known.database
        if self.backend == "sqlite" and database and database != ":memory:":
            database = os.path.abspath(database)
        return digest_id(f"sqlalchemy {self.backend} {known.host} {known.port} {database}")

    @override
    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[SqlAlchemyClient]:
        """Open a connection of the engine."""
        engine = self.credentials if self._is_engine else self._engine()
        client = None
        try:
            connection = self._opened(engine)
            try:
                client = _client(connection, dataset_name)
                yield client
            finally:
                if client is not None:
                    client.close()
                connection.close()
        finally:
            if engine is not self.credentials:
                engine.dispose()

    def _engine(self) -> Any:
        known = self.resolved()
        try:
            import sqlalchemy
            from sqlalchemy.engine import URL
            from sqlalchemy.pool import NullPool
        except ImportError as error:
            raise MissingDependencyException(
                f"destination {self.destination_name}: the package sqlalchemy is not installed. Run: "
                'pip install "dlt-tasks[sqlalchemy]"'
            ) from error
        url = URL.create(
            known.drivername,
            known.username,
            str(known.password) if known.password else None,
            known.host,
            known.port,
            known.database,
            known.query or {},
        )
        options = {"poolclass": NullPool, **self._engine_arguments()}
        try:
            return sqlalchemy.create_engine(url, **options)
        except sqlalchemy.exc.NoSuchModuleError as error:
            raise DatabaseTerminalException(
                f"destination {self.destination_name}: SQLAlchemy knows no {known.drivername!r}. Check the first part "
                "of the URL, or install the package that brings it."
            ) from error
        except ImportError as error:
            raise MissingDependencyException(
                f"destination {self.destination_name}: the driver of {known.drivername} is not installed: {error}. "
                f"{_advice(known.drivername)}"
            ) from error

    def _engine_arguments(self) -> dict[str, Any]:
        settings = settings_of(SqlAlchemySettings, self.settings, self.destination_name)
        found = settings.engine_kwargs if settings.engine_kwargs is not None else settings.engine_args
        if found is not None:
            # they may hold passwords, by their names
            remember(found)
        return dict(found or {})

    def _opened(self, engine: Any) -> Any:
        import sqlalchemy

        try:
            return engine.connect()
        except sqlalchemy.exc.DBAPIError as error:
            text = " ".join(str(part) for part in getattr(error.orig, "args", ()))
            where = f"destination {self.destination_name} ({self.displayable_credentials()})"
            check = f"user, password and database, or path, under [destination.{self.destination_name}.credentials]"
            raise connecting_error(
                _kind_of(engine.dialect.name, error.orig or error, text), where, text, check
            ) from None


def _advice(drivername: str) -> str:
    """Say which drivers serve a database system, and how each is named and installed."""
    backend = drivername.partition("+")[0]
    drivers = _DRIVERS.get(backend)
    if drivers is None:
        return "Install it beside dlt-tasks."
    ways = [f'{backend}+{driver}:// (pip install "{package}")' for driver, package in drivers.items()]
    return f"Install one, and name it in the URL: {', '.join(ways)}."


def _kind_of(backend: str, error: BaseException, text: str) -> Kind:
    """Return what an error of connecting is."""
    if backend == "sqlite":
        return sqlite.kind_of(error) or "connection"
    if backend in ("mysql", "mariadb"):
        return mysql.kind_of(error, (Exception,))
    return refusal_kind(text)


def _client(connection: Any, dataset_name: str) -> SqlAlchemyClient:
    kind = connection.dialect.name
    if kind == "sqlite":
        return sqlite.sqlite_client(connection, dataset_name)
    if kind in ("mysql", "mariadb"):
        # the server tells which of the two it is, whatever the URL says
        is_mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
        return mysql.mysql_client(connection, dataset_name, is_mariadb=is_mariadb)
    return generic.standard_client(connection, dataset_name)


DESTINATION = SqlAlchemy
