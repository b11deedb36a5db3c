"""Append, replace and merge: what stands in the tables afterwards, nested tables included."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest

import dlt
from dlt.errors import PipelineStepFailed

UTC = dt.timezone.utc


def rows(pipeline: Any, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table, sorted."""
    return sorted(pipeline.dataset()[table].select(*columns).fetchall(), key=repr)


def load(pipeline: Any, data: Any, disposition: Any = "merge", name: str = "t", **hints: Any) -> None:
    """Load rows into a table; the load must not fail."""
    info = pipeline.run(dlt.resource(data, name=name, write_disposition=disposition, **hints))
    assert not info.has_failed_jobs, str(info)


def orphans(pipeline: Any, child: str, parent: str) -> int:
    """Return the number of nested rows without a parent."""
    query = f"SELECT count(*) FROM {child} WHERE _dlt_parent_id NOT IN (SELECT _dlt_id FROM {parent})"
    return int(pipeline.dataset()(query).fetchscalar())


def test_replace_replaces_the_whole_chain(pipeline: Any) -> None:
    """Nested tables are replaced too, also where the new rows have no nested ones."""
    load(pipeline, [{"id": 1, "l": [1, 2]}, {"id": 2, "l": [3]}], "replace")
    load(pipeline, [{"id": 3}], "replace")
    assert rows(pipeline, "t", "id") == [(3,)] and rows(pipeline, "t__l", "value") == []


def test_an_empty_replace_empties_the_table(pipeline: Any) -> None:
    """Whatever filled it, and its nested tables."""
    load(pipeline, [{"id": 1, "l": [1]}], "append")
    load(pipeline, [], "replace")
    assert rows(pipeline, "t", "id") == [] and rows(pipeline, "t__l", "value") == []


def test_a_replace_of_dynamic_tables_empties_those_that_get_no_rows(pipeline: Any) -> None:
    """With their nested tables; what is appended stays."""

    def run(kinds: str, disposition: Any) -> None:
        items = [{"kind": kind, "l": [1]} for kind in kinds]
        pipeline.run(dlt.resource(items, name="r", table_name=lambda row: row["kind"], write_disposition=disposition))

    run("ab", "append")
    run("a", "append")
    assert len(rows(pipeline, "a", "kind")) == 2 and len(rows(pipeline, "b__l", "value")) == 1
    run("a", "replace")
    assert len(rows(pipeline, "a__l", "value")) == 1
    assert rows(pipeline, "b", "kind") == [] and rows(pipeline, "b__l", "value") == []


def test_a_replace_loads_all_that_a_cursor_leaves_out_otherwise(pipeline: Any) -> None:
    """A full refresh is a run with the write disposition replace; the next run goes on from there."""

    @dlt.resource(name="i")
    def incremental(at: Any = dlt.sources.incremental("id", initial_value=2)) -> Any:
        yield [{"id": 1}, {"id": 2}, {"id": 3}]

    pipeline.run(incremental())
    pipeline.run(incremental(), write_disposition="replace")
    assert rows(pipeline, "i", "id") == [(2,), (3,)]
    pipeline.run(incremental())
    assert rows(pipeline, "i", "id") == [(2,), (3,)]


def test_readers_never_see_an_empty_or_half_table(pipeline: Any, own_folder: Path) -> None:
    """During replace and merge a reader sees the old rows or the new ones."""
    load(pipeline, [{"id": n, "v": 0} for n in range(500)], "replace")
    connection = duckdb.connect(str(own_folder / "spec.duckdb"))
    seen: set[tuple[int, int]] = set()
    stop = threading.Event()

    def read() -> None:
        cursor = connection.cursor()
        while not stop.is_set():
            seen.update(cursor.execute("SELECT count(*), count(DISTINCT v) FROM data.t").fetchall())

    reader = threading.Thread(target=read)
    reader.start()
    for version in range(1, 4):
        load(pipeline, [{"id": n, "v": version} for n in range(500)], "replace")
        load(pipeline, [{"id": n, "v": -version} for n in range(500)], "merge", primary_key="id")
    stop.set()
    reader.join()
    connection.close()
    assert seen == {(500, 1)}


def test_merge_without_keys_appends(pipeline: Any) -> None:
    """Without keys there is nothing to find rows by, so they are added."""
    load(pipeline, [{"id": 1}])
    load(pipeline, [{"id": 1}])
    assert rows(pipeline, "t", "id") == [(1,), (1,)]


