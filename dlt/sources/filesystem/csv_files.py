"""CSV through DuckDB: one type for each column, found in the whole file before the first row is given."""

from __future__ import annotations

import csv
import logging
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlt.formats.column_rows import PLAIN_TEXT, ColumnRows
from dlt.late import duckdb, pa
from dlt.schema.inference import ISO_TIMESTAMP
from dlt.sources.filesystem.contents import broken, text_on_disk
from dlt.sources.filesystem.csv_dialect import Dialect, columns_of, dialect_of, header_of
from dlt.sources.filesystem.csv_numbers import FINITE, FLOAT, INFINITE, INT
from dlt.sources.filesystem.csv_width import has_longer_rows
from dlt.sources.filesystem.duckdb_files import quoted, reading_connection, text_of
from dlt.sources.filesystem.helpers import fetch_arrow

if TYPE_CHECKING:
    from dlt.sources.files import FileItemDict
    from dlt.types import JsonObject, TDataItem

logger = logging.getLogger("dlt")
_SAMPLE = 20_000
"""Rows that tell which kinds a column may have, so that the whole file is only asked for these."""
_TRUE, _FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")
# as the pattern ends where the text ends
_MOMENT = ISO_TIMESTAMP.pattern.replace(r"\Z", "")
_ROWS = 50_000


class NotPlain(Exception):
    """The file is written in a way that only pandas reads."""


def rows_of(file: FileItemDict, chunksize: int, arguments: JsonObject) -> Iterator[TDataItem]:
    """Yield the rows of a CSV file in pages.

    Args:
        file: The file.
        chunksize: Rows of a page at most.
        arguments: Those of `pandas.read_csv`; pandas reads where only it knows what they mean.

    Raises:
        BrokenFile: it is no CSV.
        MissingDependencyException: pandas is needed, and not installed.
    """
    from dlt.sources.filesystem.csv_pandas import rows_by_pandas

    dialect = dialect_of(arguments)
    if dialect is None:
        yield from rows_by_pandas(file, chunksize, arguments)
        return
    try:
        with text_on_disk(file, dialect.encoding, dialect.errors) as path, reading_connection() as connection:
            table = _table_of(connection, path, dialect)
            if table is not None:
                yield from _pages(connection, table, chunksize)
        return
    except NotPlain as error:
        logger.info("%s is read by pandas: %s", file.get("file_url"), error)
    except duckdb.Error as error:
        raise broken(file, str(error).partition("\n\n")[0], "CSV") from error
    with text_on_disk(file, dialect.encoding, dialect.errors) as path:
        # as DuckDB does by itself: fields behind the last column that hold nothing count for nothing
        cut = {"index_col": False} if has_longer_rows(file, path, dialect) else {}
    yield from rows_by_pandas(file, chunksize, {**arguments, **cut})


@dataclass(frozen=True)
class _Table:
    """A file with the columns that are read, and what each is."""

    source: str
    columns: list[str]
    kinds: dict[str, str]


def _table_of(connection: duckdb.DuckDBPyConnection, path: str, dialect: Dialect) -> _Table | None:
    """Return what a file holds; None if nothing.

    Raises:
        NotPlain: DuckDB does not read it, or other than pandas would.
    """
    try:
        first, skipped = header_of(path, dialect)
    except (UnicodeError, csv.Error) as error:
        raise NotPlain(str(error)) from error
    if first is None:
        return None
    names = columns_of(first, dialect)
    # of one column an empty line cannot be told from a row without a value
    if names is None or len(names) < 2:
        raise NotPlain("it has one column, or others than its names say")
    wanted = names if dialect.wanted is None else [name for name in names if name in dialect.wanted]
    if dialect.wanted is not None and len(wanted) < len(dialect.wanted):
        raise NotPlain("usecols names columns that are not there")
    source = _source(path, names, dialect, skipped)
    try:
        kinds = _kinds_of(connection, source, wanted, dialect)
    except duckdb.Error as error:
        raise NotPlain(str(error).partition("\n")[0]) from error
    return _Table(source, wanted, kinds)


def _source(path: str, names: Sequence[str], dialect: Dialect, skipped: int) -> str:
    columns = ", ".join(f"{text_of(name)}: 'VARCHAR'" for name in names)
    # without a text that means no value, DuckDB takes the empty one: this one stands nowhere
    no_values = ", ".join(map(text_of, dialect.no_values or (uuid.uuid4().hex,)))
    return (
        f"read_csv({text_of(path)}, columns = {{{columns}}}, auto_detect = false, "
        f"delim = {text_of(dialect.delimiter)}, quote = {text_of(dialect.quote)}, escape = {text_of(dialect.quote)}, "
        f"header = {'true' if dialect.has_header else 'false'}, hive_partitioning = false, skip = {skipped}, "
        f"nullstr = [{no_values}])"
    )


