"""PostgreSQL by COPY: rows come as CSV, which Arrow reads, without a Python object for any value."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow.csv as csv
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from dlt.late import pa
from dlt.schema.arrow import arrow_type
from dlt.schema.typing import ColumnSchema
from dlt.sources.documents import documents_of, exact_lists
from dlt.sources.sql_database.arrow_helpers import column_of
from dlt.sources.sql_database.engines import connected, error_of
from dlt.sources.sql_database.reading import Wanted
from dlt.sources.sql_database.vocabulary import SelectClause

_MAX_BYTES = 32 << 20
"""Bytes of rows that are read at once, however few rows these are; they bound the memory."""
_DIGITS = 38
"""Of decimals that the reader of Arrow makes."""
_AHEAD = 1
"""Chunks that wait for Arrow while the server sends on."""
_OLDEST = (9, 0)
"""Redshift and others say that they are older, and have no such COPY."""
_SETTINGS = ("timezone TO 'UTC'", "datestyle TO 'ISO'", "intervalstyle TO 'postgres'", "bytea_output TO 'hex'",
             "extra_float_digits TO 3")  # fmt: skip
Chunk = tuple[bytes, int]


def can_copy(engine: Engine) -> bool:
    """Tell whether rows may come by COPY."""
    return engine.dialect.name == "postgresql" and engine.dialect.driver in ("psycopg2", "psycopg")


def read(
    engine: Engine, query: SelectClause, wanted: Sequence[Wanted], chunk_size: int, begin: Sequence[str] = ()
) -> Iterator[pa.Table]:
    """Yield the rows of a query.

    Args:
        engine: Engine of psycopg2.
        query: The query.
        wanted: Its columns.
        chunk_size: Rows of a table.
        begin: Statements that come first in the transaction.

    Raises:
        SqlDatabaseError: the database refuses the query, or is gone.
    """
    with connected(engine) as connection, _transaction(connection):
        for statement in begin:
            connection.exec_driver_sql(statement)
        for setting in _SETTINGS:
            # for this transaction only: the connection may be the program's
            connection.exec_driver_sql(f"SET LOCAL {setting}")
        statement = f"COPY ({statement_of(connection, query)}) TO STDOUT (FORMAT csv, ENCODING 'UTF8')"
        if engine.dialect.driver == "psycopg":
            for data in _given_out(engine, connection, statement, chunk_size):
                yield _table(data, wanted)
            return
        copy = _Copy(engine, connection, statement, chunk_size)
        try:
            for data in copy:
                yield _table(data, wanted)
        finally:
            copy.close()


@contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    """Be in a transaction for the length of a block, also with an engine that commits each statement."""
    if not _driver_connection(connection).autocommit:
        # it begins with the first statement
        yield
        return
    connection.exec_driver_sql("BEGIN")
    try:
        yield
    finally:
        # one that was given up is gone with its transaction
        if not connection.invalidated and not _driver_connection(connection).closed:
            connection.exec_driver_sql("ROLLBACK")


def statement_of(connection: Connection, query: SelectClause) -> str:
    """Return a query with its values in it, as the driver writes them."""
    compiled = query.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    # nothing public gives them
    processors: Mapping[str, Any] = compiled._bind_processors  # type: ignore[attr-defined, unused-ignore]  # noqa: SLF001
    values = {
        name: processors[name](value) if name in processors else value
        for name, value in compiled.construct_params().items()
    }
    if not values:
        # what is not given to the driver, it does not undo
        return str(compiled).replace("%%", "%")
    native = _driver_connection(connection)
    if connection.dialect.driver == "psycopg":
        import psycopg

        return str(psycopg.ClientCursor(native).mogrify(str(compiled), values))
    with native.cursor() as cursor:
        return str(cursor.mogrify(str(compiled), values).decode())


def _driver_connection(connection: Connection) -> Any:
    # of either driver
    found: Any = connection.connection.driver_connection
    return found


def _given_out(engine: Engine, connection: Connection, statement: str, size: int) -> Iterator[bytes]:
    """Yield the chunks of a COPY of psycopg 3, which gives its rows out one by one."""
    rows: list[bytes] = []
    count = 0
    try:
        with _driver_connection(connection).cursor() as cursor, cursor.copy(statement) as copy:
            for row in copy:
                rows.append(bytes(row))
                count += len(rows[-1])
                if len(rows) >= size or count >= _MAX_BYTES:
                    yield b"".join(rows)
                    rows, count = [], 0
    except connection.dialect.loaded_dbapi.Error as error:
        raise error_of(engine, error) from None
    if rows:
        yield b"".join(rows)


class _Copy:
    """A COPY that runs in a thread, as the driver hands its rows to a file and does not give them out.

    Args:
        engine: The engine, for errors.
        connection: Connection in a transaction.
        statement: The query.
        chunk_size: Rows of a chunk.
    """

    def __init__(self, engine: Engine, connection: Connection, statement: str, chunk_size: int) -> None:
        self._engine, self._connection, self._size = engine, connection, chunk_size
        self._native = _driver_connection(connection)
        self._chunks: queue.Queue[Chunk | BaseException | None] = queue.Queue(_AHEAD)
        self._rows: list[bytes] = []
        self._bytes = 0
        self._closed = False
        self._thread = threading.Thread(target=self._run, args=(statement,), name="dlt COPY", daemon=True)

    def __iter__(self) -> Iterator[bytes]:
        self._thread.start()
        while True:
            found = self._chunks.get()
            if found is None:
                return
            if isinstance(found, BaseException):
                raise error_of(self._engine, found) from None
            yield found[0]

    def write(self, row: bytes) -> None:
        """Take a row: the server sends each by itself."""
        self._rows.append(row)
        self._bytes += len(row)
        if len(self._rows) >= self._size or self._bytes >= _MAX_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            data, count = b"".join(self._rows), len(self._rows)
            self._rows, self._bytes = [], 0
            self._put((data, count))

    def _put(self, found: Chunk | BaseException | None) -> None:
        while not self._closed:
            with suppress(queue.Full):
                self._chunks.put(found, timeout=0.2)
                return
        raise BrokenPipeError("nobody reads on")

    def _run(self, statement: str) -> None:
        last: BaseException | None = None
        try:
            # binary rows are half as large, and nothing in Arrow reads them
            with self._native.cursor() as cursor:
                cursor.copy_expert(statement, self, 1 << 20)
            self._flush()
        except BaseException as error:  # noqa: BLE001 - raised where the rows are read
            last = error
        with suppress(BrokenPipeError):
            self._put(last)

    def close(self) -> None:
        """End the COPY; one that is under way is given up together with its connection."""
        self._closed = True
        if not self._thread.is_alive():
            return
        # the server would send all rows otherwise before the connection can be given back
        with suppress(Exception):
            self._native.cancel()
        self._thread.join()
        self._connection.invalidate()


def _table(data: bytes, wanted: Sequence[Wanted]) -> pa.Table:
    names = [str(number) for number in range(len(wanted))]
    types = [_csv_type(column.hints) for column in wanted]
    try:
        found = _parsed(data, dict(zip(names, types, strict=True)))
        arrays = [_finished(array, column.hints) for array, column in zip(found.columns, wanted, strict=True)]
    except pa.ArrowInvalid:
        # a value that Arrow has no number or date for, such as infinity: all of its column become texts
        found = _parsed(data, dict.fromkeys(names, pa.string()))
        arrays = [
            _by_text(array.combine_chunks(), column.hints) for array, column in zip(found.columns, wanted, strict=True)
        ]
    arrays = [exact_lists(array) if column.listed else array for array, column in zip(arrays, wanted, strict=True)]
    return pa.Table.from_arrays(arrays, names=[column.name for column in wanted])


def _parsed(data: bytes, types: dict[str, pa.DataType]) -> pa.Table:
    if not types:
        return pa.table({})
    return csv.read_csv(
        pa.BufferReader(data),
        read_options=csv.ReadOptions(column_names=list(types), use_threads=False, block_size=len(data) + 1),
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=types,
            strings_can_be_null=True,
            # an empty text is in quotes, NULL is not
            quoted_strings_can_be_null=False,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
        ),
    )


def _csv_type(hints: ColumnSchema) -> pa.DataType:
    kind = hints.get("data_type")
    if kind in ("bigint", "double", "bool", "date", "time", "timestamp"):
        found = arrow_type(hints, bits=(16, 32, 64))
        return found
    if kind == "decimal" and 0 < (hints.get("precision") or 0) <= _DIGITS:
        return arrow_type(hints)
    return pa.string()


def _finished(array: pa.ChunkedArray, hints: ColumnSchema) -> pa.Array:
    kind, found = hints.get("data_type"), array.combine_chunks()
    if kind == "json":
        return documents_of(found)
    if kind == "binary":
        return _bytes_of(found)
    if kind in ("decimal", "wei") and pa.types.is_string(found.type):
        return column_of(found.to_pylist(), hints)
    return found


def _by_text(texts: pa.Array, hints: ColumnSchema) -> pa.Array:
    try:
        return _finished(pa.chunked_array([_cast(texts, hints)]), hints)
    except pa.ArrowInvalid:
        return texts


def _cast(texts: pa.Array, hints: ColumnSchema) -> pa.Array:
    """Return texts in the type of their column, by the same reader as all other chunks."""
    wanted = _csv_type(hints)
    if wanted == pa.string():
        return texts
    sink = pa.BufferOutputStream()
    csv.write_csv(pa.table({"0": texts}), sink, csv.WriteOptions(include_header=False, quoting_style="none"))
    return _parsed(sink.getvalue().to_pybytes(), {"0": wanted}).column(0).combine_chunks()


def _bytes_of(texts: pa.Array) -> pa.Array:
    # the hex form of bytea, after its two signs
    return pa.array([None if text is None else bytes.fromhex(text[2:]) for text in texts.to_pylist()], pa.binary())


def described(engine: Engine, query: SelectClause) -> list[Wanted] | None:
    """Return the columns of a query as the server tells them; None where it cannot stand in another query.

    Args:
        engine: Engine of psycopg2.
        query: The query.
    """
    from dlt.destinations.impl.postgres.results import column_of as told

    with connected(engine) as connection:
        statement = statement_of(connection, query).rstrip().rstrip(";")
        cursor = _driver_connection(connection).cursor()
        try:
            cursor.execute(f"SELECT * FROM ({statement}) AS dlt_query LIMIT 0")
        except connection.dialect.loaded_dbapi.Error:
            return None
        types = [(column.name, told(column)) for column in cursor.description]
        found = [Wanted(name, kind or {"data_type": "text"}, foreign=kind is None) for name, kind in types]
        cursor.close()
        return found


def with_documents(query: sa.TextClause, wanted: Sequence[Wanted], engine: Engine) -> sa.TextClause:
    """Return a query that is text with its lists as documents, as COPY writes them in a form of PostgreSQL's own.

    Args:
        query: The query.
        wanted: Its columns.
        engine: The engine.
    """
    quote = engine.dialect.identifier_preparer.quote
    names = [(quote(column.name).replace(":", "\\:"), column.listed) for column in wanted]
    chosen = ", ".join(f"to_jsonb({name}) AS {name}" if is_listed else name for name, is_listed in names)
    binds = query._bindparams.values()  # noqa: SLF001 - nothing public gives them
    return sa.text(f"SELECT {chosen} FROM ({query.text.rstrip().rstrip(';')}) AS dlt_query").bindparams(*binds)


def sizes_of(engine: Engine, query: SelectClause, names: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return how many digits numbers of any size have before and behind the point, the most in each column.

    Args:
        engine: The engine.
        query: The query.
        names: Names of the columns.
    """
    rows = query.subquery() if isinstance(query, sa.Select) else sa.text(str(query)).columns().subquery()
    asked: list[Any] = []
    for name in names:
        column = rows.c[name]
        finite = sa.func.nullif(
            sa.func.nullif(sa.func.nullif(sa.cast(column, sa.Text), "NaN"), "Infinity"), "-Infinity"
        )
        number = sa.cast(finite, sa.Numeric)
        asked += [sa.func.max(sa.func.length(sa.cast(sa.func.trunc(sa.func.abs(number)), sa.Text)))]
        asked += [sa.func.max(sa.func.scale(number))]
    with connected(engine) as connection:
        found = connection.execute(sa.select(*asked)).one()
    return {name: (found[2 * at] or 1, found[2 * at + 1] or 0) for at, name in enumerate(names)}


__all__ = ["can_copy", "described", "read", "sizes_of", "statement_of", "with_documents"]
