"""Files of a table as the FROM part of a query in DuckDB, with the types that the schema says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dlt.destinations.csv_header import delimiter_in
from dlt.destinations.impl.duckdb.dialect import DIALECT
from dlt.destinations.looks import LOCAL, Looks
from dlt.late import pa
from dlt.schema.typing import ColumnSchema

Files = Sequence[tuple[str, str]]
"""Path or URL, and format; one of text ends with `.gz` where the file is compressed."""
_LONGEST_LINE = 1_000_000_000
_NO_HEADER = (
    "A file of CSV has no header, so nothing tells which column is which. Files that are to be read here need "
    "data_writer.include_header = true."
)
_AS_IT_IS = "hive_partitioning = false"
"""What a path says, such as day=2024-01-01, takes the place of no column."""


def select(columns: Mapping[str, ColumnSchema], files: Files, looks: Looks = LOCAL) -> str:
    """Return a query for the rows of files: all complete columns, in order, NULL where a file lacks one.

    Args:
        columns: Columns of the table.
        files: The files.
        looks: How to look at them: some have to be known before.
    """
    complete = {name: column for name, column in columns.items() if "data_type" in column}
    types = {name: DIALECT.type_of(column) for name, column in complete.items()}
    parts = [_select_format(complete, types, kind, files, looks) for kind in dict.fromkeys(kind for _, kind in files)]
    if not parts:
        empty = ", ".join(f"CAST(NULL AS {kind}) AS {_quoted(name)}" for name, kind in types.items())
        return f"SELECT {empty} WHERE 1 = 0"
    return " UNION ALL ".join(parts)


def batches_of(columns: Mapping[str, ColumnSchema], files: Files, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of files as batches of Arrow, read by DuckDB.

    Args:
        columns: Columns of the table.
        files: The files.
        rows: Rows of a batch at most.
    """
    # most loads have files of Arrow, and need no DuckDB
    from dlt.destinations.impl.duckdb import arrow

    yield from arrow.batches_of(select(columns, files), rows)


def _select_format(
    columns: Mapping[str, ColumnSchema], types: Mapping[str, str], file_format: str, files: Files, looks: Looks
) -> str:
    paths = ", ".join(_text(path) for path, kind in files if kind == file_format)
    if file_format == "parquet":
        values = ", ".join(f"CAST({_quoted(name)} AS {kind}) AS {_quoted(name)}" for name, kind in types.items())
        # a file may lack columns that were added later: the empty branch has them all
        empty = ", ".join(f"NULL AS {_quoted(name)}" for name in types)
        rows = f"SELECT * FROM read_parquet([{paths}], union_by_name = true, {_AS_IT_IS})"
        return f"SELECT {values} FROM ({rows} UNION ALL BY NAME (SELECT {empty} WHERE 1 = 0))"
    values = ", ".join(_from_text(name, columns[name], kind) for name, kind in types.items())
    # not by the names of files, to which a layout may give any ending
    kind, _, packed = file_format.partition(".")
    longest = _longest_line((path for path, kind in files if kind == file_format), bool(packed), looks)
    # what is none for CSV was named otherwise for JSON before DuckDB 2
    plain = "uncompressed" if kind == "jsonl" else "none"
    read = f"compression = '{'gzip' if packed else plain}', {_AS_IT_IS}"
    if kind == "jsonl":
        # all as text: DuckDB's guesses would change values, such as texts that look like dates
        kinds = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in types)
        return (
            f"SELECT {values} FROM read_json([{paths}], format = 'newline_delimited', columns = {{{kinds}}}, "
            f"maximum_object_size = {longest}, {read})"
        )
    by_delimiter: dict[str, list[str]] = {}
    for path in (path for path, kind in files if kind == file_format):
        by_delimiter.setdefault(delimiter_in(path, bool(packed), columns, looks), []).append(_text(path))
    parts = [
        f"SELECT * FROM read_csv([{', '.join(some)}], header = true, all_varchar = true, union_by_name = true, "
        # as pyarrow writes CSV: an empty field is NULL, an empty text stands in quotes
        f"delim = {_text(delimiter)}, quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, "
        f"max_line_size = {longest}, {read})"
        for delimiter, some in by_delimiter.items()
    ]
    empty = ", ".join(f"CAST(NULL AS VARCHAR) AS {_quoted(name)}" for name in types)
    found = f"({' UNION ALL BY NAME '.join([*parts, f'(SELECT {empty} WHERE 1 = 0)'])})"
    return f"SELECT {values} FROM {found}{_with_a_header(columns)}"


def _with_a_header(columns: Mapping[str, ColumnSchema]) -> str:
    """Return a condition that fails for rows of files in which no column has its name."""
    # rows that have nothing at all can be right only where nothing must be there
    if all(column.get("nullable", True) for column in columns.values()):
        return ""
    nothing = f"COALESCE({', '.join(map(_quoted, columns))}) IS NULL"
    return f" WHERE CASE WHEN {nothing} THEN error({_text(_NO_HEADER)}) END IS NULL"


def _longest_line(paths: Iterable[str], is_packed: bool, looks: Looks) -> int:
    # DuckDB allots it before it reads, several times over: a file holds no line that is longer than itself
    size_of = looks.unpacked_size if is_packed else looks.size
    return min(_LONGEST_LINE, max(1 << 20, *map(size_of, paths)))


def _from_text(name: str, column: ColumnSchema, kind: str) -> str:
    if column.get("data_type") == "binary":
        return f"from_base64({_quoted(name)}) AS {_quoted(name)}"
    return f"CAST({_quoted(name)} AS {kind}) AS {_quoted(name)}"


def _quoted(name: str) -> str:
    return DIALECT.quote(name)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
