"""What the readers make of files, and what they say of those that they cannot read."""

from __future__ import annotations

import bz2
import csv
import datetime
import gzip
import io
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlt
from dlt.errors import BrokenFile
from dlt.extract.exceptions import ResourceExtractionError
from dlt.sources.filesystem import (
    filesystem,
    read_arrow,
    read_avro,
    read_csv,
    read_csv_duckdb,
    read_excel,
    read_json,
    read_jsonl,
    read_parquet,
)
from dlt.sources.filesystem.helpers import fetch_json
from dlt.sources.filesystem.readers import _read_csv, _read_jsonl, _read_parquet

Rows = list[dict[str, Any]]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Rows]:
    """Write a file, and give what a reader makes of it."""

    def call(reader: Any, name: str, content: bytes | str, **options: Any) -> Rows:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return list(filesystem(str(tmp_path), file_glob=name) | reader(**options))

    return call


# -- CSV


def test_each_column_of_csv_has_one_type(read: Callable[..., Rows]) -> None:
    """Numbers with zeros before them are codes, and what is missing is None."""
    text = "id,code,price,yes,empty,day\n1,007,1.5,true,,2026-01-01\n2,010,,False,,2026-01-02\n"
    assert read(read_csv, "a.csv", text) == [
        {"id": 1, "code": "007", "price": 1.5, "yes": True, "empty": None, "day": "2026-01-01"},
        {"id": 2, "code": "010", "price": None, "yes": False, "empty": None, "day": "2026-01-02"},
    ]


@pytest.mark.parametrize("last", ["007,y", "x,y", "1.5,y"])
def test_the_last_row_counts_for_the_first_one(tmp_path: Path, last: str) -> None:
    """There are no columns such as `a__v_text`, however long the file is."""
    (tmp_path / "a.csv").write_text("a,b\n" + "1,x\n" * 60_000 + last + "\n")
    pipeline = dlt.pipeline("types", pipelines_dir=str(tmp_path / "p"), destination="dummy")
    pipeline.extract((filesystem(str(tmp_path), file_glob="*.csv") | read_csv()).with_name("t"))
    pipeline.normalize()
    columns = pipeline.default_schema.tables["t"]["columns"]
    assert [name for name in columns if not name.startswith("_dlt")] == ["a", "b"]
    assert columns["a"]["data_type"] == ("double" if last.startswith("1.5") else "text")


