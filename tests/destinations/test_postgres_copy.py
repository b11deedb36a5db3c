"""What goes through COPY: the binary format against the text that the server parses itself."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dlt
from dlt.destinations.impl.postgres.copy import Binary, Csv, _pieces, stream
from dlt.errors import DatabaseTerminalException

UTC = datetime.timezone.utc
MOMENTS = [
    datetime.datetime(1, 1, 1),
    datetime.datetime(2000, 1, 1),
    datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
]
DAYS = [datetime.date(1, 1, 1), datetime.date(1999, 12, 31), datetime.date(9999, 12, 31)]
CASES: dict[str, tuple[str, list[Any], pa.DataType]] = {
    "int64": ("bigint", [2**63 - 1, -(2**63), 0], pa.int64()),
    "int8 to bigint": ("bigint", [1, -1], pa.int8()),
    "int64 to smallint": ("smallint", [2**15 - 1, -(2**15)], pa.int64()),
    "uint32 to integer": ("integer", [2**31 - 1, 0], pa.uint32()),
    "uint64 to numeric": ("numeric(38,0)", [2**64 - 1, 0], pa.uint64()),
    "int64 to numeric": ("numeric(38,2)", [2**63 - 1, -(2**63), 10_000], pa.int64()),
    "double": (
        "double precision",
        [0.1, -0.0, 5e-324, 1.7976931348623157e308, float("nan"), float("-inf")],
        pa.float64(),
    ),
    "float32": ("double precision", [0.5, float("inf")], pa.float32()),
    "bool": ("boolean", [True, False], pa.bool_()),
    "text": ("text", ["", "a\"b,\r\n\\N\t'", "ünï 漢字 🎉", "\\."], pa.string()),
    "large text": ("character varying(9)", ["", "ü"], pa.large_string()),
    "dictionary": ("text", ["a", "b", "a"], pa.dictionary(pa.int8(), pa.string())),
    "jsonb": ("jsonb", ['{"a": [1, "ü"]}', "[]", "null", '"x"'], pa.string()),
    "json as text": ("text", ['{"a":1}'], pa.string()),
    "binary": ("bytea", [b"", bytes(range(256))], pa.binary()),
    "fixed binary": ("bytea", [b"ab", b"\0\0"], pa.binary(2)),
    "timestamp": ("timestamp with time zone", [m.replace(tzinfo=UTC) for m in MOMENTS], pa.timestamp("us", "UTC")),
    "zone": (
        "timestamp with time zone",
        [m.replace(tzinfo=UTC) for m in MOMENTS[1:2]],
        pa.timestamp("us", "Asia/Tokyo"),
    ),
    "naive": ("timestamp without time zone", MOMENTS, pa.timestamp("us")),
    "seconds": ("timestamp without time zone", MOMENTS[:2], pa.timestamp("s")),
    "nanoseconds": ("timestamp without time zone", MOMENTS[1:2], pa.timestamp("ns")),
    "cut": ("timestamp(3) without time zone", [datetime.datetime(2020, 1, 1, 1, 1, 1, 123456)], pa.timestamp("us")),
    "date to timestamp": ("timestamp with time zone", DAYS, pa.date32()),
    "date": ("date", DAYS, pa.date32()),
    "date64": ("date", DAYS, pa.date64()),
    "time": ("time without time zone", [datetime.time(0), datetime.time(23, 59, 59, 999999)], pa.time64("us")),
    "time32": ("time without time zone", [datetime.time(1, 2, 3)], pa.time32("s")),
    "decimal": ("numeric(38,9)", [Decimal(10**29 - 1), Decimal("-0.000000001"), Decimal(10_000)], pa.decimal128(38, 9)),
    "small": ("numeric(5,5)", [Decimal("0.00001"), Decimal("-0.99999"), Decimal(0)], pa.decimal128(5, 5)),
    "wide": ("numeric(76,30)", [Decimal("-1e45"), Decimal("1e-30"), Decimal(0)], pa.decimal256(76, 30)),
    "null": ("date", [None], pa.null()),
}


@pytest.fixture(scope="module")
def cursor(postgres: Any) -> Iterator[Any]:
    """Return a cursor in a database of this module."""
    connection = psycopg2.connect(postgres.new_database(), options="-c timezone=UTC")
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


@pytest.fixture(params=["compiled", "pure"], autouse=True)
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Choose the form that writes the bytes."""
    if request.param == "compiled":
        pytest.importorskip("dlt.destinations.impl.postgres._copy")
    monkeypatch.setenv("DLT_PURE_PYTHON", "1" if request.param == "pure" else "")
    return str(request.param)


