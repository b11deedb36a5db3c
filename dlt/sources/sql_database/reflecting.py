"""What a database says of its tables, as SQLAlchemy asks for it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SAWarning

from dlt.errors import SqlDatabaseError, ValueErrorWithKnownValues
from dlt.late_dataclass import dataclass
from dlt.sources.sql_database.engines import connected, release, shown
from dlt.sources.sql_database.schema_types import default_table_adapter
from dlt.sources.sql_database.vocabulary import TTableAdapter

_WITH_PARTITIONS = (10,)
"""Redshift and others say that they are older."""


@dataclass(frozen=True)
class Wishes:
    """Which tables of a database are wanted.

    Attributes:
        names: Their names; all tables when None.
        include_views: Views too, where no names are given.
        resolve_foreign_keys: Tables that they refer to are reflected as well.
    """

    names: tuple[str, ...] | None
    include_views: bool
    resolve_foreign_keys: bool


def names_of_tables(engine: Engine, metadata: sa.MetaData, wishes: Wishes, deferred: bool) -> list[str]:
    """Return the names of the tables that are wanted, after reflecting them.

    Args:
        engine: The engine.
        metadata: Where tables are kept.
        wishes: Which are wanted.
        deferred: Reflect none; where names are given, the database is not asked at all.

    Raises:
        SqlDatabaseTableMissing: there is no table of a name.
        SqlDatabaseError: there is no such schema, or the database lets nobody in.
    """
    if wishes.names is not None and deferred:
        return list(wishes.names)
    schema = metadata.schema
    if wishes.names is None and metadata.tables and not deferred:
        # what the program reflected is what it wants
        return [table.name for table in metadata.sorted_tables if table.schema == schema]
    with connected(engine) as connection, _quietly():
        inspector = sa.inspect(connection)
        if schema is not None and engine.dialect.name == "sqlite":
            # it refuses to list the tables of one that is not there
            _check_schema(inspector, engine, schema)
        known = list(inspector.get_table_names(schema=schema))
        if wishes.names is None and wishes.include_views:
            known += inspector.get_view_names(schema=schema)
        if schema is not None and not known:
            _check_schema(inspector, engine, schema)
        if wishes.names is None and engine.dialect.name == "postgresql":
            partitions = _partitions(connection, schema)
            known = [name for name in known if name not in partitions]
        names = known if wishes.names is None else [name for name in wishes.names if name in known]
        if not deferred and names:
            # all of them by a few queries
            metadata.reflect(connection, schema, views=True, only=names, resolve_fks=wishes.resolve_foreign_keys)
    found = [*wishes.names] if wishes.names is not None else known
    if not deferred:
        # the name that the table has there knows whether it has to be quoted
        found = [reflected(engine, name, metadata, wishes.resolve_foreign_keys).name for name in found]
    # tables may be read much later, or elsewhere
    release(engine)
    return found


def _check_schema(inspector: sa.Inspector, engine: Engine, schema: str) -> None:
    known = inspector.get_schema_names()
    if schema not in known:
        raise SqlDatabaseError(
            f"sql_database ({shown(engine)}): there is no schema {schema!r}. There are: {', '.join(known)}."
        )


def _partitions(connection: sa.Connection, schema: str | None) -> frozenset[str]:
    """Return the names of tables whose rows a table of the same schema gives as well."""
    if (connection.dialect.server_version_info or (0,)) < _WITH_PARTITIONS:
        return frozenset()
    found = connection.execute(
        sa.text(
            "SELECT part.relname FROM pg_inherits"
            " JOIN pg_class part ON part.oid = inhrelid JOIN pg_class whole ON whole.oid = inhparent"
            " JOIN pg_namespace space ON space.oid = part.relnamespace"
            " WHERE part.relispartition AND whole.relnamespace = part.relnamespace"
            " AND space.nspname = coalesce(:schema, current_schema())"
        ),
        {"schema": schema},
    )
    return frozenset(found.scalars())


@contextmanager
def _quietly() -> Iterator[None]:
    # a type that SQLAlchemy does not know is read all the same
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        yield


def reflected(engine: Engine, name: str, metadata: sa.MetaData, resolve_foreign_keys: bool) -> sa.Table:
    """Return a table or view as the database describes it.

    Args:
        engine: The engine.
        name: Its name.
        metadata: Where tables are kept; one that is there is not asked for again.
        resolve_foreign_keys: Tables that it refers to are reflected as well.

    Raises:
        SqlDatabaseTableMissing: there is none.
        SqlDatabaseError: the database lets nobody in.
    """
    key = name if metadata.schema is None else f"{metadata.schema}.{name}"
    if key in metadata.tables:
        return metadata.tables[key]
    with connected(engine) as connection, _quietly():
        return sa.Table(name, metadata, autoload_with=connection, resolve_fks=resolve_foreign_keys)


def adapted_table(
    table: sa.Table,
    adapter: TTableAdapter | None,
    included_columns: Sequence[str] | None,
    excluded_columns: Sequence[str] | None,
) -> sa.Table:
    """Return a table without the columns that nobody wants, as the program's adapter leaves it.

    Args:
        table: The table.
        adapter: Changes it in place, or gives what is selected from.
        included_columns: Names of columns that stay; all when None.
        excluded_columns: Names of those that go.

    Raises:
        ValueErrorWithKnownValues: there is no such column.
    """
    _check_columns(table, (*(included_columns or ()), *(excluded_columns or ())))
    default_table_adapter(table, included_columns, excluded_columns)
    found = adapter(table) if adapter is not None else None
    if found is None:
        return table
    if isinstance(found, sa.Select):
        found = found.subquery()
    return cast(sa.Table, found)


def _check_columns(table: sa.Table, names: Sequence[str]) -> None:
    known = [str(column.name) for column in table.c]
    for name in names:
        if name not in known:
            raise ValueErrorWithKnownValues(f"column of table {table.name}", name, known)