@pytest.mark.parametrize("strategy", ["delete-insert", "upsert"])
def test_merge_by_primary_key(pipeline: Any, strategy: str) -> None:
    """Rows with known keys are replaced with all their nested rows, others stay."""
    disposition = {"disposition": "merge", "strategy": strategy}
    load(pipeline, [{"id": 1, "l": [{"x": 1}, {"x": 2}]}, {"id": 2, "l": [{"x": 3}]}], disposition, primary_key="id")
    load(pipeline, [{"id": 2, "l": [{"x": 9}]}, {"id": 3, "l": [{"x": 4}]}], disposition, primary_key="id")
    assert rows(pipeline, "t", "id") == [(1,), (2,), (3,)]
    assert rows(pipeline, "t__l", "x") == [(1,), (2,), (4,), (9,)]
    assert orphans(pipeline, "t__l", "t") == 0


def test_merge_by_composite_keys(pipeline: Any) -> None:
    """All parts of the key must match."""
    load(pipeline, [{"a": 1, "b": 1, "v": 0}, {"a": 1, "b": 2, "v": 0}], primary_key=["a", "b"])
    load(pipeline, [{"a": 1, "b": 2, "v": 9}], primary_key=["a", "b"])
    assert rows(pipeline, "t", "a", "b", "v") == [(1, 1, 0), (1, 2, 9)]


def test_merge_key_replaces_a_whole_group(pipeline: Any) -> None:
    """All rows of a day make way for the new rows of that day."""
    load(pipeline, [{"day": 1, "v": 1}, {"day": 1, "v": 2}, {"day": 2, "v": 3}], merge_key="day")
    load(pipeline, [{"day": 1, "v": 9}], merge_key="day")
    assert rows(pipeline, "t", "day", "v") == [(1, 9), (2, 3)]


def test_primary_and_merge_key_together(pipeline: Any) -> None:
    """Rows match by either of them."""
    load(pipeline, [{"id": 1, "day": 1}, {"id": 2, "day": 1}, {"id": 3, "day": 2}], primary_key="id", merge_key="day")
    load(pipeline, [{"id": 3, "day": 1}], primary_key="id", merge_key="day")
    assert rows(pipeline, "t", "id", "day") == [(3, 1)]


@pytest.mark.parametrize(("direction", "kept"), [("asc", "old"), ("desc", "new")])
def test_dedup_sort_chooses_among_rows_with_one_key(pipeline: Any, direction: str, kept: str) -> None:
    """The first row in the order stays."""
    data = [{"id": 1, "at": 2, "v": "new"}, {"id": 1, "at": 1, "v": "old"}]
    load(pipeline, data, primary_key="id", columns={"at": {"dedup_sort": direction}})
    assert rows(pipeline, "t", "v") == [(kept,)]


def test_without_dedup_sort_the_last_row_stays(pipeline: Any) -> None:
    """Of rows with one key in one load the last one counts, with its nested rows."""
    load(pipeline, [{"id": 1, "l": [1]}, {"id": 1, "l": [2, 3]}], primary_key="id")
    assert rows(pipeline, "t", "id") == [(1,)] and rows(pipeline, "t__l", "value") == [(2,), (3,)]


@pytest.mark.parametrize("gone", [True, dt.datetime(2024, 1, 1, tzinfo=UTC), "yes"])
@pytest.mark.parametrize("strategy", ["delete-insert", "upsert"])
def test_hard_delete(pipeline: Any, gone: Any, strategy: str) -> None:
    """True deletes for a bool, any value for other types; nested rows go too."""
    disposition = {"disposition": "merge", "strategy": strategy}
    hints: dict[str, Any] = {"primary_key": "id", "columns": {"gone": {"hard_delete": True}}}
    kept = False if gone is True else None
    load(pipeline, [{"id": 1, "gone": kept, "l": [1]}, {"id": 2, "gone": kept, "l": [2]}], disposition, **hints)
    load(pipeline, [{"id": 1, "gone": gone}, {"id": 3, "gone": gone, "l": [5]}], disposition, **hints)
    assert rows(pipeline, "t", "id") == [(2,)] and rows(pipeline, "t__l", "value") == [(2,)]


def test_insert_only_never_changes_a_row(pipeline: Any) -> None:
    """Known keys stay as they are."""
    only = {"disposition": "merge", "strategy": "insert-only"}
    load(pipeline, [{"id": 1, "v": 1, "l": [1]}], only, primary_key="id")
    load(pipeline, [{"id": 1, "v": 2, "l": [2]}, {"id": 2, "v": 2, "l": [3]}], only, primary_key="id")
    assert rows(pipeline, "t", "id", "v") == [(1, 1), (2, 2)] and rows(pipeline, "t__l", "value") == [(1,), (3,)]


