"""How a database is reached: engines of SQLAlchemy, their connections, and what their errors mean."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, NoSuchTableError
from sqlalchemy.pool import NullPool

from dlt.configuration.credentials import ConnectionStringCredentials
from dlt.errors import (
    InvalidConnectionString,
    MissingDependencyException,
    SqlDatabaseError,
    SqlDatabaseTableMissing,
    SqlDatabaseUnreachable,
)
from dlt.errors.base import ended
from dlt.redact import redact, remember
from dlt.sources.sql_database.vocabulary import EngineAdapter

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.engine.interfaces import ReflectedColumn

    from dlt.error_kinds import Kind

_CHECK = "Check credentials under [sources.sql_database.credentials], or where the program passes them."
_NO_DATABASE = re.compile(r'database "[^"]*" does not exist|^(1049 )?unknown database', re.IGNORECASE)
_ANY_PACKAGE = "Check the first part of the URL, or install the package that brings it."
_PACKAGES = {
    "duckdb": "DuckDB is read without it: pipeline.run(duckdb.connect(PATH).sql('FROM t').to_arrow_table(), "
    "table_name='t').",
    **{
        name: f"Run: pip install {package}"
        for name, package in {
            "snowflake": "snowflake-sqlalchemy",
            "bigquery": "sqlalchemy-bigquery",
            "redshift": "sqlalchemy-redshift",
            "databricks": "databricks-sqlalchemy",
            "clickhouse": "clickhouse-sqlalchemy",
            "trino": "trino",
        }.items()
    },
}
"""What to do for systems that SQLAlchemy itself does not know."""
_INTEGER_DIGITS = 18
"""What 64 bits hold."""


def engine_from_credentials(
    credentials: ConnectionStringCredentials | Engine | str, may_dispose_after_use: bool = False, **backend_kwargs: Any
) -> Engine:
    """Return the engine for credentials; one that is given stays as it is.

    Args:
        credentials: Credentials, a URL, or an engine.
        may_dispose_after_use: Let connections of the engine be closed when a table was read.
        **backend_kwargs: Arguments of `sqlalchemy.create_engine`.

    Raises:
        InvalidConnectionString: the URL is none, or names a database system that SQLAlchemy does not know.
        MissingDependencyException: the driver is not installed.
    """
    if isinstance(credentials, Engine):
        return credentials
    if isinstance(credentials, str):
        given, credentials = credentials, ConnectionStringCredentials(drivername="")
        credentials.parse_native_representation(given)
    url = _url(credentials)
    in_memory = url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")
    if may_dispose_after_use and not in_memory and not any(name.startswith("pool") for name in backend_kwargs):
        # a table is read by one connection, and what a pool keeps would stay open for as long as the source is there
        backend_kwargs = {"poolclass": NullPool, **backend_kwargs}
    try:
        engine = _created(url, backend_kwargs)
    except NoSuchModuleError:
        raise InvalidConnectionString(
            f"sql_database: SQLAlchemy knows no database system {credentials.drivername!r}. "
            + _PACKAGES.get(url.get_backend_name(), _ANY_PACKAGE)
        ) from None
    except ArgumentError:
        raise InvalidConnectionString(
            f"sql_database: the parts of the URL do not make one for {credentials.drivername}. {_CHECK}"
        ) from None
    if may_dispose_after_use:
        _ours.add(engine)
    return engine


def prepared_engine(
    credentials: ConnectionStringCredentials | Engine | str,
    engine_kwargs: Mapping[str, Any] | None,
    adapter: EngineAdapter | None,
) -> Engine:
    """Return the engine for credentials, as the program's adapter leaves it.

    Args:
        credentials: Credentials, a URL, or an engine.
        engine_kwargs: Arguments of `sqlalchemy.create_engine`.
        adapter: Function of the program.

    Raises:
        InvalidConnectionString: the URL is none, or names a database system that SQLAlchemy does not know.
        MissingDependencyException: the driver is not installed.
    """
    if engine_kwargs is not None:
        # they may hold passwords, by their names
        remember(engine_kwargs)
    engine = engine_from_credentials(credentials, may_dispose_after_use=True, **(engine_kwargs or {}))
    return engine if adapter is None else adapter(engine) or engine


_ours: WeakSet[Engine] = WeakSet()
"""Engines that nobody else holds connections of."""


def release(engine: Engine) -> None:
    """Close the connections that an engine of ours keeps; one of the program's is left alone."""
    if engine in _ours:
        engine.dispose()


def _url(known: ConnectionStringCredentials) -> URL:
    password = str(known.password) if known.password else None
    query = {name: str(value) for name, value in (known.query or {}).items()}
    return URL.create(known.drivername, known.username, password, known.host, known.port, known.database, query)


def _created(url: URL, arguments: Mapping[str, Any]) -> Engine:
    """Return an engine; a URL that names no driver takes one that is installed."""
    from dlt.destinations.impl.sqlalchemy.connecting import DRIVERS, driver_advice

    if url.drivername == "postgres":
        # the name that libpq and many services give it, which SQLAlchemy does not know any more
        url = url.set(drivername="postgresql")
    try:
        return sa.create_engine(url, **arguments)
    except ImportError as error:
        backend, _, driver = url.drivername.partition("+")
        for name in () if driver else DRIVERS.get(backend, ()):
            if find_spec(_MODULES.get(name, name)) is not None:
                return sa.create_engine(url.set(drivername=f"{backend}+{name}"), **arguments)
        raise MissingDependencyException(
            f"sql_database: the driver of {url.drivername} is not installed: {error}. {driver_advice(url.drivername)}"
        ) from error