def both(cursor: Any, kind: str, values: pa.Array) -> list[list[Any]]:
    """Return what the server has of values that came as binary, and as text."""
    batch = pa.RecordBatch.from_arrays([pa.array(range(len(values))), values], ["n", "v"])
    cursor.execute(f"SELECT NULL::{kind}")
    oids = [20, cursor.description[0].type_code]
    found = []
    for reader in (stream("t", batch.schema, oids, _pieces(batch)), Csv("t", _pieces(batch))):
        cursor.execute(f"DROP TABLE IF EXISTS t; CREATE TABLE t (n bigint, v {kind})")
        cursor.copy_expert(f"COPY t FROM STDIN ({reader.options})", reader)
        cursor.execute("SELECT v::text FROM t ORDER BY n")
        found.append([row[0] for row in cursor.fetchall()])
        assert isinstance(reader, (Binary, Csv)[len(found) - 1])
    return found


@pytest.mark.parametrize("case", CASES)
def test_binary_and_text_give_the_same_rows(cursor: Any, case: str) -> None:
    """Types: extremes, NULL at each place, and a part of an array."""
    kind, values, arrow = CASES[case]
    array = pa.array([None, *values, None, *values, None], pa.string() if pa.types.is_dictionary(arrow) else arrow)
    array = array.dictionary_encode() if pa.types.is_dictionary(arrow) else array
    for part in (array, array.slice(1, len(values)), array.slice(2)):
        binary, text = both(cursor, kind, part)
        assert binary == text
        assert [value is None for value in binary] == [value is None for value in part.to_pylist()]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data(), scale=st.integers(0, 20), digits=st.integers(1, 38))
def test_decimals_of_all_sizes(cursor: Any, data: st.DataObject, scale: int, digits: int) -> None:
    """Every decimal arrives as it is written."""
    limit = 10**digits - 1
    numbers = data.draw(st.lists(st.none() | st.integers(-limit, limit), min_size=1, max_size=20))
    values = [None if number is None else Decimal(number).scaleb(-scale) for number in numbers]
    wide = pa.decimal128(38, scale) if digits + scale <= 38 and scale <= 38 else pa.decimal256(76, scale)
    binary, text = both(cursor, f"numeric(76,{scale})", pa.array(values, wide))
    assert binary == text
    assert [None if value is None else Decimal(value) for value in binary] == values


EDGES = {
    "date": (pa.array([-2_440_588, 2_145_042_905], pa.int32()).view(pa.date32()), ["4714-11-24 BC", "5874897-12-31"]),
    "timestamp": (
        pa.array([-210_866_803_200_000_000, 2**63 - 1], pa.int64()).view(pa.timestamp("us")),
        ["4714-11-24 00:00:00 BC", "294247-01-10 04:00:54.775807"],
    ),
}


@pytest.mark.parametrize("kind", EDGES)
def test_the_first_and_the_last_moment_arrive(cursor: Any, kind: str) -> None:
    """Types: all that the engine can hold; one before the first is refused here, and never means infinity."""
    values, expected = EDGES[kind]
    batch = pa.RecordBatch.from_arrays([values], ["v"])
    cursor.execute(f"DROP TABLE IF EXISTS e; CREATE TABLE e (v {kind})")
    reader = stream("e", batch.schema, [1082 if kind == "date" else 1114], _pieces(batch))
    cursor.copy_expert(f"COPY e FROM STDIN ({reader.options})", reader)
    cursor.execute("SELECT v::text FROM e ORDER BY e.v")
    assert [row[0] for row in cursor.fetchall()] == expected


@pytest.mark.parametrize(("oid", "values"), [(21, pa.array([2**15])), (23, pa.array([2**31]))])
def test_a_value_that_does_not_fit_names_table_and_column(oid: int, values: pa.Array) -> None:
    """Errors: an integer that is too large for the column."""
    batch = pa.RecordBatch.from_arrays([values], ["v"])
    reader = stream("orders", batch.schema, [oid], _pieces(batch))
    with pytest.raises(DatabaseTerminalException, match="table orders, column v: a value does not fit"):
        list(iter(lambda: reader.read(1 << 20), b""))