def test_text_that_begins_like_moments_is_text(tmp_path: Path) -> None:
    """It is a moment only if all values are; then it becomes one as in rows of dicts."""
    (tmp_path / "a.csv").write_text("a,b\n2026-01-01T00:00:00Z,2026-01-01T00:00:00Z\n2026-01-01T00:00:00Z,later\n")
    pipeline = dlt.pipeline("moments", pipelines_dir=str(tmp_path / "p"), destination="dummy")
    pipeline.extract((filesystem(str(tmp_path), file_glob="*.csv") | read_csv()).with_name("t"))
    pipeline.normalize()
    columns = pipeline.default_schema.tables["t"]["columns"]
    assert (columns["a"]["data_type"], columns["b"]["data_type"]) == ("timestamp", "text")
    assert not any("__v_" in name for name in columns)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("a;b\n1;x\n", {"sep": ";"}, [{"a": 1, "b": "x"}]),
        ("a\tb\n1\tx\n", {"delimiter": "\t"}, [{"a": 1, "b": "x"}]),
        ("1,x\n", {"header": None}, [{"0": 1, "1": "x"}]),
        ("1,x\n", {"names": ["n", "m"]}, [{"n": 1, "m": "x"}]),
        ("a,b\n1,x\n", {"names": ["n", "m"], "header": 0}, [{"n": 1, "m": "x"}]),
        ("a,b\n1,'x,y'\n", {"quotechar": "'"}, [{"a": 1, "b": "x,y"}]),
        ("a,b\n1,-\n", {"na_values": "-"}, [{"a": 1, "b": None}]),
        ("a,b\n1,NA\n", {"keep_default_na": False}, [{"a": 1, "b": "NA"}]),
        ("a,b\n1,2\n", {"dtype": str}, [{"a": "1", "b": "2"}]),
        ("a,b,c\n1,2,3\n", {"usecols": ["c", "a"]}, [{"a": 1, "c": 3}]),
        ('a,b\r\n1,"x\r\ny"\r\n', {}, [{"a": 1, "b": "x\r\ny"}]),
        ("\n\na,b\n\n1,2\n\n", {}, [{"a": 1, "b": 2}]),
        ("a,a,\n1,2,3\n", {}, [{"a": 1, "a.1": 2, "Unnamed: 2": 3}]),
        ("a,b,c\n1,2\n3,4,5\n", {}, [{"a": 1, "b": 2, "c": None}, {"a": 3, "b": 4, "c": 5}]),
        ("a,b\n12345678901234567890,1\n", {}, [{"a": "12345678901234567890", "b": 1}]),
        # an empty text is one, and no number, where nothing says that it is no value
        ('a,b\n,1\n"",2\n', {"keep_default_na": False}, [{"a": "", "b": 1}, {"a": "", "b": 2}]),
        ("a,b\n1,\n2,3\n", {"keep_default_na": False}, [{"a": 1, "b": ""}, {"a": 2, "b": "3"}]),
        ("a,b\n-,\n", {"keep_default_na": False, "na_values": ["-"]}, [{"a": None, "b": ""}]),
        # fields behind the last column that hold nothing
        ("a,b\n1,2,\n3,4\n", {}, [{"a": 1, "b": 2}, {"a": 3, "b": 4}]),
        ("a,b\n1,2,,\n", {}, [{"a": 1, "b": 2}]),
        ("a\n1,\n", {}, [{"a": 1}]),
        ("a,b\n1,2,3\n", {"index_col": False}, [{"a": 1, "b": 2}]),
        ("a,b\n1,2,3\n", {"index_col": 0}, [{"a": 2, "b": 3}]),
        ("\ufeffa,b\n1,2\n", {}, [{"a": 1, "b": 2}]),
        ("a,b\n", {}, []),
        ("", {}, []),
        # what only pandas knows
        ("a,b\n1,2,5\n", {"skiprows": 1, "header": None}, [{0: 1, 1: 2, 2: 5}]),
        ('a,b\n"1,000",2\n', {"thousands": ","}, [{"a": 1000, "b": 2}]),
        ("a;b\n1;2,5\n", {"sep": ";", "decimal": ","}, [{"a": 1, "b": 2.5}]),
        ("a  b\n007  2\n", {"sep": r"\s+"}, [{"a": "007", "b": 2}]),
        ("a,b\n1,2 # x\n", {"comment": "#"}, [{"a": 1, "b": 2}]),
        ("a\n007\n\n1\n", {}, [{"a": "007"}, {"a": "1"}]),
    ],
)
def test_arguments_are_those_of_pandas(
    read: Callable[..., Rows], text: str, options: dict[str, Any], expected: Rows
) -> None:
    """Files are read as pandas reads them, but that zeros stay, and that what is missing changes no type."""
    assert read(read_csv, "a.csv", text, **options) == expected


BOUNDS = [2**63 - 1, -(2**63), 1]


