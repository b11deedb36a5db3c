"""What holds for every destination; what one cannot do is in its capabilities, and skipped with the reason."""

from __future__ import annotations

import datetime
import math
import shutil
import threading
from contextlib import suppress
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest

import dlt
from dlt.destinations.base import Destination
from dlt.errors import (
    DatabaseTransientException,
    DatabaseUndefinedRelation,
    DestinationTransientException,
    PipelineStepFailed,
    SchemaUpdateTerminalError,
    Superseded,
)
from dlt.io import failpoints
from dlt.load.step import TaskLoad, load_package
from dlt.schema.capabilities import Capabilities
from tests.destinations.cases import LARGE_LOAD, Case, needs
from tests.destinations.conftest import MakePackage, MakePipeline
from tests.waiting import wait_until

UTC = datetime.timezone.utc
MERGES = ["delete-insert", "upsert", "insert-only"]


def load(pipeline: Any, data: Any, disposition: Any = "append", name: str = "t", **hints: Any) -> Any:
    """Load rows into a table; the load must not fail."""
    info = pipeline.run(dlt.resource(data, name=name, write_disposition=disposition, **hints))
    assert not info.has_failed_jobs, str(info)
    return info


def merge(strategy: str) -> dict[str, str]:
    """Return the write disposition of a merge."""
    return {"disposition": "merge", "strategy": strategy}


def needs_merge(caps: Capabilities, strategy: str) -> None:
    """Skip where the destination has not this strategy."""
    needs(strategy in caps.supported_merge_strategies, f"it has no merge strategy {strategy}")