_MODULES = {"mysqldb": "MySQLdb", "mysqlconnector": "mysql", "mariadbconnector": "mariadb"}
"""Where a driver has another name as a module than in a URL."""


def shown(engine: Engine) -> str:
    """Return the URL of an engine, without secrets: options may hold some, too."""
    return engine.url.set(query={}).render_as_string(hide_password=True)


@contextmanager
def connected(engine: Engine, **options: Any) -> Iterator[Connection]:
    """Open a connection for the length of a block, in which errors of the database become ours.

    Args:
        engine: The engine.
        **options: Execution options of the connection.

    Raises:
        SqlDatabaseUnreachable: the database does not answer, or not any more.
        SqlDatabaseError: it lets nobody in, or refuses what it is asked.
    """
    with translated(engine):
        _refuse_missing_file(engine)
        connection = engine.connect()
    try:
        with translated(engine):
            yield connection.execution_options(**options) if options else connection
    finally:
        connection.close()


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Let errors of the driver be ours, without secrets, for the length of a block.

    Raises:
        SqlDatabaseUnreachable: the database does not answer, or not any more.
        SqlDatabaseTableMissing: there is no such table or column.
        SqlDatabaseError: it lets nobody in, or refuses what it is asked.
    """
    try:
        yield
    except NoSuchTableError as error:
        raise SqlDatabaseTableMissing(
            f"sql_database ({shown(engine)}): there is no table or view {str(error)!r}. Check its name, capitals "
            "included, and the schema.",
        ) from None
    except DBAPIError as error:
        # without the cause: its text has the statement with its values, and may have the password
        raise error_of(engine, error.orig or error) from None


def error_of(engine: Engine, error: BaseException) -> SqlDatabaseError:
    """Return our error for one of a driver.

    Args:
        engine: Whose driver it is.
        error: The error.
    """
    from dlt.error_kinds import is_transient

    text = " ".join(" ".join(str(part) for part in error.args).split()) or type(error).__name__
    secrets = [
        str(engine.url.password or ""),
        *(str(value) for key, value in engine.url.query.items() if "pass" in key),
    ]
    text, where = redact(text, secrets), f"sql_database ({shown(engine)})"
    kind = _kind_of(engine, error, text)
    if _NO_DATABASE.search(text):
        return SqlDatabaseError(f"{where}: {ended(text)} Check the name of the database in the credentials.")
    if kind == "undefined":
        return SqlDatabaseTableMissing(f"{where}: {ended(text)} Check the names of schema, table and columns.")
    if is_transient(kind):
        return SqlDatabaseUnreachable(
            f"{where}: {ended(text)} Check that the server runs and can be reached; run again."
        )
    return SqlDatabaseError(f"{where}: {ended(text)} {_CHECK if kind == 'credentials' else ''}".rstrip())


def _kind_of(engine: Engine, error: BaseException, text: str) -> Kind:
    if engine.dialect.driver == "psycopg2":
        import psycopg2

        from dlt.destinations.impl.postgres.errors import kind_of_connecting

        return kind_of_connecting(error, text) if isinstance(error, psycopg2.Error) else "refused"
    if engine.dialect.driver == "psycopg":
        import psycopg

        return _kind_of_state(error, text) if isinstance(error, psycopg.Error) else "refused"
    if engine.dialect.name == "sqlite":
        from dlt.destinations.impl.sqlalchemy.sqlite import kind_of

        return kind_of(error) or "refused"
    from dlt.destinations.impl.sqlalchemy.connecting import kind_of_error

    is_lost = type(error).__name__ in ("OperationalError", "InterfaceError")
    return kind_of_error(engine.dialect.name, error, text) if is_lost else "refused"


def _kind_of_state(error: psycopg.Error, text: str) -> Kind:
    from dlt.error_kinds import refusal_kind

    if error.sqlstate is None:
        # it never reached the server, or lost it
        return refusal_kind(text)
    return next((kind for begin, kind in _STATES.items() if error.sqlstate.startswith(begin)), "refused")


_STATES: Mapping[str, Kind] = {
    "08": "connection",
    "57P": "connection",
    "40": "clash",
    "53": "overloaded",
    "57014": "timeout",
    "42501": "right",
    "28": "credentials",
    "42P01": "undefined",
    "3D000": "undefined",
    "3F000": "undefined",
}
"""Beginnings of SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html"""


def _refuse_missing_file(engine: Engine) -> None:
    database = engine.url.database
    if engine.dialect.name != "sqlite" or database in (None, "", ":memory:") or str(database).startswith("file:"):
        return
    # to connect would make an empty file, and the next error would be that a table is missing
    if not os.path.exists(str(database)):
        raise SqlDatabaseError(f"sql_database: there is no SQLite file {database}. Check the path in the URL.")


def default_engine_adapter_callback(engine: Engine, metadata: sa.MetaData) -> None:
    """Prepare how an engine reflects: whole numbers of Oracle, which are NUMBER there, become whole numbers.

    Args:
        engine: The engine.
        metadata: Where its tables are kept.
    """
    if engine.dialect.name == "oracle":
        sa.event.listen(metadata, "column_reflect", _whole_numbers)


def _whole_numbers(inspector: object, table: object, column_info: ReflectedColumn) -> None:
    del inspector, table
    kind = column_info["type"]
    if not isinstance(kind, sa.Numeric) or isinstance(kind, sa.Float) or kind.scale != 0:
        return
    if kind.precision is not None and kind.precision <= _INTEGER_DIGITS:
        column_info["type"] = sa.BigInteger()