@pytest.mark.parametrize("second", ["", ",x"])
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (BOUNDS, BOUNDS),
        ([*BOUNDS, 2**63], list(map(str, [*BOUNDS, 2**63]))),
        ([2**63 - 1, "NA"], [2**63 - 1, None]),
        (["1E400", "2"], ["1E400", "2"]),
        (["1e300", "-.5", "+2"], [1e300, -0.5, 2.0]),
        (["9" * 20 + "e300"], ["9" * 20 + "e300"]),
        (["inf", "1"], [float("inf"), 1.0]),
        (["+4930123456", "+5"], ["+4930123456", "+5"]),
        (["+123456", "-5"], [123456, -5]),
        (["1" * 5000], ["1" * 5000]),
    ],
)
def test_numbers_are_those_that_their_type_holds(
    read: Callable[..., Rows], second: str, written: list[object], expected: list[object]
) -> None:
    """Whole numbers of 64 bits, finite floats; what would lose something is text, with one column and with two."""
    text = "".join(f"{value}{second}\n" for value in ["a", *written])
    assert [row["a"] for row in read(read_csv, "a.csv", text)] == expected


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ("a,b\n1,2,3\n4,5,6\n", {}, "line 2 has 3 fields, and there are 2 names"),
        ("\na,b\n1,2,\n4,5,6\n", {}, "line 4 has 3 fields"),
        ("a\n1,2\n", {}, "line 2 has 2 fields, and there are 1 names"),
        ("a,b\n1,2,3\n", {"usecols": ["b"]}, "line 2 has 3 fields"),
        ("a,b\n1,2,3\n", {"dtype": str}, "line 2 has 3 fields"),
        ("1,2,3\n", {"names": ["a", "b"]}, "line 1 has 3 fields, and there are 2 names"),
        ("# x\na,b\n1,2,\n2,2,\n", {"skiprows": 1}, "its first row has 3 fields"),
        ("a,b\n0,2,3\n1,2,3\n", {"thousands": "."}, "its first row has 3 fields, and there are 2 names"),
    ],
)
def test_no_column_becomes_an_index(read: Callable[..., Rows], text: str, options: dict[str, Any], told: str) -> None:
    """Pandas would take the first column away and shift the others."""
    with pytest.raises(ResourceExtractionError, match=rf"a\.csv cannot be read as CSV: {told}.* Name all") as caught:
        read(read_csv, "a.csv", text, **options)
    assert str(caught.value).count("Nothing of this run was kept") == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1", "cp1252", "utf-8-sig"])
def test_encodings_of_csv(read: Callable[..., Rows], encoding: str) -> None:
    """A mark at the beginning tells the encoding too."""
    content = "a,b\n1,äß\n".encode(encoding)
    assert read(read_csv, "a.csv", content, encoding=encoding) == [{"a": 1, "b": "äß"}]
    if encoding in ("utf-16", "utf-8-sig"):
        assert read(read_csv, "a.csv", content) == [{"a": 1, "b": "äß"}]


@pytest.mark.parametrize(
    ("ending", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress), ("zst", None)]
)
@pytest.mark.parametrize("reader", [read_csv, read_csv_duckdb, read_jsonl])
def test_packed_files(read: Callable[..., Rows], reader: Any, ending: str, pack: Any) -> None:
    """Their name tells how they are packed."""
    plain = b'{"a": 1, "b": "x"}\n' if reader is read_jsonl else b"a,b\n1,x\n"
    packed = pack(plain) if pack else b""
    name = f"a.{'jsonl' if reader is read_jsonl else 'csv'}.{ending}"
    if ending == "zst":
        # a frame that is written at once tells its size, as the program zstd does not
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, "zstd") as out:
            out.write(plain)
        packed = sink.getvalue().to_pybytes()
    assert read(reader, name, packed) == [{"a": 1, "b": "x"}]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=6)


