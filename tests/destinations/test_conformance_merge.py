"""What merges leave on every destination: of rows with one key, after another disposition, and in histories."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

import dlt
from dlt.errors import PipelineStepFailed
from dlt.normalize.row_ids import key_id
from dlt.schema.capabilities import Capabilities
from tests.destinations.cases import needs
from tests.destinations.conftest import MakePipeline
from tests.destinations.test_conformance import MERGES, load, merge, needs_merge, orphans, rows

STRATEGIES = [*MERGES, "scd2"]


def document(key: Any, version: int, size: int = 2, **more: Any) -> dict[str, Any]:
    """Return a row with children and grandchildren that tell their version."""
    children = [{"of": version, "m": [{"w": version}] * size} for _ in range(size)]
    return {"id": key, "v": version, "l": children, **more}


def content(pipeline: Any) -> list[list[Any]]:
    """Return the versions of root rows, children and grandchildren; all of them have their parents and roots."""
    assert orphans(pipeline, "t__l", "t") == orphans(pipeline, "t__l__m", "t__l") == 0
    assert orphans(pipeline, "t__l", "t", "_dlt_root_id") == orphans(pipeline, "t__l__m", "t", "_dlt_root_id") == 0
    tables = (("t", "v"), ("t__l", "of"), ("t__l__m", "w"))
    return [[row[0] for row in rows(pipeline, table, column)] for table, column in tables]


@pytest.mark.parametrize("strategy", MERGES)
def test_of_rows_with_one_key_the_last_stays_with_its_own(
    make: MakePipeline, caps: Capabilities, strategy: str
) -> None:
    """The last row of a load, or the first where rows are only inserted, with its own children and grandchildren."""
    needs_merge(caps, strategy)
    pipeline, hints = make(), {"primary_key": ["id", "part"]}
    # sizes differ, so that children of another row would be seen also where ids are equal
    data = [document(1, n, size=4 - n, part="a") for n in (1, 2, 3)] + [document(1, 9, size=1, part="b")]
    load(pipeline, data, merge(strategy), **hints)
    first = strategy == "insert-only"
    kept = [[1, 9], [1, 1, 1, 9], [1] * 9 + [9]] if first else [[3, 9], [3, 9], [3, 9]]
    assert content(pipeline) == kept
    load(pipeline, [document(1, n, size=n, part="a") for n in (5, 4, 2)], merge(strategy), **hints)
    # lists that have grown since give what is new in them to the row that is there
    grown = [[1, 9], [1, 1, 1, 5, 5, 9], [1] * 9 + [5] * 16 + [9]]
    assert content(pipeline) == (grown if first else [[2, 9], [2, 2, 9], [2, 2, 2, 2, 9]])


@pytest.mark.parametrize("strategy", MERGES)
def test_the_order_of_a_load_goes_over_its_pages(make: MakePipeline, caps: Capabilities, strategy: str) -> None:
    """The last row is the last that was yielded, over pages of rows, pages that differ, and tables of Arrow."""
    import pyarrow as pa

    needs_merge(caps, strategy)

    def pages() -> Any:
        yield [{"id": key, "v": 1} for key in range(20)]
        yield [{"id": 3, "v": 2, "more": "x"}]
        yield pa.table({"id": list(range(10)), "v": [3] * 10})
        yield pa.table({"id": pa.array([1, 2, 1]), "v": pa.array([5, 4, 6])})
        yield {"id": 2, "v": 7, "other": True}

    pipeline = make()
    load(pipeline, pages, merge(strategy), primary_key="id")
    found = dict(rows(pipeline, "t", "id", "v"))
    if strategy == "insert-only":
        assert found == dict.fromkeys(range(20), 1)
    else:
        assert found == {**dict.fromkeys(range(10, 20), 1), **dict.fromkeys(range(10), 3), 1: 6, 2: 7}


@pytest.mark.parametrize("strategy", MERGES)
def test_rows_of_arrow_with_one_key(make: MakePipeline, caps: Capabilities, strategy: str) -> None:
    """Tables of Arrow keep their columns as they are, and of equal keys the last row, in the first load too."""
    import pyarrow as pa

    needs_merge(caps, strategy)
    pipeline = make()
    keys = [n % 7 for n in range(100)]
    batches = [pa.table({"id": keys, "v": list(range(start, start + 100))}) for start in (0, 100)]
    load(pipeline, batches, merge(strategy), primary_key="id")
    last = [(keys[n], 100 + n) for n in range(93, 100)]
    expected = [(n, n) for n in range(7)] if strategy == "insert-only" else last
    assert sorted(rows(pipeline, "t", "id", "v")) == sorted(expected)
    assert set(pipeline.default_schema.get_table_columns("t")) == {"id", "v"}


@pytest.mark.parametrize("strategy", ["delete-insert", "upsert"])
def test_sorting_and_deleting_rows_with_one_key(make: MakePipeline, caps: Capabilities, strategy: str) -> None:
    """dedup_sort decides before the order, NULL comes last, ties go to the last row; a chosen deletion deletes."""
    needs_merge(caps, strategy)
    pipeline = make()
    columns: Any = {"at": {"dedup_sort": "desc", "data_type": "bigint"}, "gone": {"hard_delete": True}}
    hints: dict[str, Any] = {"primary_key": "id", "columns": columns}
    data = [
        *(document(1, v, v, at=at) for v, at in ((1, 5), (2, 7), (3, 7), (4, None))),
        *(document(2, v, v, at=at) for v, at in ((1, None), (2, None))),
        *(document(3, v, 1, at=at, gone=v == 2) for v, at in ((1, 1), (2, 3), (3, 2))),
        *(document(4, v, 1, at=at, gone=v == 2) for v, at in ((1, 4), (2, 3))),
    ]
    load(pipeline, data, merge(strategy), **hints)
    assert rows(pipeline, "t", "id", "v") == [(1, 3), (2, 2), (4, 1)]
    assert content(pipeline) == [[1, 2, 3], [1, 2, 2, 3, 3, 3], [1] + [2] * 4 + [3] * 9]
    load(pipeline, [document(1, 8, at=1), document(1, 9, at=2, gone=True)], merge(strategy), **hints)
    assert content(pipeline) == [[1, 2], [1, 2, 2], [1] + [2] * 4]


def test_a_group_with_a_key_that_comes_twice(make: MakePipeline, caps: Capabilities) -> None:
    """A merge key beside a primary key replaces the group; alone, or with no key at all, it makes no rows one."""
    needs_merge(caps, "delete-insert")
    pipeline = make()
    both: Any = {"primary_key": "id", "merge_key": "day"}
    load(pipeline, [document(1, 1, day=1), document(2, 1, day=1), document(3, 1, day=2)], "merge", **both)
    load(pipeline, [document(3, 2, day=1), document(3, 3, 1, day=1)], "merge", **both)
    assert content(pipeline) == [[3], [3], [3]]
    for name, hints in (("groups", {"merge_key": "day"}), ("plain", {})):
        load(pipeline, [{"day": 1, "v": 1, "l": [1]}, {"day": 1, "v": 1, "l": [1]}], "merge", name, **hints)
        assert rows(pipeline, name, "v") == rows(pipeline, f"{name}__l", "value") == [(1,), (1,)]


def test_equal_rows_are_one_version(make: MakePipeline, caps: Capabilities) -> None:
    """scd2: rows that are equal, or have one version of the user's, make one version, with its children once."""
    needs_merge(caps, "scd2")
    pipeline = make()
    for _ in range(2):
        load(pipeline, [document(1, 1), document(1, 1), document(2, 2)], merge("scd2"))
        assert content(pipeline) == [[1, 2], [1, 1, 2, 2], [1] * 4 + [2] * 4]
    own: Any = {**merge("scd2"), "row_version_column_name": "version"}
    load(pipeline, [{"id": n, "version": "a", "l": [n]} for n in (1, 2)], own, "o")
    assert rows(pipeline, "o", "id") == rows(pipeline, "o__l", "value") == [(2,)]
    load(pipeline, [{"id": 3, "version": "a", "l": [3]}], own, "o")
    assert rows(pipeline, "o", "id") == rows(pipeline, "o__l", "value") == [(2,)]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_disposition_after_every_other(make: MakePipeline, caps: Capabilities) -> None:
    """With nested rows each disposition may follow each other one: what is there is right, and never fails."""
    kinds = ["append", "replace", *(kind for kind in STRATEGIES if kind in caps.supported_merge_strategies)]
    pipeline = make()
    expected: list[int] = []
    walk = [kinds[0]]
    for number, kind in enumerate(kinds):
        # there and back from each to all that come after it
        walk += [found for other in kinds[number + 1 :] for found in (other, kind)] + kinds[number + 1 : number + 2]
    for version, kind in enumerate(walk, 1):
        disposition = merge(kind) if kind in STRATEGIES else kind
        load(pipeline, [document(key, version, 1) for key in (1, 2)], disposition, primary_key="id")
        if kind in ("replace", "delete-insert", "upsert"):
            expected = []
        if kind != "insert-only" or not expected:
            expected += [version] * 2
        found = [row[0] for row in rows(pipeline, "t__l__m", "w")]
        assert sorted(found) == expected, (version, kind)
    assert content(pipeline) == [expected] * 3