def test_insert_only_takes_what_is_new_in_a_list(pipeline: Any) -> None:
    """As PyPI `dlt` does: by its place, on all levels, once, and never for rows that another strategy inserted."""
    only = {"disposition": "merge", "strategy": "insert-only"}
    load(pipeline, [{"id": 1, "l": [{"x": 1, "m": [1]}]}], only, primary_key="id")
    grown = [{"id": 1, "l": [{"x": 8, "m": [7, 2]}, {"x": 2, "m": [3]}]}]
    for _ in range(2):
        load(pipeline, grown, only, primary_key="id")
        assert rows(pipeline, "t__l", "x") == [(1,), (2,)] and rows(pipeline, "t__l__m", "value") == [(1,), (2,), (3,)]
    assert orphans(pipeline, "t__l", "t") == orphans(pipeline, "t__l__m", "t__l") == 0
    load(pipeline, [{"id": 2, "l": [{"x": 4}]}], "append", primary_key="id")
    load(pipeline, [{"id": 2, "l": [{"x": 4}, {"x": 5}]}], only, primary_key="id")
    assert rows(pipeline, "t__l", "x") == [(1,), (2,), (4,)]


@pytest.mark.parametrize(
    ("root", "nested", "roots", "lists", "deeper"),
    [
        ("append", "replace", [1, 2], [2, 2], [2, 2]),
        ("replace", "append", [2], [1, 2, 2], [1, 2, 2]),
        ("append", None, [1, 2], [1, 2, 2], [1, 2, 2]),
        ("replace", "replace", [2], [2, 2], [2, 2]),
        # a merge finds nested rows by their root row
        ("merge", "append", [2], [2, 2], [2, 2]),
    ],
)
def test_a_nested_table_with_a_disposition_of_its_own(
    pipeline: Any, root: Any, nested: Any, roots: list[int], lists: list[int], deeper: list[int]
) -> None:
    """It holds for the tables below it too."""
    hints = {"l": {"write_disposition": nested}} if nested else {}
    for n, size in ((1, 1), (2, 2)):
        data = [{"id": 1, "n": n, "l": [{"n": n, "m": [n]}] * size}]
        made = dlt.resource(data, name="t", write_disposition=root, primary_key="id", nested_hints=hints)  # type: ignore[arg-type]
        pipeline.run(made)
    assert [n for (n,) in rows(pipeline, "t", "n")] == roots
    assert [n for (n,) in rows(pipeline, "t__l", "n")] == lists
    assert [n for (n,) in rows(pipeline, "t__l__m", "value")] == deeper


@pytest.mark.parametrize(("own", "stored"), [(5, "5"), (1.5, "1.5"), ("a", "a"), (0, "0")])
def test_an_id_that_comes_with_the_data_is_the_rows(pipeline: Any, own: Any, stored: str) -> None:
    """As text, whatever it was; nested rows refer to it."""
    pipeline.run([{"_dlt_id": own, "l": [1]}], table_name="t")
    assert rows(pipeline, "t", "_dlt_id") == rows(pipeline, "t__l", "_dlt_parent_id") == [(stored,)]


def test_upsert_keeps_ids(pipeline: Any) -> None:
    """The keys that upsert compares are deterministic."""
    up = {"disposition": "merge", "strategy": "upsert"}
    load(pipeline, [{"id": 1, "v": 1}], up, primary_key="id")
    before = rows(pipeline, "t", "_dlt_id")
    load(pipeline, [{"id": 1, "v": 2}], up, primary_key="id")
    assert rows(pipeline, "t", "_dlt_id") == before and rows(pipeline, "t", "v") == [(2,)]


def test_scd2_keeps_history(pipeline: Any) -> None:
    """Changed rows are retired, unchanged ones stay, absent ones are retired; nested rows keep lineage."""
    history = {"disposition": "merge", "strategy": "scd2"}
    load(pipeline, [{"id": 1, "v": "a", "l": [1]}, {"id": 2, "v": "b"}], history)
    load(pipeline, [{"id": 1, "v": "a", "l": [1]}, {"id": 2, "v": "c"}], history)
    load(pipeline, [{"id": 1, "v": "a", "l": [2]}], history)
    found = pipeline.dataset()("SELECT id, v, _dlt_valid_to IS NULL FROM t ORDER BY id, _dlt_valid_from").fetchall()
    assert found == [(1, "a", False), (1, "a", True), (2, "b", False), (2, "c", False)]
    assert rows(pipeline, "t__l", "value") == [(1,), (2,)] and orphans(pipeline, "t__l", "t") == 0
    spans = pipeline.dataset()("SELECT count(*) FROM t WHERE _dlt_valid_to < _dlt_valid_from").fetchscalar()
    assert spans == 0