@given(rows=st.lists(st.tuples(cells, cells, st.integers(-(2**70), 2**70)), max_size=8))
@settings(max_examples=60, deadline=None)
def test_csv_gives_what_was_written(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, int]]) -> None:
    """Text and numbers, whatever is in them, as they were: nothing is lost, nothing is taken apart."""
    folder = tmp_path_factory.mktemp("written")
    with open(folder / "a.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["a b", 'c"d', "n"])
        writer.writerows(rows)
    found = list(filesystem(str(folder), file_glob="*.csv") | read_csv(dtype={"a b": str, 'c"d': str}))
    whole = all(-(2**63) <= number < 2**63 for _, _, number in rows)
    from dlt.sources.filesystem.csv_dialect import NO_VALUE

    def text(value: str) -> str | None:
        return None if value in NO_VALUE else value

    expected = [{"a b": text(a), 'c"d': text(c), "n": n if whole else str(n)} for a, c, n in rows]
    assert found == expected


def test_duckdb_reads_csv_with_its_arguments(read: Callable[..., Rows]) -> None:
    """It finds out how the file is written, and zeros stay here too."""
    text = "id;code;day\n1;007;2026-01-01\n2;010;2026-01-02\n"
    day = datetime.date(2026, 1, 1)
    assert read(read_csv_duckdb, "a.csv", text)[0] == {"id": 1, "code": "007", "day": day}
    assert read(read_csv_duckdb, "a.csv", text, filename=True)[0]["filename"] == "a.csv"
    assert read(read_csv_duckdb, "a.csv", text, all_varchar=True)[0]["id"] == "1"
    assert read(read_csv_duckdb, "a.csv", "x;1\ny;2\n", header=False)[0] == {"column0": "x", "column1": 1}


def test_duckdb_finds_types_in_the_whole_file(read: Callable[..., Rows]) -> None:
    """What comes after its sample counts too."""
    found = read(read_csv_duckdb, "a.csv", "a,b\n" + "1,x\n" * 60_000 + "1.5,x\n")
    assert found[0]["a"] == 1.0 and found[-1]["a"] == 1.5 and isinstance(found[0]["a"], float)


# -- JSON


def test_json_lines(read: Callable[..., Rows]) -> None:
    """Empty lines are skipped, and a mark at the beginning too."""
    text = '\ufeff{"a": 1}\r\n\n  \n{"a": {"b": [1]}}\n{"a": 3}'
    assert read(read_jsonl, "a.jsonl", text) == [{"a": 1}, {"a": {"b": [1]}}, {"a": 3}]
    assert read(read_jsonl, "a.jsonl", "") == []


def test_a_broken_line_is_named(read: Callable[..., Rows]) -> None:
    """With the file, the number of the line, and what stands there."""
    with pytest.raises(ResourceExtractionError, match=r"a\.jsonl.*line 3 is no JSON.*'\{\"a\": 2,'") as caught:
        read(read_jsonl, "a.jsonl", '{"a": 1}\n\n{"a": 2,\n', chunksize=1)
    assert isinstance(caught.value.__cause__, BrokenFile) and caught.value.__cause__.file_url.endswith("a.jsonl")


def test_two_documents_that_are_one_only_together(read: Callable[..., Rows]) -> None:
    """A line is a document by itself."""
    with pytest.raises(ResourceExtractionError, match="line 1 "):
        read(read_jsonl, "a.jsonl", '{"a": [1\n2]}\n')


@pytest.mark.parametrize(("reader", "name"), [(read_jsonl, "a.jsonl"), (read_json, "a.json")])
def test_whole_numbers_of_json_keep_their_digits(read: Callable[..., Rows], reader: Any, name: str) -> None:
    """Two keys beyond 64 bits that differ in the last digit are two."""
    keys = [12345678901234567890123, 12345678901234567890124, 2**64, -(2**63) - 1, 1]
    lines = [f'{{"id": {key}}}' for key in keys]
    text = "\n".join(lines) if reader is read_jsonl else f"[{', '.join(lines)}]"
    assert read(reader, name, text) == [{"id": key} for key in keys]
    with pytest.raises(ResourceExtractionError, match="cannot be read as JSON"):
        read(reader, name, '{"id": ' + "9" * 5000 + "}")


@pytest.mark.parametrize(("reader", "name"), [(read_jsonl, "a.jsonl"), (read_json, "a.json")])
@pytest.mark.parametrize("written", ["1e400", "-1.5E+400", "1" * 20 + "e300"])
def test_a_number_of_json_that_no_float_holds_is_text(
    read: Callable[..., Rows], tmp_path: Path, reader: Any, name: str, written: str
) -> None:
    """As in CSV, in place of infinity; others beside it are numbers, and arrive as such."""
    lines = ['{"id": 1, "n": 1.5}', f'{{"id": 2, "n": {written}, "deep": [{{"n": {written}}}]}}']
    text = "\n".join(lines) if reader is read_jsonl else f"[{', '.join(lines)}]"
    assert read(reader, name, text) == [{"id": 1, "n": 1.5}, {"id": 2, "n": written, "deep": [{"n": written}]}]
    pipeline = dlt.pipeline("huge", destination=dlt.destinations.duckdb(str(tmp_path / "db")), dataset_name="d")
    pipeline.run(str(tmp_path / name), table_name="t")
    assert pipeline.dataset()("SELECT n, n__v_text FROM t ORDER BY id").fetchall() == [(1.5, None), (None, written)]
    assert pipeline.dataset()("SELECT n FROM t__deep").fetchall() == [(written,)]


def test_json_documents(read: Callable[..., Rows]) -> None:
    """A list is its items, anything else one row."""
    assert read(read_json, "a.json", '[{"a": 1}, {"a": 2}]', chunksize=1) == [{"a": 1}, {"a": 2}]
    assert read(read_json, "a.json", '{"a": 1}') == [{"a": 1}]
    with pytest.raises(ResourceExtractionError, match="use read_jsonl"):
        read(read_json, "a.json", '{"a": 1}\n{"a": 2}\n')


# -- Parquet, Arrow, workbooks


def _parquet(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


MAPS = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int64()),
        "m": pa.array([[("a", 1), ("b", None)], [], None], pa.map_(pa.string(), pa.int64())),
        "deep": pa.array([{"m": [("x", "y")]}, None, None], pa.struct([("m", pa.map_(pa.string(), pa.string()))])),
        "pairs": pa.array([[(1.5, "p")], None, None], pa.map_(pa.float64(), pa.string())),
    }
)
MAPPED = [
    {"id": 1, "m": {"a": 1, "b": None}, "deep": {"m": {"x": "y"}}, "pairs": [{"key": 1.5, "value": "p"}]},
    {"id": 2, "m": {}, "deep": None, "pairs": None},
    {"id": 3, "m": None, "deep": None, "pairs": None},
]


