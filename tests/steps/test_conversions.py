"""A value is stored as it is, or in a form that loses nothing, or in a variant column; rows and Arrow data alike."""

from __future__ import annotations

import datetime as dt
import json
import math
import uuid
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt.clock import moment_of
from dlt.errors import PipelineStepFailed
from dlt.schema.conversions import table_markdown
from dlt.schema.typing import DATA_TYPES

UTC = dt.timezone.utc
EAST = dt.timezone(dt.timedelta(hours=5))
MOMENT = dt.datetime(2024, 1, 2, 3, 4, 5, 123456)
MIDNIGHT = dt.datetime(2024, 1, 2)
WORDS = [
    *["", " ", "abc", "0", "1", "t", "yes", "true", "False", "-7", "+7", "007", "1_000", " 12 ", "1.50", "1e3", "nan"],
    *["Infinity", "9223372036854775807", "9223372036854775808", "1" * 40, "0.1", "0.1234567890123", "1" + "0" * 30],
    *["2024-01-02", "2024-01-02T00:00:00Z", "2024-01-02T03:04:05", "2024-01-02T00:30:00+05:00", "2024-02-30"],
    *["0001-01-01T00:00:00+14:00", "2024-01-02T03:04:05.123456789Z", "03:04:05", "03:04:05+05:00", "03:04:05.1234567"],
    *["0x10", "0x1", "test", "YWI=", "YWJ=", '{"a":1}', ' {"a": 1} ', '"a"', "null", "[1,", '{"a":1,"a":2}', "NaN"],
    *['{"n":123456789012345678901234567890}', '{"s":"\\ud800"}', "ünï 🎉", "nul\0"],
]
DECIMALS = [D("0"), D("1.5"), D("-0.10"), D("7"), D("0.1234567890123"), D(11 * 10**29), D(10**29 - 1)]
DOCUMENTS = [{"a": 1, "b": b"\x80", "t": MOMENT.replace(tzinfo=UTC), "d": dt.timedelta(days=1), "n": math.nan}]
# Arrow arrays, and the values that rows hold in their place
PAIRS: list[tuple[pa.Array, list[Any]]] = [
    *[
        (pa.array([0, 1, 5, 2**7 - 1], kind), [0, 1, 5, 2**7 - 1])
        for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())
    ],
    (pa.array([-(2**63), 2**63 - 1, 1_700_000_000, 2**53 + 1]), [-(2**63), 2**63 - 1, 1_700_000_000, 2**53 + 1]),
    (pa.array([2**64 - 1, 2**63], pa.uint64()), [2**64 - 1, 2**63]),
    *[(pa.array([0.0, 1.0, 1.5, math.nan, math.inf, -2.0], kind), [0.0, 1.0, 1.5, math.nan, math.inf, -2.0])
      for kind in (pa.float16(), pa.float32(), pa.float64())],
    (pa.array([0.1, 1e300, -1e-12, 1_700_000_000.25, 2.0**60]), [0.1, 1e300, -1e-12, 1_700_000_000.25, 2.0**60]),
    (pa.array([True, False]), [True, False]),
    *[(pa.array(WORDS, kind), WORDS) for kind in (pa.string(), pa.large_string(), pa.string_view())],
    (pa.array(WORDS).dictionary_encode(), WORDS),
    (pa.RunEndEncodedArray.from_arrays([1, 2], ["x", "1"]), ["x", "1"]),
    *[(pa.array([b"ab", b"", b"\x80"], kind), [b"ab", b"", b"\x80"])
      for kind in (pa.binary(), pa.large_binary(), pa.binary_view())],
    (pa.array([b"ab"], pa.binary(2)), [b"ab"]),
    *[(pa.array(DECIMALS, kind), DECIMALS) for kind in (pa.decimal256(76, 20), pa.decimal256(60, 13))],
    (pa.array([D(11 * 10**29), D(0), D(-7)], pa.decimal128(38, 0)), [D(11 * 10**29), D(0), D(-7)]),
    (pa.array([D("1.5"), D("0.1234567890123")], pa.decimal128(38, 20)), [D("1.5"), D("0.1234567890123")]),
    (pa.array([D("1.25"), D("7")], pa.decimal128(10, 2)), [D("1.25"), D("7")]),
    *[(pa.array([v.replace(microsecond=0) for v in (MOMENT, MIDNIGHT)], pa.timestamp(unit)),
       [MOMENT.replace(microsecond=0), MIDNIGHT]) for unit in ("s", "ms", "us", "ns")],
    *[(pa.array([v.replace(microsecond=0, tzinfo=UTC) for v in (MOMENT, MIDNIGHT)], pa.timestamp(unit, "Asia/Karachi")),
       [v.replace(microsecond=0, tzinfo=UTC).astimezone(EAST) for v in (MOMENT, MIDNIGHT)])
      for unit in ("s", "ms", "us", "ns")],
    (pa.array([1_700_000_000_123_456_789], pa.timestamp("ns")), ["2023-11-14T22:13:20.123456789"]),
    (pa.array([1_700_000_000_123_456_789], pa.timestamp("ns", "UTC")), ["2023-11-14T22:13:20.123456789+00:00"]),
    (pa.array([253_402_300_800], pa.timestamp("s", "UTC")), ["10000-01-01T00:00:00+00:00"]),
    *[(pa.array([MIDNIGHT.date()], kind), [MIDNIGHT.date()]) for kind in (pa.date32(), pa.date64())],
    (pa.array([2_932_897], pa.date32()), ["10000-01-01"]),
    *[(pa.array([dt.time(3, 4, 5)], kind), [dt.time(3, 4, 5)])
      for kind in (pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"))],
    (pa.array([1], pa.int64()).cast(pa.time64("ns")), ["00:00:00.000000001"]),
    *[(pa.array([dt.timedelta(days=1)], pa.duration(unit)), [dt.timedelta(days=1)]) for unit in ("s", "us", "ns")],
    (pa.array([1], pa.duration("ns")), [D("0.001")]),
    (pa.array(DOCUMENTS), DOCUMENTS),
    *[(pa.array([[1, None]], kind), [[1, None]]) for kind in
      (pa.list_(pa.int64()), pa.large_list(pa.int64()), pa.list_(pa.int64(), 2), pa.list_view(pa.int64()))],
    (pa.array([[b"\x80"], [b""]], pa.list_(pa.binary())), [[b"\x80"], [b""]]),
]  # fmt: skip
ROWS_ONLY: list[Any] = [
    *[10**37, 10**40, -(10**38), uuid.UUID(int=7), D("NaN"), D("Infinity"), D(1) / D(3), D("1E+400")],
    *["\ud800", {"s": "\ud800"}, {"n": 10**30}, [math.inf], dt.time(1, 2, tzinfo=EAST), dt.time(1, 2, tzinfo=UTC)],
    *[dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=14))), dt.datetime(2024, 1, 2, 0, 30, tzinfo=EAST)],
    *[dt.datetime(2024, 1, 2, 5, tzinfo=EAST), dt.date(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999)],
    dt.timedelta.max,
]
COLUMNS: dict[str, Any] = {f"v_{kind}": {"data_type": kind} for kind in DATA_TYPES}
COLUMNS |= {
    "v_cents": {"data_type": "decimal", "precision": 10, "scale": 2},
    "v_exact": {"data_type": "decimal", "precision": 38, "scale": 20},
    "v_small": {"data_type": "bigint", "precision": 16},
    "v_naive": {"data_type": "timestamp", "timezone": False},
    "v_seconds": {"data_type": "timestamp", "precision": 0},
}


