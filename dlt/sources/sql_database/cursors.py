"""Rows of any driver, in chunks that the server hands out one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import CursorResult, Engine, Result

from dlt.late import pa
from dlt.schema.typing import ColumnSchema
from dlt.sources.documents import exact_lists
from dlt.sources.sql_database.arrow_helpers import shortest_floats, table_of
from dlt.sources.sql_database.engines import connected
from dlt.sources.sql_database.reading import Wanted, columns_of, hints_by_name, without_loss
from dlt.sources.sql_database.vocabulary import SelectClause, SqlType

_OWN_VALUES = ("postgresql", "mysql", "mariadb", "sqlite")
"""Systems whose drivers give values from which all can be told; of others SQLAlchemy makes them."""
_PIECE = 2_500
"""Rows that are Python objects at once: few enough to stay near the processor."""
Fetch = Callable[[int], Sequence[Sequence[Any]]]


def read(
    engine: Engine,
    query: SelectClause,
    columns: Mapping[str, ColumnSchema],
    chunk_size: int,
    tz: str | None = None,
    begin: Sequence[str] = (),
    casts: Mapping[str, SqlType] | None = None,
) -> Iterator[pa.Table]:
    """Yield the rows of a query.

    Args:
        engine: The engine.
        query: The query.
        columns: What is known of its columns, by name.
        chunk_size: Rows of a table.
        tz: Zone of moments that have one.
        begin: Statements that come first in the transaction.
        casts: Types that the program wants in place of those of the database, by the names of columns.

    Raises:
        SqlDatabaseError: the database refuses the query, or is gone.
    """
    dialect = engine.dialect.name
    wanted = columns_of(query, columns, dialect)
    is_plain = wanted is None or dialect not in _OWN_VALUES
    if not is_plain and isinstance(query, sa.Select):
        query = without_loss(query, dialect, with_copy=False, casts=casts or {})
    # SQLite's cursor is one that streams; SQLAlchemy would take its first rows for itself
    is_own = dialect == "sqlite" and not is_plain
    options = {} if is_own else {"stream_results": True, "max_row_buffer": chunk_size}
    with connected(engine, **options) as connection:
        for statement in begin:
            connection.exec_driver_sql(statement)
        result = connection.execute(query)
        try:
            names = [str(name) for name in result.keys()]  # noqa: SIM118 - the rows are what it gives without
            known = dict(columns) if wanted is None else hints_by_name(wanted)
            fetch = _own_fetch(result) if is_own else result.fetchmany
            for table in _tables(fetch, names, known, chunk_size, tz):
                yield _finished(table, wanted or ())
        finally:
            result.close()


def _own_fetch(result: CursorResult[Any]) -> Fetch:
    """Return what gives the rows as the driver makes them, which costs half of those of SQLAlchemy."""
    cursor = result.cursor
    return result.fetchmany if cursor is None else cursor.fetchmany


def tables_of(
    result: Result[Any], columns: Mapping[str, ColumnSchema], chunk_size: int, tz: str | None = None
) -> Iterator[pa.Table]:
    """Yield what SQLAlchemy gives for a query.

    Args:
        result: Its result.
        columns: What is known of its columns, by name.
        chunk_size: Rows of a table.
        tz: Zone of moments that have one.
    """
    names = [str(name) for name in result.keys()]  # noqa: SIM118 - the rows are what it gives without
    return _tables(result.fetchmany, names, columns, chunk_size, tz)


def _tables(
    fetch: Fetch, names: Sequence[str], columns: Mapping[str, ColumnSchema], chunk_size: int, tz: str | None
) -> Iterator[pa.Table]:
    pieces: list[pa.Table] = []
    count = 0
    while True:
        # a driver may give fewer rows than there are; none at all means the end
        rows = fetch(min(_PIECE, chunk_size - count))
        if not rows:
            break
        # one walk over all values, and each column is a slice of what it finds
        flat, width = list(chain.from_iterable(rows)), len(names)
        pieces.append(table_of(names, [flat[at::width] for at in range(width)], columns, tz))
        count += len(rows)
        if count >= chunk_size:
            yield from _joined(pieces)
            pieces, count = [], 0
    yield from _joined(pieces)


def _joined(pieces: list[pa.Table]) -> Iterator[pa.Table]:
    """Yield pieces as one table, or one by one where a column has texts in some of them only."""
    try:
        if pieces:
            yield pa.concat_tables(pieces, promote_options="default").combine_chunks()
    except pa.ArrowException:
        yield from pieces


def _finished(table: pa.Table, wanted: Sequence[Wanted]) -> pa.Table:
    for at, column in enumerate(wanted):
        if column.single and pa.types.is_float64(table.schema.field(at).type):
            table = table.set_column(at, column.name, shortest_floats(table.column(at).combine_chunks()))
        if column.listed and pa.types.is_string(table.schema.field(at).type):
            table = table.set_column(at, column.name, exact_lists(table.column(at)))
    return table