@pytest.mark.parametrize("reader", [read_parquet, read_arrow])
def test_maps_are_dicts(read: Callable[..., Rows], tmp_path: Path, reader: Any) -> None:
    """As in Avro and JSON, with keys and values apart; pairs that say which is which where keys are no names."""
    sink = io.BytesIO()
    (pq.write_table if reader is read_parquet else pyarrow.feather.write_feather)(MAPS, sink)
    assert read(reader, "a.any", sink.getvalue()) == MAPPED
    pipeline = dlt.pipeline("maps", destination=dlt.destinations.duckdb(str(tmp_path / "db")), dataset_name="d")
    files = filesystem(str(tmp_path), file_glob="a.any")
    pipeline.run((files | reader()).with_name("t"))
    assert pipeline.dataset()("SELECT m__a, deep__m__x FROM t ORDER BY id").fetchall()[0] == (1, "y")
    assert pipeline.dataset()("SELECT key, value FROM t__pairs").fetchall() == [(1.5, "p")]
    pipeline.run((files | reader(use_pyarrow=True)).with_name("whole"))
    assert pipeline.dataset()("SELECT m, pairs FROM whole ORDER BY id").fetchall() == [
        ('{"a":1,"b":null}', '[{"key":1.5,"value":"p"}]'),
        ("{}", None),
        (None, None),
    ]


def test_maps_that_duckdb_finds_are_dicts(read: Callable[..., Rows]) -> None:
    """Where a column of CSV is declared as one."""
    text = 'id,m\n1,"{a=1, b=2}"\n'
    columns = {"id": "BIGINT", "m": "MAP(VARCHAR, BIGINT)"}
    assert read(read_csv_duckdb, "a.csv", text, columns=columns) == [{"id": 1, "m": {"a": 1, "b": 2}}]
    relation = duckdb.sql("SELECT MAP {'a': 1} AS m")
    assert list(fetch_json(relation, 10)) == [[{"m": {"a": 1}}]]


