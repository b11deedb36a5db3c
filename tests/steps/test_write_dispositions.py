"""Details of replace and merge: what stays, what goes with what, and what is refused."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt.errors import PipelineStepFailed, ValueErrorWithKnownValues


def rows(pipeline: Any, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table, sorted."""
    return sorted(pipeline.dataset()[table].select(*columns).fetchall(), key=repr)


def load(pipeline: Any, data: Any, **hints: Any) -> Any:
    """Load data into the table items."""
    info = pipeline.run(dlt.resource(data, name="items", **hints))
    info.raise_on_failed_jobs()
    return info


def test_append_keeps_what_is_there(pipeline: Any) -> None:
    """Append is the default; ids are unique over loads."""
    load(pipeline, [{"id": 1, "tags": ["a"]}])
    load(pipeline, [{"id": 1, "tags": ["b"]}])
    assert rows(pipeline, "items", "id") == [(1,), (1,)]
    assert rows(pipeline, "items__tags", "value") == [("a",), ("b",)]
    assert len(set(rows(pipeline, "items", "_dlt_id"))) == 2


def test_replace_takes_nested_tables_with_it(pipeline: Any) -> None:
    """Deep nested tables are replaced too, also those that the new rows have nothing for."""
    load(pipeline, [{"id": 1, "tags": ["a"], "parts": [{"n": 1, "deep": [1]}]}, {"id": 2}], write_disposition="replace")
    load(pipeline, [{"id": 3, "tags": ["c"]}], write_disposition="replace")
    assert rows(pipeline, "items", "id") == [(3,)]
    assert rows(pipeline, "items__tags", "value") == [("c",)]
    assert rows(pipeline, "items__parts", "n") == [] and rows(pipeline, "items__parts__deep", "value") == []


def test_a_replace_that_fails_half_way_leaves_the_table_as_it_was(pipeline: Any) -> None:
    """All tables of a package are loaded, or none."""
    old = dlt.resource([{"id": 1}], name="items", write_disposition="replace")
    pipeline.run([old, dlt.resource([{"n": 1}], name="zeros")])
    with pipeline.sql_client() as client:
        client.execute_sql("CREATE UNIQUE INDEX one ON zeros (n)")
    new = dlt.resource([{"id": 2}], name="items", write_disposition="replace")
    info = pipeline.run([new, dlt.resource([{"n": 1}], name="zeros")])
    assert info.has_failed_jobs and rows(pipeline, "items", "id") == [(1,)]


def test_other_tables_of_the_schema_stay(pipeline: Any) -> None:
    """Replace concerns the tables of the resources that run."""
    pipeline.run(dlt.resource([{"id": 9}], name="others", write_disposition="replace"))
    load(pipeline, [{"id": 1}], write_disposition="replace")
    assert rows(pipeline, "others", "id") == [(9,)]


def test_a_merge_key_alone_takes_no_row_for_a_duplicate(pipeline: Any) -> None:
    """A day is loaded again as a whole, equal rows included."""
    merge = {"write_disposition": "merge", "merge_key": "day"}
    load(pipeline, [{"day": 1, "n": 1}, {"day": 2, "n": 3}], **merge)
    load(pipeline, [{"day": 1, "n": 4}, {"day": 1, "n": 4}], **merge)
    assert rows(pipeline, "items", "day", "n") == [(1, 4), (1, 4), (2, 3)]


def test_nested_tables_of_nested_tables_follow_their_root(pipeline: Any) -> None:
    """Nested rows carry the id of their root row; levels below go with it."""
    merge = {"write_disposition": "merge", "primary_key": "id"}
    load(pipeline, [{"id": 1, "a": [{"b": [{"c": 1}, {"c": 2}]}]}], **merge)
    load(pipeline, [{"id": 1, "a": [{"b": [{"c": 3}]}]}], **merge)
    assert rows(pipeline, "items__a__b", "c") == [(3,)]
    assert rows(pipeline, "items__a__b", "_dlt_root_id") == rows(pipeline, "items", "_dlt_id")


def test_a_run_that_replaces_empties_all_tables_of_a_resource(pipeline: Any) -> None:
    """Also those whose names look nested."""

    def named(*rows: Any) -> Any:
        return dlt.resource(rows, name="items", table_name=lambda row: row["kind"])

    pipeline.run(named({"kind": "orders", "l": [1]}, {"kind": "order__lines", "l": [1]}))
    pipeline.run(named({"kind": "returns"}), write_disposition="replace")
    counts = pipeline.dataset().row_counts().fetchall()
    assert dict(counts) == {"orders": 0, "orders__l": 0, "order__lines": 0, "order__lines__l": 0, "returns": 1}


@pytest.mark.parametrize("later", ["append", "replace"])
def test_rows_nested_in_a_table_that_was_merged_once_carry_ids_of_roots(pipeline: Any, later: str) -> None:
    """Also in tables that a run without a merge makes: the next merge finds every row."""
    merge = {"write_disposition": "merge", "primary_key": "id"}
    load(pipeline, [{"id": 1}], **merge)
    load(pipeline, [{"id": 2, "a": [{"b": 1}]}], write_disposition=later, primary_key="id")
    assert rows(pipeline, "items__a", "_dlt_root_id") == rows(pipeline, "items__a", "_dlt_parent_id")
    load(pipeline, [{"id": 2, "a": [{"b": 2}]}], **merge)
    assert rows(pipeline, "items__a", "b") == [(2,)]
    column = pipeline.default_schema.tables["items__a"]["columns"]["_dlt_root_id"]
    assert column["nullable"] is False