_TESTS = {
    "int": f"bool_and(regexp_full_match({{0}}, {text_of(INT)}) "
    "AND CASE WHEN {0} IS NULL THEN NULL ELSE TRY_CAST({0} AS BIGINT) IS NOT NULL END)",
    "long": f"bool_and(regexp_full_match({{0}}, {text_of(INT)}))",
    # what is too large for a double would become infinite; the cast is for those that may be
    "float": f"bool_and(CASE WHEN regexp_full_match({{0}}, {text_of(FINITE)}) THEN true "
    f"WHEN {{0}} IS NULL THEN NULL WHEN regexp_full_match({{0}}, {text_of(FLOAT)}) "
    "THEN coalesce(isfinite(TRY_CAST(trim({0}, ' \t') AS DOUBLE)), false) "
    f"ELSE regexp_full_match({{0}}, {text_of(INFINITE)}) END)",
    "bool": f"bool_and({{0}} IN ({', '.join(map(text_of, (*_TRUE, *_FALSE)))}))",
    "moment": f"bool_and(regexp_full_match({{0}}, {text_of(_MOMENT)}) "
    "AND CASE WHEN {0} IS NULL THEN NULL ELSE TRY_CAST(left({0}, 10) AS DATE) IS NOT NULL END)",
}


def _kinds_of(
    connection: duckdb.DuckDBPyConnection, source: str, columns: Sequence[str], dialect: Dialect
) -> dict[str, str]:
    """Return the kind of each column: what all of its values are, text where they are nothing else."""
    # what the call says of a column comes before what it says of all
    told = {name: dialect.kinds.get(name, dialect.kinds.get("", "")) for name in columns}
    # what is told to be text may still hold moments throughout, which are found where rows are stored
    possible = {name: ["moment"] if told[name] == "text" else list(_TESTS) for name in columns}
    possible, rows = _still(connection, f"(SELECT * FROM {source} LIMIT {_SAMPLE})", possible)
    if rows >= _SAMPLE:
        possible, _ = _still(connection, source, possible)
    found: dict[str, str] = {}
    for name in columns:
        kinds = possible[name]
        # numbers beyond 64 bits would lose digits
        whole = "text" if "long" in kinds and "int" not in kinds else None
        by_values = next((kind for kind in ("int", "float", "bool", "moment") if kind in kinds), "text")
        found[name] = told[name] if told[name] in ("int", "float") else whole or by_values
    return found


def _still(
    connection: duckdb.DuckDBPyConnection, source: str, possible: dict[str, list[str]]
) -> tuple[dict[str, list[str]], int]:
    """Return which kinds all values of a source have, of those that are possible, and its number of rows."""
    asked = [(name, kind) for name, kinds in possible.items() for kind in kinds]
    # the last column too, as DuckDB looks for what is broken only where it reads
    last = quoted(list(possible)[-1])
    tests = [_TESTS[kind].replace("{0}", quoted(name)) for name, kind in asked]
    questions = ", ".join(["count(*)", f"count({last})", *tests])
    answer = connection.execute(f"SELECT {questions} FROM {source}").fetchall()
    rows, _, *held = answer[0]
    # a column without any value may still be everything
    left: dict[str, list[str]] = {name: [] for name in possible}
    for (name, kind), holds in zip(asked, held, strict=True):
        if holds is not False:
            left[name].append(kind)
    return left, int(rows)


def _pages(connection: duckdb.DuckDBPyConnection, table: _Table, chunksize: int) -> Iterator[TDataItem]:
    # the second reading, now with types that hold to the end
    kinds = [table.kinds[name] for name in table.columns]
    read = ", ".join(_read(name, kind) for name, kind in zip(table.columns, kinds, strict=True))
    types = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
    schema = pa.schema(
        [
            pa.field(name, types.get(kind, pa.string()), metadata=PLAIN_TEXT if kind == "text" else None)
            for name, kind in zip(table.columns, kinds, strict=True)
        ]
    )
    found = connection.sql(f"SELECT {read} FROM {table.source}")
    for batch in fetch_arrow(found, max(chunksize, _ROWS)):
        whole = pa.RecordBatch.from_arrays(batch.columns, schema=schema)
        for start in range(0, whole.num_rows, chunksize):
            yield ColumnRows(whole.slice(start, chunksize))


def _read(name: str, kind: str) -> str:
    column = quoted(name)
    if kind == "bool":
        return f"{column} IN ({', '.join(map(text_of, _TRUE))}) AS {column}"
    if kind in ("int", "float"):
        return f"CAST(trim({column}, ' \t') AS {'BIGINT' if kind == 'int' else 'DOUBLE'}) AS {column}"
    return column