def test_parquet_is_rows_or_batches(read: Callable[..., Rows]) -> None:
    """Pages are no larger than was asked for, whatever the row groups are."""
    table = pa.table({"n": pa.array(range(10), pa.int32()), "s": pa.array(["x"] * 10).dictionary_encode()})
    content = _parquet(table, row_group_size=4)
    assert read(read_parquet, "a.parquet", content, chunksize=3) == [{"n": n, "s": "x"} for n in range(10)]
    batches = read(read_parquet, "a.parquet", content, chunksize=3, use_pyarrow=True)
    assert max(map(len, batches)) == 3 and sum(map(len, batches)) == 10


def test_types_of_parquet_are_those_of_rows(tmp_path: Path) -> None:
    """Nested values become columns and tables, all others the values that Python has."""
    moment = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    rows = [{"i": 1, "f": 1.5, "t": moment, "d": moment.date(), "doc": {"x": 1}, "list": [1, 2], "b": b"\x00"}]
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, tmp_path / "a.parquet")
    pipeline = dlt.pipeline(
        "nested", pipelines_dir=str(tmp_path / "p"), destination=dlt.destinations.duckdb(str(tmp_path / "d.duckdb"))
    )
    pipeline.run((filesystem(str(tmp_path), file_glob="*.parquet") | read_parquet()).with_name("t"))
    with pipeline.sql_client() as client:
        assert client.execute_sql("SELECT i, f, d, doc__x, b FROM t") == [(1, 1.5, moment.date(), 1, b"\x00")]
        assert client.execute_sql("SELECT value FROM t__list ORDER BY 1") == [(1,), (2,)]


def test_nanoseconds_of_a_time_of_day_are_kept(read: Callable[..., Rows]) -> None:
    """As text, since no value of Python has them; also in lists, and beside values that are read row by row."""
    times = pa.array([1, 2_000], pa.time64("ns"))
    table = pa.table({"t": times, "list": pa.array([[1], [2_001]], pa.list_(pa.time64("ns")))})
    texts = ["00:00:00.000000001", "00:00:00.000002000"]
    expected = [{"t": texts[0], "list": texts[:1]}, {"t": texts[1], "list": ["00:00:00.000002001"]}]
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    assert read(read_parquet, "a.parquet", _parquet(table.select(["t"]))) == [{"t": text} for text in texts]
    assert read(read_arrow, "a.arrow", sink.getvalue()) == expected
    whole = pa.table({"t": pa.array([2_000], pa.time64("ns"))})
    assert read(read_parquet, "b.parquet", _parquet(whole)) == [{"t": datetime.time(0, 0, 0, 2)}]


@pytest.mark.parametrize("version", [2, "stream"])
def test_arrow_files(read: Callable[..., Rows], version: object) -> None:
    """Feather and streams."""
    table, sink = pa.table({"n": [1, 2]}), io.BytesIO()
    if version == "stream":
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    else:
        pyarrow.feather.write_feather(table, sink)
    assert read(read_arrow, "a.arrow", sink.getvalue()) == [{"n": 1}, {"n": 2}]


def test_workbooks(read: Callable[..., Rows]) -> None:
    """The first row names the columns; a sheet that is not there is told with those that are."""
    sink = io.BytesIO()
    with pd.ExcelWriter(sink, engine="openpyxl") as writer:
        pd.DataFrame({"a": [1, 2], "b": ["x", None]}).to_excel(writer, sheet_name="one", index=False)
        pd.DataFrame({"c": [3]}).to_excel(writer, sheet_name="two", index=False)
    assert read(read_excel, "a.xlsx", sink.getvalue()) == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
    assert read(read_excel, "a.xlsx", sink.getvalue(), sheet_name="two") == [{"c": 3}]
    with pytest.raises(ResourceExtractionError, match="no sheet 'three', but one, two"):
        read(read_excel, "a.xlsx", sink.getvalue(), sheet_name="three")