def test_root_ids_asked_for_or_not(make: MakePipeline, caps: Capabilities) -> None:
    """root_key of a source may come and go; a merge finds the nested rows of all loads before it."""
    needs(caps.supported_merge_strategies, "it cannot merge")
    pipeline = make()
    for version, root_key in enumerate((False, True, False, None), 1):
        shop = dlt.source(lambda n: dlt.resource([document(n, n)], name="t"), name="shop", root_key=root_key)
        pipeline.run(shop(version))
    load(pipeline, [document(key, 9) for key in (1, 2, 3)], merge(caps.supported_merge_strategies[0]), primary_key="id")
    assert content(pipeline) == [[4, 9, 9, 9], [4] * 2 + [9] * 6, [4] * 4 + [9] * 12]


# -- histories


def history(pipeline: Any, columns: tuple[str, str] = ("_dlt_valid_from", "_dlt_valid_to")) -> dict[Any, Any]:
    """Return begin and end of each version by its value."""
    return {row[0]: row[1:] for row in rows(pipeline, "t", "v", *columns)}


def test_settings_that_are_no_longer_given_do_not_stay(make: MakePipeline, caps: Capabilities) -> None:
    """scd2: boundary, end and names of columns that a run does not give are the defaults; the history goes on."""
    needs_merge(caps, "scd2")
    pipeline = make()
    names = ["valid_from", "valid_to"]
    old = datetime.datetime(2024, 12, 12, tzinfo=datetime.timezone.utc)
    end = datetime.datetime(9999, 12, 31, tzinfo=datetime.timezone.utc)
    given = {
        "boundary_timestamp": "2024-12-12",
        "active_record_timestamp": "9999-12-31",
        "validity_column_names": names,
    }
    keys = {1: "kept", 2: "b", 3: "gone"}
    load(pipeline, [{"id": key, "v": value} for key, value in keys.items()], {**merge("scd2"), **given})
    assert history(pipeline, ("valid_from", "valid_to")) == dict.fromkeys(keys.values(), (old, end))
    data = [{"id": 1, "v": "kept"}, {"id": 2, "v": "c"}]
    load(pipeline, data, {**merge("scd2"), **dict.fromkeys(given)})
    found = history(pipeline)
    moment = found["c"][0]
    assert moment.year >= 2025
    assert found == {"kept": (old, None), "b": (old, moment), "gone": (old, moment), "c": (moment, None)}
    load(pipeline, data, {**merge("scd2"), "active_record_timestamp": "9999-12-31"})
    assert history(pipeline) == {**found, "kept": (old, end), "c": (moment, end)}
    load(pipeline, data, merge("scd2"))
    assert history(pipeline) == found


