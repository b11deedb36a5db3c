"""Tables and views of SQL databases, by SQLAlchemy and faster ways beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

try:
    import sqlalchemy  # noqa: F401
except ImportError as error:
    from dlt.errors import MissingDependencyException

    raise MissingDependencyException(
        'dlt.sources.sql_database: the package sqlalchemy is not installed. Run: pip install "dlt-tasks[sql_database]"'
    ) from error

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from dlt.configuration.accessors import config, secrets
from dlt.configuration.credentials import ConnectionStringCredentials
from dlt.context import current
from dlt.errors import ValueErrorWithKnownValues
from dlt.extract.decorators import resource, source
from dlt.extract.hints import given_hints
from dlt.extract.incremental import Incremental
from dlt.extract.resource import DltResource, make_resource
from dlt.extract.vocabulary import ColumnNamesHint, WriteDispositionHint
from dlt.sources.sql_database import helpers
from dlt.sources.sql_database.configuration import (
    CHUNK_SIZE,
    SqlDatabaseConfiguration,
    SqlTableResourceConfiguration,
)
from dlt.sources.sql_database.engines import (
    default_engine_adapter_callback,
    engine_from_credentials,
    prepared_engine,
    release,
)
from dlt.sources.sql_database.loaders import (
    BaseTableLoader,
    TableLoader,
    check_backend,
    get_table_loader_class,
    register_table_loader_backend,
)
from dlt.sources.sql_database.ranges import check_partitions
from dlt.sources.sql_database.reflecting import Wishes, adapted_table, names_of_tables, reflected
from dlt.sources.sql_database.snapshots import Snapshot
from dlt.sources.sql_database.tables import hints_of, remove_nullability_adapter, table_rows
from dlt.sources.sql_database.vocabulary import (
    EngineAdapter,
    ReflectionLevel,
    TableBackend,
    TQueryAdapter,
    TTableAdapter,
    TTypeAdapter,
)
from dlt.user_log import info

__all__ = [
    "BaseTableLoader",
    "ReflectionLevel",
    "TQueryAdapter",
    "TTableAdapter",
    "TTypeAdapter",
    "TableBackend",
    "TableLoader",
    "engine_from_credentials",
    "get_table_loader_class",
    "helpers",
    "register_table_loader_backend",
    "remove_nullability_adapter",
    "sql_database",
    "sql_table",
    "table_rows",
]


def _name(arguments: Mapping[str, Any]) -> str:
    # one that is not given stands in the configuration, if anywhere
    return arguments["table"] if isinstance(arguments["table"], str) else "sql_table"


def _section(_arguments: Mapping[str, Any]) -> str:
    # tables of a source that was renamed have their settings below those of the source
    return current().section or "sql_database"


@source(spec=SqlDatabaseConfiguration, section="sql_database")
def sql_database(
    credentials: ConnectionStringCredentials | Engine | str = secrets.value,
    schema: str | None = config.value,
    metadata: sa.MetaData | None = None,
    table_names: list[str] | None = config.value,
    chunk_size: int = CHUNK_SIZE,
    backend: TableBackend = "sqlalchemy",
    detect_precision_hints: bool | None = False,
    reflection_level: ReflectionLevel | None = "full",
    defer_table_reflect: bool | None = None,
    table_adapter_callback: TTableAdapter | None = None,
    backend_kwargs: dict[str, Any] | None = None,
    include_views: bool = False,
    type_adapter_callback: TTypeAdapter | None = None,
    query_adapter_callback: TQueryAdapter | None = None,
    resolve_foreign_keys: bool = False,
    engine_adapter_callback: EngineAdapter | None = None,
    engine_kwargs: dict[str, Any] | None = None,
    table_loader_class: type[BaseTableLoader] | None = None,
    snapshot: bool = False,
    partitions: int = 1,
) -> Iterable[DltResource]:
    """Make a source of the tables of a database, a resource for each.

    Args:
        credentials: URL, credentials, or an engine of SQLAlchemy.
        schema: Schema of the tables; the default one of the database when there is none.
        metadata: Tables that are reflected already.
        table_names: Names of tables and views; all tables when there are none.
        chunk_size: Rows that are read at once.
        backend: How rows come out: sqlalchemy as dicts, pyarrow and auto as Arrow tables, pandas as frames, connectorx
            by other drivers.
        detect_precision_hints: Older name of reflection_level="full_with_precision".
        reflection_level: What is taken from the database: minimal, full or full_with_precision.
        defer_table_reflect: Ask for columns when a table is read.
        table_adapter_callback: Changes a reflected table, or gives what is selected from.
        backend_kwargs: Arguments of the backend.
        include_views: Views too, where no names are given.
        type_adapter_callback: Gives another type for one of the database, or None where values tell it.
        query_adapter_callback: Gives another query.
        resolve_foreign_keys: Foreign keys become references.
        engine_adapter_callback: Changes the engine.
        engine_kwargs: Arguments of `sqlalchemy.create_engine`.
        table_loader_class: Loader in place of that of the backend.
        snapshot: Show all tables as they were at one moment; PostgreSQL only.
        partitions: Ranges of its key in which each table is read by several connections at once.

    Raises:
        SqlDatabaseError: the database lets nobody in, or lacks a table.
        MissingDependencyException: a package is not installed.
        ValueErrorWithKnownValues: there is no such backend.
    """
    level = _level(reflection_level, detect_precision_hints)
    check_backend(backend, backend_kwargs, table_loader_class, chunk_size)
    check_partitions(partitions)
    engine = prepared_engine(credentials, engine_kwargs, engine_adapter_callback)
    metadata = metadata if metadata is not None else sa.MetaData(schema=schema)
    default_engine_adapter_callback(engine, metadata)
    wishes = Wishes(tuple(table_names) if table_names else None, include_views, resolve_foreign_keys)
    shared = Snapshot(engine, backend) if snapshot else None
    for name in names_of_tables(engine, metadata, wishes, deferred=bool(defer_table_reflect)):
        table = sql_table(
            credentials=engine,
            table=name,
            schema=metadata.schema,
            metadata=metadata,
            chunk_size=chunk_size,
            backend=backend,
            reflection_level=level,
            defer_table_reflect=defer_table_reflect,
            table_adapter_callback=table_adapter_callback,
            backend_kwargs=backend_kwargs,
            type_adapter_callback=type_adapter_callback,
            query_adapter_callback=query_adapter_callback,
            resolve_foreign_keys=resolve_foreign_keys,
            engine_adapter_callback=engine_adapter_callback,
            engine_kwargs=engine_kwargs,
            table_loader_class=table_loader_class,
            partitions=partitions,
        )
        yield table if shared is None else shared.bind(table)


@resource(name=_name, section=_section, spec=SqlTableResourceConfiguration)
def sql_table(
    credentials: ConnectionStringCredentials | Engine | str = secrets.value,
    table: str = config.value,
    schema: str | None = config.value,
    metadata: sa.MetaData | None = None,
    incremental: Incremental[Any] | None = None,
    chunk_size: int = CHUNK_SIZE,
    backend: TableBackend = "sqlalchemy",
    detect_precision_hints: bool | None = None,
    reflection_level: ReflectionLevel | None = "full",
    defer_table_reflect: bool | None = None,
    table_adapter_callback: TTableAdapter | None = None,
    backend_kwargs: dict[str, Any] | None = None,
    type_adapter_callback: TTypeAdapter | None = None,
    included_columns: list[str] | None = None,
    excluded_columns: list[str] | None = None,
    query_adapter_callback: TQueryAdapter | None = None,
    resolve_foreign_keys: bool = False,
    engine_adapter_callback: EngineAdapter | None = None,
    write_disposition: WriteDispositionHint = "append",
    primary_key: ColumnNamesHint | None = None,
    merge_key: ColumnNamesHint | None = None,
    engine_kwargs: dict[str, Any] | None = None,
    table_loader_class: type[BaseTableLoader] | None = None,
    partitions: int = 1,
) -> DltResource:
    """Make a resource of a table or view of a database.

    Args:
        credentials: URL, credentials, or an engine of SQLAlchemy.
        table: Name of the table or view; also that of the resource.
        schema: Schema of the table; the default one of the database when there is none.
        metadata: Tables that are reflected already.
        incremental: Cursor, which goes into the query.
        chunk_size: Rows that are read at once.
        backend: How rows come out: sqlalchemy as dicts, pyarrow and auto as Arrow tables, pandas as frames, connectorx
            by other drivers.
        detect_precision_hints: Older name of reflection_level="full_with_precision".
        reflection_level: What is taken from the database: minimal, full or full_with_precision.
        defer_table_reflect: Ask for columns when the table is read.
        table_adapter_callback: Changes a reflected table, or gives what is selected from.
        backend_kwargs: Arguments of the backend.
        type_adapter_callback: Gives another type for one of the database, or None where values tell it.
        included_columns: Names of columns that are read; all when None.
        excluded_columns: Names of columns that are not.
        query_adapter_callback: Gives another query.
        resolve_foreign_keys: Foreign keys become references.
        engine_adapter_callback: Changes the engine.
        write_disposition: What becomes of rows that were loaded before.
        primary_key: Key in place of that of the database.
        merge_key: Column or columns that find the rows to replace.
        engine_kwargs: Arguments of `sqlalchemy.create_engine`.
        table_loader_class: Loader in place of that of the backend.
        partitions: Ranges of its key in which the table is read by several connections at once; the key is a whole
            number, and backends are those of the driver of the URL.

    Raises:
        SqlDatabaseError: the database lets nobody in, or lacks the table.
        MissingDependencyException: a package is not installed.
        ValueErrorWithKnownValues: there is no such backend or column.
    """
    level = _level(reflection_level, detect_precision_hints)
    check_backend(backend, backend_kwargs, table_loader_class, chunk_size)
    check_partitions(partitions)
    engine = prepared_engine(credentials, engine_kwargs, engine_adapter_callback)
    metadata = metadata if metadata is not None else sa.MetaData(schema=schema)
    name = str(table)
    found: sa.Table | str = name
    hints = given_hints(write_disposition=write_disposition, primary_key=primary_key, merge_key=merge_key)
    if not defer_table_reflect:
        default_engine_adapter_callback(engine, metadata)
        found = adapted_table(
            reflected(engine, name, metadata, resolve_foreign_keys),
            table_adapter_callback,
            included_columns,
            excluded_columns,
        )
        hints = {**hints_of(found, backend, level, type_adapter_callback, resolve_foreign_keys), **hints}
        release(engine)
    return make_resource(table_rows, name, hints=hints)(
        engine,
        found,
        metadata,
        chunk_size,
        backend,
        incremental=incremental,
        table_adapter_callback=table_adapter_callback,
        reflection_level=level,
        backend_kwargs=backend_kwargs,
        type_adapter_callback=type_adapter_callback,
        included_columns=included_columns,
        excluded_columns=excluded_columns,
        query_adapter_callback=query_adapter_callback,
        resolve_foreign_keys=resolve_foreign_keys,
        table_loader_class=table_loader_class,
        partitions=partitions,
    )


def _level(reflection_level: ReflectionLevel | None, detect_precision_hints: bool | None) -> ReflectionLevel:
    if detect_precision_hints:
        info("sql_database: detect_precision_hints is an older name: set reflection_level to full_with_precision.")
        return "full_with_precision"
    found = reflection_level or "minimal"
    if found not in get_args(ReflectionLevel):
        raise ValueErrorWithKnownValues("reflection_level", found, list(get_args(ReflectionLevel)))
    return found