def test_what_is_said_of_some_columns_says_nothing_of_others(read: Callable[..., Rows]) -> None:
    """Codes keep their zeros, and each column has one type, whatever pandas is asked to do with others."""
    text = "day,zip,n,m\n2026-01-01,01067,1,x\n2026-01-02,10115,,y\n"
    told: list[dict[str, Any]] = [
        {"parse_dates": ["day"]},
        {"parse_dates": ["day"], "date_format": "%Y-%m-%d"},
        {"converters": {"m": str.upper}},
        {"dtype": {"m": "category"}},
        {"parse_dates": ["day"], "chunksize": 1},
    ]
    for options in told:
        rows = read(read_csv, "a.csv", text, **options)
        assert [(row["zip"], row["n"]) for row in rows] == [("01067", 1), ("10115", None)]
        assert isinstance(rows[0]["day"], datetime.datetime) is ("parse_dates" in options)
        assert rows[0]["m"] == ("X" if "converters" in options else "x")


def test_a_number_that_is_too_large_stays_what_it_is_with_duckdb(read: Callable[..., Rows]) -> None:
    """Infinite is only what says so."""
    rows = read(read_csv_duckdb, "a.csv", "a,b,c\n1e400,1.5,inf\n2,-2.5,1.5\n")
    assert [list(row.values()) for row in rows] == [["1e400", 1.5, "inf"], ["2", -2.5, "1.5"]]


def test_no_cell_of_a_workbook_is_lost(read: Callable[..., Rows]) -> None:
    """Columns of one name are told apart as in CSV, and cells beyond the names have columns too."""
    import openpyxl

    book, sink = openpyxl.Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    for line in (["a", "a", None, "a.1"], [1, 2, 3, 4], [5], [6, 7, 8, 9, 10]):
        sheet.append(line)
    book.save(sink)
    rows = read(read_excel, "a.xlsx", sink.getvalue())
    assert [[value for value in row.values() if value is not None] for row in rows] == [
        [1, 2, 3, 4], [5], [6, 7, 8, 9, 10]
    ]  # fmt: skip
    assert list(rows[2]) == ["a", "a.2", "Unnamed: 2", "a.1", "Unnamed: 4"]
    assert read(read_csv, "a.csv", "a,a,,a.1\n1,2,3,4\n")[0] == dict(zip(rows[2], [1, 2, 3, 4], strict=False))


def test_avro(read: Callable[..., Rows]) -> None:
    """Logical types become those of Python."""
    import fastavro

    kind = {"type": "int", "logicalType": "date"}
    schema = {"type": "record", "name": "r", "fields": [{"name": "a", "type": "long"}, {"name": "d", "type": kind}]}
    rows, sink = [{"a": 1, "d": datetime.date(2026, 1, 1)}], io.BytesIO()
    fastavro.writer(sink, fastavro.parse_schema(schema), rows)
    assert read(read_avro, "a.avro", sink.getvalue()) == rows


@pytest.mark.parametrize(
    ("reader", "name"),
    [
        (read_parquet, "a.parquet"),
        (read_arrow, "a.arrow"),
        (read_excel, "a.xlsx"),
        (read_avro, "a.avro"),
        (read_csv, "a.csv.gz"),
        (read_jsonl, "a.jsonl.gz"),
        (read_json, "a.json"),
        (read_csv, "a.csv.bz2"),
        (read_csv, "a.csv.xz"),
        (read_csv, "a.csv.zst"),
    ],
)
def test_what_is_something_else_is_told_with_its_url(read: Callable[..., Rows], reader: Any, name: str) -> None:
    """Nothing is skipped in silence."""
    with pytest.raises(ResourceExtractionError, match=rf"{name} cannot be read as") as caught:
        read(reader, name, b"this is nothing of the kind \xff\xfe" * 20)
    assert isinstance(caught.value.__cause__, BrokenFile)


@pytest.mark.parametrize("text", ['a,b\n1,"x\n2,y\n', "a,b\n1,2\n3,4,5\n", "a,b\n1,2\n" * 30_000 + '1,"x\n'])
def test_broken_csv_is_told_with_its_url(read: Callable[..., Rows], text: str) -> None:
    """As is CSV of which a part would be lost."""
    with pytest.raises(ResourceExtractionError, match=r"a\.csv cannot be read as CSV: .*(line|row)"):
        read(read_csv, "a.csv", text)


