"""Files of a dataset, read by DuckDB with the types of the schema."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dlt.destinations.reading import batches_of, select
from dlt.destinations.sql.cursor import Cursor

COLUMNS: Any = {
    "id": {"name": "id", "data_type": "bigint"},
    "name": {"name": "name", "data_type": "text"},
    "price": {"name": "price", "data_type": "decimal", "precision": 10, "scale": 2},
    "at": {"name": "at", "data_type": "timestamp"},
    "day": {"name": "day", "data_type": "date"},
    "raw": {"name": "raw", "data_type": "binary"},
    'odd "name"': {"name": 'odd "name"', "data_type": "text"},
    "hint": {"name": "hint", "primary_key": True},
}
AT = dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc)
FULL = (1, "2024-01-02", Decimal("1.50"), AT, dt.date(2024, 1, 2), b"ab", "x")


def files(folder: Path, kind: str) -> list[tuple[str, str]]:
    """Return two files of a format, the second of which was written before columns came."""
    base = folder / "day=1999-01-01"
    base.mkdir()
    first, second = base / f"it's 1.{kind}", base / f"2.{kind}"
    if kind == "parquet":
        names = [name for name in COLUMNS if name != "hint"]
        pq.write_table(pa.table({name: [value] for name, value in zip(names, FULL, strict=True)}), first)
        pq.write_table(pa.table({"name": ["b"], "id": pa.array([2], pa.int32())}), second)
    elif kind == "jsonl":
        first.write_text('{"id":1,"name":"2024-01-02","price":"1.50","at":"2024-01-02T03:04:05Z","day":"2024-01-02",'
                         '"raw":"YWI=","odd \\"name\\"":"x"}\n')  # fmt: skip
        second.write_text('{"name":"b","id":2}\n')
    else:
        first.write_text('id,name,price,at,day,raw,"odd ""name"""\n1,2024-01-02,1.50,2024-01-02T03:04:05Z,2024-01-02,'
                         'YWI=,x\n')  # fmt: skip
        second.write_text("name,id\nb,2\n")
    return [(str(first), kind), (str(second), kind)]


def rows(found: list[tuple[str, str]]) -> list[Any]:
    """Return the rows of files, in their order."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return sorted(connection.execute(select(COLUMNS, found)).fetchall())


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv"])
def test_a_file_has_all_columns_with_their_types(tmp_path: Path, kind: str) -> None:
    """Those that it lacks are empty, texts that look like dates stay texts, and the path gives no column its value."""
    first, second = rows(files(tmp_path, kind))
    assert first == FULL and second == (2, "b", None, None, None, None, None)


def test_files_of_several_formats_are_read_together(tmp_path: Path) -> None:
    """Each in its own way."""
    found = []
    for kind in ("parquet", "jsonl", "csv"):
        (tmp_path / kind).mkdir()
        found += files(tmp_path / kind, kind)
    assert rows(found) == sorted([FULL, (2, "b", None, None, None, None, None)] * 3, key=lambda row: row[0])


def test_a_table_without_files_is_empty() -> None:
    """It has all its columns."""
    found = duckdb.connect().execute(select(COLUMNS, []))
    assert [column[0] for column in found.description] == [name for name in COLUMNS if name != "hint"]
    assert found.fetchall() == []


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_quotes_line_ends_and_long_texts_are_read(tmp_path: Path, kind: str) -> None:
    """An empty text is none in CSV unless it is quoted."""
    long = "é" * 3_000_000
    path = tmp_path / f"x.{kind}"
    if kind == "csv":
        path.write_text(f'id,name\n1,"a ""b"",\nc"\n2,""\n3,\n4,{long}\n')
    else:
        path.write_text(
            f'{{"id":1,"name":"a \\"b\\",\\nc"}}\n{{"id":2,"name":""}}\n{{"id":3}}\n{{"id":4,"name":"{long}"}}\n'
        )
    assert [row[1] for row in rows([(str(path), kind)])] == ['a "b",\nc', "", None, long]


def test_batches_have_as_many_rows_as_are_asked_for(tmp_path: Path) -> None:
    """At most."""
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"id": list(range(10))}), path)
    batches = list(batches_of({"id": COLUMNS["id"]}, [(str(path), "parquet")], 4))
    assert all(batch.num_rows <= 4 for batch in batches) and sum(batch.num_rows for batch in batches) == 10
    assert [value for batch in batches for value in batch.column(0).to_pylist()] == list(range(10))


# -- results


@pytest.fixture
def cursor() -> Cursor:
    """Return a result of five rows."""
    native = duckdb.connect().execute("SELECT range AS id, 'n' || range AS name FROM range(5)")
    return Cursor(native)  # type: ignore[arg-type]


NAMES = [(n, f"n{n}") for n in range(5)]


def test_rows_come_one_by_one_some_or_all(cursor: Cursor) -> None:
    """Each once."""
    assert cursor.names == ["id", "name"] and cursor.fetchone() == NAMES[0]
    assert cursor.fetchmany(2) == NAMES[1:3] and cursor.fetchall() == NAMES[3:]
    assert cursor.fetchone() is None and cursor.fetchall() == []


@pytest.mark.parametrize(("size", "sizes"), [(2, [2, 2, 1]), (5, [5]), (9, [5])])
def test_pages_of_any_size_hold_all_rows(size: int, sizes: list[int]) -> None:
    """As lists, Arrow tables and frames."""
    for read in (Cursor.iter_fetch, Cursor.iter_arrow, Cursor.iter_df):
        native = duckdb.connect().execute("SELECT range AS id, 'n' || range AS name FROM range(5)")
        pages = list(read(Cursor(native), size))  # type: ignore[arg-type, operator]
        assert [len(page) for page in pages] == sizes
    assert list(Cursor(duckdb.connect().execute("SELECT 1 AS id"))) == [(1,)]  # type: ignore[arg-type]


def test_a_result_is_a_table_or_a_frame(cursor: Cursor) -> None:
    """In part, then the rest; an empty one has its columns."""
    assert cursor.arrow(2).to_pylist() == [{"id": n, "name": f"n{n}"} for n in range(2)]
    assert cursor.df(2).to_dict("records") == [{"id": n, "name": f"n{n}"} for n in (2, 3)]
    assert cursor.arrow().to_pylist() == [{"id": 4, "name": "n4"}]
    assert cursor.arrow().column_names == ["id", "name"] and len(cursor.df()) == 0


def test_a_driver_that_reads_tables_itself_is_asked() -> None:
    """Where the whole rest is wanted."""
    native: Any = duckdb.connect().execute("SELECT 1 AS id")
    found = Cursor(native, to_arrow=lambda: pa.table({"own": [1]}), to_frame=lambda: "frame")  # type: ignore[arg-type, return-value]
    assert found.arrow().column_names == ["own"] and found.df() == "frame"  # type: ignore[comparison-overlap]
    assert found.arrow(1).column_names == ["id"]