def rows(pipeline: Any, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table, sorted."""
    return sorted(pipeline.dataset()[table].select(*columns).fetchall(), key=repr)


def rows_or_none(pipeline: Any, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table, none if it is not there."""
    with pipeline.destination_client_for() as client:
        there = client.stored_tables([table])
    return rows(pipeline, table, *columns) if there else []


def orphans(pipeline: Any, child: str, parent: str, key: str = "_dlt_parent_id") -> int:
    """Return the number of nested rows without a parent."""
    parents = {row[0] for row in rows(pipeline, parent, "_dlt_id")}
    return sum(row[0] not in parents for row in rows(pipeline, child, key))


# -- values


VALUES: dict[str, list[Any]] = {
    "text": ["", "a\"b,\n\r\\N 'c'", "ünï 漢字 🎉", "\\.", "NULL", " % %s :x ? "],
    "double": [1.7976931348623157e308, -1e308, 2.2250738585072014e-308, 1e-300, 0.1, None],
    "bool": [True, False, True, False, None, True],
    "bigint": [2**63 - 1, -(2**63), 0, 1, -1, None],
    "wei": [10**38 - 1, 0, -(10**37), 2**64, None, 5],
    "decimal": [
        Decimal("12345678901234567890123456789.123456789"),
        Decimal("-0.000000001"),
        None,
        *map(Decimal, range(3)),
    ],
    "timestamp": [
        datetime.datetime(1, 1, 1, tzinfo=UTC),
        datetime.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime.datetime(2020, 2, 29, 1, 2, 3, 4, tzinfo=UTC),
        None,
        datetime.datetime(1970, 1, 1, tzinfo=UTC),
        datetime.datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
    "date": [
        datetime.date(1, 1, 1),
        datetime.date(9999, 12, 31),
        None,
        *(datetime.date(2020, 1, n) for n in (1, 2, 3)),
    ],
    "time": [datetime.time(0), datetime.time(23, 59, 59, 999999), None, *(datetime.time(n) for n in (1, 2, 3))],
    "binary": [b"", b"\x00\xff\\x", bytes(range(256)), None, b"a", b"\n"],
    "json": [{"a": [1, {"b": None}]}, [], ["text"], 1.5, None, {"ü": "\n", "big": 2**60 + 1}],
}


def value_items(values: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Return one row for each position of the values."""
    return [{"n": n, **{f"c_{name}": column[n] for name, column in values.items()}} for n in range(6)]


def value_hints() -> dict[str, Any]:
    """Return a hint for each column of VALUES."""
    return {f"c_{name}": {"name": f"c_{name}", "data_type": name} for name in VALUES}


@pytest.mark.parametrize("file_format", ["preferred", "arrow", "parquet", "jsonl", "csv"])
def test_values_come_back_as_they_went(make: MakePipeline, caps: Capabilities, case: Case, file_format: str) -> None:
    """All types with their extremes, NULL and empty text apart, through every file format that it takes."""
    known = (*caps.supported_loader_file_formats, "preferred")
    needs(file_format in known, f"it does not load {file_format} files")
    pipeline = make(loader_file_format=file_format)
    largest = 10**case.wei_digits - 1
    values = {**VALUES, "wei": [min(value, largest) if value is not None else None for value in VALUES["wei"]]}
    values["wei"] = [value if value is None else max(value, -largest // 10) for value in values["wei"]]
    load(pipeline, value_items(values), columns=value_hints())
    found = pipeline.dataset().t.order_by("n").arrow().to_pydict()
    for name, expected in values.items():
        column = found[f"c_{name}"]
        if name == "json":
            column = [None if value is None else orjson.loads(value) for value in column]
        assert column == expected, name


def test_columns_keep_sizes_and_zones(make: MakePipeline) -> None:
    """Precision, scale and naive moments are stored as the hints say."""
    hints: Any = {
        "price": {"data_type": "decimal", "precision": 12, "scale": 3},
        "small": {"data_type": "bigint", "precision": 16},
        "naive": {"data_type": "timestamp", "timezone": False},
        "code": {"data_type": "text", "precision": 20},
    }
    moment = datetime.datetime(2021, 5, 6, 7, 8, 9, 123456)
    load(
        make(),
        [{"price": Decimal("123456789.125"), "small": 2**15 - 1, "naive": moment, "code": "x" * 20}],
        columns=hints,
    )
    found = make(pipelines_dir="other").dataset().t.select("price", "small", "naive", "code").arrow().to_pylist()
    assert found == [{"price": Decimal("123456789.125"), "small": 2**15 - 1, "naive": moment, "code": "x" * 20}]


def test_infinity_and_nan(make: MakePipeline, caps: Capabilities) -> None:
    """Floats that are no numbers come back, where a table of Arrow brings them."""
    import pyarrow as pa

    needs(caps.supports_nan, "its floats have neither infinity nor NaN")
    pipeline = make()
    load(pipeline, [pa.table({"id": [1, 2, 3], "x": [math.inf, -math.inf, math.nan]})])
    low, high, nan = (row[0] for row in pipeline.dataset().t.select("x").order_by("id").fetchall())
    assert (low, high) == (math.inf, -math.inf) and math.isnan(nan)


def test_long_texts_and_documents(make: MakePipeline, caps: Capabilities) -> None:
    """A value of two megabytes comes back whole."""
    longest = caps.max_text_data_type_length
    needs(longest is None or longest >= 2_100_000, f"a text has {longest} bytes at most")
    text = "漢" * 700_000
    load(make(), [{"text": text, "raw": text.encode(), "n": 1}])
    found = make().dataset().t.select("text", "raw").arrow().to_pylist()
    assert found == [{"text": text, "raw": text.encode()}]


# -- evolution


def test_tables_and_columns_are_added(make: MakePipeline) -> None:
    """New columns, new nested tables and other types of one field; rows that were there have NULL."""
    pipeline = make()
    load(pipeline, [{"id": 1, "v": 1}])
    load(pipeline, [{"id": 2, "v": "text", "new": 1.5, "list": [{"x": 1}]}])
    load(pipeline, [{"id": 3, "list": [{"x": 2, "y": "z"}]}])
    assert rows(pipeline, "t", "id", "v", "v__v_text", "new") == [
        (1, 1, None, None),
        (2, None, "text", 1.5),
        (3, None, None, None),
    ]
    assert rows(pipeline, "t__list", "x", "y") == [(1, None), (2, "z")]


def test_a_column_of_another_type_is_an_error_that_names_it(make: MakePipeline) -> None:
    """Values are never squeezed into a column that cannot hold them."""
    load(make("one"), [{"v": 1}])
    with pytest.raises(PipelineStepFailed, match=r"data\.t\.v: the schema says text") as failure:
        load(make("two"), [{"v": "text"}])
    assert isinstance(failure.value.__cause__, SchemaUpdateTerminalError)
    assert rows(make("one"), "t", "v") == [(1,)]


def test_a_thousand_columns(make: MakePipeline, caps: Capabilities) -> None:
    """Wide tables load, merge and grow."""
    needs(caps.max_columns is None or caps.max_columns >= 1_010, f"a table has {caps.max_columns} columns at most")
    wide = {f"column_{n}": n if n % 2 else bool(n % 4) for n in range(1_000)}
    pipeline = make()
    for _ in range(2):
        load(pipeline, [{"id": 1, **wide}], "merge", primary_key="id")
    load(pipeline, [{"id": 2, **wide, "one_more": 1}], "merge", primary_key="id")
    assert rows(pipeline, "t", "id", "column_0", "column_998", "column_999", "one_more") == [
        (1, False, True, 999, None),
        (2, False, True, 999, 1),
    ]


# -- append, replace, merge

RESULTS: list[tuple[Any, list[tuple[Any, ...]]]] = [
    ("append", [(1, "a"), (1, "c"), (2, "b"), (3, "d")]),
    ("replace", [(1, "c"), (3, "d")]),
    ("delete-insert", [(1, "c"), (2, "b"), (3, "d")]),
    ("upsert", [(1, "c"), (2, "b"), (3, "d")]),
    ("insert-only", [(1, "a"), (2, "b"), (3, "d")]),
]


@pytest.mark.parametrize(("kind", "expected"), RESULTS, ids=[kind for kind, _ in RESULTS])
def test_dispositions(make: MakePipeline, caps: Capabilities, kind: str, expected: list[tuple[Any, ...]]) -> None:
    """Append, replace and every merge with a nested table, from two working folders."""
    if kind in MERGES:
        needs_merge(caps, kind)
    for number, data in enumerate(([(1, "a"), (2, "b")], [(1, "c"), (3, "d")])):
        items = [{"id": i, "v": v, "tags": [{"of": v}, {"of": v}]} for i, v in data]
        pipeline = make(pipelines_dir=f"p{number}")
        load(pipeline, items, merge(kind) if kind in MERGES else kind, primary_key="id")
    assert rows(pipeline, "t", "id", "v") == expected
    assert rows(pipeline, "t__tags", "of") == sorted((v,) for _, v in expected for _ in range(2))
    assert orphans(pipeline, "t__tags", "t") == 0


@pytest.mark.parametrize("kind", ["truncate-and-insert", "insert-from-staging", "staging-optimized"])
def test_replace_strategies(make: MakePipeline, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every way to replace leaves the new rows, and empties nested tables that get none."""
    monkeypatch.setenv("DESTINATION__REPLACE_STRATEGY", kind)
    pipeline = make()
    load(pipeline, [{"id": 1, "l": [1, 2]}, {"id": 2, "l": [3]}], "replace")
    load(pipeline, [{"id": 3}], "replace")
    assert (rows(pipeline, "t", "id"), rows(pipeline, "t__l", "value")) == ([(3,)], [])


def test_merge_keys(make: MakePipeline, caps: Capabilities) -> None:
    """Merge keys replace groups, alone or beside a primary key; all parts of a key must match; no key appends."""
    needs_merge(caps, "delete-insert")
    pipeline = make()
    load(pipeline, [{"day": 1, "v": 1, "l": [1]}, {"day": 1, "v": 2}, {"day": 2, "v": 3}], "merge", merge_key="day")
    load(pipeline, [{"day": 1, "v": 9, "l": [9]}], "merge", merge_key="day")
    assert rows(pipeline, "t", "day", "v") == [(1, 9), (2, 3)] and rows(pipeline, "t__l", "value") == [(9,)]
    both: Any = {"primary_key": "id", "merge_key": "day"}
    load(pipeline, [{"id": 1, "day": 1}, {"id": 2, "day": 1}, {"id": 3, "day": 2}], "merge", "b", **both)
    load(pipeline, [{"id": 3, "day": 1}], "merge", "b", **both)
    assert rows(pipeline, "b", "id", "day") == [(3, 1)]
    load(pipeline, [{"a": 1, "b": "x", "v": 0}, {"a": 1, "b": "y", "v": 0}], "merge", "c", primary_key=["a", "b"])
    load(pipeline, [{"a": 1, "b": "y", "v": 9}], "merge", "c", primary_key=["a", "b"])
    assert rows(pipeline, "c", "a", "b", "v") == [(1, "x", 0), (1, "y", 9)]
    for _ in range(2):
        load(pipeline, [{"id": 1}], "merge", "d")
    assert rows(pipeline, "d", "id") == [(1,), (1,)]


def test_keys_are_compared_as_they_are(make: MakePipeline, caps: Capabilities) -> None:
    """Keys that differ by case, accents or a blank at the end are different keys; decimals and moments match."""
    needs_merge(caps, "delete-insert")
    keys = ["a", "A", "á", "a ", "ß", "ss", ""]
    pipeline = make()
    for version in (1, 2):
        load(pipeline, [{"id": key, "v": version} for key in keys], "merge", primary_key="id")
    assert rows(pipeline, "t", "id", "v") == sorted(((key, 2) for key in keys), key=repr)
    for n, key in enumerate([Decimal("1.10"), datetime.datetime(2020, 1, 1, 0, 0, 0, 5, tzinfo=UTC), b"\0a", 2**60]):
        for version in (1, 2):
            load(pipeline, [{"id": key, "v": version}], "merge", f"k{n}", primary_key="id")
        assert rows(pipeline, f"k{n}", "v") == [(2,)], key


@pytest.mark.parametrize("strategy", MERGES)
def test_one_load_with_one_key_many_times(make: MakePipeline, caps: Capabilities, strategy: str) -> None:
    """Of rows with one key one stays, with its own nested rows: the last, or the one that dedup_sort puts first."""
    needs_merge(caps, strategy)
    pipeline = make()
    load(pipeline, [{"id": 1, "l": [1]}, {"id": 1, "l": [2, 3]}], merge(strategy), primary_key="id")
    assert rows(pipeline, "t", "id") == [(1,)] and orphans(pipeline, "t__l", "t") == 0
    if strategy == "delete-insert":
        assert rows(pipeline, "t__l", "value") == [(2,), (3,)]
    data = [{"id": 1, "at": 2, "v": "new"}, {"id": 1, "at": 1, "v": "old"}, {"id": 1, "at": None, "v": "none"}]
    for direction, kept in (("asc", "old"), ("desc", "new")):
        hints: Any = {"at": {"dedup_sort": direction, "data_type": "bigint"}}
        load(pipeline, data, merge(strategy), f"d_{direction}", primary_key="id", columns=hints)
        assert rows(pipeline, f"d_{direction}", "v") == [(kept,)]


@pytest.mark.parametrize(
    "gone", [True, datetime.datetime(2024, 1, 1, tzinfo=UTC), "yes"], ids=["bool", "moment", "text"]
)
@pytest.mark.parametrize("strategy", ["delete-insert", "upsert"])
def test_hard_delete(make: MakePipeline, caps: Capabilities, gone: Any, strategy: str) -> None:
    """True deletes for a bool, any value for other types; nested rows go too."""
    needs_merge(caps, strategy)
    pipeline = make()
    hints: dict[str, Any] = {"primary_key": "id", "columns": {"gone": {"hard_delete": True}}}
    kept = False if gone is True else None
    load(pipeline, [{"id": 1, "gone": kept, "l": [1]}, {"id": 2, "gone": kept, "l": [2]}], merge(strategy), **hints)
    load(pipeline, [{"id": 1, "gone": gone}, {"id": 3, "gone": gone, "l": [5]}], merge(strategy), **hints)
    assert rows(pipeline, "t", "id") == [(2,)] and rows(pipeline, "t__l", "value") == [(2,)]


def test_history(make: MakePipeline, caps: Capabilities) -> None:
    """scd2 keeps every version, retires rows that are gone, and brings one back; nested rows stay with theirs."""
    needs_merge(caps, "scd2")
    pipeline = make()
    for items in ([(1, "a"), (2, "b")], [(1, "x")], [(1, "a"), (2, "b")]):
        load(pipeline, [{"id": i, "v": v, "l": [v]} for i, v in items], merge("scd2"), "h")
    found = pipeline.dataset().h.select("id", "v", "_dlt_valid_from", "_dlt_valid_to").arrow().to_pylist()
    closed = sorted((row["id"], row["v"]) for row in found if row["_dlt_valid_to"] is not None)
    assert closed == [(1, "a"), (1, "x"), (2, "b")]
    assert sorted((row["id"], row["v"]) for row in found if row["_dlt_valid_to"] is None) == [(1, "a"), (2, "b")]
    starts = {row["_dlt_valid_from"] for row in found}
    assert len(starts) == 3 and {row["_dlt_valid_to"] for row in found} < {*starts, None}
    assert orphans(pipeline, "h__l", "h") == 0
    for items in ([(1, 1, "a"), (2, 1, "b")], [(3, 2, "c")], [(1, 1, "z")]):
        data = [{"id": i, "part": p, "v": v} for i, p, v in items]
        load(pipeline, data, merge("scd2"), "parts", merge_key="part")
    found = pipeline.dataset().parts.select("v", "_dlt_valid_to").arrow().to_pylist()
    assert {row["v"]: row["_dlt_valid_to"] is None for row in found} == {"a": False, "b": False, "c": True, "z": True}


def test_history_with_moments_of_the_user(make: MakePipeline, caps: Capabilities) -> None:
    """scd2: boundary and end of time are what the user says."""
    needs_merge(caps, "scd2")
    end, boundary = "9999-12-31T00:00:00+00:00", "2024-08-21T12:15:00+00:00"
    disposition = {**merge("scd2"), "active_record_timestamp": end, "boundary_timestamp": boundary}
    pipeline = make()
    load(pipeline, [{"id": 1, "v": "a"}], disposition)
    load(pipeline, [{"id": 1, "v": "b"}], disposition)
    found = pipeline.dataset().t.select("v", "_dlt_valid_from", "_dlt_valid_to").arrow().to_pylist()
    moment = datetime.datetime.fromisoformat
    assert {(row["v"], row["_dlt_valid_from"], row["_dlt_valid_to"]) for row in found} == {
        ("a", moment(boundary), moment(boundary)),
        ("b", moment(boundary), moment(end)),
    }


@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_nested_tables(make: MakePipeline, disposition: str) -> None:
    """Rows of three levels find their parents, also after the second load."""
    pipeline = make()
    for version in (1, 2):
        items = [{"id": n, "l": [{"v": version, "m": [{"w": [version, n]}]}] * 2} for n in range(3)]
        load(pipeline, items, disposition, primary_key="id")
    count = 2 if disposition == "append" else 1
    tables = ["t", "t__l", "t__l__m", "t__l__m__w"]
    assert [len(rows(pipeline, name, "_dlt_id")) for name in tables] == [3 * count, 6 * count, 6 * count, 12 * count]
    for parent, child in pairwise(tables):
        assert orphans(pipeline, child, parent) == 0
    assert {row[0] for row in rows(pipeline, "t__l", "_dlt_list_idx")} == {0, 1}


def test_a_merge_finds_nested_rows_that_were_appended(make: MakePipeline, caps: Capabilities) -> None:
    """Nested tables of two levels that were made without root ids get them when merge needs them."""
    needs_merge(caps, "delete-insert")
    pipeline = make()
    items = [{"id": n, "l": [{"m": [1, 2]}]} for n in (1, 2)]
    load(pipeline, items, "append", primary_key="id")
    load(pipeline, [{"id": 1, "l": [{"m": [3]}]}], "merge", primary_key="id")
    assert rows(pipeline, "t__l__m", "value") == [(1,), (2,), (3,)]
    assert orphans(pipeline, "t__l__m", "t__l") == 0


# -- sizes


def test_loads_of_no_rows_and_of_one(make: MakePipeline) -> None:
    """Nothing makes no table, though columns are declared; replace with nothing empties; one row is one row."""
    pipeline = make()
    columns: Any = {"id": {"data_type": "bigint"}, "v": {"data_type": "text"}}
    load(pipeline, [], columns=columns)
    load(pipeline, [], "merge", "m", primary_key="id", columns=columns)
    load(pipeline, [{"id": 1}], "replace", "r")
    load(pipeline, [], "replace", "r")
    assert pipeline.default_schema.data_table_names(seen_data_only=True) == ["r"]
    assert rows(pipeline, "r", "id") == []
    load(pipeline, [{"id": 1, "v": "one"}], columns=columns)
    assert rows(pipeline, "t", "id", "v") == [(1, "one")]
    assert pipeline.dataset().t.where("id", "gt", 1).df().empty


# emulators take a minute for it on a quiet machine
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_a_large_load(make: MakePipeline, disposition: str) -> None:
    """100,000 rows, or a million if the environment says so, twice, are all there and unchanged."""
    import pyarrow as pa

    numbers = pa.array(range(LARGE_LOAD))
    table = pa.table({"id": numbers, "v": numbers.cast(pa.string()), "f": numbers.cast(pa.float64())})
    pipeline = make()
    for _ in range(2):
        load(pipeline, [table], disposition, primary_key="id")
    with pipeline.sql_client() as client:
        sql = f"SELECT count(*), count(DISTINCT v), sum(id), min(f) FROM {client.make_qualified_table_name('t')}"
        count, distinct, total, least = client.execute_sql(sql)[0]
    times = 2 if disposition == "append" else 1
    assert (count, distinct, int(total)) == (times * LARGE_LOAD, LARGE_LOAD, times * sum(range(LARGE_LOAD)))
    assert least == 0


# -- names


def test_names_that_engines_make_hard(make: MakePipeline, caps: Capabilities) -> None:
    """Reserved words, letters beyond ASCII, quotes and names longer than the limit."""
    long = "a_very_long_name_" * 10
    odd = {"select": 1, "order": 2, "größe": 3, long: 4, long + "x": 5, "user": {"table": 6}, "q\"u`o[t]e's": 7}
    pipeline = make()
    for disposition in ("append", "append", "merge"):
        load(pipeline, [{"id": 1, **odd, "values": [{"from": 1, long: 2}]}], disposition, "group", primary_key="id")
    assert rows(pipeline, "group", "select", "order", "user__table") == [(1, 2, 6)]
    load(pipeline, [{"id": 1}], name=long + "table")
    found = [name for name in pipeline.default_schema.data_table_names() if name.endswith("table")]
    assert rows(pipeline, found[0], "id") == [(1,)]
    columns = list(pipeline.default_schema.get_table_columns("group"))
    assert len(columns) == 8 + 2
    limit = caps.max_identifier_length
    assert all(len(name) <= limit for name in [*columns, *pipeline.default_schema.tables])


def test_names_as_they_are(make: MakePipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """With naming duck_case any letters may stand in names, also long ones that begin alike."""
    monkeypatch.setenv("SCHEMA__NAMING", "duck_case")
    monkeypatch.setenv("DESTINATION__REDSHIFT__HAS_CASE_SENSITIVE_IDENTIFIERS", "true")
    long = "größe漢" * 40
    pipeline = make(dataset_name="data")
    for disposition in ("append", "merge"):
        items = [{"id": 1, "Größe in %": 1.5, "漢字": [{"ключ": "знач"}], long + "1": 1, long + "2": 2}]
        load(pipeline, items, disposition, "Größen", primary_key="id")
    assert rows(pipeline, "Größen", "Größe in %") == [(1.5,)]
    assert rows(pipeline, "Größen__漢字", "ключ") == [("знач",)]
    columns = [name for name in pipeline.default_schema.get_table_columns("Größen") if name.startswith("größe")]
    assert rows(pipeline, "Größen", *sorted(columns)) in ([(1, 2)], [(2, 1)])


# -- datasets, schemas, state


def test_several_schemas_and_datasets(make: MakePipeline) -> None:
    """Schemas of one pipeline go to datasets of their own or to one; datasets with tables of one name stay apart."""

    @dlt.source
    def first() -> Any:
        return dlt.resource([{"id": 1}], name="t")

    @dlt.source
    def second() -> Any:
        return dlt.resource([{"id": "two"}], name="t")

    pipeline = make()
    pipeline.run([first(), second()])
    found = {name: pipeline.dataset(schema=name).t.select("id").fetchall() for name in ("first", "second")}
    assert found == {"first": [(1,)], "second": [("two",)]}
    other = make("other", dataset_name="elsewhere")
    load(other, [{"id": 7}])
    assert rows(other, "t", "id") == [(7,)] and pipeline.dataset(schema="first").t.fetchall()[0][0] == 1
    with other.sql_client() as client:
        assert client.has_dataset()
        client.drop_dataset()
        assert not client.has_dataset()
    assert pipeline.dataset(schema="second").t.select("id").fetchall() == [("two",)]


def test_names_that_are_patterns(make: MakePipeline) -> None:
    """A sign that stands for any letter in LIKE is a letter in names of datasets and tables."""
    for name in ("sqlitedemo", "a_b", "axb"):
        pipeline = make(name, dataset_name=name)
        for version in (1, 2):
            load(pipeline, [{"id": version}], name="sqlitetable")
        assert rows(pipeline, "sqlitetable", "id") == [(1,), (2,)]
    with make("a_b", dataset_name="a_b").sql_client() as client:
        client.drop_dataset()
    assert rows(make("axb", dataset_name="axb"), "sqlitetable", "id") == [(1,), (2,)]


def test_state_and_schemas_come_back_on_an_empty_worker(make: MakePipeline) -> None:
    """The cursor goes on where the destination says; both schemas are known."""

    @dlt.resource(name="t", primary_key="id")
    def grow(last: int, at: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        dlt.current.resource_state()["last"] = last
        yield [{"id": n, "list": [n]} for n in range(1, last + 1)]

    @dlt.source
    def beside() -> Any:
        return dlt.resource([{"id": 1}], name="other")

    first = make(pipelines_dir="one")
    load(first, grow(3))
    first.run(beside())
    fresh = make(pipelines_dir="two")
    fresh.sync_destination()
    assert set(fresh.schema_names) == set(first.schema_names)
    assert "t__list" in fresh.default_schema.tables
    load(fresh, grow(5))
    assert rows(fresh, "t", "id") == [(n,) for n in range(1, 6)]
    assert fresh.state["sources"] == make(pipelines_dir="two").state["sources"]


def test_a_dataset_that_was_dropped_begins_anew(make: MakePipeline, destination: Destination) -> None:
    """After its dataset is gone a pipeline loads everything again."""
    pipeline = make()
    load(pipeline, [{"id": 1}])
    with destination.connect("data") as client:
        assert client.has_dataset()
        client.drop_dataset()
        assert not client.has_dataset() and client.stored_tables(["t"]) == {}
    load(make(), [{"id": 2}])
    assert rows(make(), "t", "id") == [(2,)] and len(rows(make(), "_dlt_loads", "load_id")) == 1


@pytest.mark.parametrize("mode", ["drop_sources", "drop_resources", "drop_data"])
def test_refresh(make: MakePipeline, mode: Any) -> None:
    """A refresh drops or empties tables with the load of the same package, the state of their resources too."""

    @dlt.source
    def shop(version: int) -> Any:
        @dlt.resource(primary_key="id")
        def orders(at: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
            yield [{"id": 1, f"v{version}": version, "lines": [version]}]

        return orders, dlt.resource([{"id": version}], name="kept")

    pipeline = make()
    pipeline.run(shop(1))
    pipeline.run(shop(2).with_resources("orders"), refresh=mode)
    assert rows(pipeline, "orders", "id", "v2") == [(1, 2)]
    assert rows(pipeline, "orders__lines", "value") == [(2,)]
    assert ("v1" in pipeline.default_schema.get_table_columns("orders")) == (mode == "drop_data")
    with pipeline.destination_client_for() as client:
        there = client.stored_tables(["orders", "kept"])
    assert ("kept" in there) == (mode != "drop_sources")
    assert ("v1" in there["orders"]) == (mode == "drop_data")


# -- all or nothing


def test_records_of_a_load(make: MakePipeline) -> None:
    """Each load leaves one row with its id, and the version of its schema; root rows bear the id."""
    pipeline = make()
    ids = [load(pipeline, [{"id": n}]).loads_ids[0] for n in range(2)]
    assert pipeline.dataset().load_ids() == sorted(ids)
    assert rows(pipeline, "_dlt_loads", "schema_name", "status") == [("spec", 0), ("spec", 0)]
    assert {row[0] for row in rows(pipeline, "t", "_dlt_load_id")} == set(ids)
    hashes = {row[0] for row in rows(pipeline, "_dlt_version", "version_hash")}
    assert hashes == {row[0] for row in rows(pipeline, "_dlt_loads", "schema_version_hash")}


@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_a_package_that_is_loaded_twice_counts_once(make: MakePipeline, disposition: str) -> None:
    """The load id decides: a package that the destination has is a no-op, also after later loads."""
    pipeline = make(pipelines_dir="one")
    pipeline.extract(dlt.resource([{"id": 1, "l": [1]}], name="t", write_disposition=disposition, primary_key="id"))
    pipeline.normalize()
    shutil.copytree("one", "two")
    pipeline.load()
    later = make("later", pipelines_dir="three")
    load(later, [{"id": 2, "l": [2]}], disposition, primary_key="id")
    before = rows(later, "t", "id", "_dlt_id")
    make(pipelines_dir="two").load()
    assert rows(later, "t", "id", "_dlt_id") == before
    assert len(rows(later, "_dlt_loads", "load_id")) == 2


@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
@pytest.mark.parametrize("where", ["load.after_files", "load.after_publish", "load.before_commit"])
def test_a_load_that_breaks_leaves_nothing(
    make: MakePipeline, monkeypatch: pytest.MonkeyPatch, disposition: str, where: str
) -> None:
    """An error in the middle of a load undoes rows, state and records; the next try is exact."""
    pipeline = make()
    load(pipeline, [{"id": n, "v": 0, "l": [0]} for n in range(3)], disposition, primary_key="id")
    data = [{"id": n, "v": 1, "new": 1, "l": [1]} for n in range(1, 4)]
    pipeline.extract(dlt.resource(data, name="t", write_disposition=disposition, primary_key="id"))
    pipeline.normalize()
    before = [rows(pipeline, name, "_dlt_id") for name in ("t", "t__l")]
    records = [rows(pipeline, name, "inserted_at") for name in ("_dlt_loads", "_dlt_version")]

    def cut(name: str) -> None:
        if name == where:
            raise ConnectionError("the connection is lost")

    with monkeypatch.context() as patch:
        patch.setattr(failpoints, "point", cut)
        with pytest.raises(PipelineStepFailed, match="the connection is lost"):
            pipeline.load()
    assert [rows(pipeline, name, "_dlt_id") for name in ("t", "t__l")] == before
    assert [rows(pipeline, name, "inserted_at") for name in ("_dlt_loads", "_dlt_version")] == records
    pipeline.load()
    expected = {"append": 6, "replace": 3, "merge": 4}[disposition]
    assert [len(rows(pipeline, name, "_dlt_id")) for name in ("t", "t__l")] == [expected] * 2
    assert orphans(pipeline, "t__l", "t") == 0


def test_tables_of_a_load_that_breaks_are_not_there(
    make: MakePipeline, caps: Capabilities, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables and columns belong to the load: without it there are none, and a refresh drops nothing."""
    needs(caps.supports_ddl_transactions, "it makes and drops tables at once, outside of the transaction")
    pipeline = make()
    load(pipeline, [{"id": 1}])

    def cut(name: str) -> None:
        if name == "load.before_commit":
            raise ConnectionError("the connection is lost")

    with monkeypatch.context() as patch:
        patch.setattr(failpoints, "point", cut)
        with pytest.raises(PipelineStepFailed, match="the connection is lost"):
            pipeline.run([{"id": 2, "new": 1}], table_name="t", refresh="drop_sources")
        with pytest.raises(PipelineStepFailed, match="the connection is lost"):
            make("fresh").run([{"id": 2}], table_name="u")
    with pipeline.destination_client_for() as client:
        there = client.stored_tables(["t", "u"])
    assert set(there) == {"t"} and "new" not in there["t"]
    assert rows(make(pipelines_dir="reader"), "t", "id") == [(1,)]


@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_a_reader_never_sees_a_part(make: MakePipeline, disposition: Any) -> None:
    """A reader that polls sees whole loads only, of parent, child and records alike, and never an empty table."""
    pipeline = make()
    size = 1_000

    def one(generation: int) -> None:
        items = [{"id": n, "generation": generation, "list": [generation]} for n in range(size)]
        load(pipeline, items, disposition, primary_key="id")

    one(0)
    seen: list[tuple[Any, ...]] = []
    errors: list[BaseException] = []
    done = threading.Event()
    looking = make(pipelines_dir="reader")
    looking.sync_destination()

    def poll() -> None:
        try:
            while not done.is_set():
                with looking.sql_client() as client:
                    names = [client.make_qualified_table_name(name) for name in ("t", "t__list", "_dlt_loads")]
                    looks = ["count(*)", "count(DISTINCT generation)", "count(*)", "count(*)"]
                    froms = [names[0], *names]
                    sql = ", ".join(f"(SELECT {look} FROM {name})" for look, name in zip(looks, froms, strict=True))
                    try:
                        seen.append(tuple(client.execute_sql(f"SELECT {sql}")[0]))
                    except DatabaseTransientException:
                        # a newer load took files away while the query ran: it runs again
                        continue
        except BaseException as error:
            errors.append(error)

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        for generation in range(1, 4):
            looks = len(seen)
            one(generation)
            wait_until(lambda looks=looks: len(seen) > looks or not reader.is_alive(), "a reader")
    finally:
        done.set()
        reader.join()
    assert not errors and len(seen) >= 3
    for count, generations, nested, loads in seen:
        times = loads if disposition == "append" else 1
        assert (count, generations, nested) == (size * times, times, size * times)


# -- many at once


def load_until_no_clash(pipeline: Any) -> None:
    """Load; engines that do not make a load wait for another one refuse it, and then it may run again."""
    for _ in range(20):
        try:
            info = pipeline.load()
            assert not info.has_failed_jobs, str(info)
            return
        except PipelineStepFailed as error:
            if not isinstance(error.__cause__, DestinationTransientException):
                raise
    raise AssertionError("the loads clash for ever")


@pytest.mark.parametrize("disposition", ["replace", "merge"])
def test_loads_of_the_same_rows_at_the_same_time(make: MakePipeline, disposition: str) -> None:
    """Of loads that write the same keys at once, one comes last: each key is there once, with the rows of one load."""
    make("first").run([{"id": 0, "of": 9, "list": [9]}], table_name="t", primary_key="id", write_disposition="append")
    errors: list[BaseException] = []
    barrier = threading.Barrier(3)

    def run(number: int) -> None:
        try:
            pipeline = make(f"p{number}")
            items = [{"id": n, "of": number, "list": [number]} for n in range(30)]
            pipeline.extract(dlt.resource(items, name="t", write_disposition=disposition, primary_key="id"))
            pipeline.normalize()
            barrier.wait(60)
            load_until_no_clash(pipeline)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    found = rows(make("p0"), "t", "id", "of")
    assert sorted(key for key, _ in found) == list(range(30))
    assert len({of for _, of in found}) == 1
    assert rows(make("p0"), "t__list", "value") == [(found[0][1],)] * 30


@pytest.mark.parametrize("disposition", ["append", "merge"])
def test_pipelines_load_into_one_dataset_at_the_same_time(make: MakePipeline, disposition: str) -> None:
    """Three pipelines make the same dataset, table and columns at once; no row, state or column is lost."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(3)

    def run(number: int) -> None:
        try:
            pipeline = make(f"p{number}")
            items = [{"id": n + 100 * number, "of": number, f"own_{number}": n, "list": [n]} for n in range(30)]
            pipeline.extract(dlt.resource(items, name="t", write_disposition=disposition, primary_key="id"))
            pipeline.normalize()
            barrier.wait(60)
            load_until_no_clash(pipeline)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    for number in range(3):
        pipeline = make(f"p{number}")
        assert (29,) in rows(pipeline, "t", f"own_{number}")
    assert len(rows(pipeline, "t", "id")) == len(rows(pipeline, "t__list", "value")) == 90
    assert orphans(pipeline, "t__list", "t") == 0
    names = {row[0] for row in rows(pipeline, "_dlt_pipeline_state", "pipeline_name")}
    assert names == {"p0", "p1", "p2"}


@pytest.mark.parametrize("others", [False, True], ids=["alone", "beside others"])
def test_first_loads_of_a_pipeline_at_once(
    make: MakePipeline, own_folder: Path, monkeypatch: pytest.MonkeyPatch, others: bool
) -> None:
    """Two folders find no state: the one that commits later is refused, and run again it is exact."""

    def upto(last: int) -> Any:
        @dlt.resource(name="t")
        def events(cursor: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
            yield [{"id": number} for number in range(1, last + 1)]

        return events

    if others:
        make("other").run([{"id": 1}], table_name="other")
    one, two = (make(pipelines_dir=str(own_folder / name)) for name in ("one", "two"))
    for pipeline, last in ((one, 3), (two, 4)):
        pipeline.extract(upto(last))
        pipeline.normalize()
    point, loads = failpoints.point, []

    def load_again() -> None:
        with suppress(PipelineStepFailed):
            two.load()

    def beside(name: str) -> None:
        if name == "load.before_commit" and not loads:
            loads.append(threading.Thread(target=load_again))
            loads[0].start()
            # it ends, or waits for this one; on a slow machine it may come later, which is no fault
            loads[0].join(2)
        point(name)

    monkeypatch.setattr(failpoints, "point", beside)
    with suppress(PipelineStepFailed):
        one.load()
    loads[0].join()
    for pipeline in (one, two):
        pipeline.run(upto(6))
    assert rows(one, "t", "id") == [(number,) for number in range(1, 7)]


def test_tries_of_a_task_are_fenced(destination: Destination, make_package: MakePackage, caps: Capabilities) -> None:
    """The newest try commits; an older one that wakes up is refused, before its claim and before its commit."""
    import pyarrow as pa

    table: Any = {"name": "t", "columns": {"id": {"name": "id", "data_type": "bigint"}}}
    package = make_package([table], {"t": [pa.table({"id": [1, 2]})]})

    def task(attempt: int) -> Any:
        with destination.connect("data") as client:
            return load_package(package, client, "data", capabilities=caps, task=TaskLoad("shop", attempt))

    with destination.connect("data") as zombie:
        old = zombie.claim("shop", package.load_id, 1)
    with destination.connect("data") as client:
        again = client.claim("shop", package.load_id, 1)
        newer = client.claim("shop", package.load_id, 2)
    assert old < again < newer
    with pytest.raises(Superseded), destination.connect("data") as zombie:
        zombie.claim("shop", package.load_id, 1)
    with destination.connect("data") as zombie:
        zombie.begin()
        with pytest.raises(Superseded):  # noqa: PT012 - some engines look when it is held, others at the commit
            zombie.hold("shop", package.load_id, old)
            zombie.commit()
        zombie.rollback()
    assert not task(3).skipped and task(4).skipped
    with pytest.raises(Superseded):
        task(2)
    with destination.connect("data") as client:
        client.begin()
        assert client.has_load(package.load_id)
        client.rollback()


# -- reading


def test_queries_and_datasets(make: MakePipeline) -> None:
    """SQL, relations, frames and counts read what was loaded."""
    pipeline = make()
    load(pipeline, [{"id": n, "name": f"n{n}", "order": n % 2, "tags": [n] * n} for n in range(4)])
    data = pipeline.dataset()
    assert data.t.where("id", "in", [1, 3]).order_by("id", "desc").select("name").fetchall() == [("n3",), ("n1",)]
    assert data.t.where("order", "eq", 1).where("name", "like", "n%").limit(1).select("order").fetchall() == [(1,)]
    assert data.t.where("name", "eq", "it's").fetchall() == [] and data.t.where("name", "ne", None).fetchone()
    assert data.t.select("id").max().fetchscalar() == 3 and data.t.select("id").min().fetchscalar() == 0
    assert sorted(data.t.df()["id"]) == [0, 1, 2, 3] and data.t.arrow().num_rows == 4
    assert sum(part.num_rows for part in data.t.iter_arrow(3)) == 4
    assert sum(len(part) for part in data.t.iter_df(3)) == 4
    assert sorted(data.row_counts().fetchall()) == [("t", 4), ("t__tags", 6)]
    assert len(data.t.join("t__tags").fetchall()) == 6
    with pipeline.sql_client() as client:
        name = client.make_qualified_table_name("t")
        assert client.execute_sql(f"SELECT name FROM {name} WHERE id = %s", 2) == [("n2",)]
        with client.execute_query(f"SELECT id FROM {name} ORDER BY id") as cursor:
            assert cursor.fetchone() == (0,) and cursor.fetchmany(2) == [(1,), (2,)] and cursor.fetchall() == [(3,)]
        with pytest.raises(DatabaseUndefinedRelation):
            client.execute_sql(f"SELECT * FROM {client.make_qualified_table_name('nothing_here')}")


def test_a_plan_tells_what_a_load_does(make: MakePipeline) -> None:
    """It counts keys and rows that are there, and neither makes a dataset nor changes a row."""
    pipeline = make()

    def data(first: int, last: int) -> list[Any]:
        found = [{"id": number, "v": number, "l": [{"x": number}]} for number in range(first, last)]
        return [
            dlt.resource(found, name="merged", primary_key="id", write_disposition="merge"),
            dlt.resource(found, name="replaced", write_disposition="replace"),
            dlt.resource(found, name="added", write_disposition="append"),
        ]

    merges = "delete-insert" in pipeline.destination.capabilities().supported_merge_strategies
    resources = slice(0 if merges else 1, None)
    plan = pipeline.plan(data(0, 5)[resources])
    assert {table.name: table.rows for table in plan.tables if "__" not in table.name} == {
        resource.name: 5 for resource in data(0, 5)[resources]
    }
    assert all(table.is_new for table in plan.tables)
    with pipeline.destination.connect("data") as client:
        assert not client.has_dataset()
    load_all = pipeline.run(data(0, 5)[resources])
    assert not load_all.has_failed_jobs
    plan = pipeline.plan(data(3, 9)[resources])
    told = {table.name: (table.rows, table.inserted, table.updated, table.removed) for table in plan.tables}
    assert told["replaced"] == (6, None, None, 5) and told["replaced__l"] == (6, None, None, 5)
    assert told["added"] == (6, None, None, None)
    if merges:
        assert told["merged"] == (6, 4, 2, 0)
    assert rows(pipeline, "added", "id") == [(number,) for number in range(5)]
    assert rows(pipeline, "replaced", "id") == [(number,) for number in range(5)]