def test_a_version_of_the_user_may_be_given_up(make: MakePipeline, caps: Capabilities) -> None:
    """scd2: without row_version_column_name rows are compared as they are, whatever an earlier run said."""
    needs_merge(caps, "scd2")
    pipeline = make()
    load(pipeline, [{"id": 1, "v": "a", "h": 1}], {**merge("scd2"), "row_version_column_name": "h"})
    load(pipeline, [{"id": 1, "v": "b", "h": 1}], {**merge("scd2"), "row_version_column_name": None})
    assert {value: end is None for value, (_, end) in history(pipeline).items()} == {"a": False, "b": True}


@pytest.mark.parametrize("as_arrow", [False, True], ids=["rows", "arrow"])
def test_a_row_without_a_version_is_refused(make: MakePipeline, caps: Capabilities, as_arrow: bool) -> None:
    """scd2: where rows say their version, one that says none is an error that names it; the next run goes on."""
    import pyarrow as pa

    needs_merge(caps, "scd2")
    pipeline, own = make(), {**merge("scd2"), "row_version_column_name": "h"}

    def load_versions(*versions: Any) -> None:
        data = [{"id": n, "v": f"{n}{version}", "h": version} for n, version in enumerate(versions)]
        load(pipeline, [pa.Table.from_pylist(data)] if as_arrow else data, own)

    load_versions("a", "b", "c")
    with pytest.raises(PipelineStepFailed, match=r"t\.h: row 1 of this load has no value.*add_map"):
        load_versions("x", None, "c")
    assert not pipeline.has_pending_data
    load_versions("x", "b", "c")
    assert {value for value, (_, end) in history(pipeline).items() if end is None} == {"0x", "1b", "2c"}
    assert len(history(pipeline)) == 4