@pytest.mark.parametrize("moment", [-(2**63), -210_866_803_200_000_001])
def test_a_moment_before_the_first_one_names_table_and_column(moment: int) -> None:
    """Errors: counted from the year 2000, the first of these would be a moment far in the future."""
    batch = pa.RecordBatch.from_arrays([pa.array([moment]).view(pa.timestamp("us"))], ["v"])
    reader = stream("orders", batch.schema, [1114], _pieces(batch))
    with pytest.raises(
        DatabaseTerminalException, match=f"table orders, column v: .*: {moment} microseconds after 1970"
    ):
        list(iter(lambda: reader.read(1 << 20), b""))


def test_columns_of_other_types_go_as_text(cursor: Any) -> None:
    """A table that another program made takes what the server can read."""
    cursor.execute("DROP TABLE IF EXISTS o; DROP TYPE IF EXISTS mood")
    cursor.execute("CREATE TYPE mood AS ENUM ('good'); CREATE TABLE o (u uuid, m mood, i inet)")
    batch = pa.RecordBatch.from_pydict({"u": ["6f1ed002-ab5d-4e2a-9f0c-0242ac120002"], "m": ["good"], "i": [None]})
    reader = stream("o", batch.schema, [2950, 0, 869], _pieces(batch))
    cursor.copy_expert(f"COPY o FROM STDIN ({reader.options})", reader)
    cursor.execute("SELECT u::text, m::text, i::text FROM o")
    assert cursor.fetchall() == [("6f1ed002-ab5d-4e2a-9f0c-0242ac120002", "good", None)]


def test_a_load_of_all_types_reads_back_as_it_was(postgres: Any, tmp_path: Path) -> None:
    """A whole run: several batches of Arrow, with NULL in each column, and what the tables hold afterwards."""
    values: dict[str, list[Any]] = {
        "whole": [2**63 - 1, -(2**63), 0],
        "small": [127, -128, 0],
        "real": [0.1, -0.0, float("inf")],
        "flag": [True, False, True],
        "word": ["", "ünï 漢字 🎉", "x" * 100_000],
        "bytes": [b"", bytes(range(256)), b"\0"],
        "day": DAYS,
        "naive": MOMENTS,
        "aware": [moment.replace(tzinfo=UTC) for moment in MOMENTS],
        "hour": [datetime.time(0), datetime.time(23, 59, 59, 999999), datetime.time(1)],
        "amount": [Decimal("-0.000000001"), Decimal(10**28), Decimal(0)],
    }
    small = {"small": pa.int8(), "amount": pa.decimal128(38, 9), "aware": pa.timestamp("us", "UTC")}
    columns = {name: pa.array([*some, None] * 5, small.get(name)) for name, some in values.items()}
    table = pa.table({"n": pa.array(range(20)), **columns})
    url = postgres.new_database()
    pipeline = dlt.pipeline("forms", pipelines_dir=str(tmp_path), destination=dlt.destinations.postgres(url))
    pipeline.run(table.to_batches(max_chunksize=7), table_name="items")
    pipeline.run(table.to_batches(max_chunksize=7), table_name="items", write_disposition="append")
    found = pipeline.dataset().items.arrow().sort_by("n")
    assert found.num_rows == 40
    for name, expected in columns.items():
        assert found[name].to_pylist() == [value for value in expected.to_pylist() for _ in range(2)]


def test_memory_is_bounded_by_bytes_and_rows() -> None:
    """Rows of any width are encoded in small pieces, and none is lost."""
    wide = pa.RecordBatch.from_arrays([pa.array(["x" * 100_000] * 500)], ["v"])
    pieces = list(_pieces(wide))
    assert max(piece.nbytes for piece in pieces) < 5 << 20 and sum(piece.num_rows for piece in pieces) == 500
    narrow = pa.RecordBatch.from_arrays([pa.array(range(100_000))], ["v"])
    assert max(piece.num_rows for piece in _pieces(narrow)) == 16_384
