"""CSV as DuckDB reads it by itself, with its arguments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dlt.late import duckdb
from dlt.sources.filesystem.columns import pages_of
from dlt.sources.filesystem.contents import broken, name_of, on_disk, text_on_disk
from dlt.sources.filesystem.duckdb_files import quoted, reading_connection
from dlt.sources.filesystem.helpers import fetch_arrow
from dlt.sources.filesystem.origin import with_columns

if TYPE_CHECKING:
    from dlt.sources.files import FileItemDict
    from dlt.types import JsonObject, TDataItem

_ROWS = 50_000
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT")
_FLOATS = ("DOUBLE", "FLOAT")
_NUMBERS = (*_WHOLE, *_FLOATS, "DECIMAL")
_OWN_TYPES = frozenset({"all_varchar", "columns", "dtype", "types", "auto_type_candidates", "auto_detect"})


def rows_by_duckdb(file: FileItemDict, chunk_size: int, as_arrow: bool, arguments: JsonObject) -> Iterator[TDataItem]:
    """Yield the rows of a CSV file in pages.

    Args:
        file: The file.
        chunk_size: Rows of a page at most.
        as_arrow: Yield record batches.
        arguments: Those of DuckDB's `read_csv`.

    Raises:
        BrokenFile: it is no CSV.
    """
    # what folders say is no part of the file, unless it is asked for
    given = {"hive_partitioning": False, **arguments}
    named = given.pop("filename", False)
    # the file may be a copy with a name of its own
    told = {"filename" if named is True else str(named): name_of(file)} if named else {}
    with _content(file, given) as path, reading_connection() as connection:
        try:
            if path is not None:
                found = _relation(connection, path, given)
                pages = pages_of(fetch_arrow(found, max(chunk_size, _ROWS)), chunk_size, as_arrow)
                yield from with_columns(pages, {**told})
        except duckdb.Error as error:
            raise broken(file, str(error).partition("\n\n")[0], "CSV") from error


def _relation(connection: duckdb.DuckDBPyConnection, path: str, given: JsonObject) -> duckdb.DuckDBPyRelation:
    found = connection.read_csv(path, **given)
    if _OWN_TYPES.intersection(given):
        return found
    types = {name: str(kind) for name, kind in zip(found.columns, found.types, strict=True) if str(kind) != "VARCHAR"}
    if not types:
        return found
    texts = connection.read_csv(path, **{**given, "all_varchar": True})
    # without types DuckDB may see no header
    same = texts.columns == found.columns
    # one more reading is cheaper by far than DuckDB's own look at all rows
    padded, held = _checked(texts, types) if same else ([], False)
    arguments = dict(given)
    if not held and "sample_size" not in given:
        # all rows tell the types, and not those at the beginning only
        arguments["sample_size"] = -1
        found = connection.read_csv(path, **arguments)
        numbers = {name: str(kind) for name, kind in zip(found.columns, found.types, strict=True)}
        padded = _checked(texts, numbers)[0] if same else []
    return connection.read_csv(path, **{**arguments, "dtype": dict.fromkeys(padded, "VARCHAR")}) if padded else found


def _checked(texts: duckdb.DuckDBPyRelation, types: dict[str, str]) -> tuple[list[str], bool]:
    """Return which columns of numbers have to be texts, and whether all values are of their types.

    Codes with zeros before them lose these as numbers.
    """
    questions = []
    for name, kind in types.items():
        column = quoted(name)
        is_number, is_whole = kind.partition("(")[0] in _NUMBERS, kind in _WHOLE
        kept = f"regexp_matches({column}, '^\\s*[+-]?0[0-9]')"
        if kind in _FLOATS:
            # too large a number would become infinite
            kept += f" OR (isinf(TRY_CAST({column} AS {kind})) AND regexp_matches({column}, '[0-9]'))"
        zeros = f"bool_or({kept})" if is_number else "false"
        # a cast to a whole number rounds
        fits = f"TRY_CAST({column} AS {kind}) IS NOT NULL"
        fits += f" AND regexp_full_match({column}, '\\s*[+-]?[0-9]+\\s*')" if is_whole else ""
        questions += [zeros, f"bool_and(CASE WHEN {column} IS NULL THEN NULL ELSE {fits} END)"]
    answers = texts.aggregate(", ".join(questions)).fetchall()[0]
    padded = [name for name, holds in zip(types, answers[::2], strict=True) if holds]
    return padded, all(holds is not False for holds in answers[1::2])


@contextmanager
def _content(file: FileItemDict, given: JsonObject) -> Iterator[str | None]:
    """Give the path of the file, None where it is empty; packed and encoded as it is where arguments say how."""
    packed = given.get("compression", "auto") not in ("auto", "infer")
    if not packed:
        given.pop("compression", None)
    plain = on_disk(file, packed) if packed or "encoding" in given else text_on_disk(file)
    with plain as path, open(path, "rb") as content:
        yield path if content.read(1) else None