EQUAL: dict[str, tuple[list[Any], list[Any]]] = {
    "keys in another order": ([{"id": 1, "v": 1}], [{"v": 1, "id": 1}]),
    "keys of a document": (
        [{"id": 1, "d": {"a": 1, "b": {"x": 1, "y": 2}}}],
        [{"d": {"b": {"y": 2, "x": 1}, "a": 1}, "id": 1}],
    ),
    "keys of nested rows": ([{"id": 1, "l": [{"a": 1, "b": 2}]}], [{"l": [{"b": 2, "a": 1}], "id": 1}]),
    "keys of a document that is kept": (
        [{"id": 1, "j": {"a": [{"x": 1, "y": None}]}}],
        [{"j": {"a": [{"y": None, "x": 1}]}, "id": 1}],
    ),
    "a new column without a value": ([{"id": 1}], [{"new": None, "id": 1, "e": []}]),
    "a number in another form": ([{"id": 1, "f": 1.0, "n": Decimal("1.50")}], [{"id": 1, "f": 1, "n": Decimal("1.5")}]),
}
CHANGED: dict[str, tuple[list[Any], list[Any]]] = {
    "a value": ([{"id": 1, "v": 1}], [{"id": 1, "v": 2}]),
    "the order of a list": ([{"id": 1, "l": [1, 2]}], [{"id": 1, "l": [2, 1]}]),
    "values that change places": ([{"id": 1, "a": 1, "b": 2}], [{"id": 1, "a": 2, "b": 1}]),
    "a kept document": ([{"id": 1, "j": {"a": None}}], [{"id": 1, "j": {}}]),
    "one more nested row": ([{"id": 1, "l": [{"a": 1}]}], [{"id": 1, "l": [{"a": 1}, {"a": 1}]}]),
    "a value gone": ([{"id": 1, "v": 1}], [{"id": 1}]),
}


@pytest.mark.parametrize("what", [*EQUAL, *CHANGED])
def test_what_is_a_change_of_a_row(tmp_path: Path, what: str) -> None:
    """scd2: another order of keys is no change, another order of a list is one."""
    pipeline = dlt.pipeline("spec", destination=dlt.destinations.duckdb(str(tmp_path / "h.db")), dataset_name="data")
    hints: Any = {"columns": {"j": {"data_type": "json"}, "f": {"data_type": "double"}}}
    for data in {**EQUAL, **CHANGED}[what]:
        load(pipeline, data, merge("scd2"), **hints)
    assert len(rows(pipeline, "t", "id")) == (1 if what in EQUAL else 2)


def test_rows_and_tables_of_arrow_have_one_version(tmp_path: Path) -> None:
    """scd2: a row is the same version, whether it comes as a document or in a table of Arrow."""
    import pyarrow as pa

    pipeline = dlt.pipeline("spec", destination=dlt.destinations.duckdb(str(tmp_path / "h.db")), dataset_name="data")
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5, 678, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    row = {
        "Id": 2**62,
        "price": Decimal("12.50"),
        "at": moment,
        "day": datetime.date(2024, 1, 2),
        "time": datetime.time(1, 2, 3, 4),
        "raw": b"\0a",
        "share": 0.1,
        "yes": True,
        "name": "ünï",
        "doc": '{"b": 1, "a": [1, null]}',
        "none": None,
    }
    hints: Any = {"columns": {"doc": {"data_type": "json"}}}
    documents = {**row, "doc": {"a": [1, None], "b": 1}}
    load(pipeline, [dict(reversed(documents.items()))], merge("scd2"), **hints)
    load(pipeline, [pa.Table.from_pylist([row])], merge("scd2"), **hints)
    assert len(rows(pipeline, "t", "id")) == 1
    load(pipeline, [documents], merge("scd2"), **hints)
    assert len(rows(pipeline, "t", "id")) == 1


def test_a_history_that_an_older_release_began_goes_on(tmp_path: Path) -> None:
    """scd2: rows whose versions were told in the older way are not closed and opened again."""
    pipeline = dlt.pipeline("spec", destination=dlt.destinations.duckdb(str(tmp_path / "h.db")), dataset_name="data")
    data = [{"v": n, "id": n} for n in range(3)]
    load(pipeline, data, merge("scd2"))
    # as the older release left it: no hint, and the hash of the document as it came
    del pipeline.default_schema.tables["t"]["x-row-hash"]
    with pipeline.sql_client() as client:
        for item in data:
            text = orjson.dumps(item).decode()
            client.execute_sql("UPDATE t SET _dlt_id = %s WHERE id = %s", key_id([text]), item["id"])
    load(pipeline, [*data[:2], {"v": 9, "id": 2}], merge("scd2"))
    found = history(pipeline)
    assert {value: end is None for value, (_, end) in found.items()} == {0: True, 1: True, 2: False, 9: True}