@pytest.fixture
def tables(own_folder: Path) -> Any:
    """Return a function that loads data and gives, for each id, the columns that hold a value."""

    def load(name: str, data: Any, **options: Any) -> dict[Any, dict[str, Any]]:
        resource = dlt.resource(data, name="t", columns=COLUMNS, max_table_nesting=0)
        pipeline = dlt.pipeline(
            name, destination=dlt.destinations.duckdb(str(own_folder / f"{name}.db")), pipelines_dir=str(own_folder)
        )
        info = pipeline.run(resource, **options)
        assert not info.has_failed_jobs
        return stored(pipeline)

    yield load
    dlt.context.activate(None)


def stored(pipeline: Any) -> dict[Any, dict[str, Any]]:
    """Return the values of the table t that are not NULL, by id and column."""
    with pipeline.sql_client() as client, client.execute_query("SELECT * FROM t") as cursor:
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {
        row["id"]: {k: plain(v) for k, v in row.items() if v is not None and k != "id" and not k.startswith("_dlt")}
        for row in rows
    }


def plain(value: Any) -> Any:
    """Return a value that equals itself, and moments in one zone."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return value.astimezone(UTC) if isinstance(value, dt.datetime) and value.tzinfo else value


def cells(number: int, value: Any) -> dict[str, Any]:
    """Return a row that has the value in every column."""
    return {"id": number, **dict.fromkeys(COLUMNS, value)}


def same(original: Any, column: str, value: Any) -> bool:
    """Tell whether what is stored is the original in the form that the documentation gives."""
    kind = column.rpartition("__v_")[2].removeprefix("v_")
    if isinstance(original, uuid.UUID):
        original = str(original)
    if isinstance(original, dt.timedelta):
        original = original // dt.timedelta(microseconds=1)
    if isinstance(original, dt.datetime):
        aware = original if original.tzinfo else original.replace(tzinfo=UTC)
        if kind == "text":
            found = moment_of(value)
            return found == original if original.tzinfo else found.replace(tzinfo=UTC) == aware
        if kind == "date":
            return dt.datetime(value.year, value.month, value.day, tzinfo=UTC) == aware
        return (value if value.tzinfo else value.replace(tzinfo=UTC)) == aware
    if isinstance(original, dt.date):
        text = value.isoformat() if isinstance(value, dt.date) else value
        return text in (
            original.isoformat(),
            f"{original.isoformat()}T00:00:00",
            f"{original.isoformat()}T00:00:00+00:00",
        )
    if isinstance(original, dt.time):
        return original.replace(tzinfo=None) == value if kind == "time" else value == original.isoformat()
    if isinstance(original, bytes):
        import base64

        return value == (original if kind == "binary" else base64.b64encode(original).decode())
    if isinstance(original, (dict, list)):
        return isinstance(json.loads(value), (dict, list)) and "b'" not in value and "timedelta" not in value
    if isinstance(original, str):
        return same_text(original, kind, value)
    if isinstance(original, float) and not math.isfinite(original):
        return kind == "double" and (value == "NaN" or value == original)
    if isinstance(original, D) and not original.is_finite():
        return bool(value == str(original))
    if kind in ("timestamp", "date", "naive", "seconds"):
        whole = dt.datetime(value.year, value.month, value.day) if kind == "date" else value
        return bool((whole if whole.tzinfo else whole.replace(tzinfo=UTC)).timestamp() == original)
    if kind == "json":
        return bool(json.loads(value) == original and type(json.loads(value)) is type(original))
    if isinstance(value, str):
        return value == str(original) if isinstance(original, bool) else D(value) == D(str(original))
    if isinstance(original, (int, float)) and isinstance(value, (int, float)):
        return bool(value == original)
    return D(str(value)) == D(str(original))


def same_text(original: str, kind: str, value: Any) -> bool:
    """Tell whether what is stored is what the text says."""
    if kind == "text":
        return bool(value == original)
    if kind == "binary":
        import base64

        known = [
            original.encode("utf-8", "surrogatepass"),
            bytes.fromhex(original[2:]) if original[:2] == "0x" else None,
        ]
        return value in known or base64.b64encode(value).decode() == original
    if kind == "json":
        return bool(value == original.strip())
    if kind == "bool":
        return bool(str(value).lower() == original.lower())
    if kind in ("bigint", "small"):
        return bool(str(value) == original.strip())
    if kind in ("decimal", "wei", "double", "cents", "exact"):
        return D(str(value)) == D(original.strip())
    if kind == "time":
        return bool(original.startswith(value.isoformat()))
    aware = moment_of(original)
    aware = aware if aware.tzinfo else aware.replace(tzinfo=UTC)
    found = dt.datetime(value.year, value.month, value.day) if kind == "date" else value
    return bool((found if found.tzinfo else found.replace(tzinfo=UTC)) == aware) and len(original) <= 27


def test_rows_and_arrow_data_give_the_same_values_in_every_column(tables: Any) -> None:
    """For every Arrow type and every column: the same column, variants included, holds the same value as from rows."""
    numbered: list[tuple[int, Any]] = []
    arrays, pages = [], []
    for array, values in PAIRS:
        ids = range(len(numbered), len(numbered) + len(values))
        numbered += zip(ids, values, strict=True)
        arrays.append(pa.table({"id": list(ids), **dict.fromkeys(COLUMNS, array)}))
        pages.append([cells(number, value) for number, value in zip(ids, values, strict=True)])
    from_arrow = tables("arrow", lambda: iter(arrays))
    in_pages = tables("pages", lambda: iter(pages))
    together = tables("page", [row for page in pages for row in page])
    for number, value in numbered:
        assert from_arrow[number] == in_pages[number] == together[number], value


def test_no_value_changes_in_any_column(tables: Any) -> None:
    """For every value and every column: what is stored is the value itself, in one column, its own or a variant."""
    values = [value for _, found in PAIRS for value in found] + ROWS_ONLY
    found = tables("rows", [cells(number, value) for number, value in enumerate(values)])
    for number, value in enumerate(values):
        for column in COLUMNS:
            (name,) = [name for name in found[number] if name == column or name.startswith(f"{column}__v_")]
            assert same(value, name, found[number][name]), (value, name, found[number][name])


def test_every_value_makes_a_column_that_holds_it(own_folder: Path) -> None:
    """Without hints too: the column that a first value or an Arrow type makes holds the values, or a variant does."""
    found = [*PAIRS, *((None, [value]) for value in ROWS_ONLY)]
    pages: list[Any] = []
    for number, (array, values) in enumerate(found):
        ids = [f"{number}_{position}" for position in range(len(values))]
        rows = [{"id": key, f"c{number}": value} for key, value in zip(ids, values, strict=True)]
        pages.append(rows if array is None else pa.table({"id": ids, f"c{number}": array}))
    pipeline = dlt.pipeline(
        "new", destination=dlt.destinations.duckdb(str(own_folder / "new.db")), pipelines_dir=str(own_folder)
    )
    pipeline.run(dlt.resource(lambda: iter(pages), name="t", max_table_nesting=0))
    cells_of, types = stored(pipeline), pipeline.default_schema.tables["t"]["columns"]
    for number, (_, values) in enumerate(found):
        for position, value in enumerate(values):
            ((name, cell),) = cells_of[f"{number}_{position}"].items()
            assert same(value, f"v__v_{types[name]['data_type']}", cell), (value, name, cell)
    dlt.context.activate(None)


@pytest.mark.parametrize(
    "data",
    [
        [{"id": 2, "v": "x", "v__v_text": "own"}],
        [{"id": 2, "v__v_text": "own", "v": "x"}],
        [{"id": 2, "v": {"v_text": "own"}}, {"id": 3, "v": "x", "v__v_text": "own"}],
        [{"id": 2, "c": [{"v": "x", "v__v_text": "own"}]}],
        [{"id": 2, "v": "x", "v__v_text": "own", "t": dt.timedelta(1)}, {"id": uuid.UUID(int=1)}],
        pa.table({"id": [2], "v": ["x"], "v__v_text": ["own"]}),
        pa.table({"id": [2], "v__v_text": ["own"], "v": ["x"]}),
    ],
)
def test_a_key_with_the_name_of_a_variant_column_takes_no_value_away(own_folder: Path, data: Any) -> None:
    """Where a row has a value for a variant column and another one under its name, the run fails and keeps nothing."""
    pipeline = dlt.pipeline(
        "variant", destination=dlt.destinations.duckdb(str(own_folder / "v.db")), pipelines_dir=str(own_folder)
    )
    pipeline.run([{"id": 1, "v": 1, "c": [{"v": 1}]}], table_name="t")
    with pytest.raises(PipelineStepFailed, match=r"'v' does not fit .* to 'v__v_text', but"):
        pipeline.run(data, table_name="t")
    assert not pipeline.has_pending_data
    pipeline.run(
        [{"id": 2, "v": "x"}, {"id": 3, "v__v_text": "x"}, {"id": 4, "v__v_text": "x", "v": "x"}], table_name="t"
    )
    assert [stored(pipeline)[number].get("v__v_text") for number in (1, 2, 3, 4)] == [None, "x", "x", "x"]
    dlt.context.activate(None)


def test_the_documentation_has_the_table_that_the_code_uses() -> None:
    """docs/schema.md shows, for each kind of value and each type of column, what becomes of it."""
    page = Path(__file__).parents[2] / "docs" / "schema.md"
    assert table_markdown() in page.read_text(encoding="utf-8")