def test_the_key_that_a_resource_has_now_counts(pipeline: Any) -> None:
    """A primary key that was changed replaces the former one."""
    load(pipeline, [{"id": 1, "code": "a"}], write_disposition="merge", primary_key="id")
    load(pipeline, [{"id": 2, "code": "a"}], write_disposition="merge", primary_key="code")
    assert rows(pipeline, "items", "id", "code") == [(2, "a")]


def test_a_strategy_that_was_changed_counts_from_then_on(pipeline: Any) -> None:
    """The strategy may go from upsert to append to insert-only."""
    up = {"disposition": "merge", "strategy": "upsert"}
    only = {"disposition": "merge", "strategy": "insert-only"}
    for number, disposition in enumerate((up, up, "append", only)):
        load(pipeline, [{"id": 1, "v": number}], write_disposition=disposition, primary_key="id")
    assert rows(pipeline, "items", "id", "v") == [(1, 1), (1, 2)]


@pytest.mark.parametrize("strategy", ["upsert", "delete-insert"])
def test_a_merge_leaves_one_row_of_a_key(pipeline: Any, strategy: str) -> None:
    """Also where an append gave it several."""
    merge = {"write_disposition": {"disposition": "merge", "strategy": strategy}, "primary_key": "id"}
    load(pipeline, [{"id": 1, "v": 1, "l": [1]}, {"id": 2, "v": 1}], **merge)
    load(pipeline, [{"id": 1, "v": 2, "l": [2]}], write_disposition="append", primary_key="id")
    load(pipeline, [{"id": 1, "v": 3, "l": [3]}], **merge)
    assert rows(pipeline, "items", "id", "v") == [(1, 3), (2, 1)]
    assert rows(pipeline, "items__l", "value") == [(3,)]


def test_keys_follow_the_naming_convention(pipeline: Any) -> None:
    """Keys are written as in the source."""
    for value in (1, 2):
        load(pipeline, [{"ItemID": 1, "v": value}], write_disposition="merge", primary_key="ItemID")
    assert rows(pipeline, "items", "item_id", "v") == [(1, 2)]


def test_merge_replaces_whole_rows(pipeline: Any) -> None:
    """A column that the new row lacks is null."""
    merge = {"write_disposition": "merge", "primary_key": "id"}
    load(pipeline, [{"id": 1, "v": 1}], **merge)
    load(pipeline, [{"id": 1, "w": 2}], **merge)
    assert rows(pipeline, "items", "id", "v", "w") == [(1, None, 2)]


def test_skip_loads_nothing(pipeline: Any) -> None:
    """The resource runs, its rows stay out."""
    seen: list[int] = []

    @dlt.resource(write_disposition="skip")
    def items() -> Any:
        seen.append(1)
        yield {"id": 1}

    pipeline.run([items(), dlt.resource([{"id": 1}], name="others")])
    assert seen == [1]
    with pipeline.sql_client() as client:
        assert not client.execute_sql("SELECT 1 FROM information_schema.tables WHERE table_name = 'items'")


def test_an_unknown_disposition_or_strategy_is_refused() -> None:
    """Errors: what is known is listed."""
    with pytest.raises(ValueErrorWithKnownValues, match="append"):
        dlt.resource([1], name="items", write_disposition="upsert")
    with pytest.raises(ValueErrorWithKnownValues, match="insert-only"):
        dlt.resource([1], name="items", write_disposition={"disposition": "merge", "strategy": "no"})


def test_the_disposition_of_a_run_beats_that_of_the_resource(pipeline: Any) -> None:
    """Arguments of run are for the one resource that is given."""
    load(pipeline, [{"id": 1}])
    pipeline.run(dlt.resource([{"id": 2}], name="items"), write_disposition="replace")
    assert rows(pipeline, "items", "id") == [(2,)]


@pytest.mark.parametrize("strategy", ["delete-insert", "upsert", "insert-only"])
def test_arrow_tables_merge_as_rows_do(pipeline: Any, strategy: str) -> None:
    """Arrow tables have no row ids and merge all the same."""
    hints = {"write_disposition": {"disposition": "merge", "strategy": strategy}, "primary_key": "id"}
    load(pipeline, pa.table({"id": [1, 2], "v": ["a", "b"]}), **hints)
    load(pipeline, pa.table({"id": [2, 3], "v": ["c", "d"]}), **hints)
    second = "b" if strategy == "insert-only" else "c"
    assert rows(pipeline, "items", "id", "v") == [(1, "a"), (2, second), (3, "d")]


def test_a_key_without_a_value_is_refused(pipeline: Any) -> None:
    """Columns of a key are not nullable; the error names column and row, and nothing waits."""
    with pytest.raises(PipelineStepFailed, match=r"table items, column 'id'.*'v': 1"):
        pipeline.run([{"id": 1}, {"v": 1}], table_name="items", write_disposition="merge", primary_key="id")
    assert not pipeline.has_pending_data