def test_half_a_file_is_an_error(read: Callable[..., Rows]) -> None:
    """Packed data that ends too early, and Parquet too."""
    packed = gzip.compress(b"a,b\n" + b"1,2\n" * 10_000)
    with pytest.raises(ResourceExtractionError, match=r"a\.csv\.gz cannot be read as gzip data"):
        read(read_csv, "a.csv.gz", packed[:-30])
    table = pa.table({"n": range(1000)})
    with pytest.raises(ResourceExtractionError, match=r"a\.parquet cannot be read"):
        read(read_parquet, "a.parquet", _parquet(table)[:-100])


# -- pages


def test_programs_that_call_a_reader_get_lists(tmp_path: Path) -> None:
    """Pages of dicts, as those of PyPI `dlt` 1.x."""
    (tmp_path / "a.csv").write_text("a,b\n1,x\n2,y\n3,z\n")
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n{"a": 2}\n')
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    (csv_file,), (jsonl,), (parquet,) = (
        list(filesystem(str(tmp_path), file_glob=f"*.{e}")) for e in ("csv", "jsonl", "parquet")
    )
    pages = list(_read_csv([csv_file], chunksize=2))
    assert pages == [[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], [{"a": 3, "b": "z"}]]
    assert list(_read_jsonl([jsonl])) == [[{"a": 1}, {"a": 2}]] and list(_read_parquet([parquet])) == [[{"a": 1}]]


def test_steps_get_dicts(tmp_path: Path) -> None:
    """Maps, filters, cursors and transformers work on rows, whatever form they were read in."""
    (tmp_path / "a.csv").write_text("a,b\n1,x\n2,y\n3,z\n")
    files = filesystem(str(tmp_path), file_glob="*.csv")

    @dlt.transformer
    def doubled(page: Any) -> Any:
        assert type(page) is list
        yield [{"a": row["a"] * 2} for row in page]

    rows = files | read_csv()
    assert [row["a"] for row in rows | doubled] == [2, 4, 6]
    changed = (files | read_csv()).add_map(lambda row: {**row, "c": row["a"]}).add_filter(lambda row: row["a"] > 1)
    assert list(changed) == [{"a": 2, "b": "y", "c": 2}, {"a": 3, "b": "z", "c": 3}]
    newer = files | read_csv()
    newer.apply_hints(incremental=dlt.sources.incremental("a", initial_value=2))
    assert [row["a"] for row in newer] == [2, 3]
    assert [row["a"] for row in (files | read_csv(chunksize=1))] == [1, 2, 3]


def test_a_page_without_rows_is_refused(tmp_path: Path) -> None:
    """It would hold nothing for ever."""
    (tmp_path / "a.csv").write_text("a,b\n1,x\n")
    with pytest.raises(ResourceExtractionError, match="chunksize is 1 or more"):
        list(filesystem(str(tmp_path), file_glob="*.csv") | read_csv(chunksize=0))


@pytest.mark.parametrize(("reader", "name"), [(read_csv, "a.csv"), (read_jsonl, "a.jsonl"), (read_csv_duckdb, "a.csv")])
def test_where_rows_come_from(tmp_path: Path, reader: Any, name: str) -> None:
    """The URL of the file, and the partitions in its path, as text."""
    folder = tmp_path / "year=2026" / "month=01"
    folder.mkdir(parents=True)
    (folder / name).write_text('{"a": 1}\n' if name.endswith("jsonl") else "a,b\n1,2\n")
    (row,) = filesystem(str(tmp_path), file_glob="**/*.*") | reader(include_file_url=True, hive_partitions=True)
    assert row["year"] == "2026" and row["month"] == "01" and row["file_url"] == (folder / name).as_uri()
    assert row["a"] == 1
    # also where the partition is the folder that is read
    (row,) = filesystem(str(folder), file_glob="*") | reader(hive_partitions=True)
    assert (row["year"], row["month"]) == ("2026", "01")