def test_a_version_is_valid_from_when_its_package_was_begun(pipeline: Any) -> None:
    """However long the package waits for its load; the version before it ends there."""
    begun: list[Any] = []
    history: Any = {"disposition": "merge", "strategy": "scd2"}
    for value in (1, 2):
        extracted = pipeline.extract(dlt.resource([{"v": value}], name="t", write_disposition=history))
        begun += [pipeline.get_load_package_state(load_id)["created_at"] for load_id in extracted.loads_ids]
        assert abs(begun[-1].timestamp() - float(extracted.loads_ids[0])) < 0.001
        pipeline.normalize()
        pipeline.load()
    assert rows(pipeline, "t", "v", "_dlt_valid_from", "_dlt_valid_to") == [(1, *begun), (2, begun[1], None)]


def test_scd2_with_names_boundary_and_active_timestamp(pipeline: Any) -> None:
    """Columns, boundary and open end are as given."""
    history = {
        "disposition": "merge",
        "strategy": "scd2",
        "validity_column_names": ["since", "until"],
        "boundary_timestamp": "2024-05-01T00:00:00Z",
        "active_record_timestamp": "9999-12-31T00:00:00Z",
    }
    load(pipeline, [{"id": 1, "v": 1}], history)
    history["boundary_timestamp"] = "2024-06-01T00:00:00Z"
    load(pipeline, [{"id": 1, "v": 2}], history)
    query = "SELECT v, CAST(since AS DATE), CAST(until AT TIME ZONE 'UTC' AS DATE) FROM t ORDER BY since"
    found = pipeline.dataset()(query).fetchall()
    assert found[0] == (1, dt.date(2024, 5, 1), dt.date(2024, 6, 1))
    assert found[1] == (2, dt.date(2024, 6, 1), dt.date(9999, 12, 31))


def test_scd2_with_a_merge_key_retires_only_what_it_brings(pipeline: Any) -> None:
    """Rows of other keys are left alone."""
    history = {"disposition": "merge", "strategy": "scd2"}
    load(pipeline, [{"id": 1, "v": 1}, {"id": 2, "v": 1}], history, merge_key="id")
    load(pipeline, [{"id": 2, "v": 2}], history, merge_key="id")
    active = pipeline.dataset()("SELECT id, v FROM t WHERE _dlt_valid_to IS NULL ORDER BY id").fetchall()
    assert active == [(1, 1), (2, 2)]


def test_merge_after_append_finds_nested_rows(pipeline: Any) -> None:
    """Nested rows that were appended before merge needed root ids are replaced too."""
    load(pipeline, [{"id": 1, "l": [{"x": 1, "m": [7]}]}, {"id": 2, "l": [{"x": 2}]}], "append")
    load(pipeline, [{"id": 1, "l": [{"x": 9, "m": [8]}]}], primary_key="id")
    assert rows(pipeline, "t__l", "x") == [(2,), (9,)] and rows(pipeline, "t__l__m", "value") == [(8,)]
    assert orphans(pipeline, "t__l__m", "t__l") == 0


def test_upsert_needs_a_primary_key(pipeline: Any) -> None:
    """Extract raises an error that says what is missing; nothing waits."""
    with pytest.raises(PipelineStepFailed, match="primary key"):
        pipeline.run([{"id": 1}], table_name="t", write_disposition={"disposition": "merge", "strategy": "upsert"})
    assert not pipeline.has_pending_data


def test_new_columns_and_wider_rows_come_with_a_merge(pipeline: Any) -> None:
    """Columns and tables that are missing are made by the merge itself."""
    load(pipeline, [{"id": 1}], primary_key="id")
    load(pipeline, [{"id": 1, "new": "x", "l": [1]}, {"id": 2}], primary_key="id")
    assert rows(pipeline, "t", "id", "new") == [(1, "x"), (2, None)]


def test_a_type_clash_with_the_destination_names_both(pipeline: Any) -> None:
    """Two pipelines load into one table; the error says what each side has."""
    load(pipeline, [{"id": 1, "v": 1}], "append")
    other = dlt.pipeline("other", destination=pipeline.destination, dataset_name="data")
    with pytest.raises(Exception, match=r"data\.t\.v: the schema says text, the table at the destination has bigint"):
        other.run(dlt.resource([{"id": 1, "v": "x"}], name="t"))
    assert rows(pipeline, "t", "v") == [(1,)]
