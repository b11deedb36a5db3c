"""How a database is reached: an engine of SQLAlchemy, a connection of it, and the client for the system behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import NullPool

from dlt.destinations.impl.sqlalchemy import generic, mysql, sqlite
from dlt.destinations.impl.sqlalchemy.client import SqlAlchemyClient
from dlt.destinations.impl.sqlalchemy.configuration import SqlAlchemyCredentials
from dlt.error_kinds import Kind, connecting_error, refusal_kind
from dlt.errors import ConfigurationValueError, DatabaseTerminalException, MissingDependencyException
from dlt.io.folders import local_path

if TYPE_CHECKING:
    from dlt.types import JsonObject

DRIVERS = {
    "postgresql": {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "pg8000": "pg8000"},
    "mysql": {"pymysql": "pymysql", "mysqldb": "mysqlclient", "mysqlconnector": "mysql-connector-python"},
    "mariadb": {"pymysql": "pymysql", "mysqldb": "mysqlclient", "mariadbconnector": "mariadb"},
    "mssql": {"pyodbc": "pyodbc", "pymssql": "pymssql"},
    "oracle": {"oracledb": "oracledb"},
}
"""The drivers of SQLAlchemy's own dialects that are not for asyncio, each with the package that brings it. What a URL
without a driver means differs between versions of SQLAlchemy: `postgresql://` is psycopg from 2.1 on."""


def engine_of(known: SqlAlchemyCredentials, arguments: JsonObject, name: str) -> Engine:
    """Return a new engine; connections of it are not kept.

    Args:
        known: Complete credentials.
        arguments: Further arguments of `sqlalchemy.create_engine`.
        name: The destination, for messages.

    Raises:
        ConfigurationValueError: the database would be gone with the connection.
        DatabaseTerminalException: SQLAlchemy does not know the database system.
        MissingDependencyException: the driver is not installed.
    """
    in_memory = known.drivername.partition("+")[0] == "sqlite" and known.database in (None, "", ":memory:")
    if in_memory:
        # each step has a connection of its own, so a load would succeed and leave nothing
        raise ConfigurationValueError(
            f"destination {name}: a SQLite database in memory is gone when its connection is closed, as it is after "
            'each step. Name a file, as in "sqlite:///shop.db", or pass an engine: sqlalchemy.create_engine("sqlite://").'
        )
    database = known.database
    if known.drivername.partition("+")[0] == "sqlite" and database and not database.startswith("file:"):
        database = local_path(database)
    url = URL.create(
        known.drivername,
        known.username,
        str(known.password) if known.password else None,
        known.host,
        known.port,
        database,
        known.query or {},
    )
    # a connection that a pool keeps would keep its locks and temporary tables too
    options = {"poolclass": NullPool, **arguments}
    try:
        return sqlalchemy.create_engine(url, **options)
    except sqlalchemy.exc.NoSuchModuleError as error:
        raise DatabaseTerminalException(
            f"destination {name}: SQLAlchemy knows no {known.drivername!r}. Check the first part of the URL, or "
            "install the package that brings it."
        ) from error
    except ImportError as error:
        raise MissingDependencyException(
            f"destination {name}: the driver of {known.drivername} is not installed: {error}. "
            f"{driver_advice(known.drivername)}"
        ) from error


def opened(engine: Engine, name: str, shown: str) -> Connection:
    """Return a connection of an engine.

    Args:
        engine: The engine.
        name: The destination, for messages.
        shown: Where the database is, without secrets.

    Raises:
        DestinationConnectionError: the database does not answer.
        DatabaseTerminalException: it lets nobody in with these credentials.
    """
    try:
        return engine.connect()
    except sqlalchemy.exc.DBAPIError as error:
        cause = error.orig or error
        text = " ".join(str(part) for part in cause.args)
        check = f"user, password and database, or path, under [destination.{name}.credentials]"
        # without the cause, whose text may hold the password
        raise connecting_error(
            kind_of_error(engine.dialect.name, cause, text), f"destination {name} ({shown})", text, check
        ) from None


def client_of(connection: Connection, dataset_name: str) -> SqlAlchemyClient:
    """Return the client for a dataset, by the system that is behind the connection."""
    kind = connection.dialect.name
    if kind == "sqlite":
        return sqlite.sqlite_client(connection, dataset_name)
    if kind in ("mysql", "mariadb"):
        # the server tells which of the two it is, whatever the URL says
        is_mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
        return mysql.mysql_client(connection, dataset_name, is_mariadb=is_mariadb)
    return generic.standard_client(connection, dataset_name)


def driver_advice(drivername: str) -> str:
    """Say which drivers serve a database system, and how each is named and installed."""
    backend = drivername.partition("+")[0]
    drivers = DRIVERS.get(backend)
    if drivers is None:
        return "Install it beside dlt-tasks."
    ways = [f'{backend}+{driver}:// (pip install "{package}")' for driver, package in drivers.items()]
    return f"Install one, and name it in the URL: {', '.join(ways)}."


def kind_of_error(backend: str, error: BaseException, text: str) -> Kind:
    """Return what an error of connecting is."""
    if backend == "sqlite":
        return sqlite.kind_of(error) or "connection"
    if backend in ("mysql", "mariadb"):
        # without a number it never reached the server
        return mysql.kind_of(error, (Exception,))
    return refusal_kind(text)
